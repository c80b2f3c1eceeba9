/* corpus_read.c -- the case files: lines `KEY: VALUE`, blocks of lines that begin with `|`, paragraphs with a `# why` on top. */
#include <dirent.h>
#include <stdlib.h>

#include "base/fd.h"
#include "corpus.h"

#define MAX_TEXT ((size_t)4 << 20)

struct reader {
	struct str name, rest, line; /* line: the one at hand, without its newline */
	unsigned n;
	struct arena *arena;
	struct corpus *corpus;
	struct corpus_world *world;
	bool world_used; /* cases stand under it */
	struct str why;
	struct err *err;
};

static bool wrong(const struct reader *r, const char *what)
{
	return err_set(r->err, ERR_INPUT, "%.*s:%u: %s: %.*s", STR_ARG(r->name), r->n, what, STR_ARG(r->line));
}

static bool next_line(struct reader *r)
{
	size_t nl = str_find_char(r->rest, '\n');

	if (!r->rest.len)
		return false;
	r->line = str_sub(r->rest, 0, nl);
	r->rest = nl == SIZE_MAX ? STR_NONE : str_sub(r->rest, nl + 1, SIZE_MAX);
	r->n++;
	return true;
}

/* The lines of a block, without their marks, each with its newline but the last. */
static struct str block(struct reader *r, bool final_newline)
{
	struct str all = STR("");

	while (r->rest.len && r->rest.ptr[0] == '|') {
		struct str line;

		next_line(r);
		line = str_sub(r->line, str_starts(r->line, STR("| ")) ? 2 : 1, SIZE_MAX);
		if (all.len)
			all = arena_join(r->arena, all, STR("\n"));
		all = arena_join(r->arena, all, line);
	}
	return final_newline ? arena_join(r->arena, all, STR("\n")) : all;
}

/* The next word of *${s}, and *${s} behind it. */
static struct str word(struct str *s)
{
	struct str t = str_trim(*s);
	size_t end = str_find_char(t, ' ');

	*s = end == SIZE_MAX ? STR_NONE : str_trim(str_sub(t, end, SIZE_MAX));
	return str_sub(t, 0, end);
}

static struct str absolute(const struct reader *r, struct str path)
{
	if (str_starts(path, STR("~/")))
		return arena_join(r->arena, r->world->home, str_sub(path, 1, SIZE_MAX));
	return world_absolute(r->world->workspace.len ? r->world->workspace : r->world->cwd, path, r->arena);
}

static bool read_env(struct reader *r, struct str value, bool unset)
{
	struct corpus_variable *v = ARENA_NEW(r->arena, struct corpus_variable);
	size_t eq = str_find_char(value, '=');

	if (!unset && eq == SIZE_MAX)
		return wrong(r, "env: needs NAME=VALUE");
	v->is.name = unset ? value : str_sub(value, 0, eq);
	v->is.value = unset ? STR_NONE : str_sub(value, eq + 1, SIZE_MAX);
	v->unset = unset;
	v->next = r->world->env;
	r->world->env = v;
	return true;
}

/* PATH TYPE [TARGET] [mount] [capped] [files=N] [bytes=N] */
static bool read_path(struct reader *r, struct str value)
{
	static const struct {
		const char *word;
		enum world_path_type type;
	} types[] = { { "regular", WORLD_REGULAR }, { "folder", WORLD_FOLDER }, { "link", WORLD_LINK },
		      { "missing", WORLD_NOTHING }, { "other", WORLD_OTHER }, { "no-access", WORLD_NO_ACCESS } };
	struct corpus_path *p = ARENA_NEW(r->arena, struct corpus_path);
	struct str type;
	size_t i = 0;

	p->is.path = p->is.real = absolute(r, word(&value));
	p->is.files = 3;
	p->is.bytes = 4096;
	type = word(&value);
	while (i < sizeof(types) / sizeof(*types) && !str_is(type, types[i].word))
		i++;
	if (i == sizeof(types) / sizeof(*types))
		return wrong(r, "path: needs PATH and one of regular, folder, link, missing, other, no-access");
	p->is.type = types[i].type;
	if (p->is.type == WORLD_LINK)
		p->is.target = absolute(r, word(&value));
	while (value.len) {
		struct str w = word(&value);

		if (str_is(w, "mount"))
			p->is.mount = true;
		else if (str_is(w, "capped"))
			p->is.capped = true;
		else if (!(str_starts(w, STR("files=")) && str_to_u64(str_sub(w, 6, SIZE_MAX), &p->is.files)) &&
			 !(str_starts(w, STR("bytes=")) && str_to_u64(str_sub(w, 6, SIZE_MAX), &p->is.bytes)))
			return wrong(r, "path: knows mount, capped, files=N, bytes=N");
	}
	p->next = r->world->paths;
	r->world->paths = p;
	return true;
}

