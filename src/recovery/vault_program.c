/* Vaults that another program keeps: restic and rclone, run as children. Where they store, and with which password or key, is theirs to
 * know (rclone.conf, RESTIC_PASSWORD_FILE …): nothing of it stands on a command line. Neither locks anything: a lock asked for is refused.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/timestamp.h"
#include "recovery/filter.h"
#include "recovery/tools.h"
#include "recovery/vault_inner.h"

#define SAYS_MAX ((size_t)64 << 20)
#define LISTING ((size_t)256 << 20)
#define RUN_S 900
#define STORE_S 21600 /* where nothing can be streamed to, rclone stores all of it only when it has all */
#define WORDS_MAX 16
#define PATH 512

struct program {
	struct vault v;
	bool restic;
	char path[TOOLS_PATH], repository[PATH];
};

struct put {
	struct vault_put p;
	struct filter f;
};

struct get {
	struct vault_get g;
	struct filter f;
	uint64_t skip;
};

/* One stored file: one in rclone's folder, one snapshot of restic's. */
struct stored {
	struct vault_name name;
	struct str id; /* of the snapshot */
	int64_t at_us;
	uint64_t bytes;
	bool sized;
	struct stored *next;
};

static const struct vault_ops ops;

static bool say(const struct program *d, struct err *err)
{
	return err_prefix(err, "vault %.*s", STR_ARG(d->v.place.name));
}

bool vault_program_open(const struct vault_place *place, struct vault **ret, struct err *err)
{
	struct program *d = calloc(1, sizeof(*d));

	if (!d)
		return err_set(err, ERR_LIMIT, "no memory for a vault");
	d->v = (struct vault){ &ops, *place };
	d->restic = place->kind == VAULT_RESTIC;
	snprintf(d->repository, sizeof(d->repository), "%.*s", STR_ARG(place->repository));
	if (!place->repository.len || place->repository.len >= sizeof(d->repository))
		(void)err_set(err, ERR_INPUT, "no repository, or a name too long");
	else if (!d->restic && (d->repository[0] == ':' || d->repository[0] == '-' ||
				str_find_char(place->repository, ',') != SIZE_MAX))
		(void)err_set(err, ERR_INPUT,
			      "'%s': name a remote of rclone.conf, so that no key stands on a "
			      "command line",
			      d->repository);
	else if (place->lock_s)
		(void)err_set(err, ERR_DENIED, "%s locks nothing: take `lock` away, or use a folder or S3",
			      d->restic ? "restic" : "rclone");
	else if (tools_find(d->restic ? "restic" : "rclone", d->path, err)) {
		*ret = &d->v;
		return true;
	}
	(void)say(d, err);
	free(d);
	return false;
}

static void close_(struct vault *v)
{
	free(v);
}

/* "REMOTE:PATH/TARGET/ID/FILE", or restic's "/TARGET/ID/FILE". */
static const char *whither(const struct program *d, const struct vault_name *n, char ret[2 * PATH])
{
	snprintf(ret, (size_t)2 * PATH, "%s/%.*s%s%.*s%s%.*s", d->restic ? "" : d->repository, STR_ARG(n->target),
		 n->id.len ? "/" : "", STR_ARG(n->id), n->file.len ? "/" : "", STR_ARG(n->file));
	return ret;
}

/* Its words; the repository stands in the environment, for it may hold a password. */
static bool words(const struct program *d, const char *const in[], char *ret[WORDS_MAX + 1], struct err *err)
{
	size_t n = 0;

	if (d->restic && setenv("RESTIC_REPOSITORY", d->repository, 1) != 0)
		return err_sys(err, "RESTIC_REPOSITORY");
	ret[n++] = (char *)(uintptr_t)d->path;
	for (; in[n - 1]; n++) {
		PAWL_ASSERT(n < WORDS_MAX);
		ret[n] = (char *)(uintptr_t)in[n - 1];
	}
	ret[n] = NULL;
	return true;
}

static bool run(const struct program *d, const char *const in[], struct buf *out, int *ret_status, struct err *err)
{
	auto_buf said = BUF_MAX(1 << 20), none = BUF_MAX(1 << 20);
	struct proc_opts o = { .out = out ? out : &none, .errout = &said, .timeout_s = RUN_S };
	char *argv[WORDS_MAX + 1];

	if (!words(d, in, argv, err) || !proc_run(argv, &o, ret_status, err))
		return false;
	return *ret_status == 0 || err_set(err, ERR_TOOL, "%s ended with status %d: %.*s", in[0], *ret_status,
					   STR_ARG(str_sub(str_trim(buf_str(&said)), 0, 400)));
}

