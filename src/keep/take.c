/* Wishes into one item: all or nothing. */
#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/redact.h"
#include "keep/inner.h"
#include "keep/place.h"

#define WORDS_MAX ((size_t)4096)

/* The folder a path is in, with symbolic links in it resolved: from then on nothing is followed. */
static bool real_folder(struct take *t, struct str path, struct str *ret_folder, struct str *ret_name, struct err *err)
{
	struct str z = arena_str(t->arena, path);
	size_t slash;
	char *folder, *real;

	while (z.len > 1 && z.ptr[z.len - 1] == '/')
		z.len--;
	slash = str_rfind_char(z, '/');
	if (z.len < 2 || z.ptr[0] != '/' || str_find_char(z, '\0') != SIZE_MAX || slash == SIZE_MAX)
		return err_set(err, ERR_INPUT, "'%.*s' is not a path the keep takes", STR_ARG(item_name_str(path, t->arena)));
	*ret_name = arena_str(t->arena, str_sub(z, slash + 1, z.len));
	folder = strndup(z.ptr, slash ? slash : 1);
	real = folder ? realpath(folder, NULL) : NULL;
	free(folder);
	if (!real)
		return errno == ENOENT || errno == ENOTDIR ? (*ret_folder = STR_NONE, true) :
							     err_sys(err, "%.*s", STR_ARG(item_name_str(path, t->arena)));
	*ret_folder = arena_str(t->arena, str_from(real));
	free(real);
	return true;
}

/* One part for paths of the same folder, when they come one after the other. */
static bool path_part(struct take *t, struct str folder, struct err *err)
{
	struct item_part *p = t->item.parts_last;

	if (p && p->what == KEEP_PATH && str_eq(p->root[ITEM_WORK], folder))
		return true;
	p = item_part_add(&t->item, t->arena, KEEP_PATH);
	if (!p)
		return err_set(err, ERR_LIMIT, "too much to keep at once");
	p->root[ITEM_WORK] = folder;
	return true;
}

static bool take_path(struct take *t, const struct keep_wish *w, struct err *err)
{
	struct str folder = STR_NONE, name = STR_NONE;
	struct tree tr;
	bool ok;

	if (!real_folder(t, w->path, &folder, &name, err))
		return false;
	if (!folder.len)
		return true; /* not even its folder is there: nothing to lose */
	if (!path_part(t, folder, err) || !tree_open(t, ITEM_WORK, &tr, err))
		return false;
	ok = tree_take(&tr, name, err);
	tree_close(&tr);
	return ok;
}

/* A wish that another one includes. */
static bool covered(const struct keep_wish *wishes, size_t n, size_t i)
{
	for (size_t j = 0; j < n; j++) {
		if (j == i || wishes[j].what != KEEP_GIT_COMMITS || wishes[i].what != KEEP_GIT_CHANGES ||
		    !str_eq(wishes[j].path, wishes[i].path))
			continue;
		if (!wishes[i].ref.len || str_eq(wishes[i].ref, wishes[j].ref))
			return true;
	}
	return false;
}

static bool take_all(struct take *t, const struct keep_wish *wishes, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (covered(wishes, n, i))
			continue;
		if (!(wishes[i].what == KEEP_PATH ? take_path(t, &wishes[i], err) : gitstate_take(t, wishes, n, i, NULL, err)))
			return false;
	}
	return true;
}

static struct str words(struct arena *a, struct str s)
{
	return redact_str(arena_str(a, str_sub(s, 0, WORDS_MAX)), a);
}

const struct keep_pruned *keep_gone(const struct keep *k)
{
	return &k->gone;
}

bool keep_elsewhere(struct keep *k, const struct keep_elsewhere *what, char ret_id[24], struct err *err)
{
	char folder[ITEM_PATH_MAX + 32];
	struct keep_filled filled = { .bytes = 0 };
	struct take t;
	bool ok;

	if (k->dir < 0)
		return err_set(err, ERR_STATE, "the keep is open for reading only");
	arena_reset(&k->arena);
	if (!take_begin(k, &t, &k->arena, err))
		return err_prefix(err, "not kept");
	t.item.upstream = arena_str(&k->arena, what->upstream);
	t.item.command = words(&k->arena, what->command);
	t.item.session = words(&k->arena, what->session);
	t.item.until_us = what->until_us;
	snprintf(folder, sizeof(folder), "%s/%s", k->path, t.item.id);
	ok = what->fill(what->ctx, t.item.id, t.item.at_us, folder, &filled, err);
	if (ok) {
		t.item.says = arena_str(&k->arena, filled.says);
		t.item.bytes = filled.bytes;
		t.item.files = filled.bytes ? 1 : 0;
		ok = take_commit(&t, err);
	}
	if (ok)
		memcpy(ret_id, t.item.id, sizeof(t.item.id));
	take_abort(&t);
	return ok;
}

bool keep_take(struct keep *k, const struct keep_wish *wishes, size_t n, struct str command, struct str session, char ret_id[24],
	       struct err *err)
{
	struct take t;
	bool ok;

	if (k->dir < 0)
		return err_set(err, ERR_STATE, "the keep is open for reading only");
	arena_reset(&k->arena);
	if (!take_begin(k, &t, &k->arena, err))
		return err_prefix(err, "not kept");
	t.item.command = words(&k->arena, command);
	t.item.session = words(&k->arena, session);
	ok = take_all(&t, wishes, n, err) && take_commit(&t, err);
	if (ok)
		memcpy(ret_id, t.item.id, sizeof(t.item.id));
	take_abort(&t);
	if (!ok)
		return err_prefix(err, "not kept");
	arena_reset(&k->before);
	k->gone = (struct keep_pruned){ 0 };
	(void)!keep_prune(k, &k->before, &k->gone, NULL);
	return true;
}
