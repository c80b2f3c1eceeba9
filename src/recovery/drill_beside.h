/* drill_beside.h -- tables compared by a second session while the first makes indexes and foreign keys.
 * Room: recovery, inner. I/O, one thread.
 * What it calls equal is equal at the end, too: it begins when every table's rows are in, and from there on each statement must be of a
 * kind that changes no row; the first that is not makes it all count for nothing, as does an event trigger, another file of a table, or a
 * column that is gone. What it does not call equal is nobody's failure yet: the drill compares it again when all is done, and says what it
 * finds.
 */
#ifndef PAWL_RECOVERY_DRILL_BESIDE_H
#define PAWL_RECOVERY_DRILL_BESIDE_H

#include <libpq-fe.h>

#include "recovery/drill_inner.h"

struct drill_beside; /* opaque */

/* ${connect}: makes a session like the drill's own. NULL when there is no memory. */
struct drill_beside *drill_beside_new(struct drill_run *r, PGconn *(*connect)(void *ctx), void *ctx);
/* A statement, or several, before it is sent; ${tables} had their rows before it. */
void drill_beside_statement(void *beside, struct str text, uint64_t tables);
/* Nothing more is sent: waits for the session, and looks by ${c} whether what it found still stands. */
void drill_beside_end(struct drill_beside *b, PGconn *c);
/* Of the manifest's ${i}th table, from 0. */
bool drill_beside_equal(const struct drill_beside *b, size_t i);
/* Ends the session, where it runs yet. NULL does nothing. */
void drill_beside_free(struct drill_beside *b);

/* Is each of these a statement that changes no row? */
bool drill_beside_harmless(struct str text);

#endif