/* --- what lies there --- */

static bool take_apart(struct str path, struct vault_name *ret)
{
	struct str parts[3];

	if (str_starts(path, STR("/")))
		path = str_sub(path, 1, SIZE_MAX);
	for (size_t i = 0; i < 3; i++) {
		size_t slash = i < 2 ? str_find_char(path, '/') : path.len;

		if (slash == SIZE_MAX)
			return false;
		parts[i] = str_sub(path, 0, slash);
		path = str_sub(path, slash + 1, SIZE_MAX);
		if (!vault_name_good(parts[i]))
			return false;
	}
	*ret = (struct vault_name){ parts[0], parts[1], parts[2] };
	return true;
}

static bool take_one(const struct program *d, const struct json *v, struct arena *arena, struct stored ***end,
		     struct err *err)
{
	const struct json *paths = json_get(v, "paths");
	struct str path = d->restic ? json_text(paths ? paths->child : NULL) : json_str(v, "Path");
	struct stored *s = arena_alloc(arena, sizeof(*s));
	int64_t at = 0;
	uint64_t bytes = 0;

	if (!s)
		return err_set(err, ERR_LIMIT, "more files than can be listed");
	if (!take_apart(path, &s->name))
		return true;
	if (!timestamp_parse(json_str(v, d->restic ? "time" : "ModTime"), &at))
		at = 0;
	/* Of what was put by restic before 0.17, and of what lies in some of rclone's remotes (-1), nobody says it. */
	s->sized = d->restic ? json_u64(json_get(v, "summary"), "total_bytes_processed", &bytes) : json_u64(v, "Size", &bytes);
	s->id = json_str(v, "id");
	s->at_us = at;
	s->bytes = s->sized ? bytes : 0;
	**end = s;
	*end = &s->next;
	return true;
}

/* All files of one backup, one target or all. */
static bool stored(const struct program *d, struct arena *arena, struct stored **ret, struct err *err)
{
	const char *const restic[] = { "snapshots", "--json", "--tag", "pawl", "--no-lock", NULL };
	const char *const rclone[] = { "lsjson", "-R", "--files-only", d->repository, NULL };
	auto_buf out = BUF_MAX(SAYS_MAX);
	struct json *root;
	int status = 0;

	*ret = NULL;
	if (!run(d, d->restic ? restic : rclone, &out, &status, err)) {
		/* rclone's word for a folder that is not there: nothing was put yet. */
		return !d->restic && status == 3;
	}
	if (!json_parse(arena_str(arena, buf_str(&out)), arena, &root, err))
		return err_prefix(err, "what %s lists", d->restic ? "restic" : "rclone");
	JSON_EACH(v, root) {
		if (!take_one(d, v, arena, &ret, err))
			return false;
	}
	return true;
}

static bool same_name(const struct vault_name *a, const struct vault_name *b)
{
	return str_eq(a->target, b->target) && str_eq(a->id, b->id) && str_eq(a->file, b->file);
}

/* The oldest of that name, which is what the vault put there; NULL: none. */
static const struct stored *oldest(const struct stored *all, const struct vault_name *n)
{
	const struct stored *found = NULL;

	for (; all; all = all->next) {
		if (same_name(&all->name, n) && (!found || all->at_us < found->at_us))
			found = all;
	}
	return found;
}

static int by_place(const void *a, const void *b)
{
	const struct stored *x = *(const struct stored *const *)a, *y = *(const struct stored *const *)b;
	int c = str_cmp(y->name.id, x->name.id); /* newest first */

	c = c ? c : str_cmp(x->name.target, y->name.target);
	c = c ? c : str_cmp(x->name.file, y->name.file);
	return c ? c : x->at_us < y->at_us ? -1 : x->at_us > y->at_us;
}

static bool group(struct stored **s, size_t n, struct str target, struct arena *arena, struct vault_entry **ret)
{
	struct vault_entry *e = NULL;
	unsigned marks = 0;

	for (size_t i = 0; i < n; i++) {
		const struct vault_name *name = &s[i]->name;

		if (target.len && !str_eq(name->target, target))
			continue;
		if (!e || !str_eq(e->id, name->id) || !str_eq(e->target, name->target)) {
			e = arena_alloc(arena, sizeof(*e));
			if (!e)
				return false;
			*e = (struct vault_entry){ .target = name->target, .id = name->id, .sized = true };
			*ret = e;
			ret = &e->next;
			marks = 0;
		}
		if (i && same_name(&s[i - 1]->name, name)) {
			e->hidden = true; /* another one of the same name came later */
			continue;
		}
		e->bytes += s[i]->bytes;
		e->sized &= s[i]->sized;
		if (str_is(name->file, VAULT_MANIFEST))
			e->put_us = s[i]->at_us;
		marks += str_is(name->file, VAULT_MANIFEST) || str_is(name->file, VAULT_SIGNATURE);
		e->whole = marks == 2;
	}
	*ret = NULL;
	return true;
}

