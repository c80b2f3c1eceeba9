/* asking.h -- threads for what blocks: connecting upstream, deciding, keeping, cancelling. What is done goes back to
 * the loop it came from.
 * Room: gate/postgres.
 */
#ifndef PAWL_GATE_POSTGRES_ASKING_H
#define PAWL_GATE_POSTGRES_ASKING_H

#include "gate/database/loop.h"

struct asking_job {
	struct loop_note note; /* first; its run is called on the home loop when the work is done */
	struct asking_job *next;
	void (*work)(struct asking_job *j); /* on an asker thread */
	struct loop *home; /* NULL: nobody is told, and the work frees the job */
};

struct asking {
	pthread_mutex_t lock;
	pthread_cond_t some;
	struct asking_job *first, **last;
	unsigned threads, idle, queued, most_threads, most_queued;
	pthread_t *ids;
	bool stopping;
};

bool asking_init(struct asking *a, unsigned threads, unsigned queue, struct err *err) PAWL_MUST_USE;
/* Ends its threads when the work they have is done. Jobs not begun are still worked on. */
void asking_free(struct asking *a);
/* False: too many wait already. */
bool asking_submit(struct asking *a, struct asking_job *j) PAWL_MUST_USE;

#endif
