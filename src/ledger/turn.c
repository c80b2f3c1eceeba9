/* Who may write now: threads by a queue, processes by flock on the file "lock". */
#include <errno.h>
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "ledger/inner.h"

/* "PID SEGMENT\n": who has the lock (said in errors), and where the last writer was. Both are hints. */
static void read_note(struct ledger *l, uint64_t *ret_pid, uint64_t *ret_segment)
{
	char text[64];
	ssize_t n = pread(l->lockfd, text, sizeof(text), 0);
	struct str s = { text, n > 0 ? (size_t)n : 0 }, rest;
	size_t blank, end;

	*ret_pid = *ret_segment = 0;
	blank = str_find_char(s, ' ');
	end = str_find_char(s, '\n');
	if (blank == SIZE_MAX || end == SIZE_MAX || end < blank)
		return;
	rest = str_sub(s, blank + 1, end - blank - 1);
	if (!str_to_u64(str_sub(s, 0, blank), ret_pid))
		*ret_pid = 0;
	if (!str_to_u64(rest, ret_segment))
		*ret_segment = 0;
}

static bool write_note(struct ledger *l)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%010d %010llu\n", (int)getpid(), (unsigned long long)l->number);

	return n > 0 && pwrite(l->lockfd, text, (size_t)n, 0) == n;
}

static void nap(int64_t us)
{
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

/* By the clock that does not jump. */
static int64_t monotonic_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool too_long(struct ledger *l, struct err *err)
{
	uint64_t pid, segment;

	read_note(l, &pid, &segment);
	return err_set(err, ERR_STATE,
		       "%s: the ledger is locked by process %llu for more than %d s; wait for it or end it, then try again",
		       l->dir, (unsigned long long)pid, l->wait_s);
}

bool inner_flock(struct ledger *l, struct err *err)
{
	int64_t until = monotonic_us() + l->wait_s * CLOCK_SECOND, us = 50;
	uint64_t pid;

	if (l->lockfd < 0)
		return err_set(err, ERR_IO, "%s: the ledger can only be read here", l->dir);
	while (flock(l->lockfd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return err_sys(err, "%s/lock", l->dir);
		if (monotonic_us() > until)
			return too_long(l, err);
		nap(us);
		us = us < 10000 ? us * 2 : us;
	}
	if (!l->number)
		read_note(l, &pid, &l->number);
	/* A disk so full or read-only that 22 bytes over old ones fail: the append will say it better. */
	(void)write_note(l);
	return true;
}

void inner_funlock(struct ledger *l)
{
	flock(l->lockfd, LOCK_UN);
}

void inner_sleep(_Atomic uint32_t *word, uint32_t seen)
{
	(void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

void inner_wake(_Atomic uint32_t *word, int n)
{
	if (word)
		(void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0);
}

/* The word changes under the mutex, so that who is just about to sleep on it does not. */
_Atomic uint32_t *inner_pass_on(struct ledger *l)
{
	_Atomic uint32_t *word;

	l->busy = false;
	if (!l->first)
		return NULL;
	word = l->first->wants_lock ? &l->first->turn : &l->batch_over[l->filling & 1];
	atomic_fetch_add(word, 1);
	return word;
}

/* With the mutex; sleeps without it. */
static void wait_for_lock(struct ledger *l, struct waiter *w)
{
	while (l->busy || l->first != w) {
		uint32_t seen = atomic_load(&w->turn);

		pthread_mutex_unlock(&l->mutex);
		inner_sleep(&w->turn, seen);
		pthread_mutex_lock(&l->mutex);
	}
}

bool inner_take(struct ledger *l, struct err *err)
{
	struct waiter w = { .wants_lock = true };
	_Atomic uint32_t *word;

	pthread_mutex_lock(&l->mutex);
	if (l->last)
		l->last->next = &w;
	else
		l->first = &w;
	l->last = &w;
	wait_for_lock(l, &w);
	l->first = w.next;
	if (!l->first)
		l->last = NULL;
	l->busy = true;
	pthread_mutex_unlock(&l->mutex);
	if (inner_flock(l, err)) {
		if (inner_refresh(l, err))
			return true;
		inner_funlock(l);
	}
	pthread_mutex_lock(&l->mutex);
	word = inner_pass_on(l);
	pthread_mutex_unlock(&l->mutex);
	inner_wake(word, 1);
	return false;
}

void inner_release(struct ledger *l)
{
	_Atomic uint32_t *word;

	inner_funlock(l);
	pthread_mutex_lock(&l->mutex);
	l->owned = false;
	word = inner_pass_on(l);
	pthread_mutex_unlock(&l->mutex);
	inner_wake(word, 1);
}

bool ledger_lock(struct ledger *l, struct err *err)
{
	if (!inner_take(l, err))
		return false;
	pthread_mutex_lock(&l->mutex);
	l->owned = true;
	l->owner = pthread_self();
	pthread_mutex_unlock(&l->mutex);
	return true;
}

void ledger_unlock(struct ledger *l)
{
	PAWL_ASSERT(l->owned && pthread_equal(l->owner, pthread_self()));
	inner_release(l);
}
