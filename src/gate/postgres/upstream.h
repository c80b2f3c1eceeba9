/* upstream.h -- a database behind the gate: its schema as known, and how a connection to it is made.
 * Room: gate/postgres.
 */
#ifndef PAWL_GATE_POSTGRES_UPSTREAM_H
#define PAWL_GATE_POSTGRES_UPSTREAM_H

#include <pthread.h>

#include "gate/database/database.h"
#include "gate/postgres/asking.h"
#include "gate/postgres/statement.h"

struct pg_conn;
struct pg_cancel;

struct upstream {
	const struct database_upstream *of;
	struct environment environment;
	pthread_mutex_t lock;
	const struct catalogue *catalogue; /* under lock; NULL: not read yet */
	uint64_t generation;		   /* atomic: counts snapshots */
	bool reading, stale;		   /* under lock */
	int64_t read_us;
	bool stopping;			   /* atomic: nobody waits any more */
	struct postgres_aside *aside;	   /* of whoever has aside_lock */
	pthread_mutex_t aside_lock;
};

bool upstream_init(struct upstream *u, const struct database_upstream *of, const struct policy *p, struct err *err) PAWL_MUST_USE;
void upstream_free(struct upstream *u);

/* The snapshot, with a reference of the caller's; NULL: none yet. */
const struct catalogue *upstream_catalogue(struct upstream *u);
/* On an asker thread: read the schema again where nobody does. */
void upstream_read(struct upstream *u);
/* The gate's own connection, locked; NULL with ${err}. To be given back with upstream_aside_done. */
struct postgres_aside *upstream_aside(struct upstream *u, struct err *err);
void upstream_aside_done(struct upstream *u);

struct upstream_login {
	struct str application, encoding;
	struct str settings; /* "name=value", each ended by a NUL */
	struct str user; /* of the session, for the server's log */
	bool may_write;	 /* permissive servers alone */
};
/* On an asker thread: log in. */
bool upstream_connect(const struct upstream *u, const struct upstream_login *l, struct pg_conn **ret, struct err *err) PAWL_MUST_USE;

#endif
