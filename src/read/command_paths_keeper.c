/* The programs that keep backups for a vault of pawl's, restic and rclone: which word is the verb, and what becomes of its operands. */
#include "read/command_paths_keeper.h"

#include "read/command_place.h"

#define MOST_OPERANDS 2

struct verb {
	const char *names;
	enum keeper_role role[MOST_OPERANDS]; /* NONE: no such operand */
};

static const struct verb rclone_verbs[] = {
	{ " delete purge deletefile dedupe ", { KEEPER_GOES } },
	{ " rmdir rmdirs cleanup ", { KEEPER_EMPTY } },
	{ " rcat touch ", { KEEPER_WRITE } },
	{ " copy copyto copyurl settier ", { KEEPER_READ, KEEPER_WRITE } },
	{ " move moveto ", { KEEPER_GOES, KEEPER_WRITE } },
	{ " sync ", { KEEPER_READ, KEEPER_GOES } },
	{ " bisync ", { KEEPER_GOES, KEEPER_GOES } },
	{ " mount nfsmount serve ", { KEEPER_NONE } },
	{ " rc backend config ", { KEEPER_NONE } },
	{ " about archive authorize cat check checksum completion copyid cryptcheck cryptdecode gendocs gitannex hashsum "
	  "help link listremotes ls lsd lsf lsjson lsl md5sum mkdir ncdu obscure rcd selfupdate sha1sum "
	  "size test tree version ",
	  { KEEPER_NONE } },
};

/* What these take away is the repository's, and no other's above or below it. */
static const struct verb restic_verbs[] = {
	{ " forget prune rewrite migrate ", { KEEPER_EMPTY } },
	{ " key ", { KEEPER_EMPTY } },
	{ " repair ", { KEEPER_EMPTY } },
	{ " backup cache cat check copy diff dump features find generate help init list ls mount options recover "
	  "restore self-update snapshots stats tag unlock version ",
	  { KEEPER_NONE } },
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
	bool any;	       /* by settings of its own: what it is called here says nothing */
};

