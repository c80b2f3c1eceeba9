/* Names, folders and their metadata into the item. Every step by descriptor; links are kept as links. */
#include "keep/take.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "keep/place.h"

#define DEPTH_MAX 200
#define XATTR_NAMES_MAX ((size_t)64 << 10)

static bool fail_at(const struct tree *tr, struct str path, struct err *err)
{
	const struct item_part *p = tr->t->item.parts_last;

	return err_prefix(err, "%.*s/%.*s", STR_ARG(item_name_str(p->root[tr->base], tr->t->arena)),
			  STR_ARG(item_name_str(path, tr->t->arena)));
}

static struct item_entry *add(struct tree *tr, enum item_type type, struct str path, const struct stat *st)
{
	struct item_entry *e = item_entry_add(&tr->t->item, tr->t->arena);

	if (!e)
		return NULL;
	e->type = type;
	e->base = tr->base;
	e->part = tr->part;
	e->path = arena_str(tr->t->arena, path);
	if (!st)
		return e;
	e->mode = st->st_mode & 07777;
	e->uid = st->st_uid;
	e->gid = st->st_gid;
	e->nlink = (uint32_t)st->st_nlink;
	e->mtime_s = st->st_mtim.tv_sec;
	e->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	e->atime_s = st->st_atim.tv_sec;
	e->atime_ns = (uint32_t)st->st_atim.tv_nsec;
	e->dev = st->st_dev;
	e->ino = st->st_ino;
	return e;
}

/* A file whose other name was kept already; else it is remembered. */
static const struct take_link *linked(struct take *t, const struct stat *st)
{
	struct take_link **bucket = &t->links[(st->st_ino ^ st->st_dev * 31) % TAKE_BUCKETS], *l;

	if (st->st_nlink < 2)
		return NULL;
	for (l = *bucket; l; l = l->next) {
		if (l->dev == st->st_dev && l->ino == st->st_ino)
			return l;
	}
	l = ARENA_NEW(t->arena, struct take_link);
	if (l) {
		*l = (struct take_link){ st->st_dev, st->st_ino, t->item.n_entries, *bucket };
		*bucket = l;
	}
	return NULL;
}

static bool xattr_one(struct take *t, int fd, const char *name, struct item_pair **ret, struct err *err)
{
	ssize_t n = fgetxattr(fd, name, t->chunk, TAKE_CHUNK);
	struct item_pair *p;

	if (n < 0)
		return errno == ENODATA || err_sys(err, "attribute %s", name);
	p = ARENA_NEW(t->arena, struct item_pair);
	if (!p)
		return err_set(err, ERR_LIMIT, "too many names to keep at once");
	p->key = arena_str(t->arena, str_from(name));
	p->value = arena_str(t->arena, (struct str){ t->chunk, (size_t)n });
	*ret = p;
	return true;
}

static bool xattrs(struct take *t, int fd, struct item_entry *e, struct err *err)
{
	char small[1024], *names = small;
	ssize_t n = flistxattr(fd, small, sizeof(small));
	struct item_pair **end = &e->xattrs;
	bool ok = true;

	if (n < 0 && errno == ERANGE) {
		names = malloc(XATTR_NAMES_MAX);
		n = names ? flistxattr(fd, names, XATTR_NAMES_MAX) : -1;
	}
	if (n < 0)
		ok = errno == ENOTSUP || err_sys(err, "attributes");
	for (ssize_t at = 0; ok && at < n; at += (ssize_t)strlen(names + at) + 1) {
		ok = xattr_one(t, fd, names + at, end, err);
		if (*end)
			end = &(*end)->next;
	}
	if (names != small)
		free(names);
	return ok;
}

