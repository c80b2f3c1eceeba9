#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK ((size_t)65536)
#define PATH_CAP ((size_t)4096)

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool fd_write_all(int fd, const void *p, size_t n, struct err *err)
{
	const char *at = p;

	while (n > 0) {
		ssize_t k = write(fd, at, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return err_sys(err, "write");
		at += k;
		n -= (size_t)k;
	}
	return true;
}

bool fd_read_all(int fd, struct buf *b, struct err *err)
{
	for (;;) {
		size_t room = b->max > b->len ? b->max - b->len : 0;
		char *p, probe = 0;
		ssize_t k;

		if (room > CHUNK)
			room = CHUNK;
		p = room ? buf_reserve(b, room) : &probe;
		if (!p)
			return err_set(err, ERR_LIMIT, "out of memory after %zu bytes", b->len);
		k = read(fd, p, room ? room : 1);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(err, "read");
		if (k == 0)
			return true;
		if (!room)
			return err_set(err, ERR_LIMIT, "larger than the cap of %zu bytes", b->max);
		b->len += (size_t)k;
		b->ptr[b->len] = '\0';
	}
}

bool file_read(const char *path, struct buf *ret, struct err *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_sys(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "%s: not a regular file", path);
	if (!fd_read_all(fd, ret, err))
		return err_prefix(err, "%s", path);
	return true;
}

static bool sync_parent(const char *path, struct err *err)
{
	char dir[PATH_CAP];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (n >= sizeof(dir))
		return err_set(err, ERR_LIMIT, "%s: path too long", path);
	memcpy(dir, path, n);
	dir[n] = '\0';
	auto_fd fd = open(!slash ? "." : n ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return err_sys(err, "%s: syncing its folder", path);
	return true;
}

static bool write_sync(int fd, struct str bytes, const char *path, struct err *err)
{
	if (!fd_write_all(fd, bytes.ptr, bytes.len, err))
		return err_prefix(err, "%s", path);
	if (fsync(fd) != 0)
		return err_sys(err, "%s", path);
	return true;
}

bool file_replace(const char *path, struct str bytes, mode_t mode, struct err *err)
{
	char tmp[PATH_CAP];
	int n = snprintf(tmp, sizeof(tmp), "%s.tmp-XXXXXX", path);

	if (n < 0 || (size_t)n >= sizeof(tmp))
		return err_set(err, ERR_LIMIT, "%s: path too long", path);
	auto_fd fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "%s", tmp);
	if (!write_sync(fd, bytes, tmp, err)) {
		unlink(tmp);
		return false;
	}
	if (fchmod(fd, mode) != 0 || rename(tmp, path) != 0) {
		err_sys(err, "%s", path);
		unlink(tmp);
		return false;
	}
	return sync_parent(path, err);
}

static bool copy_bytes(int in, int out, const char *from, struct err *err)
{
	char chunk[16384];

	for (;;) {
		ssize_t k = read(in, chunk, sizeof(chunk));

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(err, "%s", from);
		if (k == 0)
			return true;
		if (!fd_write_all(out, chunk, (size_t)k, err))
			return false;
	}
}

bool file_copy(const char *from, const char *to, mode_t mode, struct err *err)
{
	auto_fd in = open(from, O_RDONLY | O_CLOEXEC);

	if (in < 0)
		return err_sys(err, "%s", from);
	auto_fd out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (out < 0)
		return err_sys(err, "%s", to);
	if (!copy_bytes(in, out, from, err)) {
		unlink(to);
		return err_prefix(err, "%s", to);
	}
	if (fsync(out) != 0) {
		err_sys(err, "%s", to);
		unlink(to);
		return false;
	}
	return sync_parent(to, err);
}

bool file_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool file_kept(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return err_sys(err, "%s", path);
	if (st.st_uid != getuid() && st.st_uid != 0)
		return err_set(err, ERR_DENIED, "%s belongs to uid %u: it must be this user's or root's", path, (unsigned)st.st_uid);
	if (st.st_mode & 022)
		return err_set(err, ERR_DENIED, "%s: others may write to it (mode %03o): chmod go-w", path, (unsigned)st.st_mode & 0777);
	return true;
}

bool dir_make(const char *path, mode_t mode, struct err *err)
{
	char part[PATH_CAP];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(part))
		return err_set(err, ERR_LIMIT, "%s: path empty or too long", path);
	memcpy(part, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, mode) != 0 && errno != EEXIST)
			return err_sys(err, "%s", part);
		part[i] = path[i];
	}
	return true;
}

void dir_prune(const char *path, int64_t age_s)
{
	DIR *d = opendir(path);
	time_t now = time(NULL);
	struct dirent *e;
	struct stat st;

	while (d && (e = readdir(d))) {
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && now - st.st_mtime > age_s)
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

bool dir_remove(const char *path, struct err *err)
{
	if (!file_exists(path))
		return true;
	if (nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS) != 0)
		return err_sys(err, "%s", path);
	return true;
}
