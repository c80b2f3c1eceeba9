/* loop.h -- one thread that waits for sockets, for what other threads post, and for the clock.
 * Room: gate/database. Linux: epoll, edge-triggered, and one eventfd.
 * A watch is told of readiness once; it reads or writes until the kernel has no more, or asks to be run again (loop_again).
 */
#ifndef PAWL_GATE_DATABASE_LOOP_H
#define PAWL_GATE_DATABASE_LOOP_H

#include <pthread.h>

#include "base/err.h"

#define LOOP_SCRATCH ((size_t)128 << 10)
#define LOOP_MADE ((size_t)32 << 10)

struct loop;

struct loop_watch {
	int fd;
	void (*ready)(struct loop_watch *w, bool readable, bool writable, bool hung);
};

/* Something that other threads hand to this one; lives in the memory of whoever posts it. */
struct loop_note {
	struct loop_note *next;
	void (*run)(struct loop_note *n);
};

struct loop {
	int epoll, wake;
	pthread_mutex_t lock;
	struct loop_note *notes, **notes_end; /* under lock */
	struct loop_note *again, **again_end; /* this thread's own: run after the sockets that are ready */
	bool stopping;
	int64_t now_us;		     /* read once a turn */
	void (*tick)(struct loop *l); /* once a second */
	void (*turned)(struct loop *l); /* at the end of each turn */
	char *scratch;		     /* LOOP_SCRATCH bytes to read into, within one call of ready */
	char *made;		     /* LOOP_MADE bytes of messages of our own, until they are flushed */
	size_t n_made;
};

bool loop_init(struct loop *l, struct err *err) PAWL_MUST_USE;
void loop_free(struct loop *l);
/* Until loop_stop. */
void loop_run(struct loop *l);
/* Once: waits at most so long, then acts on all that is ready. False: nothing was. */
bool loop_turn(struct loop *l, int wait_ms);
/* From any thread. */
void loop_stop(struct loop *l);
/* What was posted and not run, after loop_run returned. */
void loop_settle(struct loop *l);
void loop_post(struct loop *l, struct loop_note *n);
/* From this thread: run ${n} once more when everything else that is ready had its turn. */
void loop_again(struct loop *l, struct loop_note *n);

bool loop_add(struct loop *l, struct loop_watch *w, struct err *err) PAWL_MUST_USE;
/* A listening socket: told as long as somebody waits. */
bool loop_add_listener(struct loop *l, struct loop_watch *w, struct err *err) PAWL_MUST_USE;
void loop_remove(struct loop *l, struct loop_watch *w);

#endif