static bool list(struct vault *v, struct str target, struct arena *arena, struct vault_entry **ret, struct err *err)
{
	struct program *d = (struct program *)v;
	struct stored *all, **sorted;
	size_t n = 0;

	if (!stored(d, arena, &all, err))
		return say(d, err);
	for (struct stored *s = all; s; s = s->next)
		n++;
	sorted = arena_array(arena, n ? n : 1, sizeof(struct stored *));
	if (!sorted)
		return err_set(err, ERR_LIMIT, "more backups than can be listed");
	n = 0;
	for (struct stored *s = all; s; s = s->next)
		sorted[n++] = s;
	qsort(sorted, n, sizeof(struct stored *), by_place);
	return group(sorted, n, target, arena, ret) || err_set(err, ERR_LIMIT, "more backups than can be listed");
}

/* Looks for one file: *${ret_there}, and its snapshot in ${ret_id}. */
static bool look(const struct program *d, const struct vault_name *n, bool *ret_there, char ret_id[80], struct err *err)
{
	const struct stored *found;
	struct stored *all;
	struct arena arena;
	bool good;

	if (!arena_map(&arena, LISTING))
		return err_set(err, ERR_LIMIT, "no memory for a listing");
	good = stored(d, &arena, &all, err);
	found = good ? oldest(all, n) : NULL;
	*ret_there = found;
	snprintf(ret_id, 80, "%.*s", found ? (int)found->id.len : 0, found && found->id.ptr ? found->id.ptr : "");
	arena_unmap(&arena);
	return good;
}

/* --- putting --- */

static bool nothing(void *ctx, const void *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)p;
	(void)n;
	(void)err;
	return true; /* what it says on the way */
}

static bool put_begin(struct vault *v, const struct vault_name *n, struct vault_put **ret, uint64_t *ret_have,
		      struct err *err)
{
	struct program *d = (struct program *)v;
	char to[2 * PATH], id[80], *argv[WORDS_MAX + 1];
	const char *const restic[] = { "backup", "--stdin", "--stdin-filename", to,  "--tag", "pawl",
				       "--host", "pawl",    "--quiet",		NULL };
	const char *const rclone[] = { "rcat", to, NULL };
	struct put *p;
	bool there;

	(void)whither(d, n, to);
	if (!look(d, n, &there, id, err))
		return say(d, err);
	if (there)
		return err_set(err, ERR_STATE,
			       "vault %.*s: %s is there already, and nothing in a vault is written over",
			       STR_ARG(v->place.name), to);
	p = calloc(1, sizeof(*p));
	if (!p)
		return err_set(err, ERR_LIMIT, "no memory for a vault");
	*p = (struct put){ .p = { &ops }, .f = { .take = nothing } };
	if (!words(d, d->restic ? restic : rclone, argv, err) || !filter_begin(&p->f, argv, err)) {
		free(p);
		return say(d, err);
	}
	*ret = &p->p;
	*ret_have = 0;
	return true;
}

static bool put_bytes(struct vault_put *put, const void *bytes, size_t n, struct err *err)
{
	return filter_add(&((struct put *)put)->f, bytes, n, err);
}

static bool put_end(struct vault_put *put, struct err *err)
{
	struct put *p = (struct put *)put;
	bool good;

	p->f.silent_s = STORE_S;
	good = filter_end(&p->f, err);
	filter_stop(&p->f);
	free(p);
	return good;
}

/* Ended before it sees its input end: it would store that as all there is. */
static void put_stop(struct vault_put *put)
{
	struct put *p = (struct put *)put;

	if (p->f.pid > 0)
		(void)kill(p->f.pid, SIGKILL);
	filter_stop(&p->f);
	free(p);
}

/* --- getting --- */

