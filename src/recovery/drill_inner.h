/* drill_inner.h -- what a source's own part of a drill is made of. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_DRILL_INNER_H
#define PAWL_RECOVERY_DRILL_INNER_H

#include "recovery/drill.h"
#include "recovery/stall.h"

struct drill_run {
	const struct drill_ask *ask;
	struct arena *arena;
	struct drill_done *done; /* its manifest is signed and read */
	struct drill_reason **end;
	bool (*take)(void *ctx, const void *p, size_t n, struct err *err);
	void *ctx;
	uint64_t bytes;
	struct stall *stall;
	bool lost; /* what is found says nothing of the backup any more: drill_exec.h */
	int64_t began_us, beside_us; /* beside: what no restore would take as well */
};

/* Yields false, so that `return drill_because(…)` reads as an end. */
bool drill_because(struct drill_run *r, enum drill_code code, const char *fmt, ...)
	PAWL_PRINTF(3, 4);
/* An invariant or a query was answered. */
bool drill_answer(struct drill_run *r, enum drill_code code, struct str name, struct str got,
		  struct str want);

/* Table by table what the manifest says; ${what} names the side that is compared with it. */
bool drill_same_tables(struct drill_run *r, const char *what, const struct fingerprint_table *got);

/**
 * drill_unpack(r, take, ctx):
 * Every byte of the backup's data, each part checked before it is used, to ${take} (which may have said why it wants no more). Then
 * that the whole is what the manifest says: table by table, rows and digests, and the schema. All that differs is said.
 */
bool drill_unpack(struct drill_run *r,
		  bool (*take)(void *ctx, const void *p, size_t n, struct err *err),
		  void *ctx) PAWL_MUST_USE;

/* The own parts of PostgreSQL's files, and of MariaDB. */
bool drill_physical(struct drill_run *r);
bool drill_pgbackrest(struct drill_run *r);
bool drill_mysql(struct drill_run *r);

#endif
