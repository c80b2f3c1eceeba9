#include "ledger/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define TEMPORARY "new.seg.tmp"
#define ZEROS ((size_t)65536)

void segment_name(uint64_t number, char ret_name[SEGMENT_NAME])
{
	snprintf(ret_name, SEGMENT_NAME, "%08llu.seg", (unsigned long long)(number % 1000000000000000u));
}

bool segment_exists(int dirfd, uint64_t number)
{
	char name[SEGMENT_NAME];

	segment_name(number, name);
	return faccessat(dirfd, name, F_OK, 0) == 0;
}

static uint64_t number_of(const char *name)
{
	struct str s = str_from(name);
	uint64_t n;

	if (!str_ends(s, STR(".seg")) || !str_to_u64(str_sub(s, 0, s.len - 4), &n))
		return 0;
	return n;
}

static bool last_by_listing(int dirfd, uint64_t *ret_number, struct err *err)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	uint64_t last = 0;

	if (!d) {
		err_sys(err, "listing the ledger's folder");
		if (fd >= 0)
			close(fd);
		return false;
	}
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		uint64_t n = number_of(e->d_name);

		last = n > last ? n : last;
	}
	closedir(d);
	*ret_number = last;
	return true;
}

bool segment_last(int dirfd, uint64_t hint, uint64_t *ret_number, struct err *err)
{
	if (!hint || !segment_exists(dirfd, hint))
		return last_by_listing(dirfd, ret_number, err);
	while (segment_exists(dirfd, hint + 1))
		hint++;
	*ret_number = hint;
	return true;
}

static bool read_at(int fd, uint8_t *p, size_t n, size_t *ret_read)
{
	size_t done = 0;

	while (done < n) {
		ssize_t k = pread(fd, p + done, n - done, (off_t)done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return false;
		if (k == 0)
			break;
		done += (size_t)k;
	}
	*ret_read = done;
	return true;
}

static bool load(int fd, const char *name, struct segment *s, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_sys(err, "%s", name);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)FORMAT_SEGMENT_HEAD || st.st_size > (off_t)SEGMENT_MAX)
		return err_set(err, ERR_BROKEN, "%s: not a segment of a ledger (%lld bytes)", name, (long long)st.st_size);
	s->bytes = malloc((size_t)st.st_size);
	if (!s->bytes)
		return err_set(err, ERR_LIMIT, "%s: no memory to read it", name);
	if (!read_at(fd, s->bytes, (size_t)st.st_size, &s->n))
		return err_sys(err, "%s", name);
	if (!format_get_segment(s->bytes, s->n, &s->head))
		return err_set(err, ERR_BROKEN, "%s: the head of the segment is damaged", name);
	return true;
}

bool segment_load(int dirfd, uint64_t number, struct segment *ret, struct err *err)
{
	char name[SEGMENT_NAME];
	struct segment s = { .bytes = NULL };

	segment_name(number, name);
	auto_fd fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return err_sys(err, "%s", name);
	if (!load(fd, name, &s, err)) {
		segment_free(&s);
		return false;
	}
	if (s.head.number != number) {
		segment_free(&s);
		return err_set(err, ERR_BROKEN, "%s: says it is segment %llu", name, (unsigned long long)s.head.number);
	}
	*ret = s;
	return true;
}

void segment_free(struct segment *s)
{
	free(s->bytes);
	s->bytes = NULL;
	s->n = 0;
}

struct format_place segment_start(const struct segment *s)
{
	return (struct format_place){ FORMAT_SEGMENT_HEAD, s->head.first_seq - 1, s->head.before };
}

/* Blocks first, so that a full disk is known before anything is written; then zeros, so that they need no conversion. */
static bool put_zeros(int fd, size_t from, size_t to, struct err *err)
{
	static const uint8_t zeros[ZEROS];
	int wrong = posix_fallocate(fd, (off_t)from, (off_t)(to - from));

	if (wrong && wrong != EOPNOTSUPP && wrong != EINVAL) {
		errno = wrong;
		return err_sys(err, "no room for the ledger to grow");
	}
	while (from < to) {
		size_t n = to - from < ZEROS ? to - from : ZEROS;
		ssize_t k = pwrite(fd, zeros, n, (off_t)from);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return err_sys(err, "growing the ledger");
		from += (size_t)k;
	}
	return true;
}

bool segment_grow(int fd, size_t size, size_t need, size_t *ret_size, struct err *err)
{
	size_t to = size * 2 > SEGMENT_SIZE ? SEGMENT_SIZE : size * 2;

	while (to < need)
		to += SEGMENT_FIRST;
	if (to > SEGMENT_MAX)
		return err_set(err, ERR_LIMIT, "the segment would grow past %zu bytes", SEGMENT_MAX);
	if (!put_zeros(fd, size, to, err))
		return false;
	*ret_size = to;
	return true;
}

static bool fill(int fd, const struct format_segment *head, size_t size, struct err *err)
{
	uint8_t bytes[FORMAT_SEGMENT_HEAD];

	format_put_segment(head, bytes);
	if (!fd_write_all(fd, bytes, sizeof(bytes), err) || !put_zeros(fd, sizeof(bytes), size, err))
		return false;
	return fsync(fd) == 0 || err_sys(err, "fsync");
}

bool segment_make(int dirfd, const struct format_segment *head, size_t size, struct err *err)
{
	char name[SEGMENT_NAME];

	segment_name(head->number, name);
	auto_fd fd = openat(dirfd, TEMPORARY, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(err, "%s", TEMPORARY);
	if (!fill(fd, head, size, err)) {
		unlinkat(dirfd, TEMPORARY, 0);
		return err_prefix(err, "%s", name);
	}
	if (renameat(dirfd, TEMPORARY, dirfd, name) != 0 || fsync(dirfd) != 0)
		return err_sys(err, "%s", name);
	return true;
}
