#include "cli/plan_again.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/redact.h"
#include "gate/terraform/provider_env.h"
#include "hold/book.h"
#include "hold/record.h"

#define PLAN_MAX ((size_t)512 << 20)
#define HINT_LIFE_S (INT64_C(30) * 86400)
#define BOOK_SPACE ((size_t)2 << 30)

bool plan_again_path(const char *state_dir, const struct digest *d, char ret[TREE_PATH_MAX])
{
	char hex[DIGEST_HEX_LEN + 1], dir[TREE_PATH_MAX];

	digest_hex(d, hex);
	return tree_join(dir, state_dir, "again", NULL) && dir_make(dir, 0700, NULL) && tree_join(ret, dir, hex, NULL);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void plan_again_variables(char *const *env, struct arena *arena, struct digest_run *run)
{
	struct digest aimed = provider_env_digest(env);
	size_t n = 0, k = 0;
	const char **vars;

	for (size_t i = 0; env[i]; i++)
		n += strncmp(env[i], "TF_VAR_", 7) == 0;
	vars = ARENA_ARRAY(arena, n + 1, const char *);
	for (size_t i = 0; vars && env[i]; i++) {
		if (strncmp(env[i], "TF_VAR_", 7) == 0)
			vars[k++] = env[i];
	}
	if (k)
		qsort(vars, k, sizeof(*vars), by_name);
	for (size_t i = 0; i < k; i++)
		digest_field(run, STR("variable"), str_from(vars[i]));
	digest_field(run, STR("aimed"), (struct str){ (const char *)aimed.b, sizeof(aimed.b) });
}

struct digest plan_again_digest(const struct plan_asked *q, struct arena *arena)
{
	struct digest meaning = planfile_meaning(q->file);
	struct digest_run run;

	digest_begin(&run);
	digest_field(&run, STR("version"), STR("pawl-again-1"));
	digest_field(&run, STR("meaning"), (struct str){ (const char *)meaning.b, sizeof(meaning.b) });
	digest_field(&run, STR("folder"), str_from(q->work->original));
	digest_field(&run, STR("program"), str_from(q->work->program));
	digest_field(&run, STR("workspace"), str_from(q->work->workspace));
	digest_field(&run, STR("backend"), str_from(q->work->backend));
	digest_field(&run, STR("lineage"), str_from(q->work->lineage));
	digest_field(&run, STR("serial"), str_from(q->work->serial));
	digest_field(&run, STR("state"), (struct str){ (const char *)q->work->state.b, sizeof(q->work->state.b) });
	digest_field(&run, STR("account"), q->who->account);
	digest_field(&run, STR("region"), q->who->region);
	for (size_t i = 0; i < q->argv->options.n; i++)
		digest_field(&run, STR("option"), q->argv->options.item[i]);
	plan_again_variables(q->work->env, arena, &run);
	return digest_end(&run);
}

/* The newest hold of these very bytes that still counts. */
static const struct book_hold *hold_of(struct book *book, const struct hold_host *h, const struct digest *bytes, const char *folder,
				       struct arena *arena)
{
	struct str here = redact_str(str_from(folder), arena); /* as the ledger writes it */

	for (size_t i = book->n_holds; i > 0; i--) {
		const struct book_hold *hold = book->holds[i - 1];
		struct record r;

		if ((hold->state != HOLD_OPEN && hold->state != HOLD_APPROVED) || !str_eq(hold->folder, here))
			continue;
		if (record_get(h, hold->seq, arena, &r, NULL) && digest_eq(&r.request.bytes, bytes))
			return hold;
	}
	return NULL;
}

static bool earlier_plan(const char *state_dir, const struct digest *d, char ret[TREE_PATH_MAX], struct digest *ret_bytes)
{
	auto_buf where = BUF_MAX(TREE_PATH_MAX), plan = BUF_MAX(PLAN_MAX);
	char hint[TREE_PATH_MAX];

	if (!plan_again_path(state_dir, d, hint) || !file_read(hint, &where, NULL) ||
	    (size_t)snprintf(ret, TREE_PATH_MAX, "%.*s", STR_ARG(buf_str(&where))) >= TREE_PATH_MAX ||
	    !file_read(ret, &plan, NULL))
		return false;
	*ret_bytes = digest_of(plan.ptr, plan.len);
	return true;
}

bool plan_again_find(const struct hold_host *h, const struct digest *d, const char *folder, struct arena *arena,
		     struct plan_again *ret)
{
	struct plan_again again = { 0 };
	const struct book_hold *hold = NULL;
	struct arena space;
	struct digest bytes;
	struct book book;

	if (arena->full) /* then the digest may be of less than was asked */
		return false;
	if (!earlier_plan(h->state_dir, d, again.path, &bytes) || !arena_map(&space, BOOK_SPACE))
		return false;
	if (book_read(&book, h, clock_now_us(), &space, NULL))
		hold = hold_of(&book, h, &bytes, folder, arena);
	if (hold) {
		snprintf(again.hold, sizeof(again.hold), "%s", hold->id);
		again.state = hold->state;
		*ret = again;
	}
	arena_unmap(&space);
	return hold != NULL;
}

void plan_again_keep(const char *state_dir, const struct digest *d, const char *plan)
{
	char path[TREE_PATH_MAX], dir[TREE_PATH_MAX];
	bool kept = false;

	if (plan_again_path(state_dir, d, path))
		kept = file_replace(path, str_from(plan), 0600, NULL);
	if (kept && tree_join(dir, state_dir, "again", NULL))
		dir_prune(dir, HINT_LIFE_S);
}
