/* Finding the end of a ledger, mending an unfinished write there, beginning the next segment. */
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ledger/inner.h"

static bool write_at(int fd, const uint8_t *p, size_t n, size_t at, struct err *err)
{
	while (n > 0) {
		ssize_t k = pwrite(fd, p, n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return err_sys(err, "writing the ledger");
		p += k;
		at += (size_t)k;
		n -= (size_t)k;
	}
	return true;
}

/* The folder may be new, and the one above it too: their names must be on disk before anything is acknowledged. */
static bool sync_above(int dirfd, struct err *err)
{
	static const char *const above[] = { "..", "../.." };

	for (size_t i = 0; i < ARRAY_LEN(above); i++) {
		auto_fd fd = openat(dirfd, above[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		/* A folder that may be searched but not read is not ours, and older than the ledger. */
		if (fd >= 0 && fsync(fd) != 0)
			return err_sys(err, "syncing the folder above the ledger");
	}
	return true;
}

static bool begin_ledger(struct ledger *l, struct err *err)
{
	struct format_segment head = { .number = 1, .first_seq = 1, .made_us = clock_now_us() };

	if (getrandom(head.id, sizeof(head.id), 0) != (ssize_t)sizeof(head.id))
		return err_sys(err, "no random number for a new ledger");
	head.before = format_genesis(head.id);
	return sync_above(l->dirfd, err) && segment_make(l->dirfd, &head, SEGMENT_FIRST, err);
}

/* What nobody was told of is kept beside, for whoever wants to know, and its place made clean. */
static bool clear_tail(struct ledger *l, const struct segment *s, size_t at, struct err *err)
{
	size_t end = s->n;
	char name[64];
	uint8_t *zeros;
	bool ok;

	while (end > at && s->bytes[end - 1] == 0)
		end--;
	snprintf(name, sizeof(name), "torn-%08llu-%zu", (unsigned long long)s->head.number, at);
	auto_fd keep = openat(l->dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (keep < 0 || !fd_write_all(keep, s->bytes + at, end - at, err))
		return err_sys(err, "keeping an unfinished write aside as %s", name);
	zeros = calloc(1, end - at + 1);
	if (!zeros)
		return err_set(err, ERR_LIMIT, "no memory to mend the ledger");
	ok = write_at(l->fd, zeros, end - at, at, err) && (fdatasync(l->fd) == 0 || err_sys(err, "fdatasync"));
	free(zeros);
	return ok;
}

/* A good batch whose writer was ended before it could say so: put it on disk (anew, lest an earlier write-back failed
 * unseen), then mark it. */
static bool adopt(struct ledger *l, const struct segment *s, const struct format_batch *b, struct err *err)
{
	uint8_t mark[FORMAT_MARK];

	format_put_mark(&b->next.chain, mark);
	if (b->next.at > l->size && !segment_grow(l->fd, l->size, b->next.at, &l->size, err))
		return false;
	if (!write_at(l->fd, s->bytes + b->at, b->size, b->at, err))
		return false;
	if (fdatasync(l->fd) != 0)
		return err_sys(err, "fdatasync");
	return write_at(l->fd, mark, sizeof(mark), b->at + b->size, err);
}

static bool damaged(const struct segment *s, const struct format_batch *b, struct err *err)
{
	return err_set(err, ERR_BROKEN,
		       "the ledger is damaged at entry %llu (%08llu.seg, byte %zu): %s; nothing is added to it. "
		       "See: pawl log verify",
		       (unsigned long long)b->bad_seq, (unsigned long long)s->head.number, b->bad_at,
		       b->why ? b->why : "not what was written");
}

/* Hop over the batches. The last one is looked at whole; those before it were on disk before it was begun. */
static bool find_end(struct ledger *l, const struct segment *s, struct err *err)
{
	struct format_place place = segment_start(s), before = place;
	struct format_batch b;

	for (;;) {
		enum format_look look = format_look(s->bytes, s->n, &place, false, &b);

		if (look == FORMAT_BATCH) {
			before = place;
			place = b.next;
			continue;
		}
		if (before.at != place.at && format_look(s->bytes, s->n, &before, true, &b) != FORMAT_BATCH)
			return damaged(s, &b, err);
		look = format_look(s->bytes, s->n, &place, true, &b);
		if (look == FORMAT_DAMAGED || look == FORMAT_BATCH)
			return damaged(s, &b, err);
		if (look == FORMAT_TORN && l->lockfd >= 0 && !clear_tail(l, s, place.at, err))
			return false;
		if (look != FORMAT_UNMARKED)
			break;
		if (l->lockfd >= 0 && !adopt(l, s, &b, err))
			return false;
		before = place = b.next;
	}
	l->end = place;
	return true;
}

static bool check_first(const struct segment *s, struct err *err)
{
	struct digest genesis = format_genesis(s->head.id);

	if (s->head.number == 1 && (s->head.first_seq != 1 || !digest_eq(&s->head.before, &genesis)))
		return err_set(err, ERR_BROKEN, "the ledger's first segment is damaged. See: pawl log verify");
	return true;
}

static bool open_last(struct ledger *l, uint64_t number, struct err *err)
{
	auto_segment s = { .bytes = NULL };
	char name[SEGMENT_NAME];
	int fd;

	segment_name(number, name);
	fd = openat(l->dirfd, name, (l->lockfd >= 0 ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return err_sys(err, "%s/%s", l->dir, name);
	fd_close(&l->fd);
	l->fd = fd;
	if (!segment_load(l->dirfd, number, &s, err) || !check_first(&s, err))
		return err_prefix(err, "%s", l->dir);
	l->number = number;
	l->size = s.n;
	memcpy(l->id, s.head.id, sizeof(l->id));
	return find_end(l, &s, err);
}

/* Nothing new since we looked? */
static bool same_end(const struct ledger *l)
{
	uint8_t p[FORMAT_BATCH_HEAD];
	ssize_t n;

	if (!l->known || segment_exists(l->dirfd, l->number + 1))
		return false;
	n = pread(l->fd, p, sizeof(p), (off_t)l->end.at);
	return n >= 0 && format_zero(p, (size_t)n);
}

bool inner_refresh(struct ledger *l, struct err *err)
{
	uint64_t last = 0;

	if (same_end(l))
		return true;
	l->known = false;
	if (!segment_last(l->dirfd, l->number, &last, err))
		return err_prefix(err, "%s", l->dir);
	if (last == 0) {
		if (l->lockfd < 0)
			return err_set(err, ERR_IO, "%s: no ledger here, and none can be made", l->dir);
		if (!begin_ledger(l, err))
			return err_prefix(err, "%s", l->dir);
		last = 1;
	}
	if (!open_last(l, last, err))
		return false;
	l->known = true;
	return true;
}

bool inner_roll(struct ledger *l, size_t need, struct err *err)
{
	struct format_segment head = { .number = l->number + 1, .first_seq = l->end.seq + 1, .before = l->end.chain,
				       .made_us = clock_now_us() };
	size_t size = FORMAT_SEGMENT_HEAD + need > SEGMENT_SIZE ? FORMAT_SEGMENT_HEAD + need : SEGMENT_SIZE;

	memcpy(head.id, l->id, sizeof(head.id));
	/* The marks of the old one go to disk before the new one begins: they are not written again. */
	if (fdatasync(l->fd) != 0)
		return err_sys(err, "%s: fdatasync", l->dir);
	if (!segment_make(l->dirfd, &head, size, err))
		return err_prefix(err, "%s", l->dir);
	return open_last(l, head.number, err);
}
