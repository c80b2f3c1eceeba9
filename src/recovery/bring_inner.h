/* bring_inner.h -- connections of bring*.c. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_BRING_INNER_H
#define PAWL_RECOVERY_BRING_INNER_H

#include <libpq-fe.h>

#include "recovery/bring.h"

void bring_close(PGconn **c);
#define auto_pg __attribute__((cleanup(bring_close))) PGconn *

/* With the settings that dumps are written with; ${database} STR_NONE: of ${p}. NULL with ${err}. */
PGconn *bring_connect(const struct bring_place *p, struct str database, struct err *err);
/* Without an answer that matters. */
bool bring_exec(PGconn *c, const char *sql, struct err *err) PAWL_MUST_USE;
bool bring_says(PGconn *c, const char *what, struct err *err);
/* Starts COPY … TO STDOUT. *${ret_there} false: there is no such table, which is no error. */
bool bring_copy(PGconn *c, struct str table, struct str columns, struct arena *arena, bool *ret_there, struct err *err) PAWL_MUST_USE;
/* A row of it, to be freed with PQfreemem; 0 at the end, when all of it came. */
int bring_row(PGconn *c, char **ret_row, struct err *err);

#endif
