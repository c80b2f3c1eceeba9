/* One entry back where it was. Files come by rename, whole or not at all, but for a file that has other names outside: that one
 * is written in place, so that its other names get their content back too.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "keep/place.h"
#include "keep/restore.h"

#define CHUNK ((size_t)64 << 10)
#define BLOCK ((size_t)4096)
#define DEPTH_MAX 256

struct spot {
	int dir;
	const char *name;
	char temp[64];
};

static bool there(const struct restore *r, const struct item_entry *e, struct spot *ret, struct err *err)
{
	struct place_step s = { .dir = -1 };
	enum place_found f = place_walk(r->root[e->part * ITEM_BASES + e->base], e->path, &s, err);

	if (f == PLACE_MISSING || f == PLACE_BLOCKED) {
		fd_close(&s.dir);
		return err_set(err, ERR_STATE, "a folder on the way is not there");
	}
	if (f != PLACE_THERE)
		return false;
	ret->dir = s.dir;
	ret->name = e->path.ptr + s.name;
	/* The same name next time: what a death left behind is taken up by whoever tries again. */
	snprintf(ret->temp, sizeof(ret->temp), ".pawl-undo-%s-%llu", r->item.id, (unsigned long long)e->number);
	return true;
}

/* --- away --- */

static bool away(int dir, const char *name, unsigned depth, struct err *err)
{
	int fd;
	DIR *d;
	bool ok = true;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(err, "cannot be taken away");
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 || depth > DEPTH_MAX ? NULL : fdopendir(fd);
	if (!d) {
		fd_close(&fd);
		return err_sys(err, "cannot be taken away");
	}
	for (struct dirent *e; ok && (e = readdir(d));) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			ok = away(dirfd(d), e->d_name, depth + 1, err);
	}
	closedir(d);
	return ok && (unlinkat(dir, name, AT_REMOVEDIR) == 0 || err_sys(err, "cannot be taken away"));
}

static bool is_folder(const struct spot *s)
{
	struct stat st;

	return fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static bool take_place(const struct spot *s, struct err *err)
{
	if (is_folder(s) && !away(s->dir, s->name, 0, err))
		return false;
	return renameat(s->dir, s->temp, s->dir, s->name) == 0 || err_sys(err, "cannot be put back");
}

/* --- metadata --- */

static void owner(struct restore *r, int fd, const struct item_entry *e)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && (st.st_uid != e->uid || st.st_gid != e->gid) && fchown(fd, e->uid, e->gid) != 0)
		restore_note(r, "%.*s belongs to uid %u, gid %u no more", STR_ARG(item_name_str(e->path, r->arena)), e->uid, e->gid);
}

static bool metadata(struct restore *r, int fd, const struct item_entry *e, struct err *err)
{
	struct timespec t[2] = { { e->atime_s, (long)e->atime_ns }, { e->mtime_s, (long)e->mtime_ns } };

	owner(r, fd, e);
	for (const struct item_pair *x = e->xattrs; x; x = x->next) {
		char name[256];
		int n = snprintf(name, sizeof(name), "%.*s", STR_ARG(x->key));

		if (n <= 0 || (size_t)n >= sizeof(name) || fsetxattr(fd, name, x->value.ptr, x->value.len, 0) != 0)
			restore_note(r, "%.*s has lost its attribute %.*s", STR_ARG(item_name_str(e->path, r->arena)), STR_ARG(x->key));
	}
	return (fchmod(fd, e->mode) == 0 && futimens(fd, t) == 0) || err_sys(err, "mode and times");
}

/* --- files --- */