/* False where it is a path of this machine. */
static bool remote_of(struct paths *p, struct str text, struct remote *ret)
{
	size_t colon = text.len ? str_find_char(str_sub(text, 1, SIZE_MAX), ':') : SIZE_MAX, slash = str_find_char(text, '/');
	struct str path, name;

	if (colon == SIZE_MAX || (slash != SIZE_MAX && slash < colon + 1))
		return false;
	if (text.ptr[0] == ':') { /* :TYPE,KEY="a:b":PATH: what stands in quotes is not it */
		struct str rest = str_sub(text, colon + 1, SIZE_MAX);
		size_t quoted = str_find(rest, STR("\":"));

		colon += quoted == SIZE_MAX ? 0 : quoted + 1;
	}
	name = str_sub(text, 0, colon + 1);
	path = str_sub(text, colon + 2, SIZE_MAX);
	*ret = (struct remote){ .name = str_sub(name, 0, str_find_char(name, ',')), .any = name.len && name.ptr[0] == ':' };
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

static bool is_hit(const struct remote *vault, const struct remote *r, enum keeper_role role)
{
	if (!r->any && !str_eq(vault->name, r->name))
		return false;
	if (world_within(r->path, vault->path))
		return true;
	if (role != KEEPER_GOES)
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

/* The vault's own notation; of restic, whose repository is one of rclone's, that one's. */
static bool vault_of(struct paths *p, const struct world_vault *v, struct remote *ret)
{
	struct str text = v->repository;

	if (str_starts(text, STR("rclone:")))
		text = str_sub(text, 7, SIZE_MAX);
	return text.len && remote_of(p, text, ret);
}

void keeper_operand(struct paths *p, struct shell_value operand, const struct keeper_how *how)
{
	struct remote at, vault;

	if (how->role == KEEPER_NONE || how->role == KEEPER_READ || !operand.text.len)
		return;
	if (str_starts(operand.text, STR("rclone:")))
		operand.text = str_sub(operand.text, 7, SIZE_MAX);
	if (!remote_of(p, operand.text, &at)) {
		judge_local(p, paths_of(p, operand), how->role == KEEPER_GOES ? PATHS_TREE : PATHS_WRITE);
		return;
	}
	at.any = at.any || how->other_config;
	for (const struct world_vault *v = world_vaults(p->w->world); v; v = v->next) {
		if (v->repository.len && vault_of(p, v, &vault) && is_hit(&vault, &at, how->role))
			paths_vault_goes(p, v, v->repository);
		/* what lies in a bucket, by whatever name a remote of rclone has that reaches it */
		else if (v->bucket.len && at.path.len > 1 &&
			 paths_bucket_meets(v, str_sub(at.path, 1, SIZE_MAX), how->role == KEEPER_GOES))
			paths_vault_goes(p, v, v->bucket);
	}
}

void keeper_remote(struct paths *p, struct str name)
{
	struct remote vault;

	for (const struct world_vault *v = world_vaults(p->w->world); v; v = v->next) {
		if (v->repository.len && vault_of(p, v, &vault) && (str_eq(vault.name, name) || !command_known(name)))
			paths_vault_goes(p, v, v->repository);
	}
}

/* Another configuration, or variables that are one: a remote of any name may be the vault's. */
static bool has_own_config(struct paths *p, const struct command_words *s)
{
	struct str value;

	if (command_value(s, "--config", &value) || command_env(p->w, STR("RCLONE_CONFIG"), &value))
		return true;
	for (const struct shell_variable *v = p->act->env; v; v = v->next)
		if (!v->unset && str_starts(v->name, STR("RCLONE_CONFIG_")))
			return true;
	return false;
}

static void rclone(struct paths *p, const struct command_words *s)
{
	struct shell_value operand[MOST_OPERANDS];
	struct keeper_how how = { .other_config = has_own_config(p, s) };
	size_t at, n, want = 0;
	const struct verb *verb = verb_of(s, rclone_verbs, ARRAY_LEN(rclone_verbs), &at);

	if (!verb)
		return;
	if (paths_listed(" rc backend config mount nfsmount serve ", s->item[at].text)) {
		keeper_far(p, s, at, &how);
		return;
	}
	while (want < MOST_OPERANDS && verb->role[want] != KEEPER_NONE)
		want++;
	n = operands(s, at, want, operand);
	for (size_t i = 0; i < n; i++) {
		how.role = verb->role[i];
		keeper_operand(p, operand[i], &how);
	}
}

static bool is_repository_flag(const struct command_word *k)
{
	return k->flag && k->has_value && (str_is(k->text, "-r") || str_is(k->text, "--repo"));
}

/* `key list`, `repair index` take nothing. */
static bool is_harmless(const struct command_words *s, size_t at)
{
	struct shell_value second = { .known = true };

	if (!paths_listed(" key repair ", s->item[at].text))
		return false;
	if (!operands(s, at, 1, &second))
		return true;
	return paths_listed(str_is(s->item[at].text, "key") ? " list add " : " index ", second.text);
}

/* What a file says that names the repository; what nobody could read is any. */
static void from_file(struct paths *p, struct str file, const struct keeper_how *how)
{
	struct shell_value from = { .known = true };
	bool found = false;

	from.text = str_trim(command_file(p->w, file, &found));
	if (found && from.text.len) {
		keeper_operand(p, from, how);
		return;
	}
	for (const struct world_vault *v = world_vaults(p->w->world); v; v = v->next)
		if (v->repository.len)
			paths_vault_goes(p, v, v->repository);
}

static void restic(struct paths *p, const struct command_words *s)
{
	struct shell_value from = { .known = true };
	struct keeper_how how = { .other_config = false };
	const struct verb *verb;
	bool named = false;
	struct str file = STR_NONE;
	size_t at;

	verb = verb_of(s, restic_verbs, ARRAY_LEN(restic_verbs), &at);
	if (verb && str_is(s->item[at].text, "restore") && command_value(s, "-t|--target", &from.text))
		judge_local(p, paths_of(p, from), PATHS_WRITE);
	if (!verb || verb->role[0] == KEEPER_NONE || is_harmless(s, at))
		return;
	how.role = verb->role[0];
	for (size_t i = 0; i < s->n; i++) {
		if (!is_repository_flag(&s->item[i]))
			continue;
		named = true;
		from.text = s->item[i].value;
		if (!command_known(from.text) && from.text.ptr[0] == SHELL_UNKNOWN)
			from_file(p, STR_NONE, &how);
		else
			keeper_operand(p, from, &how);
	}
	if (command_value(s, "--repository-file", &file))
		from_file(p, file, &how);
	else if (!named && command_env(p->w, STR("RESTIC_REPOSITORY"), &from.text))
		keeper_operand(p, from, &how);
	else if (!named && command_env(p->w, STR("RESTIC_REPOSITORY_FILE"), &file))
		from_file(p, file, &how);
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