static bool read_git_count(struct world_repository *g, struct str key, struct str value)
{
	const struct {
		const char *name;
		uint32_t *at;
	} counts[] = { { "modified", &g->modified }, { "untracked", &g->untracked }, { "ignored", &g->ignored },
		       { "stashes", &g->stashes },   { "unpushed", &g->unpushed } };
	uint64_t n;

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		if (str_is(key, counts[i].name) && str_to_u64(value, &n)) {
			*counts[i].at = (uint32_t)n;
			return true;
		}
	return false;
}

/* none, or KEY=VALUE … */
static bool read_git(struct reader *r, struct str value)
{
	struct world_repository *g = &r->world->repository;

	if (str_is(value, "none")) {
		*g = (struct world_repository){ 0 };
		return true;
	}
	while (value.len) {
		struct str w = word(&value), key, is;
		size_t eq = str_find_char(w, '=');

		key = str_sub(w, 0, eq);
		is = eq == SIZE_MAX || eq + 1 == w.len ? STR_NONE : str_sub(w, eq + 1, SIZE_MAX);
		if (str_is(key, "untracked-vault") || str_is(key, "ignored-vault")) {
			struct world_untracked *u = ARENA_NEW(r->arena, struct world_untracked);

			*u = (struct world_untracked){ absolute(r, is), str_starts(key, STR("ignored")), str_ends(is, STR("/")), g->vaults };
			g->vaults = u;
		} else if (str_is(key, "branch")) {
			g->branch = is;
			g->upstream = STR_NONE;
		} else if (str_is(key, "upstream")) {
			g->upstream = is;
		} else if (str_is(key, "default")) {
			g->default_branch = is;
		} else if (str_is(key, "remote") && str_find_char(is, '=') != SIZE_MAX) {
			struct world_remote *m = ARENA_NEW(r->arena, struct world_remote);

			m->name = str_sub(is, 0, str_find_char(is, '='));
			m->url = str_sub(is, m->name.len + 1, SIZE_MAX);
			g->remotes = m; /* what stands here replaces the default world's */
		} else if (!read_git_count(g, key, is)) {
			return wrong(r, "git: knows branch, upstream, default, remote=NAME=URL and counts");
		}
	}
	return true;
}

static bool read_file(struct reader *r, struct str value)
{
	struct corpus_file *f = ARENA_NEW(r->arena, struct corpus_file);

	f->path = absolute(r, value);
	f->text = block(r, true);
	f->next = r->world->files;
	r->world->files = f;
	return true;
}

static bool read_program(struct reader *r, struct str value)
{
	struct world_program *p = ARENA_NEW(r->arena, struct world_program);

	p->name = word(&value);
	p->path = p->real = str_is(value, "none") ? STR_NONE : absolute(r, value);
	p->next = r->world->programs;
	r->world->programs = p;
	return true;
}

/* Whose backups may lie in the vaults named above. */
static bool read_targets(struct reader *r, struct str value)
{
	struct str *names = ARENA_ARRAY(r->arena, value.len + 1, struct str);
	size_t n = 0;

	while (value.len)
		names[n++] = word(&value);
	for (struct world_vault *v = r->world->vaults; v; v = v->next) {
		v->targets = names;
		v->n_targets = n;
	}
	return true;
}

/* Who keeps the vaults named above. */
static bool read_vault_user(struct reader *r, struct str value)
{
	for (struct world_vault *v = r->world->vaults; v; v = v->next)
		v->user = value;
	return true;
}

/* NAME PATH [REAL]: a folder. NAME s3://BUCKET/PREFIX. NAME REPOSITORY: what else has a colon, of restic or rclone. */
static bool read_vault(struct reader *r, struct str value)
{
	struct world_vault *v = ARENA_NEW(r->arena, struct world_vault);
	struct str at;

	v->name = word(&value);
	at = word(&value);
	if (!at.len)
		return wrong(r, "vault: needs NAME and PATH");
	if (str_starts(at, STR("s3://")))
		v->bucket = str_sub(at, 5, SIZE_MAX);
	else if (str_find_char(at, ':') != SIZE_MAX)
		v->repository = at;
	else
		v->path = absolute(r, at);
	if (value.len)
		v->real = absolute(r, word(&value));
	v->next = r->world->vaults;
	r->world->vaults = v;
	return true;
}

