/* relay_keep.h -- what a relay has kept before it destroys.
 * Room: gate/postgres, inner.
 */
#ifndef PAWL_GATE_POSTGRES_RELAY_KEEP_H
#define PAWL_GATE_POSTGRES_RELAY_KEEP_H

#include "gate/postgres/relay_passage.h"

struct keeping_plan;

/* --- relay_keep.c: on an asker's thread --- */
/* How each statement that is asked about is kept, should it pass: into ${p}->keeps, kept and notes. False: the database cannot be asked. */
bool relay_keep_plan(struct relay_passage *p, const struct statement_answer *a, struct postgres_aside *aside,
		     struct err *err) PAWL_MUST_USE;
/* It passed: everything of it that destroys is kept first, or does not run. */
bool relay_keep_all(struct relay_passage *p, const struct statement_answer *a, struct postgres_aside *aside,
		     struct err *err) PAWL_MUST_USE;

/* Under the client's lock: dumped, and how the rest is to be run; else refused in its passage. */
void relay_keep_dumped(struct relay_passage *p);

/* --- relay_dump.c --- */
/* Its nth statement's dump, on an asker's thread. As of relay_ask, ${then} is called with relay.passage set; refused, if there is none. */
bool relay_dump(struct session *s, struct relay_passage *p, size_t nth, void (*then)(struct session *s));
/* On the asker's thread: into ${path}. */
bool relay_dump_take(struct relay_passage *p, const struct keeping_plan *plan, const char *path, uint64_t *ret_bytes,
		     struct err *err) PAWL_MUST_USE;

#endif
