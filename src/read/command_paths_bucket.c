/* A vault in a bucket of S3: which of a tool's words name it, and what becomes of what they name. */
#include "read/command_paths.h"
#include "read/command_words.h"

bool paths_bucket_meets(const struct world_vault *v, struct str place, bool above)
{
	struct str vault = v->bucket;
	size_t open = 0;

	while (vault.len && vault.ptr[vault.len - 1] == '/')
		vault.len--;
	while (place.len && place.ptr[place.len - 1] == '/')
		place.len--;
	while (open < place.len && !memchr("*?", place.ptr[open], 2) && place.ptr[open] != SHELL_UNKNOWN)
		open++;
	if (open < place.len) {
		place = str_sub(place, 0, open);
		return str_starts(place, vault) || (above && str_find_char(place, '/') != SIZE_MAX && str_starts(vault, place));
	}
	return world_within(place, vault) || (above && world_within(vault, place));
}

/* BUCKET/KEY of s3://BUCKET/KEY, of an ARN, of ALIAS/BUCKET/KEY of mc; STR_NONE: of none. */
static struct str place_of(const struct paths *p, struct str word)
{
	size_t at = str_find(word, STR("://"));

	if (at != SIZE_MAX)
		return str_sub(word, at + 3, SIZE_MAX);
	if (str_starts(word, STR("arn:aws:s3:::")))
		return str_sub(word, 13, SIZE_MAX);
	at = str_find_char(word, '/');
	if (paths_listed(" mc mcli ", p->program) && at != SIZE_MAX && at)
		return str_sub(word, at + 1, SIZE_MAX);
	return STR_NONE;
}

static void judge_place(struct paths *p, struct str place, bool above)
{
	for (const struct world_vault *v = world_vaults(p->w->world); v && place.len; v = v->next)
		if (v->bucket.len && paths_bucket_meets(v, place, above))
			paths_vault_goes(p, v, arena_fmt(p->arena, "s3://%.*s", STR_ARG(v->bucket)));
}

/* --- aws s3api VERB --bucket B --key K --- */

static void judge_api(struct paths *p, const struct command_words *s)
{
	static const char *const reads[] = { "get-", "head-", "list-", "select-", "wait", "help", "create-bucket" };
	struct str verb = command_nth(s, 1), bucket, key = STR_NONE;

	for (size_t i = 0; i < ARRAY_LEN(reads); i++)
		if (str_starts(verb, str_from(reads[i])))
			return;
	if (!command_value(s, "--bucket", &bucket))
		return;
	if (str_starts(bucket, STR("arn:")))
		bucket = str_sub(bucket, str_rfind_char(bucket, ':') + 1, SIZE_MAX);
	if (command_value(s, "--key|--prefix", &key) && key.len)
		bucket = arena_fmt(p->arena, "%.*s/%.*s", STR_ARG(bucket), STR_ARG(key));
	judge_place(p, bucket, !key.len);
}

/* aws s3control VERB: by --bucket, or an ARN that stands anywhere in what it is told: a job goes over a bucket's objects. */
static void judge_control(struct paths *p, const struct command_words *s)
{
	static const struct str arn = STR_INIT("arn:aws:s3:::");
	struct str verb = command_nth(s, 1), bucket;

	if (str_starts(verb, STR("get-")) || str_starts(verb, STR("list-")) || str_starts(verb, STR("describe-")))
		return;
	if (command_value(s, "--bucket", &bucket))
		judge_place(p, bucket, true);
	for (size_t i = 1; i < p->act->n_argv; i++) {
		struct str word = p->act->argv[i].text;

		for (size_t at; (at = str_find(word, arn)) != SIZE_MAX;) {
			size_t end = 0;

			word = str_sub(word, at + arn.len, SIZE_MAX);
			while (end < word.len && !memchr("\"'/,} ", word.ptr[end], 6))
				end++;
			judge_place(p, str_sub(word, 0, end), true);
		}
	}
}

/* --- tools with operands --- */

static const char looks[] = " ls la list get du info stat head cat tree find diff presign share download signurl export show status dump ";
static const char copies[] = " cp copy put sync mirror mv move rsync pipe ";

/* The verb may have two words: `mc version info`, `mc ilm rule ls`. */
static struct str verb_of(const struct command_words *s, bool *ret_looks)
{
	struct str verb = STR_NONE;

	*ret_looks = false;
	for (size_t i = 0; i < command_count(s) && i < 3; i++) {
		struct str word = command_nth(s, i);

		if (str_find_char(word, '/') != SIZE_MAX || str_is(word, "s3") || str_is(word, "storage"))
			continue;
		if (!verb.len)
			verb = word;
		*ret_looks = *ret_looks || paths_listed(looks, word);
	}
	return verb;
}

void paths_bucket_act(struct paths *p)
{
	struct command_words s;
	struct str verb;
	size_t n, i = 0;
	bool only_looks, moves;

	if (!paths_listed(" aws s3cmd s4cmd s5cmd mc mcli gsutil gcloud ", p->program) || !command_words(p->w, &s) ||
	    command_flag(&s, STR("--dry-run|--dryrun|--fake|--help|-h|help")))
		return;
	if (str_is(p->program, "aws") && str_is(command_nth(&s, 0), "s3api")) {
		judge_api(p, &s);
		return;
	}
	if (str_is(p->program, "aws") && str_is(command_nth(&s, 0), "s3control")) {
		judge_control(p, &s);
		return;
	}
	verb = verb_of(&s, &only_looks);
	n = command_count(&s);
	if (only_looks && !paths_listed(copies, verb))
		return;
	moves = paths_listed(" mv move ", verb);
	for (; i < n; i++) {
		struct str place = place_of(p, command_nth(&s, i));

		if (!paths_listed(copies, verb))
			judge_place(p, place, true);
		else if (i + 1 == n)
			judge_place(p, place, command_flag(&s, STR("--delete|--remove|--delete-removed|--delete-after|-d")));
		else if (moves)
			judge_place(p, place, true);
	}
}
