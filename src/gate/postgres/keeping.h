/* keeping.h -- what an allowed or approved statement would destroy, kept first: trash schema, captured rows, dump.
 * Room: gate/postgres. On asker threads, by the gate's own connection, except for what must run inside the client's transaction: that is
 * returned as SQL for the relay to run in place of, or before, the client's statement.
 */
#ifndef PAWL_GATE_POSTGRES_KEEPING_H
#define PAWL_GATE_POSTGRES_KEEPING_H

#include "gate/postgres/statement.h"

enum keeping_way {
	KEEPING_NONE = 0, /* nothing to keep (an index, a view: its definition is in the manifest) */
	KEEPING_MOVE,	  /* DROP TABLE, TRUNCATE: moved or swapped into schema pawl_trash; `instead` replaces the statement */
	KEEPING_ROWS,	  /* DELETE, UPDATE: old rows into a table of pawl_trash; `before` runs first, same transaction */
	KEEPING_DUMP,	  /* dumped by pg_dump into the keep before the statement runs */
	KEEPING_NOT,	  /* cannot be kept: `why_not`, for the card */
};

struct keeping_plan {
	enum keeping_way way;
	struct str before, instead; /* SQL, run by the relay in the client's transaction; STR_NONE: none */
	struct str tag;		    /* command tag the client must see where `instead` is set: "DROP TABLE" */
	struct str why_not;
	struct str item; /* "K-12" */
	struct str says; /* for the card: "moved to pawl_trash for 7 days; `pawl undo K-12` brings it back" */
};

/* The trash schema (owner: the gate's role; no rights for the agent's) and its table of items, made where they are missing. */
bool keeping_prepare(struct postgres_aside *a, struct err *err) PAWL_MUST_USE;
/* How the n-th statement would be kept; nothing is changed yet but for a dump (way DUMP), which is taken here.
 * Bounds: the policy's `keep`. */
bool keeping_plan(struct postgres_aside *a, const struct statement_context *c, const struct sql_answer *sql, size_t nth,
		  struct arena *arena, struct keeping_plan *ret, struct err *err) PAWL_MUST_USE;
/* Bring an item back. ${dry_run}: only say. What stands in the way is an error that says what to do. */
bool keeping_restore(struct postgres_aside *a, struct str item, bool dry_run, struct arena *arena, struct str *ret_says,
		     struct err *err) PAWL_MUST_USE;
/* Remove what has expired. */
bool keeping_expire(struct postgres_aside *a, int64_t now_us, uint64_t *ret_gone, struct err *err) PAWL_MUST_USE;

#endif
