/* Reading the entries in order, checking the chain. */
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "ledger/inner.h"

struct walk {
	int dirfd;
	uint64_t number, after;
	bool unmarked; /* take good batches without a mark too */
	ledger_each each;
	void *ctx;
	struct format_place place;
	bool stopped;
};

static bool damaged(const struct walk *w, const struct format_batch *b, struct err *err)
{
	return err_set(err, ERR_BROKEN, "the ledger is damaged at entry %llu (%08llu.seg, byte %zu): %s. See: pawl log verify",
		       (unsigned long long)b->bad_seq, (unsigned long long)w->number, b->bad_at,
		       b->why ? b->why : "not what was written");
}

static void call_each(struct walk *w, const uint8_t *bytes, const struct format_batch *b)
{
	size_t at = b->at + FORMAT_BATCH_HEAD;

	for (uint64_t i = 0; !w->stopped && i < b->count; i++) {
		struct ledger_entry e = format_get_entry(bytes, &at);

		if (e.seq > w->after && !w->each(&e, w->ctx))
			w->stopped = true;
	}
}

/* From w->place to the end of what was read. */
static enum format_look walk_bytes(struct walk *w, const struct segment *s, struct format_batch *ret_last)
{
	enum format_look look = FORMAT_END;

	while (!w->stopped) {
		look = format_look(s->bytes, s->n, &w->place, false, ret_last);
		/* Batches wholly before ${after} are hopped over. */
		if (look != FORMAT_BATCH || ret_last->next.seq > w->after)
			look = format_look(s->bytes, s->n, &w->place, true, ret_last);
		if (look != FORMAT_BATCH && !(look == FORMAT_UNMARKED && w->unmarked))
			break;
		if (ret_last->next.seq > w->after)
			call_each(w, s->bytes, ret_last);
		w->place = ret_last->next;
	}
	return look;
}

/* A writer may be at work while we read: what looks damaged in the last segment is read once more as long as that leads on. */
static bool walk_segment(struct walk *w, bool last, bool first, struct err *err)
{
	struct format_place before = w->place;
	struct format_batch b = { .why = NULL };
	size_t bad_at = 0;

	for (;;) {
		auto_segment s = { .bytes = NULL };
		enum format_look look;

		if (!segment_load(w->dirfd, w->number, &s, err))
			return false;
		if (!bad_at) {
			w->place = segment_start(&s);
			if (!first && (w->place.seq != before.seq || !digest_eq(&w->place.chain, &before.chain)))
				return err_set(err, ERR_BROKEN,
					       "the ledger is damaged: %08llu.seg does not follow the one before it. "
					       "See: pawl log verify",
					       (unsigned long long)w->number);
		}
		look = walk_bytes(w, &s, &b);
		if (w->stopped || look == FORMAT_END || (last && look != FORMAT_DAMAGED))
			return true;
		if (!last || b.bad_at == bad_at)
			return damaged(w, &b, err);
		bad_at = b.bad_at;
	}
}

static bool first_seq(const struct walk *w, uint64_t number, uint64_t *ret_seq, struct err *err)
{
	uint8_t bytes[FORMAT_SEGMENT_HEAD];
	struct format_segment head;
	char name[SEGMENT_NAME];

	segment_name(number, name);
	auto_fd fd = openat(w->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return err_sys(err, "%s", name);
	if (pread(fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes) ||
	    !format_get_segment(bytes, sizeof(bytes), &head))
		return err_set(err, ERR_BROKEN, "%s: the head of the segment is damaged. See: pawl log verify", name);
	*ret_seq = head.first_seq;
	return true;
}

/* The last segment that begins at or before the entry behind ${after}. */
static bool find_start(struct walk *w, uint64_t last, struct err *err)
{
	uint64_t low = 1, high = last, seq = 0;

	while (low < high) {
		uint64_t mid = high - (high - low) / 2;

		if (!first_seq(w, mid, &seq, err))
			return false;
		if (seq <= w->after + 1)
			low = mid;
		else
			high = mid - 1;
	}
	w->number = low;
	return true;
}

bool ledger_walk(struct ledger *l, uint64_t after, ledger_each each, void *ctx, struct err *err)
{
	struct walk w = { .dirfd = l->dirfd, .after = after, .unmarked = l->lockfd < 0, .each = each, .ctx = ctx };
	uint64_t last = 0, start;

	if (!segment_last(l->dirfd, 0, &last, err))
		return err_prefix(err, "%s", l->dir);
	if (last == 0)
		return true;
	if (!find_start(&w, last, err))
		return err_prefix(err, "%s", l->dir);
	start = w.number;
	for (bool more = true; more && !w.stopped; w.number++) {
		more = segment_exists(l->dirfd, w.number + 1); /* asked first: then this one is complete */
		if (!walk_segment(&w, !more, w.number == start, err))
			return err_prefix(err, "%s", l->dir);
	}
	return true;
}
