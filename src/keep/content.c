/* Bytes of one file into the item: small ones back to back into data, large or sparse ones into a file of their own, shared
 * with the original where the file system can (reflink), else copied in the kernel, holes left as holes.
 */
#include "keep/take.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"

#define SLICE ((size_t)8 << 20) /* between looks at the clock */

static bool sparse(const struct stat *st)
{
	return (uint64_t)st->st_blocks * 512 < (uint64_t)st->st_size;
}

/* All of it, and the end seen: a file that grows meanwhile is found out. */
static bool read_small(struct take *t, int fd, size_t size, struct err *err)
{
	size_t have = 0;

	while (have <= size) {
		ssize_t k = read(fd, t->chunk + have, size + 1 - have);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(err, "read");
		if (k == 0)
			break;
		have += (size_t)k;
	}
	return have == size || err_set(err, ERR_STATE, "changed while it was kept");
}

static bool into_data(struct take *t, int fd, struct item_entry *e, struct err *err)
{
	if (t->data < 0)
		t->data = openat(t->dir, "data", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (t->data < 0)
		return err_sys(err, "data");
	if (!read_small(t, fd, (size_t)e->size, err) || !fd_write_all(t->data, t->chunk, (size_t)e->size, err))
		return false;
	e->digest = digest_of(t->chunk, (size_t)e->size);
	e->offset = t->data_len;
	t->data_len += e->size;
	return true;
}

static bool copy_plain(struct take *t, int in, int out, off_t *at, off_t end, struct err *err)
{
	while (*at < end) {
		size_t want = (size_t)(end - *at) < TAKE_CHUNK ? (size_t)(end - *at) : TAKE_CHUNK;
		ssize_t k = pread(in, t->chunk, want, *at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(err, "read");
		if (k == 0)
			return err_set(err, ERR_STATE, "changed while it was kept");
		if (lseek(out, *at, SEEK_SET) < 0 || !fd_write_all(out, t->chunk, (size_t)k, err))
			return false;
		*at += k;
		if (!take_room(t, 0, 0, err))
			return false;
	}
	return true;
}

static bool copy_range(struct take *t, int in, int out, off_t at, off_t end, struct err *err)
{
	while (at < end) {
		off_t from = at, to = at;
		size_t want = (size_t)(end - at) < SLICE ? (size_t)(end - at) : SLICE;
		ssize_t k = copy_file_range(in, &from, out, &to, want, 0);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return copy_plain(t, in, out, &at, end, err);
		at += k;
		if (!take_room(t, 0, 0, err))
			return false;
	}
	return true;
}

static bool copy_holes(struct take *t, int in, int out, off_t size, struct err *err)
{
	off_t at = 0;

	while (at < size) {
		off_t data = lseek(in, at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			return copy_range(t, in, out, at, size, err);
		hole = lseek(in, data, SEEK_HOLE);
		if (hole < 0 || hole > size)
			hole = size;
		if (!copy_range(t, in, out, data, hole, err))
			return false;
		at = hole;
	}
	return ftruncate(out, size) == 0 || err_sys(err, "truncate");
}

static bool into_own(struct take *t, int fd, struct item_entry *e, struct err *err)
{
	char name[32];

	e->own = true;
	e->offset = t->own++;
	snprintf(name, sizeof(name), "f%llu", (unsigned long long)e->offset);
	auto_fd out = openat(t->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return err_sys(err, "%s", name);
	if (ioctl(out, FICLONE, fd) != 0 && !copy_holes(t, fd, out, (off_t)e->size, err))
		return false;
	return fdatasync(out) == 0 || err_sys(err, "%s", name);
}

static bool same_stat(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

bool content_take(struct take *t, int fd, const struct stat *st, struct item_entry *e, struct err *err)
{
	uint64_t size = (uint64_t)st->st_size, disk = sparse(st) ? (uint64_t)st->st_blocks * 512 : size;
	struct stat after;
	bool ok;

	e->size = size;
	if (!take_room(t, 0, disk, err))
		return false;
	if (!size)
		return true;
	ok = size <= TAKE_CHUNK && !sparse(st) ? into_data(t, fd, e, err) : into_own(t, fd, e, err);
	if (!ok)
		return false;
	return (fstat(fd, &after) == 0 && same_stat(st, &after)) || err_set(err, ERR_STATE, "changed while it was kept");
}
