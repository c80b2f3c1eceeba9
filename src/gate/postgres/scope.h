/* scope.h -- how much a statement would destroy: rows, bytes, what goes with it. For asker threads, by the gate's own connection.
 * Room: gate/postgres. Nothing is changed: every question runs in a transaction that only reads, with limits of time.
 */
#ifndef PAWL_GATE_POSTGRES_SCOPE_H
#define PAWL_GATE_POSTGRES_SCOPE_H

#include "gate/postgres/catalogue.h"
#include "read/sql/sql.h"

struct postgres_aside;

/* The statement as it will be run. */
struct scope_asked {
	struct str text;	  /* the one statement */
	size_t first_change, n_changes; /* its changes in the list; n_changes 0: all of them */
	const struct str *params; /* of its Bind, as text; a NULL value: ptr NULL */
	size_t n_params;
	bool params_known; /* false: some came in binary, so that no estimate is made with them */
	struct str search_path; /* STR_NONE: the role's own */
};

/* What all of it comes to. */
struct scope {
	size_t relations; /* that lose rows, or go */
	uint64_t bytes, rows;
	bool critical, estimated; /* rows: some were not counted */
	struct str largest;	  /* the relation that loses most */
	uint64_t largest_rows;
	struct str says; /* "drops 63 tables, 4.1 GB, 1,943,200 rows in public.submissions"; STR_NONE: nothing that holds data */
};

/**
 * scope_measure(aside, c, asked, arena, changes, ret, err):
 * Write rows, bytes, criticality, cascades and estimates into ${changes} (their rows, reason, dies_with). False when something could not be
 * had: what could is written all the same, and each change that could not be measured says so.
 * Bounds: SCOPE_COUNTED relations are counted exactly where they are small, two seconds each; the rest by the server's own estimate.
 */
bool scope_measure(struct postgres_aside *aside, const struct catalogue *c, const struct scope_asked *asked, struct arena *arena,
		   struct change_list *changes, struct scope *ret, struct err *err) PAWL_MUST_USE;

/* Texts for people: "1,943,200", "4.1 GB". */
struct str scope_number(uint64_t n, struct arena *arena);
struct str scope_bytes(uint64_t n, struct arena *arena);

/* scope_estimate.c: rows that the planner expects the statement to change; false: not to be had, with a reason in ${err}. */
bool scope_estimate(struct postgres_aside *aside, const struct scope_asked *asked, struct arena *arena, uint64_t *ret_rows, struct err *err)
	PAWL_MUST_USE;

#endif
