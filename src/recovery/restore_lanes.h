/* restore_lanes.h -- indexes of different tables made by two sessions at once.
 * Room: recovery, inner. I/O, no thread.
 * Only what a dump itself writes of an index or of a key that is one, over columns by name, is taken; never two of one table at once; and
 * only while the session of the restore has no setting that such a statement would heed. All else is in order, behind restore_lanes_wait().
 * What fails here is made anew alone and in order: only what it says then is an error.
 */
#ifndef PAWL_RECOVERY_RESTORE_LANES_H
#define PAWL_RECOVERY_RESTORE_LANES_H

#include <libpq-fe.h>

#include "base/str.h"

struct restore_lanes; /* opaque */
struct pg_conn;	      /* PGconn */

/* ${c}: the restore's own, which stays the caller's. ${connect} makes another like it, or NULL; it is not asked before there is more to do
 * than ${c} does at once. NULL when there is no memory. */
struct restore_lanes *restore_lanes_new(PGconn *c, struct pg_conn *(*connect)(void *ctx), void *ctx);
/* Begins on ${text}, and waits only until one of the two can. False: a server is gone. */
bool restore_lanes_give(struct restore_lanes *l, struct str text, bool *ret_taken) PAWL_MUST_USE;
/* Nothing is being made any more. False: a server is gone. */
bool restore_lanes_wait(struct restore_lanes *l) PAWL_MUST_USE;
/* A text that failed, once each, after restore_lanes_wait(); STR_NONE: no more. NUL-terminated, up to the next restore_lanes_give(). */
struct str restore_lanes_failed(struct restore_lanes *l);
void restore_lanes_free(struct restore_lanes *l); /* NULL does nothing */

/* The table that ${text} makes an index of, where it may be made beside another; STR_NONE: it may not. */
struct str restore_lanes_table(struct str text);

#endif
