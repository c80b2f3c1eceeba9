/* The programs that keep backups for a vault of pawl's, restic and rclone: which word is the verb, and what becomes of its operands. */
#include "read/command_paths.h"
#include "read/command_place.h"

enum role {
	ROLE_NONE,
	ROLE_READ,  /* comes from there */
	ROLE_GOES,  /* it goes, and what is below */
	ROLE_EMPTY, /* so does only what is empty or was deleted before: nothing of a folder above it */
	ROLE_WRITE, /* something is put there */
};

#define MOST_OPERANDS 2

struct verb {
	const char *names;
	enum role role[MOST_OPERANDS]; /* NONE: no such operand */
};

static const struct verb rclone_verbs[] = {
	{ " delete purge deletefile dedupe ", { ROLE_GOES } },
	{ " rmdir rmdirs cleanup ", { ROLE_EMPTY } },
	{ " rcat ", { ROLE_WRITE } },
	{ " copy copyto copyurl ", { ROLE_READ, ROLE_WRITE } },
	{ " move moveto ", { ROLE_GOES, ROLE_WRITE } },
	{ " sync ", { ROLE_READ, ROLE_GOES } },
	{ " bisync ", { ROLE_GOES, ROLE_GOES } },
	{ " about archive authorize backend cat check checksum completion config copyid cryptcheck cryptdecode gendocs gitannex hashsum "
	  "help link listremotes ls lsd lsf lsjson lsl md5sum mkdir mount ncdu nfsmount obscure rc rcd selfupdate serve settier sha1sum "
	  "size test touch tree version ",
	  { ROLE_NONE } },
};

/* What these take away is the repository's, and no other's above or below it. */
static const struct verb restic_verbs[] = {
	{ " forget prune rewrite ", { ROLE_EMPTY } },
	{ " backup cache cat check copy diff dump features find generate help init key list ls migrate mount options recover repair "
	  "restore self-update snapshots stats tag unlock version ",
	  { ROLE_NONE } },
};

/* --- words --- */

/* The verb is the first word that is no flag; what may be an unknown flag's value is one only where it is called so. */
static const struct verb *verb_of(const struct command_words *s, const struct verb *verbs, size_t n, size_t *ret_at)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->item[i].flag)
			continue;
		for (size_t k = 0; k < n; k++) {
			if (paths_listed(verbs[k].names, s->item[i].text)) {
				*ret_at = i;
				return &verbs[k];
			}
		}
		if (!s->item[i].perhaps)
			return NULL;
	}
	return NULL;
}

/* Those behind the verb, ${want} at most: where there are more, what may be an unknown flag's value is none. */
static size_t operands(const struct command_words *s, size_t verb, size_t want, struct shell_value *ret)
{
	size_t all = 0, n = 0;

	for (size_t i = verb + 1; i < s->n; i++)
		all += !s->item[i].flag;
	for (size_t i = verb + 1; i < s->n && n < want; i++) {
		if (s->item[i].flag)
			continue;
		if (all > want && s->item[i].perhaps) {
			all--;
			continue;
		}
		ret[n++] = (struct shell_value){ .text = s->item[i].text, .known = s->item[i].known };
	}
	return n;
}

static bool only_shows(const struct command_words *s)
{
	return command_flag(s, STR("--dry-run|-n|--help|-h"));
}

/* --- places: REMOTE:path, SCHEME:…, a folder --- */

struct remote {
	struct str name, path; /* path: absolute, as the remote's root were a file system's; up to what nobody knows */
	bool open;	       /* something unknown follows */
};

