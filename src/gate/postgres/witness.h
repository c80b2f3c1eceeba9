/* witness.h -- what a transaction really did, read before it commits from the backend's own locks and per-transaction counters.
 * Room: gate/postgres. Pure: SQL texts to prepare, rows of its answer in, findings out.
 * What it can and cannot see, and what each column costs: docs/postgres.md, "The witness".
 */
#ifndef PAWL_GATE_POSTGRES_WITNESS_H
#define PAWL_GATE_POSTGRES_WITNESS_H

#include "gate/database/budget.h"
#include "gate/postgres/catalogue.h"

/* Prepared by the relay on every upstream connection right after log-in, under this name. One row a relation touched. No parameters;
 * result in text; search_path-proof (every name qualified). It also asks that counters be flushed at the next end of a transaction, so
 * that they never carry over. */
#define WITNESS_NAME "_pawl_witness"
extern const char witness_sql[];
/* What must be sent before it in the same transaction, as simple text: deferred triggers must have run. */
#define WITNESS_BEFORE "SET CONSTRAINTS ALL IMMEDIATE"

struct witness_saw {
	struct budget_count *counts;
	size_t n_counts, cap;
	struct change_list unannounced; /* truncated, dropped or rewritten relations that no statement of the transaction announced */
	bool broken;			/* an answer that is no witness's: roll back */
};

/* What the statements of the transaction announced: added by the relay after each statement that passed. */
struct witness_expected {
	struct str *relations; /* "schema.name" that may be locked exclusively (DDL that passed) */
	size_t n;
	bool any; /* approved as a whole: locks are not compared, rows still counted */
};

void witness_begin(struct witness_saw *w, struct arena *arena);
/* One DataRow's cells, in the order of witness_sql. */
void witness_row(struct witness_saw *w, const struct str *cells, size_t n, const struct catalogue *c, const struct witness_expected *e,
		 struct arena *arena);

#endif