static bool zeros(const char *p, size_t n)
{
	return n && p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

/* Blocks of zeros become holes again where the kept content has its own file (which is why it has). */
static bool write_out(int fd, const struct item_entry *e, const char *chunk, size_t n, struct err *err)
{
	for (size_t at = 0; at < n;) {
		size_t k = n - at < BLOCK ? n - at : BLOCK;

		if (e->own && zeros(chunk + at, k)) {
			if (lseek(fd, (off_t)k, SEEK_CUR) < 0)
				return err_sys(err, "write");
		} else if (!fd_write_all(fd, chunk + at, k, err)) {
			return false;
		}
		at += k;
	}
	return true;
}

static bool fill(const struct restore *r, const struct item_entry *e, int fd, struct err *err)
{
	struct digest_run run;
	struct digest d;
	char *chunk = malloc(CHUNK);
	uint64_t at = 0;
	bool ok = chunk != NULL;

	digest_begin(&run);
	while (ok && at < e->size) {
		ssize_t k = met_content(r, e, chunk, CHUNK, at);

		if (k <= 0) {
			ok = err_set(err, ERR_BROKEN, "its kept content is not whole");
			break;
		}
		digest_add(&run, chunk, (size_t)k);
		ok = write_out(fd, e, chunk, (size_t)k, err);
		at += (uint64_t)k;
	}
	free(chunk);
	d = digest_end(&run);
	if (ok && e->size && !e->own && !digest_eq(&d, &e->digest))
		return err_set(err, ERR_BROKEN, "its kept content is not what it was");
	return ok && (ftruncate(fd, (off_t)e->size) == 0 || err_sys(err, "truncate"));
}

/* Writable although its mode says no; metadata come back behind it. */
static bool in_place(struct restore *r, const struct item_entry *e, const struct spot *s, struct err *err)
{
	struct stat st;
	auto_fd look = openat(s->dir, s->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (look < 0 || fstat(look, &st) != 0 || (fchmod(look, (st.st_mode & 07777) | S_IWUSR) != 0 && errno != EPERM))
		return err_sys(err, "cannot be opened");
	auto_fd fd = openat(s->dir, s->name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "cannot be written");
	return fill(r, e, fd, err) && metadata(r, fd, e, err);
}

static bool put_file(struct restore *r, const struct item_entry *e, const struct spot *s, struct err *err)
{
	struct stat st;
	bool ok;

	if (e->nlink > 1 && fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_ino == e->ino &&
	    st.st_dev == e->dev)
		return in_place(r, e, s, err);
	unlinkat(s->dir, s->temp, 0);
	auto_fd fd = openat(s->dir, s->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "cannot be put back");
	ok = fill(r, e, fd, err) && metadata(r, fd, e, err) && take_place(s, err);
	if (!ok)
		unlinkat(s->dir, s->temp, 0);
	return ok;
}

/* Same content already: mode and times alone, in place. */
static bool put_meta(struct restore *r, const struct item_entry *e, const struct spot *s, struct err *err)
{
	auto_fd fd = openat(s->dir, s->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? err_sys(err, "cannot be opened") : metadata(r, fd, e, err);
}

static bool put_symlink(const struct item_entry *e, const struct spot *s, struct err *err)
{
	struct timespec t[2] = { { e->atime_s, (long)e->atime_ns }, { e->mtime_s, (long)e->mtime_ns } };
	char target[ITEM_PATH_MAX];

	snprintf(target, sizeof(target), "%.*s", STR_ARG(e->target));
	unlinkat(s->dir, s->temp, 0);
	if (symlinkat(target, s->dir, s->temp) != 0)
		return err_sys(err, "cannot be put back");
	(void)!fchownat(s->dir, s->temp, e->uid, e->gid, AT_SYMLINK_NOFOLLOW);
	(void)!utimensat(s->dir, s->temp, t, AT_SYMLINK_NOFOLLOW);
	if (take_place(s, err))
		return true;
	unlinkat(s->dir, s->temp, 0);
	return false;
}

static bool put_hard(struct restore *r, const struct item_entry *e, const struct spot *s, struct err *err)
{
	const struct item_entry *file = met_file(r, e);
	struct spot mate = { .dir = -1 };
	struct stat a, b;
	bool ok;

	if (!file || !there(r, file, &mate, err))
		return err_set(err, ERR_BROKEN, "the file it is one with is not in the item");
	if (fstatat(s->dir, s->name, &a, AT_SYMLINK_NOFOLLOW) == 0 && fstatat(mate.dir, mate.name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev) {
		close(mate.dir);
		return true;
	}
	unlinkat(s->dir, s->temp, 0);
	ok = linkat(mate.dir, mate.name, s->dir, s->temp, 0) == 0;
	close(mate.dir);
	if (!ok)
		return put_file(r, file, s, err); /* across file systems: a copy */
	return take_place(s, err);
}

static bool put_folder(const struct spot *s, struct err *err)
{
	if (is_folder(s)) {
		auto_fd fd = openat(s->dir, s->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		return fd < 0 || fchmod(fd, 0700) == 0 || errno == EPERM || err_sys(err, "cannot be opened");
	}
	if (!away(s->dir, s->name, 0, err))
		return false;
	return mkdirat(s->dir, s->name, 0700) == 0 || err_sys(err, "cannot be put back");
}

static bool put_one(struct restore *r, const struct item_entry *e, const struct spot *s, struct err *err)
{
	bool same = e->now == ITEM_NOW_META;

	switch (e->type) {
	case ITEM_ABSENT:
		return away(s->dir, s->name, 0, err);
	case ITEM_FILE:
		return same ? put_meta(r, e, s, err) : put_file(r, e, s, err);
	case ITEM_FOLDER:
		return (e->parent && e->now == ITEM_NOW_SAME) || put_folder(s, err);
	case ITEM_SYMLINK:
		return put_symlink(e, s, err);
	case ITEM_HARD:
		return put_hard(r, e, s, err);
	}
	return err_set(err, ERR_BROKEN, "of no known kind");
}

static bool named(const struct restore *r, const struct item_entry *e, struct err *err)
{
	return err_prefix(err, "%.*s", STR_ARG(item_name_str(e->path, r->arena)));
}

bool put_entry(struct restore *r, const struct item_entry *e, struct err *err)
{
	struct spot s = { .dir = -1 };
	bool ok;

	if (e->type == ITEM_ABSENT && e->parent)
		return true;
	if (!there(r, e, &s, err))
		return named(r, e, err);
	ok = put_one(r, e, &s, err);
	fd_close(&s.dir);
	return ok || named(r, e, err);
}

bool put_folder_end(struct restore *r, const struct item_entry *e, struct err *err)
{
	bool absent = e->type == ITEM_ABSENT && e->parent, made = e->now != ITEM_NOW_SAME || !e->parent;
	struct spot s = { .dir = -1 };
	bool ok = true;

	if (!absent && (e->type != ITEM_FOLDER || !made))
		return true;
	if (!there(r, e, &s, absent ? NULL : err))
		return absent || named(r, e, err);
	if (absent)
		(void)!unlinkat(s.dir, s.name, AT_REMOVEDIR);
	else
		ok = put_meta(r, e, &s, err);
	fd_close(&s.dir);
	return ok || named(r, e, err);
}