static bool get_begin(struct vault *v, const struct vault_name *n, uint64_t at, struct vault_get **ret, struct err *err)
{
	struct program *d = (struct program *)v;
	char from[2 * PATH], id[80], offset[32], *argv[WORDS_MAX + 1];
	const char *const restic[] = { "dump", "--no-lock", "--quiet", id, from, NULL };
	const char *const rclone[] = { "cat", "--offset", offset, from, NULL };
	struct get *g;
	bool there;

	(void)whither(d, n, from);
	snprintf(offset, sizeof(offset), "%llu", (unsigned long long)at);
	if (!look(d, n, &there, id, err))
		return say(d, err);
	if (!there)
		return err_set(err, ERR_STATE, "vault %.*s: %s is not there", STR_ARG(v->place.name), from);
	g = calloc(1, sizeof(*g));
	if (!g)
		return err_set(err, ERR_LIMIT, "no memory for a vault");
	*g = (struct get){ .g = { &ops }, .f = { .take = nothing }, .skip = d->restic ? at : 0 };
	if (!words(d, d->restic ? restic : rclone, argv, err) || !filter_begin(&g->f, argv, err)) {
		free(g);
		return say(d, err);
	}
	fd_close(&g->f.in);
	*ret = &g->g;
	return true;
}

/* The next bytes; 0 at its end, when it ended well. */
static bool next(struct get *g, void *p, size_t n, size_t *ret_n, struct err *err)
{
	ssize_t k = -1;

	while (g->f.out >= 0 && k < 0) {
		if (!filter_ready(&g->f, err))
			return false;
		k = read(g->f.out, p, n);
		if (k < 0 && errno != EAGAIN && errno != EINTR)
			return err_sys(err, "%s", g->f.name);
	}
	*ret_n = k > 0 ? (size_t)k : 0;
	return k > 0 || g->f.pid < 0 || filter_end(&g->f, err);
}

static bool get_bytes(struct vault_get *get, void *p, size_t n, size_t *ret_n, struct err *err)
{
	struct get *g = (struct get *)get;

	while (g->skip) {
		size_t k;

		if (!next(g, p, g->skip < n ? (size_t)g->skip : n, &k, err))
			return false;
		if (!k)
			break;
		g->skip -= k;
	}
	return next(g, p, n, ret_n, err);
}

static void get_end(struct vault_get *get)
{
	struct get *g = (struct get *)get;

	filter_stop(&g->f);
	free(g);
}

/* --- locks and removal --- */

static bool lock(struct vault *v, const struct vault_name *n, struct err *err)
{
	(void)n;
	return !v->place.lock_s ||
	       err_set(err, ERR_DENIED, "vault %.*s: nothing is locked there", STR_ARG(v->place.name));
}

static bool forget(const struct program *d, const struct vault_name *n, struct err *err)
{
	struct stored *all;
	struct arena arena;
	const char *const unlock[] = { "unlock", NULL };
	bool good;
	int status;

	if (!arena_map(&arena, LISTING))
		return err_set(err, ERR_LIMIT, "no memory for a listing");
	/* Takes away only locks of processes that are gone: a backup that broke off leaves one. */
	good = run(d, unlock, NULL, &status, err) && stored(d, &arena, &all, err);
	/* The manifest first: what is half removed is no backup any more, and is swept the next time. */
	for (int manifest = 1; manifest >= 0; manifest--) {
		for (const struct stored *s = all; good && s; s = s->next) {
			char id[80];
			const char *const argv[] = { "forget", id, NULL };

			snprintf(id, sizeof(id), "%.*s", STR_ARG(s->id));
			if (str_eq(s->name.target, n->target) && str_eq(s->name.id, n->id) &&
			    str_is(s->name.file, VAULT_MANIFEST) == (manifest == 1))
				good = run(d, argv, NULL, &status, err);
		}
	}
	arena_unmap(&arena);
	return good;
}

static bool purge(const struct program *d, const struct vault_name *n, struct err *err)
{
	struct vault_name m = { n->target, n->id, STR(VAULT_MANIFEST) };
	char manifest[2 * PATH], folder[2 * PATH], id[80];
	const char *const first[] = { "deletefile", whither(d, &m, manifest), NULL };
	const char *const rest[] = { "purge", whither(d, n, folder), NULL };
	int status;
	bool there;

	return look(d, &m, &there, id, err) && (!there || run(d, first, NULL, &status, err)) &&
	       run(d, rest, NULL, &status, err);
}

/* What restic forgets it frees at the next `restic prune`, which is the owner's to run. */
static bool remove_(struct vault *v, const struct vault_name *n, struct err *err)
{
	struct program *d = (struct program *)v;

	return (d->restic ? forget(d, n, err) : purge(d, n, err)) || say(d, err);
}

static const struct vault_ops ops = { list,	 put_begin, put_bytes, put_end, put_stop, get_begin,
				      get_bytes, get_end,   lock,      remove_, close_ };
