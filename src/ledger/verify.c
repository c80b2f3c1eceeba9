/* Verifying a ledger folder, every byte, without writing to it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "ledger/checkpoint.h"
#include "ledger/segment.h"

struct verify {
	int dirfd;
	uint64_t number;
	struct format_place place;
	uint8_t id[FORMAT_ID_LEN];
	int64_t last_us;
	const struct checkpoint *checkpoint;
	struct digest at_checkpoint; /* the chain of the entry it speaks of */
	struct ledger_report *report;
};

static bool bad(struct verify *v, uint64_t seq, size_t at, const char *why, struct err *err)
{
	struct ledger_report *r = v->report;

	r->first_bad = seq;
	r->bad_segment = v->number;
	r->bad_offset = at;
	snprintf(r->what, sizeof(r->what), "entry %llu (%08llu.seg, byte %zu): %s", (unsigned long long)seq,
		 (unsigned long long)v->number, at, why);
	return err_set(err, ERR_BROKEN, "the ledger is not intact: %s", r->what);
}

static void count(struct verify *v, const uint8_t *bytes, const struct format_batch *b)
{
	size_t at = b->at + FORMAT_BATCH_HEAD;

	for (uint64_t i = 0; i < b->count; i++) {
		struct ledger_entry e = format_get_entry(bytes, &at);

		v->report->entries++;
		v->report->clock_back += e.time_us < v->last_us;
		v->report->checkpoints += str_is(e.kind, "checkpoint");
		v->last_us = e.time_us;
		if (v->checkpoint && e.seq == v->checkpoint->entries)
			v->at_checkpoint = e.chain;
	}
}

static bool batches(struct verify *v, const struct segment *s, bool last, struct err *err)
{
	struct format_batch b;

	for (;;) {
		enum format_look look = format_look(s->bytes, s->n, &v->place, true, &b);

		switch (look) {
		case FORMAT_BATCH:
		case FORMAT_UNMARKED:
			count(v, s->bytes, &b);
			v->place = b.next;
			/* A mark that was begun and not finished is a write cut short. */
			if (look == FORMAT_UNMARKED && b.at + b.size < s->n && s->bytes[b.at + b.size])
				v->report->torn_tail = true;
			continue;
		case FORMAT_END:
			return true;
		case FORMAT_TORN:
			if (!last)
				return bad(v, b.bad_seq, b.bad_at, "unfinished, but the ledger went on behind it", err);
			v->report->torn_tail = true;
			return true;
		case FORMAT_DAMAGED:
			return bad(v, b.bad_seq, b.bad_at, b.why ? b.why : "damaged", err);
		}
		return bad(v, b.bad_seq, b.bad_at, "damaged", err);
	}
}

/* Does it follow the one before it? */
static bool link_right(struct verify *v, const struct segment *s, struct err *err)
{
	struct digest genesis = format_genesis(s->head.id);
	struct format_place start = segment_start(s);

	if (v->number == 1) {
		memcpy(v->id, s->head.id, sizeof(v->id));
		v->place = (struct format_place){ 0, 0, genesis };
	}
	if (memcmp(v->id, s->head.id, sizeof(v->id)) != 0)
		return bad(v, v->place.seq + 1, 64, "the segment is of another ledger", err);
	if (start.seq != v->place.seq || !digest_eq(&start.chain, &v->place.chain))
		return bad(v, v->place.seq + 1, 24, "the segment does not follow the one before it", err);
	v->place = start;
	return true;
}

static bool one_segment(struct verify *v, bool last, struct err *err)
{
	auto_segment s = { .bytes = NULL };
	struct err why = { .code = ERR_NONE };

	if (!segment_exists(v->dirfd, v->number))
		return bad(v, v->place.seq + 1, 0, "the segment is missing", err);
	if (!segment_load(v->dirfd, v->number, &s, &why)) {
		if (why.code == ERR_BROKEN)
			return bad(v, v->place.seq + 1, 0, why.msg, err);
		*err = why;
		return false;
	}
	v->report->segments++;
	v->report->bytes += s.n;
	return link_right(v, &s, err) && batches(v, &s, last, err);
}

static bool compare(struct verify *v, const char *path, struct err *err)
{
	const struct checkpoint *c = v->checkpoint;
	struct ledger_report *r = v->report;

	if (strcmp(c->id, r->id) != 0)
		return err_set(err, ERR_INPUT, "%s: a checkpoint of another ledger (%s; this is %s)", path, c->id, r->id);
	if (c->entries > r->entries) {
		r->truncated = true;
		r->first_bad = r->entries + 1;
		snprintf(r->what, sizeof(r->what), "the ledger ends at entry %llu, but had %llu when %s was signed",
			 (unsigned long long)r->entries, (unsigned long long)c->entries, path);
		return err_set(err, ERR_BROKEN, "the ledger was cut short: %s", r->what);
	}
	if (c->entries && !digest_eq(&v->at_checkpoint, &c->chain)) {
		r->first_bad = c->entries;
		snprintf(r->what, sizeof(r->what), "entry %llu or one before it was rewritten since %s was signed",
			 (unsigned long long)c->entries, path);
		return err_set(err, ERR_BROKEN, "the ledger was rewritten: %s", r->what);
	}
	return true;
}

static bool run(struct verify *v, struct err *err)
{
	uint64_t last = 0;

	if (!segment_last(v->dirfd, 0, &last, err))
		return false;
	if (last == 0)
		return err_set(err, ERR_INPUT, "there is no ledger here");
	for (v->number = 1; v->number <= last; v->number++) {
		if (!one_segment(v, v->number == last, err))
			return false;
	}
	v->report->head = v->place.chain;
	for (size_t i = 0; i < FORMAT_ID_LEN; i++)
		snprintf(v->report->id + 2 * i, 3, "%02x", v->id[i]);
	return true;
}

/* A writer at work would look like an unfinished write: keep it out if we may. */
static void keep_writers_out(int dirfd, int *ret_fd)
{
	int fd = openat(dirfd, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	for (int i = 0; fd >= 0 && i < 200; i++) {
		struct timespec t = { .tv_nsec = 10000000 };

		if (flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			break;
		nanosleep(&t, NULL);
	}
	*ret_fd = fd;
}

bool ledger_verify(const char *dir, const char *checkpoint, struct ledger_report *ret, struct err *err)
{
	struct checkpoint c;
	struct verify v = { .report = ret, .last_us = INT64_MIN };
	auto_fd dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_fd lock = -1;

	*ret = (struct ledger_report){ .entries = 0 };
	if (dirfd < 0)
		return err_sys(err, "%s", dir);
	if (checkpoint) {
		if (!checkpoint_load(checkpoint, &c, err))
			return false;
		v.checkpoint = &c;
	}
	v.dirfd = dirfd;
	keep_writers_out(dirfd, &lock);
	if (!run(&v, err))
		return ret->first_bad ? false : err_prefix(err, "%s", dir);
	return !checkpoint || compare(&v, checkpoint, err);
}
