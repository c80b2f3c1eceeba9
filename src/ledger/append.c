/* Appending: a leader commits what the queue holds in one write and one fdatasync. */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/clock.h"
#include "ledger/inner.h"
#include "base/redact.h"

#define BATCH_ENTRIES 1024
#define BATCH_BYTES ((size_t)1 << 20) /* soft: one larger entry is a batch of its own */

static bool make_room(struct ledger *l, size_t size, struct err *err)
{
	uint8_t *more;

	if (size + FORMAT_MARK > l->batch_cap) {
		more = realloc(l->batch, size + FORMAT_MARK);
		if (!more)
			return err_set(err, ERR_LIMIT, "no memory for an entry of %zu bytes", size);
		l->batch = more;
		l->batch_cap = size + FORMAT_MARK;
	}
	if (l->end.at + size + FORMAT_MARK > SEGMENT_SIZE && l->end.at > FORMAT_SEGMENT_HEAD &&
	    !inner_roll(l, size + FORMAT_MARK, err))
		return false;
	if (l->end.at + size + FORMAT_MARK > l->size)
		return segment_grow(l->fd, l->size, l->end.at + size + FORMAT_MARK, &l->size, err);
	return true;
}

static bool put(struct ledger *l, size_t from, size_t n, size_t at, struct err *err)
{
	while (n > 0) {
		ssize_t k = pwrite(l->fd, l->batch + from, n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return err_sys(err, "writing the ledger in %s", l->dir);
		from += (size_t)k;
		at += (size_t)k;
		n -= (size_t)k;
	}
	return true;
}

/* The order is the promise: bytes, then disk, then the mark, then the caller is told. */
static bool write_batch(struct ledger *l, size_t size, const struct format_place *to, struct err *err)
{
	if (!put(l, 0, size, l->end.at, err))
		return false;
	if (fdatasync(l->fd) != 0)
		return err_sys(err, "syncing the ledger in %s", l->dir);
	format_put_mark(&to->chain, l->batch + size);
	return put(l, size, FORMAT_MARK, l->end.at + size, err);
}

/* Best effort after a failed write: what is not acknowledged should not be found later. Never over a finished batch. */
static void take_back(struct ledger *l, size_t size)
{
	memset(l->batch, 0, size);
	if (put(l, 0, size, l->end.at, NULL))
		(void)!fdatasync(l->fd);
}

static bool commit(struct ledger *l, struct waiter *list, struct err *err)
{
	size_t entries = 0, size, at = FORMAT_BATCH_HEAD;
	struct format_place to;
	int64_t now = clock_now_us();

	for (struct waiter *w = list; w; w = w->next)
		entries += format_entry_size(w->kind.len, w->body.len);
	size = format_batch_size(entries);
	if (!make_room(l, size, err))
		return false;
	to = l->end;
	for (struct waiter *w = list; w; w = w->next) {
		at += format_put_entry(&to, now, w->kind, w->body, l->batch + at);
		w->seq = to.seq;
	}
	memset(l->batch + at, 0, size - at);
	format_put_batch(l->batch, size, &l->end, &to);
	if (!write_batch(l, size, &to, err)) {
		take_back(l, size);
		return false;
	}
	to.at = l->end.at + size + FORMAT_MARK;
	l->end = to;
	return true;
}

/* With the turn and the lock. Tells the waiters; the errors are theirs. */
static void serve(struct ledger *l, struct waiter *list)
{
	struct err err = { .code = ERR_NONE };
	bool ok = inner_refresh(l, &err) && commit(l, list, &err);

	if (!ok)
		l->known = false;
	for (struct waiter *w = list; w; w = w->next) {
		w->ok = ok;
		if (!ok && w->err)
			*w->err = err;
	}
}

/* Off the queue: the appends before the next that wants the lock, within a batch's bounds. */
static struct waiter *take_appends(struct ledger *l)
{
	struct waiter *list = l->first, *last = NULL;
	size_t bytes = 0, n = 0;

	for (struct waiter *w = list; w && !w->wants_lock && n < BATCH_ENTRIES; w = w->next) {
		bytes += format_entry_size(w->kind.len, w->body.len);
		if (last && bytes > BATCH_BYTES)
			break;
		w->taken = true;
		w->batch_number = l->filling;
		last = w;
		n++;
	}
	PAWL_ASSERT(last); /* nobody leads unless an append is first in the queue */
	l->first = last->next;
	if (!l->first)
		l->last = NULL;
	last->next = NULL;
	l->filling++;
	return list;
}

/* With the mutex, which is let go while the batch is written. Whoever leads need not be in it. */
static void lead(struct ledger *l)
{
	struct waiter *list = take_appends(l), *next;
	_Atomic uint32_t *over = &l->batch_over[list->batch_number & 1], *word;
	struct err err = { .code = ERR_NONE };

	l->busy = true;
	pthread_mutex_unlock(&l->mutex);
	if (inner_flock(l, &err)) {
		serve(l, list);
		inner_funlock(l);
	} else {
		for (struct waiter *w = list; w; w = w->next) {
			if (w->err)
				*w->err = err;
		}
	}
	pthread_mutex_lock(&l->mutex);
	for (struct waiter *w = list; w; w = next) {
		next = w->next; /* once done, w may be gone */
		atomic_store_explicit(&w->done, true, memory_order_release);
	}
	atomic_fetch_add(over, 1);
	word = inner_pass_on(l);
	pthread_mutex_unlock(&l->mutex);
	inner_wake(word, 1);
	inner_wake(over, INT_MAX);
}

/* With the mutex; without it when done. */
static void wait_in_queue(struct ledger *l, struct waiter *w)
{
	while (!atomic_load_explicit(&w->done, memory_order_acquire)) {
		_Atomic uint32_t *word;
		uint32_t seen;

		if (!l->busy && !l->first->wants_lock) {
			lead(l);
		} else {
			word = &l->batch_over[(w->taken ? w->batch_number : l->filling) & 1];
			seen = atomic_load(word);
			pthread_mutex_unlock(&l->mutex);
			inner_sleep(word, seen);
		}
		if (atomic_load_explicit(&w->done, memory_order_acquire))
			return;
		pthread_mutex_lock(&l->mutex);
	}
	pthread_mutex_unlock(&l->mutex);
}

static void queue(struct ledger *l, struct waiter *w)
{
	pthread_mutex_lock(&l->mutex);
	if (l->owned && pthread_equal(l->owner, pthread_self())) {
		pthread_mutex_unlock(&l->mutex);
		serve(l, w);
		return;
	}
	if (l->last)
		l->last->next = w;
	else
		l->first = w;
	l->last = w;
	wait_in_queue(l, w);
}

static bool acceptable(struct str kind, struct str body, struct err *err)
{
	if (!kind.len || kind.len > FORMAT_MAX_KIND)
		return err_set(err, ERR_INPUT, "a ledger entry of no possible kind");
	for (size_t i = 0; i < kind.len; i++) {
		if (!((kind.ptr[i] >= 'a' && kind.ptr[i] <= 'z') || kind.ptr[i] == '.' || kind.ptr[i] == '-'))
			return err_set(err, ERR_INPUT, "a ledger entry of no possible kind");
	}
	if (body.len > LEDGER_MAX_ENTRY)
		return err_set(err, ERR_LIMIT, "a ledger entry of %zu bytes; at most %zu are taken", body.len,
			       LEDGER_MAX_ENTRY);
	if (body.len < 2 || body.ptr[0] != '{' || body.ptr[body.len - 1] != '}' || !str_is_utf8(body))
		return err_set(err, ERR_INPUT, "the body of a ledger entry is not a JSON object in UTF-8");
	return true;
}

bool ledger_append(struct ledger *l, struct str kind, struct str body, uint64_t *ret_seq, struct err *err)
{
	auto_buf clean = BUF_MAX(LEDGER_MAX_ENTRY);
	struct waiter w = { .kind = kind, .body = body, .err = err };

	if (!acceptable(kind, body, err))
		return false;
	(void)buf_reserve(&clean, body.len); /* at once, where it fits */
	if (redact_json(body, &clean))
		w.body = buf_str(&clean);
	if (clean.failed)
		return err_set(err, ERR_LIMIT, "the ledger entry is too large to be redacted");
	queue(l, &w);
	if (w.ok)
		*ret_seq = w.seq;
	return w.ok;
}
