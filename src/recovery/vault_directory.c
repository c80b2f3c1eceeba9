/* A vault in a folder: DIRECTORY/TARGET/ID/FILE. Every name is opened below the folder that was opened once, and no link is followed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "recovery/vault_inner.h"

#define PART ".part"
#define LOCK "locked-until" /* seconds since 1970, in a backup that is locked */
#define ENTRIES_MAX 1000000u

struct directory {
	struct vault v;
	int root;
	char name[256];
};

struct put {
	struct vault_put p;
	int folder, fd;
	char part[80], name[80];
};

struct get {
	struct vault_get g;
	int fd;
};

static const struct vault_ops ops;

static bool say(struct err *err, const struct directory *d, const char *what)
{
	int sys = errno;

	(void)err_sys(err, "%s", what);
	if (sys == ENOSPC || sys == EDQUOT)
		return err_prefix(err, "vault %s is full; nothing was removed for it", d->name);
	return err_prefix(err, "vault %s", d->name);
}

static void text(char *ret, size_t size, struct str s, const char *behind)
{
	snprintf(ret, size, "%.*s%s", STR_ARG(s), behind);
}

/* The folder ${name} in ${at}; made when ${make}. -1 with errno. */
static int folder(int at, struct str name, bool make)
{
	char path[80];
	int fd;

	text(path, sizeof(path), name, "");
	if (make && mkdirat(at, path, 0700) != 0 && errno != EEXIST)
		return -1;
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (make && fd >= 0 && fsync(at) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int backup_folder(const struct directory *d, const struct vault_name *n, bool make)
{
	auto_fd target = folder(d->root, n->target, make);

	return target < 0 ? -1 : folder(target, n->id, make);
}

bool vault_directory_open(const struct vault_place *place, struct vault **ret, struct err *err)
{
	struct directory *d = calloc(1, sizeof(*d));
	char path[4096];
	struct stat st;

	if (!d)
		return err_set(err, ERR_LIMIT, "no memory for a vault");
	*d = (struct directory){ .v = { &ops, *place }, .root = -1 };
	text(d->name, sizeof(d->name), place->name, "");
	if (place->directory.len && place->directory.len < sizeof(path) &&
	    place->directory.ptr[0] == '/') {
		text(path, sizeof(path), place->directory, "");
		d->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} else {
		errno = EINVAL;
	}
	if (d->root < 0 || fstat(d->root, &st) != 0) {
		(void)(err_sys(err, "%.*s cannot be opened (mount its disk, or put it back; `pawl backup init` makes it anew, empty)",
			       STR_ARG(place->directory)) ||
		       err_prefix(err, "vault %s", d->name));
	} else if (st.st_uid != geteuid() || st.st_mode & 077) {
		(void)err_set(err, ERR_DENIED,
			      "vault %s: its folder must be its user's own, mode 0700 (it is %o, "
			      "of uid %u)",
			      d->name, (unsigned)st.st_mode & 07777, (unsigned)st.st_uid);
	} else {
		*ret = &d->v;
		return true;
	}
	fd_close(&d->root);
	free(d);
	return false;
}

static void close_(struct vault *v)
{
	struct directory *d = (struct directory *)v;

	fd_close(&d->root);
	free(d);
}

/* --- listing --- */

static int64_t lock_of(int folder_fd)
{
	auto_fd fd = openat(folder_fd, LOCK, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char digits[24];
	ssize_t n = fd < 0 ? -1 : read(fd, digits, sizeof(digits) - 1);
	uint64_t s;

	if (fd < 0)
		return 0;
	/* One that cannot be read holds. */
	if (n <= 0 || !str_to_u64(str_trim((struct str){ digits, (size_t)n }), &s) ||
	    s > INT64_MAX / 1000000)
		return INT64_MAX;
	return (int64_t)s * CLOCK_SECOND;
}

static void measure(int fd, struct vault_entry *e)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	unsigned marks = 0;
	struct dirent *f;
	struct stat st;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((f = readdir(dir))) {
		if (fstatat(fd, f->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		e->bytes += (uint64_t)st.st_size;
		if (!strcmp(f->d_name, VAULT_MANIFEST))
			e->put_us = (int64_t)st.st_mtim.tv_sec * CLOCK_SECOND;
		marks += !strcmp(f->d_name, VAULT_MANIFEST) || !strcmp(f->d_name, VAULT_SIGNATURE);
	}
	closedir(dir);
	e->whole = marks == 2;
	e->locked_until_us = lock_of(fd);
}

struct listing {
	const struct directory *d;
	struct arena *arena;
	struct vault_entry *first;
	size_t n;
};

static bool list_one(struct listing *l, int target_fd, struct str target, struct str id,
		     struct err *err)
{
	struct vault_entry *e = arena_alloc(l->arena, sizeof(*e));
	auto_fd fd = folder(target_fd, id, false);

	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP || errno == ENOENT ||
		       say(err, l->d, "a backup cannot be looked at");
	if (!e || ++l->n > ENTRIES_MAX)
		return err_set(err, ERR_LIMIT, "vault %s: more backups than can be listed",
			       l->d->name);
	*e = (struct vault_entry){ .target = target,
				   .id = arena_str(l->arena, id),
				   .next = l->first };
	measure(fd, e);
	l->first = e;
	return true;
}

/* A folder from its beginning; ${fd} stays open. */
static DIR *open_again(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);

	if (dir)
		rewinddir(dir);
	else
		fd_close(&copy);
	return dir;
}

/* Every folder of a good name below ${fd}; with ${target}: its backups, else targets. */
static bool each(struct listing *l, int fd, struct str target, struct err *err)
{
	DIR *dir = open_again(fd);
	struct dirent *f;
	bool good = true;

	if (!dir)
		return say(err, l->d, "cannot be listed");
	while (good && (f = readdir(dir))) {
		struct str name = str_from(f->d_name);
		auto_fd below = -1;

		if (!vault_name_good(name))
			continue;
		if (target.len) {
			good = list_one(l, fd, target, name, err);
			continue;
		}
		below = folder(fd, name, false);
		if (below >= 0)
			good = each(l, below, arena_str(l->arena, name), err);
	}
	closedir(dir);
	return good;
}

static int newer_first(const void *a, const void *b)
{
	const struct vault_entry *x = *(const struct vault_entry *const *)a,
				 *y = *(const struct vault_entry *const *)b;
	size_t n = x->id.len < y->id.len ? x->id.len : y->id.len;
	int c = memcmp(y->id.ptr, x->id.ptr, n);

	return c ? c : (x->id.len < y->id.len) - (x->id.len > y->id.len);
}

static bool list(struct vault *v, struct str target, struct arena *arena, struct vault_entry **ret,
		 struct err *err)
{
	struct directory *d = (struct directory *)v;
	struct listing l = { .d = d, .arena = arena };
	auto_fd fd =
		target.len ? folder(d->root, target, false) : fcntl(d->root, F_DUPFD_CLOEXEC, 0);
	struct vault_entry **sorted, **end = ret;
	size_t n = 0;

	*ret = NULL;
	if (fd < 0)
		return errno == ENOENT || say(err, d, "cannot be listed");
	if (!each(&l, fd, target, err))
		return false;
	sorted = arena_array(arena, l.n ? l.n : 1, sizeof(struct vault_entry *));
	if (!sorted)
		return err_set(err, ERR_LIMIT, "vault %s: more backups than can be listed",
			       d->name);
	for (struct vault_entry *e = l.first; e; e = e->next)
		sorted[n++] = e;
	qsort(sorted, n, sizeof(struct vault_entry *), newer_first);
	for (size_t i = 0; i < n; i++) {
		*end = sorted[i];
		end = &sorted[i]->next;
	}
	*end = NULL;
	return true;
}

/* --- putting --- */

static void put_free(struct put *p)
{
	fd_close(&p->fd);
	fd_close(&p->folder);
	free(p);
}

static bool put_begin(struct vault *v, const struct vault_name *n, struct vault_put **ret,
		      uint64_t *ret_have, struct err *err)
{
	struct directory *d = (struct directory *)v;
	struct put *p = calloc(1, sizeof(*p));
	struct stat st;

	if (!p)
		return err_set(err, ERR_LIMIT, "no memory for a vault");
	*p = (struct put){ .p = { &ops }, .fd = -1, .folder = backup_folder(d, n, true) };
	text(p->name, sizeof(p->name), n->file, "");
	text(p->part, sizeof(p->part), n->file, PART);
	if (p->folder < 0) {
		(void)say(err, d, "a backup cannot be begun");
	} else if (fstatat(p->folder, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		(void)err_set(err, ERR_STATE,
			      "vault %s: %s of %.*s is there already, and nothing in a vault is "
			      "written over",
			      d->name, p->name, STR_ARG(n->id));
	} else {
		p->fd = openat(p->folder, p->part,
			       O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (p->fd >= 0 && fstat(p->fd, &st) == 0) {
			*ret_have = (uint64_t)st.st_size;
			*ret = &p->p;
			return true;
		}
		(void)say(err, d, "a file cannot be begun");
	}
	put_free(p);
	return false;
}

static bool put_bytes(struct vault_put *put, const void *bytes, size_t n, struct err *err)
{
	struct put *p = (struct put *)put;

	return fd_write_all(p->fd, bytes, n, err) ||
	       err_prefix(err, errno == ENOSPC ? "the vault is full; nothing was removed for it"
					       : "the vault");
}

static bool put_end(struct vault_put *put, struct err *err)
{
	struct put *p = (struct put *)put;
	bool good = fchmod(p->fd, 0400) == 0 && fsync(p->fd) == 0 &&
		    renameat2(p->folder, p->part, p->folder, p->name, RENAME_NOREPLACE) == 0 &&
		    fsync(p->folder) == 0;

	if (!good)
		(void)err_sys(err, "the vault did not take %s to its end", p->name);
	put_free(p);
	return good;
}

static void put_stop(struct vault_put *put)
{
	put_free((struct put *)put);
}

/* --- getting --- */

static bool get_begin(struct vault *v, const struct vault_name *n, uint64_t at,
		      struct vault_get **ret, struct err *err)
{
	struct directory *d = (struct directory *)v;
	auto_fd below = backup_folder(d, n, false);
	struct get *g = calloc(1, sizeof(*g));
	char name[80];
	struct stat st;

	if (!g)
		return err_set(err, ERR_LIMIT, "no memory for a vault");
	text(name, sizeof(name), n->file, "");
	*g = (struct get){ .g = { &ops },
			   .fd = below < 0
					 ? -1
					 : openat(below, name,
						  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) };
	if (g->fd >= 0 && fstat(g->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    lseek(g->fd, (off_t)at, SEEK_SET) >= 0) {
		(void)posix_fadvise(g->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
		*ret = &g->g;
		return true;
	}
	(void)say(err, d, "a file of a backup cannot be read");
	(void)err_prefix(err, "%.*s/%.*s/%s", STR_ARG(n->target), STR_ARG(n->id), name);
	fd_close(&g->fd);
	free(g);
	return false;
}

static bool get_bytes(struct vault_get *get, void *p, size_t n, size_t *ret_n, struct err *err)
{
	struct get *g = (struct get *)get;
	ssize_t k;

	do
		k = read(g->fd, p, n);
	while (k < 0 && errno == EINTR);
	if (k < 0)
		return err_sys(err, "the vault cannot be read");
	*ret_n = (size_t)k;
	return true;
}

static void get_end(struct vault_get *get)
{
	struct get *g = (struct get *)get;

	fd_close(&g->fd);
	free(g);
}

/* --- locks and removal --- */

static bool immutable(int fd, bool on)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return false;
	flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

/* Calls ${then} for every file of the backup; false when one said so. */
static bool each_file(int fd, bool (*then)(int fd, const char *name))
{
	DIR *dir = open_again(fd);
	struct dirent *f;
	bool good = true;

	if (!dir)
		return false;
	while ((f = readdir(dir)))
		good &= !strcmp(f->d_name, ".") || !strcmp(f->d_name, "..") || then(fd, f->d_name);
	closedir(dir);
	return good;
}

static bool hold_file(int at, const char *name)
{
	auto_fd fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && immutable(fd, true);
}

static bool free_file(int at, const char *name)
{
	auto_fd fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 || immutable(fd, false) || errno == ENOTTY || errno == EPERM ||
	       errno == EOPNOTSUPP;
}

static bool remove_file(int at, const char *name)
{
	return unlinkat(at, name, 0) == 0;
}

static bool write_lock(int fd, int64_t until_s, struct err *err)
{
	auto_fd lock =
		openat(fd, LOCK PART, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0400);
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%lld\n", (long long)until_s);

	if (lock < 0 || !fd_write_all(lock, digits, (size_t)n, err) || fsync(lock) != 0 ||
	    renameat(fd, LOCK PART, fd, LOCK) != 0 || fsync(fd) != 0)
		return err_sys(err, "the lock of a backup cannot be written");
	return true;
}

static bool lock(struct vault *v, const struct vault_name *n, struct err *err)
{
	struct directory *d = (struct directory *)v;
	auto_fd fd = backup_folder(d, n, false);

	if (fd < 0)
		return say(err, d, "a backup cannot be locked");
	if (!v->place.lock_s)
		return true;
	if (!write_lock(fd, clock_now_us() / CLOCK_SECOND + v->place.lock_s, err))
		return err_prefix(err, "vault %s", d->name);
	if (each_file(fd, hold_file) && immutable(fd, true))
		return true;
	return err_set(err, ERR_DENIED,
		       "vault %s: %.*s is not immutable: the file system or this process cannot "
		       "make it so (it takes CAP_LINUX_IMMUTABLE)",
		       d->name, STR_ARG(n->id));
}

static bool remove_(struct vault *v, const struct vault_name *n, struct err *err)
{
	struct directory *d = (struct directory *)v;
	auto_fd target = folder(d->root, n->target, false),
		fd = target < 0 ? -1 : folder(target, n->id, false);
	char id[80];

	if (fd < 0)
		return say(err, d, "a backup cannot be removed");
	if (lock_of(fd) > clock_now_us())
		return err_set(err, ERR_DENIED, "vault %s: %.*s is locked yet", d->name,
			       STR_ARG(n->id));
	text(id, sizeof(id), n->id, "");
	(void)immutable(fd, false);
	/* The manifest first: what is half removed is no backup any more, and is swept the next time. */
	(void)free_file(fd, VAULT_MANIFEST);
	if (unlinkat(fd, VAULT_MANIFEST, 0) != 0 && errno != ENOENT)
		return say(err, d, "a backup cannot be removed");
	if (!each_file(fd, free_file) || !each_file(fd, remove_file) ||
	    unlinkat(target, id, AT_REMOVEDIR) != 0)
		return say(err, d,
			   "a backup could not be removed whole; what is left of it is no backup");
	return true;
}

static const struct vault_ops ops = { list,	 put_begin, put_bytes, put_end, put_stop, get_begin,
				      get_bytes, get_end,   lock,      remove_, close_ };
