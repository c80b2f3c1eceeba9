/* aside.h -- a connection of the gate's own to an upstream, for catalogue, scope, capture and trash. libpq, blocking, with time limits.
 * Room: gate/postgres. For asker and reader threads, never for a thread that moves bytes. One thread at a time.
 */
#ifndef PAWL_GATE_POSTGRES_ASIDE_H
#define PAWL_GATE_POSTGRES_ASIDE_H

#include "base/arena.h"
#include "base/err.h"
#include "gate/database/database.h"

struct postgres_aside; /* opaque */

struct aside_rows {
	size_t n_rows, n_columns;
	const struct str *cells; /* row by row; NULL value: ptr NULL */
};

/* Connects (service file, passfile, environment, secret command: as the upstream says). application_name "pawl". */
bool aside_open(const struct database_upstream *u, struct postgres_aside **ret, struct err *err) PAWL_MUST_USE;
void aside_close(struct postgres_aside *a);
/* One statement with at most 32 text parameters. ${err}: the server's words, with its SQLSTATE in front. Reconnects once where the
 * connection was lost outside a transaction. The connection's search_path is empty: every name is to be qualified. Limits of time:
 * statement_timeout 60 s, lock_timeout 5 s (to be SET otherwise where it takes longer); past 90 s without an answer it is dropped. */
bool aside_query(struct postgres_aside *a, const char *sql, const struct str *params, size_t n, struct arena *arena,
		 struct aside_rows *ret, struct err *err) PAWL_MUST_USE;
/* Wait so long for each answer from now on; the server's own limits are to be SET. */
void aside_patience(struct postgres_aside *a, unsigned seconds);
/* The PGconn, for COPY. */
void *aside_connection(struct postgres_aside *a);

#endif