static bool take_file(struct tree *tr, int dir, const char *name, struct str path, struct err *err)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	auto_fd fd = openat(dir, name, flags | O_NOATIME);
	const struct take_link *l;
	struct item_entry *e;
	struct stat st;

	if (fd < 0 && errno == EPERM)
		fd = openat(dir, name, flags);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_sys(err, "cannot be read");
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_STATE, "changed while it was kept");
	l = linked(tr->t, &st);
	e = add(tr, l ? ITEM_HARD : ITEM_FILE, path, &st);
	if (!e)
		return err_set(err, ERR_LIMIT, "too many names to keep at once");
	if (l) {
		e->same = l->number;
		return true;
	}
	return content_take(tr->t, fd, &st, e, err) && xattrs(tr->t, fd, e, err);
}

static bool take_symlink(struct tree *tr, int dir, const char *name, struct str path, const struct stat *st, struct err *err)
{
	char target[ITEM_PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof(target));
	struct item_entry *e;

	if (n <= 0 || (size_t)n >= sizeof(target))
		return err_sys(err, "link cannot be read");
	e = add(tr, ITEM_SYMLINK, path, st);
	if (e)
		e->target = arena_str(tr->t->arena, (struct str){ target, (size_t)n });
	return e || err_set(err, ERR_LIMIT, "too many names to keep at once");
}

static bool skipped(const struct take *t, const char *name)
{
	for (size_t i = 0; i < t->bounds->n_skip; i++) {
		if (str_is(t->bounds->skip[i], name))
			return true;
	}
	return false;
}

static bool take_one(struct tree *tr, int dir, struct str path, unsigned depth, struct err *err);

static bool take_below(struct tree *tr, DIR *d, struct str path, unsigned depth, struct err *err)
{
	for (;;) {
		struct dirent *e;
		struct str below;

		errno = 0;
		e = readdir(d);
		if (!e)
			return errno == 0 || (err_sys(err, "cannot be read") || fail_at(tr, path, err));
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		below = arena_fmt(tr->t->arena, "%.*s/%s", STR_ARG(path), e->d_name);
		if (!below.len)
			return err_set(err, ERR_LIMIT, "too many names to keep at once");
		if (!take_one(tr, dirfd(d), below, depth + 1, err))
			return false;
	}
}

static bool take_folder(struct tree *tr, int dir, const char *name, struct str path, unsigned depth, struct err *err)
{
	auto_fd fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct item_entry *e;
	struct stat st;
	DIR *d;
	bool ok;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_sys(err, "cannot be read") || fail_at(tr, path, err);
	if (st.st_dev != tr->dev)
		return err_set(err, ERR_STATE, "another file system is mounted there") || fail_at(tr, path, err);
	if (depth > DEPTH_MAX || path.len >= ITEM_PATH_MAX)
		return err_set(err, ERR_LIMIT, "deeper than the keep goes") || fail_at(tr, path, err);
	e = add(tr, ITEM_FOLDER, path, &st);
	if (!e || !xattrs(tr->t, fd, e, err))
		return fail_at(tr, path, err);
	d = fdopendir(fd);
	if (!d)
		return err_sys(err, "cannot be read") || fail_at(tr, path, err);
	fd_take(&fd);
	ok = take_below(tr, d, path, depth, err);
	closedir(d);
	return ok;
}

static const char *special(mode_t mode)
{
	if (S_ISFIFO(mode))
		return "a named pipe cannot be kept";
	if (S_ISSOCK(mode))
		return "a socket cannot be kept";
	return "a device cannot be kept";
}

/* ${path}'s last name, in the open folder ${dir}. */
static bool take_one(struct tree *tr, int dir, struct str path, unsigned depth, struct err *err)
{
	size_t slash = str_rfind_char(path, '/');
	const char *name = path.ptr + (slash == SIZE_MAX ? 0 : slash + 1);
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT)
			return err_sys(err, "cannot be read") || fail_at(tr, path, err);
		return add(tr, ITEM_ABSENT, path, NULL) || err_set(err, ERR_LIMIT, "too many names to keep at once");
	}
	if (S_ISDIR(st.st_mode) && skipped(tr->t, name)) {
		tr->t->item.skipped++;
		return true;
	}
	if (!take_room(tr->t, 1, 0, err))
		return fail_at(tr, path, err);
	if (S_ISDIR(st.st_mode))
		return take_folder(tr, dir, name, path, depth, err);
	if (S_ISREG(st.st_mode))
		return take_file(tr, dir, name, path, err) || fail_at(tr, path, err);
	if (S_ISLNK(st.st_mode))
		return take_symlink(tr, dir, name, path, &st, err) || fail_at(tr, path, err);
	return err_set(err, ERR_DENIED, "%s", special(st.st_mode)) || fail_at(tr, path, err);
}

