#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "keep/place.h"
#include "keep/restore.h"

#define CHUNK ((size_t)64 << 10)

const struct item_entry *met_file(const struct restore *r, const struct item_entry *e)
{
	if (e->type == ITEM_HARD && e->same < r->item.n_entries)
		e = r->entry[e->same];
	return e->type == ITEM_FILE ? e : NULL;
}

ssize_t met_content(const struct restore *r, const struct item_entry *e, char *chunk, size_t n, uint64_t at)
{
	char name[32];
	uint64_t left = at < e->size ? e->size - at : 0;

	if (n > left)
		n = (size_t)left;
	if (!n)
		return 0;
	if (!e->own)
		return pread(r->data, chunk, n, (off_t)(e->offset + at));
	snprintf(name, sizeof(name), "f%llu", (unsigned long long)e->offset);
	auto_fd fd = openat(r->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -1 : pread(fd, chunk, n, (off_t)at);
}

static bool same_content(const struct restore *r, const struct item_entry *e, int fd)
{
	char *mine = malloc(CHUNK), *kept = malloc(CHUNK);
	uint64_t at = 0;
	bool same = mine && kept;

	while (same && at < e->size) {
		ssize_t k = met_content(r, e, kept, CHUNK, at), m;

		m = k > 0 ? pread(fd, mine, (size_t)k, (off_t)at) : -1;
		same = k > 0 && m == k && memcmp(mine, kept, (size_t)k) == 0;
		at += (uint64_t)k;
	}
	free(mine);
	free(kept);
	return same;
}

static bool same_meta(const struct item_entry *e, const struct stat *st)
{
	return (st->st_mode & 07777) == e->mode && st->st_mtim.tv_sec == e->mtime_s && st->st_mtim.tv_nsec == (long)e->mtime_ns &&
	       st->st_uid == e->uid && st->st_gid == e->gid;
}

static enum item_now look_file(const struct restore *r, const struct item_entry *e, int dir, const char *name)
{
	const struct item_entry *file = met_file(r, e);
	auto_fd fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (!file || fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != file->size ||
	    !same_content(r, file, fd))
		return ITEM_NOW_OTHER;
	/* Names of one file must be names of one file again: putting it looks after that. */
	return e->type == ITEM_FILE && e->nlink < 2 && !e->xattrs && same_meta(file, &st) ? ITEM_NOW_SAME : ITEM_NOW_META;
}

static enum item_now look_link(const struct item_entry *e, int dir, const char *name)
{
	char target[ITEM_PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof(target));

	return n > 0 && str_eq((struct str){ target, (size_t)n }, e->target) ? ITEM_NOW_SAME : ITEM_NOW_OTHER;
}

static enum item_now look_at(const struct restore *r, const struct item_entry *e, int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? ITEM_NOW_GONE : ITEM_NOW_OTHER;
	switch (e->type) {
	case ITEM_ABSENT:
		break;
	case ITEM_FOLDER:
		if (S_ISDIR(st.st_mode))
			return e->parent || same_meta(e, &st) ? ITEM_NOW_SAME : ITEM_NOW_META;
		break;
	case ITEM_SYMLINK:
		if (S_ISLNK(st.st_mode))
			return look_link(e, dir, name);
		break;
	case ITEM_FILE:
	case ITEM_HARD:
		if (S_ISREG(st.st_mode))
			return look_file(r, e, dir, name);
		break;
	}
	return ITEM_NOW_OTHER;
}

enum item_now met_look(const struct restore *r, const struct item_entry *e)
{
	int root = r->root[e->part * ITEM_BASES + e->base];
	struct place_step s = { .dir = -1 };
	enum item_now now = ITEM_NOW_GONE;

	if (e->type == ITEM_ABSENT && e->parent)
		return ITEM_NOW_SAME;
	if (root >= 0 && place_walk(root, e->path, &s, NULL) == PLACE_THERE)
		now = look_at(r, e, s.dir, e->path.ptr + s.name);
	fd_close(&s.dir);
	if (e->type == ITEM_ABSENT && now == ITEM_NOW_GONE)
		return ITEM_NOW_SAME;
	return now;
}