/* False where it is a path of this machine. */
static bool remote_of(struct paths *p, struct str text, struct remote *ret)
{
	size_t colon = text.len ? str_find_char(str_sub(text, 1, SIZE_MAX), ':') : SIZE_MAX, slash = str_find_char(text, '/');
	struct str path, name;

	if (colon == SIZE_MAX || (slash != SIZE_MAX && slash < colon + 1))
		return false;
	name = str_sub(text, 0, colon + 1);
	path = str_sub(text, colon + 2, SIZE_MAX);
	*ret = (struct remote){ .name = str_sub(name, 0, str_find_char(name, ',')) };
	for (size_t i = 0; i < path.len && !ret->open; i++) {
		if (path.ptr[i] != SHELL_UNKNOWN)
			continue;
		path = str_sub(path, 0, i);
		ret->open = true;
	}
	ret->path = world_absolute(STR("/"), path, p->arena);
	if (ret->open && path.len && path.ptr[path.len - 1] == '/' && ret->path.len > 1)
		ret->path = arena_join(p->arena, ret->path, STR("/"));
	return true;
}

static bool is_hit(const struct remote *vault, const struct remote *r, enum role role)
{
	if (!str_eq(vault->name, r->name))
		return false;
	if (world_within(r->path, vault->path))
		return true;
	if (role != ROLE_GOES)
		return false;
	return r->open ? str_starts(vault->path, r->path) : world_within(vault->path, r->path);
}

static void judge_local(struct paths *p, struct paths_target t, enum paths_how how)
{
	const struct world_path *w = t.path.len ? world_path(p->w->world, t.path) : NULL;
	struct str real = !w ? STR_NONE : w->type == WORLD_LINK ? w->target : w->real;

	if (t.path.len && !paths_vault(p, &t, t.path, how) && real.len)
		(void)paths_vault(p, &t, real, how);
}

static void judge_operand(struct paths *p, struct shell_value operand, enum role role)
{
	struct remote at, vault;

	if (role == ROLE_NONE || role == ROLE_READ)
		return;
	if (!remote_of(p, operand.text, &at)) {
		judge_local(p, paths_of(p, operand), role == ROLE_GOES ? PATHS_TREE : PATHS_WRITE);
		return;
	}
	for (const struct world_vault *v = world_vaults(p->w->world); v; v = v->next) {
		if (v->repository.len && remote_of(p, v->repository, &vault) && is_hit(&vault, &at, role))
			paths_vault_goes(p, v, v->repository);
	}
}

static void rclone(struct paths *p, const struct command_words *s)
{
	struct shell_value operand[MOST_OPERANDS];
	size_t at, n, want = 0;
	const struct verb *verb = verb_of(s, rclone_verbs, ARRAY_LEN(rclone_verbs), &at);

	if (!verb)
		return;
	while (want < MOST_OPERANDS && verb->role[want] != ROLE_NONE)
		want++;
	n = operands(s, at, want, operand);
	for (size_t i = 0; i < n; i++)
		judge_operand(p, operand[i], verb->role[i]);
}

static bool is_repository_flag(const struct command_word *k)
{
	return k->flag && k->has_value && (str_is(k->text, "-r") || str_is(k->text, "--repo"));
}

static void restic(struct paths *p, const struct command_words *s)
{
	struct shell_value from = { .known = true };
	const struct verb *verb;
	bool named = false;
	size_t at;

	verb = verb_of(s, restic_verbs, ARRAY_LEN(restic_verbs), &at);
	if (!verb || verb->role[0] == ROLE_NONE)
		return;
	for (size_t i = 0; i < s->n; i++) {
		if (!is_repository_flag(&s->item[i]))
			continue;
		named = true;
		from.text = s->item[i].value;
		judge_operand(p, from, verb->role[0]);
	}
	if (!named && command_env(p->w, STR("RESTIC_REPOSITORY"), &from.text))
		judge_operand(p, from, verb->role[0]);
}

void paths_keeper_act(struct paths *p)
{
	struct command_words s;

	if (!paths_listed(" restic rclone ", p->program) || !world_vaults(p->w->world) || !command_words(p->w, &s) || only_shows(&s))
		return;
	if (str_is(p->program, "restic"))
		restic(p, &s);
	else
		rclone(p, &s);
}
