/* bring_inner.h -- connections of bring*.c. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_BRING_INNER_H
#define PAWL_RECOVERY_BRING_INNER_H

#include <libpq-fe.h>

#include "base/buf.h"
#include "recovery/bring.h"

void bring_close(PGconn **c);
#define auto_pg __attribute__((cleanup(bring_close))) PGconn *

/* With the settings that dumps are written with; ${database} STR_NONE: of ${p}. NULL with ${err}. */
PGconn *bring_connect(const struct bring_place *p, struct str database, struct err *err);
/* Of two connections it is this one that is waited for now. */
void bring_asks(PGconn *c);
/* Without an answer that matters. */
bool bring_exec(PGconn *c, const char *sql, struct err *err) PAWL_MUST_USE;
bool bring_says(PGconn *c, const char *what, struct err *err);
/* Sets ${t->names} and ${t->lost}. */
bool bring_shape(PGconn *brought, PGconn *live, struct bring_table *t, struct arena *arena, struct err *err) PAWL_MUST_USE;
bool bring_count(PGconn *c, struct str table, struct arena *arena, uint64_t *ret, struct err *err) PAWL_MUST_USE;
/* Starts COPY … TO STDOUT. *${ret_there} false: there is no such table, which is no error. */
bool bring_copy(PGconn *c, struct str table, struct str columns, struct arena *arena, bool *ret_there, struct err *err) PAWL_MUST_USE;
/* A row of it, to be freed with PQfreemem; 0 at the end, when all of it came. */
int bring_row(PGconn *c, char **ret_row, struct err *err);
/* What goes before and behind ${rows} rows of ${t}, whose shape is known, in a file for psql; ${c} has the table that they are to go into,
 * or one like it. Both are to be freed, also on failure. */
bool bring_load(PGconn *c, const struct bring_table *t, uint64_t rows, struct buf *ret_before, struct buf *ret_after,
		struct err *err) PAWL_MUST_USE;

#endif
