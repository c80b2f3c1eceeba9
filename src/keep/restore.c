/* `pawl undo`: look at what stands there, keep what differs, then put back: objects, references, files, index; folders last. */
#include "keep/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "keep/place.h"

#define TIME_US (600 * CLOCK_SECOND) /* somebody waits for it at a terminal; it is bounded all the same */

void restore_note(struct restore *r, const char *fmt, ...)
{
	struct keep_note *n = ARENA_NEW(r->arena, struct keep_note), **end = &r->said.notes;
	char line[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (!n)
		return;
	n->text = arena_str(r->arena, str_from(line));
	while (*end)
		end = &(*end)->next;
	*end = n;
}

/* --- the item and its places --- */

static bool index_entries(struct restore *r, struct err *err)
{
	size_t n_roots = (size_t)r->item.n_parts * ITEM_BASES;

	r->entry = ARENA_ARRAY(r->arena, r->item.n_entries + 1, struct item_entry *);
	r->root = ARENA_ARRAY(r->arena, n_roots + 1, int);
	if (!r->entry || !r->root)
		return err_set(err, ERR_LIMIT, "no memory");
	for (size_t i = 0; i < n_roots; i++)
		r->root[i] = -1;
	for (struct item_entry *e = r->item.entries; e; e = e->next)
		r->entry[e->number] = e;
	r->data = openat(r->dir, "data", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return true;
}

/* Where the files of a part go with --to: the folder itself; below it, by number, when they came from several places. */
static bool to_root(struct restore *r, uint32_t part, struct err *err)
{
	struct str dir = r->opts->to;
	struct str first = r->item.parts->root[ITEM_WORK];

	for (const struct item_part *p = r->item.parts; p; p = p->next) {
		if (!str_eq(p->root[ITEM_WORK], first))
			dir = arena_fmt(r->arena, "%.*s/%u", STR_ARG(r->opts->to), part);
	}
	if (r->opts->dry_run)
		return true;
	dir = arena_str(r->arena, dir);
	return dir.len && dir_make(dir.ptr, 0700, err) && place_open(dir, &r->root[part * ITEM_BASES], err);
}

static bool open_roots(struct restore *r, struct err *err)
{
	uint32_t part = 0;

	for (const struct item_part *p = r->item.parts; p; p = p->next, part++) {
		if (r->opts->to.len) {
			if (!to_root(r, part, err))
				return false;
			continue;
		}
		for (size_t b = 0; b < ITEM_BASES; b++) {
			struct str dir = p->root[b];

			if (!dir.len)
				continue;
			if (b == ITEM_WORK && !r->opts->dry_run && !dir_make(arena_str(r->arena, dir).ptr, 0777, err))
				return false;
			if (!place_open(dir, &r->root[part * ITEM_BASES + b], err) && !r->opts->dry_run)
				return false;
		}
	}
	return true;
}

/* Reflogs come back with their references, not as files. */
static bool is_file_of_mine(const struct restore *r, const struct item_entry *e)
{
	return e->base == ITEM_WORK || (e->base == ITEM_GIT && !r->opts->to.len);
}

static void look(struct restore *r)
{
	for (struct item_entry *e = r->item.entries; e; e = e->next) {
		if (!is_file_of_mine(r, e))
			continue;
		e->now = met_look(r, e);
		if (e->parent)
			continue;
		r->said.same += e->now == ITEM_NOW_SAME;
		r->said.removed += e->type == ITEM_ABSENT && e->now == ITEM_NOW_OTHER;
		r->said.put += e->type != ITEM_ABSENT && e->now != ITEM_NOW_SAME;
	}
}

/* --- what stands in the way, kept --- */

static bool in_the_way(const struct restore *r, uint32_t part, enum item_base base)
{
	for (const struct item_entry *e = r->item.entries; e; e = e->next) {
		if (e->part == part && e->base == base && e->now == ITEM_NOW_OTHER)
			return true;
	}
	return false;
}

static bool keep_paths(struct restore *r, struct take *t, const struct item_part *p, uint32_t part, struct err *err)
{
	struct item_part *mine = item_part_add(&t->item, t->arena, KEEP_PATH);
	struct str last = STR_NONE;
	struct tree tr;
	bool ok = true;

	if (!mine)
		return err_set(err, ERR_LIMIT, "no memory");
	mine->root[ITEM_WORK] = p->root[ITEM_WORK];
	if (!tree_open(t, ITEM_WORK, &tr, err))
		return false;
	tr.parents = true;
	for (const struct item_entry *e = r->item.entries; ok && e; e = e->next) {
		if (e->part != part || (e->now != ITEM_NOW_OTHER && e->now != ITEM_NOW_GONE) ||
		    (last.len && e->path.len > last.len && str_starts(e->path, last) && e->path.ptr[last.len] == '/'))
			continue;
		last = e->path;
		ok = tree_take(&tr, e->path, err);
	}
	tree_close(&tr);
	return ok;
}

static bool keep_part(struct restore *r, struct take *t, const struct item_part *p, uint32_t part, struct err *err)
{
	struct keep_wish w = { .what = p->what, .path = p->root[ITEM_WORK], .ref = p->ref };
	struct gitstate_paths paths = { &r->item, part };

	if (p->what == KEEP_PATH || p->what == KEEP_GIT_UNTRACKED)
		return keep_paths(r, t, p, part, err);
	if (p->what == KEEP_GIT_CHANGES || p->what == KEEP_GIT_COMMITS)
		w.ref = p->tip;
	return gitstate_take(t, &w, 1, 0, &paths, err);
}

/* A branch that HEAD was on and that has been moved while HEAD is elsewhere: it is about to be moved back. */
static bool keep_branch(struct take *t, const struct item_part *p, struct err *err)
{
	static const struct str heads = STR_INIT("ref: refs/heads/");
	struct keep_wish w = { .what = KEEP_GIT_BRANCH, .path = p->root[ITEM_WORK], .ref = str_sub(p->head, heads.len, p->head.len) };

	return !str_starts(p->head, heads) || gitstate_take(t, &w, 1, 0, NULL, err);
}

struct parts {
	struct gitback **git; /* by part; NULL where it is none */
	bool *differs;
};

static bool keep_before(struct restore *r, const struct parts *ps, struct err *err)
{
	struct arena *a = &r->keep->before;
	struct take t;
	uint32_t part = 0;
	bool ok, any = false;

	for (const struct item_part *p = r->item.parts; p; p = p->next, part++)
		any = any || ps->differs[part] || in_the_way(r, part, ITEM_WORK) || in_the_way(r, part, ITEM_GIT);
	if (!any || r->opts->dry_run || r->opts->to.len)
		return true;
	arena_reset(a);
	if (!take_begin(r->keep, &t, a, err))
		return false;
	t.deadline_us = r->deadline_us;
	t.item.command = arena_fmt(a, "pawl undo %s", r->item.id);
	t.item.session = arena_str(a, r->opts->session);
	t.item.undo_of = arena_str(a, str_from(r->item.id));
	ok = true;
	part = 0;
	for (const struct item_part *p = r->item.parts; ok && p; p = p->next, part++) {
		if (ps->differs[part] || in_the_way(r, part, ITEM_WORK) || in_the_way(r, part, ITEM_GIT))
			ok = keep_part(r, &t, p, part, err) && (!ps->git[part] || !ps->differs[part] || keep_branch(&t, p, err));
	}
	ok = ok && take_commit(&t, err);
	if (ok)
		memcpy(r->said.before, t.item.id, sizeof(r->said.before));
	take_abort(&t);
	return ok || err_prefix(err, "what stands there now cannot be kept, so nothing was touched (--to DIR puts the files elsewhere)");
}

/* --- back --- */

static bool wanted(const struct restore *r, const struct parts *ps, const struct item_entry *e)
{
	if (!is_file_of_mine(r, e))
		return false;
	return e->base != ITEM_GIT || gitback_exact(ps->git[e->part]);
}

static bool put_all(struct restore *r, const struct parts *ps, struct err *err)
{
	for (uint32_t i = 0; i < r->item.n_parts; i++) {
		if (ps->git[i] && !gitback_refs(ps->git[i], i, err))
			return false;
		if (ps->git[i] && !gitback_exact(ps->git[i]))
			restore_note(r, "the index and what was under way were left: HEAD has moved on since");
	}
	for (uint64_t i = 0; i < r->item.n_entries; i++) {
		const struct item_entry *e = r->entry[i];

		if (wanted(r, ps, e) && (e->now != ITEM_NOW_SAME || e->type == ITEM_FOLDER) && !put_entry(r, e, err))
			return false;
	}
	for (uint64_t i = r->item.n_entries; i-- > 0;) {
		if (wanted(r, ps, r->entry[i]) && !put_folder_end(r, r->entry[i], err))
			return false;
	}
	return true;
}

static bool open_parts(struct restore *r, struct parts *ps, struct err *err)
{
	uint32_t i = 0;

	ps->git = ARENA_ARRAY(r->arena, r->item.n_parts + 1, struct gitback *);
	ps->differs = ARENA_ARRAY(r->arena, r->item.n_parts + 1, bool);
	if (!ps->git || !ps->differs)
		return err_set(err, ERR_LIMIT, "no memory");
	for (struct item_part *p = r->item.parts; p; p = p->next, i++) {
		if (p->what == KEEP_PATH || p->what == KEEP_GIT_UNTRACKED || r->opts->to.len)
			continue;
		if (!gitback_open(r, p, &ps->git[i], err) || !gitback_differs(ps->git[i], &ps->differs[i], err))
			return false;
	}
	return true;
}

static bool restore_item(struct restore *r, struct parts *ps, struct err *err)
{
	if (!index_entries(r, err) || !open_parts(r, ps, err) || !open_roots(r, err))
		return false;
	look(r);
	if (r->opts->to.len && r->item.parts && r->item.parts->what > KEEP_GIT_UNTRACKED)
		restore_note(r, "references, index and commits stay in the keep; only files were put there");
	return keep_before(r, ps, err) && (r->opts->dry_run || put_all(r, ps, err));
}

static bool empty_folder(struct str dir, struct err *err)
{
	char z[ITEM_PATH_MAX];
	int n = snprintf(z, sizeof(z), "%.*s", STR_ARG(dir));

	if (n <= 0 || (size_t)n >= sizeof(z) || z[0] != '/')
		return err_set(err, ERR_INPUT, "--to wants the name of a folder");
	if (rmdir(z) == 0 || errno == ENOENT)
		return true;
	return err_set(err, ERR_STATE, "%s is not an empty folder; --to wants an empty or a new one", z);
}

bool keep_restore(struct keep *k, const struct keep_restore *opts, struct arena *arena, struct keep_restored *ret, struct err *err)
{
	struct restore r = { .keep = k, .arena = arena, .opts = opts, .dir = -1, .data = -1,
			     .deadline_us = clock_now_us() + TIME_US };
	struct parts ps = { NULL, NULL };
	bool ok;

	if (opts->to.len && !opts->dry_run && !empty_folder(opts->to, err))
		return false;
	if (!keep_item_open(k, opts->id, arena, &r.item, &r.dir, err))
		return false;
	if (r.item.upstream.len) {
		fd_close(&r.dir);
		return err_set(err, ERR_INPUT, "%.*s is in the database %.*s, not here", STR_ARG(opts->id), STR_ARG(r.item.upstream));
	}
	ok = restore_item(&r, &ps, err);
	for (uint32_t i = 0; ps.git && i < r.item.n_parts; i++)
		gitback_close(ps.git[i]);
	for (size_t i = 0; r.root && i < (size_t)r.item.n_parts * ITEM_BASES; i++)
		fd_close(&r.root[i]);
	fd_close(&r.data);
	fd_close(&r.dir);
	if (!ok)
		return err_prefix(err, "%.*s is still in the keep", STR_ARG(opts->id));
	*ret = r.said;
	return true;
}
