/* inner.h -- what the files of this room share: an open ledger.
 * Room: ledger; nobody else includes it.
 *
 * Threads queue as waiters, first come first served. The first in the queue takes the turn: as leader it takes the lock
 * over processes and commits every append that stands before the next lock in one batch; the others sleep until told. A whole
 * batch sleeps on one word and is woken by one call: a condition for each waiter cost more than the writing.
 */
#ifndef PAWL_LEDGER_INNER_H
#define PAWL_LEDGER_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "ledger/segment.h"

struct waiter {
	struct waiter *next;
	bool wants_lock; /* else: an append */
	bool taken;	 /* into the batch of that number; under the mutex */
	unsigned batch_number;
	_Atomic uint32_t turn; /* who wants the lock sleeps on this */
	atomic_bool done;      /* the rest is not touched any more by others */
	bool ok;
	struct str kind, body;
	uint64_t seq;
	struct err *err;
};

struct ledger {
	int dirfd, lockfd; /* lockfd -1: read only */
	int wait_s;	   /* for the lock over processes */
	char dir[4096];

	pthread_mutex_t mutex; /* over the queue, busy, owned, owner */
	struct waiter *first, *last;
	bool busy; /* somebody has the turn */
	unsigned filling; /* number of the batch that the queue will become */
	_Atomic uint32_t batch_over[2]; /* the batch being written and the one filling: appends sleep on these */
	bool owned; /* by ledger_lock, in thread owner */
	pthread_t owner;

	/* of whoever has the turn */
	bool known;	   /* the fields below were read and no write has failed since */
	int fd;		   /* the last segment */
	uint64_t number;
	size_t size;	   /* of the file */
	struct format_place end; /* where the next batch goes */
	uint8_t id[FORMAT_ID_LEN];
	uint8_t *batch;
	size_t batch_cap;
};

/* Wait for the turn and the lock over processes; on success the fields of the last segment are up to date. */
bool inner_take(struct ledger *l, struct err *err) PAWL_MUST_USE;
void inner_release(struct ledger *l);
/* With the turn: the lock over processes, bounded. */
bool inner_flock(struct ledger *l, struct err *err) PAWL_MUST_USE;
void inner_funlock(struct ledger *l);
/* With the turn and the lock: look at the end anew when it may have moved; mends an unfinished write. */
bool inner_refresh(struct ledger *l, struct err *err) PAWL_MUST_USE;
/* With the turn and the lock: begin the next segment. */
bool inner_roll(struct ledger *l, size_t need, struct err *err) PAWL_MUST_USE;
/* With the mutex: the turn is free; gives the word to wake one on (NULL: nobody waits), to be done without the mutex. */
_Atomic uint32_t *inner_pass_on(struct ledger *l) PAWL_MUST_USE;
/* Sleep while *${word} is ${seen}; wake up to ${n} sleepers. NULL is nobody. */
void inner_sleep(_Atomic uint32_t *word, uint32_t seen);
void inner_wake(_Atomic uint32_t *word, int n);

#endif