bool tree_open(struct take *t, enum item_base base, struct tree *ret, struct err *err)
{
	struct tree tr = { .t = t, .part = t->item.n_parts - 1, .base = base, .root = -1 };
	struct stat st;

	if (!place_open(t->item.parts_last->root[base], &tr.root, err))
		return false;
	if (fstat(tr.root, &st) != 0) {
		fd_close(&tr.root);
		return err_sys(err, "%.*s", STR_ARG(t->item.parts_last->root[base]));
	}
	tr.dev = st.st_dev;
	*ret = tr;
	return true;
}

void tree_close(struct tree *tr)
{
	fd_close(&tr->root);
}

/* Folders on the way to ${path} that are not on the way to the path before it. */
static bool note_parents(struct tree *tr, struct str path, struct err *err)
{
	size_t common = 0;

	while (common < path.len && common < tr->last.len && path.ptr[common] == tr->last.ptr[common])
		common++;
	for (size_t i = 1; i < path.len; i++) {
		struct str z;
		struct item_entry *e;
		struct stat st;

		if (path.ptr[i] != '/' || i < common)
			continue;
		z = arena_str(tr->t->arena, str_sub(path, 0, i));
		if (!z.len || fstatat(tr->root, z.ptr, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode))
			break;
		e = add(tr, ITEM_FOLDER, z, &st);
		if (!e)
			return err_set(err, ERR_LIMIT, "too many names to keep at once");
		e->parent = true;
	}
	tr->last = arena_str(tr->t->arena, path);
	return true;
}

/* ${path} is not there, nor are the folders on the way from ${at} on: an undo takes those away again, if it finds them empty. */
static bool note_absent(struct tree *tr, struct str path, size_t at, struct err *err)
{
	bool ok = true;

	for (; ok && at < path.len; at++) {
		struct item_entry *e = path.ptr[at] == '/' ? add(tr, ITEM_ABSENT, str_sub(path, 0, at), NULL) : NULL;

		ok = e || path.ptr[at] != '/';
		if (e)
			e->parent = true;
	}
	return (ok && add(tr, ITEM_ABSENT, path, NULL)) || err_set(err, ERR_LIMIT, "too many names to keep at once");
}

bool tree_take(struct tree *tr, struct str path, struct err *err)
{
	struct str z = arena_str(tr->t->arena, path);
	struct place_step s = { .dir = -1 };
	enum place_found found;
	bool ok = false;

	if (!z.len || !place_normal(z))
		return err_set(err, ERR_INPUT, "'%.*s' cannot be kept", STR_ARG(item_name_str(path, tr->t->arena)));
	if (tr->parents && !note_parents(tr, z, err))
		return false;
	found = place_walk(tr->root, z, &s, err);
	switch (found) {
	case PLACE_THERE:
		ok = take_one(tr, s.dir, z, 0, err);
		break;
	case PLACE_MISSING:
		ok = note_absent(tr, z, s.at, err);
		break;
	case PLACE_BLOCKED: /* would have to go, so it is kept; what was asked for is not there */
		ok = take_one(tr, s.dir, arena_str(tr->t->arena, str_sub(z, 0, s.at)), 0, err) && note_absent(tr, z, z.len, err);
		break;
	case PLACE_FAILED:
		return fail_at(tr, z, err);
	}
	fd_close(&s.dir);
	return ok;
}