/* A line that says something of the world. */
static bool read_setting(struct reader *r, struct str key, struct str value)
{
	struct corpus_world *w = r->world;

	if (r->world_used)
		return wrong(r, "cases of this world stand above; begin another one with `world: …`");
	if (str_is(key, "cwd"))
		w->cwd = absolute(r, value);
	else if (str_is(key, "workspace"))
		w->workspace = str_is(value, "none") ? STR_NONE : value;
	else if (str_is(key, "home"))
		w->home = value;
	else if (str_is(key, "user"))
		w->user = value;
	else if (str_is(key, "env") || str_is(key, "unset"))
		return read_env(r, value, str_is(key, "unset"));
	else if (str_is(key, "path"))
		return read_path(r, value);
	else if (str_is(key, "git"))
		return read_git(r, value);
	else if (str_is(key, "file"))
		return read_file(r, value);
	else if (str_is(key, "program"))
		return read_program(r, value);
	else if (str_is(key, "vault"))
		return read_vault(r, value);
	else if (str_is(key, "vault-user"))
		return read_vault_user(r, value);
	else if (str_is(key, "targets"))
		return read_targets(r, value);
	else
		return wrong(r, "no key that is known");
	return true;
}

static bool add_case(struct reader *r, enum verdict at_least, struct str text)
{
	struct corpus_case *c;

	if (!text.len)
		text = block(r, false);
	if (!text.len)
		return wrong(r, "no command behind the verdict, and no lines that begin with | below it");
	if (!r->why.len)
		return wrong(r, "no `# why` on top of its paragraph");
	for (const struct corpus_case *o = r->corpus->first; o; o = o->next)
		if (o->world == r->world && str_eq(o->text, text))
			return wrong(r, "stands in this world twice");
	c = ARENA_NEW(r->arena, struct corpus_case);
	if (!c)
		return err_set(r->err, ERR_LIMIT, "%.*s:%u: out of memory", STR_ARG(r->name), r->n);
	*c = (struct corpus_case){ r->name, r->n, at_least, text, r->why, r->world, NULL };
	if (r->corpus->last)
		r->corpus->last->next = c;
	else
		r->corpus->first = c;
	r->corpus->last = c;
	r->corpus->n++;
	*(at_least == VERDICT_ALLOW ? &r->corpus->n_allowed : &r->corpus->n_refused) += 1;
	r->world_used = true;
	return true;
}

static bool begin_world(struct reader *r, struct str title)
{
	const struct corpus_world *d = corpus_default_world(r->arena);

	r->world = ARENA_NEW(r->arena, struct corpus_world);
	if (!d || !r->world)
		return err_set(r->err, ERR_LIMIT, "out of memory");
	*r->world = *d;
	r->world->title = title;
	r->world_used = false;
	r->why = STR_NONE;
	return true;
}

static bool read_line(struct reader *r)
{
	size_t colon = str_find_char(r->line, ':');
	struct str key = str_sub(r->line, 0, colon), value;
	enum verdict v;

	if (!r->line.len) {
		r->why = STR_NONE;
		return true;
	}
	if (r->line.ptr[0] == '#') {
		struct str says = str_trim(str_sub(r->line, 1, SIZE_MAX));

		r->why = r->why.len ? arena_fmt(r->arena, "%.*s %.*s", STR_ARG(r->why), STR_ARG(says)) : says;
		return true;
	}
	if (colon == SIZE_MAX)
		return wrong(r, "neither `KEY: VALUE`, nor `# why`, nor `| line` of a block");
	value = str_sub(r->line, colon + 1, SIZE_MAX);
	if (value.len && value.ptr[0] == ' ')
		value = str_sub(value, 1, SIZE_MAX);
	if (str_is(key, "world"))
		return value.len ? begin_world(r, value) : wrong(r, "a world needs a title");
	if (verdict_from(key, &v))
		return add_case(r, v, value);
	return read_setting(r, key, value);
}

bool corpus_read(struct str name, struct str text, struct arena *arena, struct corpus *c, struct err *err)
{
	struct reader r = { .name = name, .rest = text, .arena = arena, .corpus = c, .err = err };

	if (!begin_world(&r, STR("default")))
		return false;
	while (next_line(&r))
		if (!read_line(&r))
			return false;
	return true;
}

bool corpus_read_file(const char *path, struct arena *arena, struct corpus *c, struct err *err)
{
	auto_buf b = BUF_MAX(MAX_TEXT);
	const char *name = strrchr(path, '/');

	if (!file_read(path, &b, err))
		return false;
	return corpus_read(arena_str(arena, str_from(name ? name + 1 : path)), arena_str(arena, buf_str(&b)), arena, c, err);
}

static int wanted(const struct dirent *e)
{
	return str_ends(str_from(e->d_name), STR(".cases"));
}

bool corpus_read_folder(const char *folder, struct arena *arena, struct corpus *c, struct err *err)
{
	struct dirent **names;
	int n = scandir(folder, &names, wanted, alphasort);
	char path[8192];
	bool ok = true;

	if (n < 0)
		return err_sys(err, "%s", folder);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		ok = ok && corpus_read_file(path, arena, c, err);
		free(names[i]);
	}
	free(names);
	return ok && (n > 0 || err_set(err, ERR_INPUT, "%s: no *.cases there", folder));
}
