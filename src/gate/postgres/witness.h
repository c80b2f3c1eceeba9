/* witness.h -- what a transaction really did, read before it commits from the backend's own locks and per-transaction counters.
 * Room: gate/postgres. Pure: SQL texts to prepare, rows of its answer in, findings out.
 * It sees what functions, triggers, cascades, rules, CTEs, DO, MERGE and dynamic SQL did. What it cannot see, and what each part costs:
 * docs/witness.md. What the relay must do around it:
 *   1. WITNESS_BEFORE, each in its turn, in the same transaction and after everything else: deferred triggers have then run, and nothing
 *      that runs at the commit (a cursor WITH HOLD) may write any more. With savepoints open, RELEASE the outermost first: read only set
 *      inside a savepoint ends with it.
 *   2. WITNESS, its rows to witness_row(), then witness_end(). Or WITNESS_QUICK, which costs a fifth of it where there are few tables
 *      (WITNESS_QUICK_MOST), and then, where witness_end() left `closer` set, WITNESS after all, its rows to another witness_begin().
 *   3. Counters end with the transaction only where the witness ran in it. After every transaction that could write and in which it
 *      did not (an error, ROLLBACK, a statement sent alone), and before the next that can: WITNESS_FORGET on its own, outside any
 *      transaction (Bind, Execute, Sync). Otherwise its rows are counted with the next one's: too many, never too few.
 *   4. COMMIT AND CHAIN and ROLLBACK AND CHAIN keep the counters running: before the transaction that they begin writes, WITNESS_QUICK, its
 *      rows into a memory (`collects`), and that is the `base` of all that is asked in it.
 *   5. Clients prepare, close and deallocate nothing whose name begins with WITNESS_PREFIX; after DEALLOCATE ALL and DISCARD ALL all are
 *      prepared anew. An error of the witness is a refusal.
 *   6. Where budget_by_statement() says so and a transaction has several statements: WITNESS alone after each that writes, then
 *      witness_statement(); its rows against the statement's limits, what stood before against the transaction's.
 *   7. Around what a person approved, where something else writes in the transaction, the same; what it did: witness_excuse().
 * Rows that ROLLBACK TO, or a function's EXCEPTION, took back may be counted: the count lies between what is changed and what was done.
 */
#ifndef PAWL_GATE_POSTGRES_WITNESS_H
#define PAWL_GATE_POSTGRES_WITNESS_H

#include "gate/database/budget.h"
#include "gate/database/database.h"
#include "gate/postgres/catalogue.h"

#define WITNESS_PREFIX "_pawl_"
#define WITNESS_COLUMNS 12
#define WITNESS_QUICK_MOST 32 /* tables in the database, above which the list of locks costs less */
#define WITNESS_QUICK_SINCE 150000 /* before, counters of earlier transactions may run on, and those that hold no lock are not told */

/* Prepared by the relay on every upstream connection right after log-in. No parameters; results in text; search_path-proof. */
enum witness_text {
	WITNESS_BEFORE_1, /* SET CONSTRAINTS ALL IMMEDIATE */
	WITNESS_BEFORE_2, /* SET TRANSACTION READ ONLY */
	WITNESS,	  /* one row a lock or catalogue, and a last one */
	WITNESS_QUICK,	  /* one row a table that lost rows, or catalogue, and a last one */
	WITNESS_FORGET,
	WITNESS_TEXTS
};
struct witness_prepared {
	const char *name, *sql;
};
/* For a server of ${version} ("server_version_num": 150020). Before 15 nothing makes counters end in time: rows of the connection's last
 * half second may be counted again, and WITNESS_FORGET waits that long. */
struct witness_prepared witness_prepared(enum witness_text which, unsigned version);

/* What the statements of the transaction announced: added by the relay after each statement that passed. */
struct witness_expected {
	/* "schema.name" that may be locked exclusively (DDL that passed, with what it references), or are foreign. */
	const struct str *relations;
	size_t n;
	/* Whose rows a statement says that it changes: no lock of these is excused, but that they are foreign. */
	const struct str *written;
	size_t n_written;
	bool catalogue; /* some statement writes the catalogue (DDL, GRANT): that it did so is no news */
	bool any;	/* approved as a whole: locks and catalogue are not compared, rows still counted */
};

/* A relation that is locked exclusively, and that the snapshot does not know: made in this transaction, or dropped, or too new. */
struct witness_unknown {
	uint32_t oid;
	struct str name; /* STR_NONE: dropped */
};

/* What was counted by one look, by relation; zeroed when the transaction begins. */
struct witness_memory {
	struct witness_counted {
		uint32_t oid;
		uint64_t rows[3];
	} *counted;
	size_t n, cap;
};

/* What was done besides rows, by looks; zeroed when the transaction begins. */
struct witness_acts {
	struct witness_mark {
		uint32_t oid;
		char what;     /* 'c': rows of a catalogue, 'l': locked, 'g': rights, 'f': foreign, 'k': rows that pawl keeps */
		bool excused;  /* first done by what was asked about */
		uint64_t was[3], less[3]; /* by the last look; of them, by what was asked about */
	} *mark;
	size_t n, cap;
};

struct witness_saw {
	const struct witness_memory *base; /* set behind witness_begin(): counters as they were when the transaction began; NULL: 0 */
	struct witness_memory *collects;   /* set behind it: rows go there, in `collects_in`, and are not weighed */
	struct arena *collects_in;
	struct witness_acts *acts; /* set behind it: what is excused by them is not told; NULL: nothing is */
	struct arena *acts_in;	   /* with it: they are learned, and nothing is excused */
	bool asked;		   /* with that: since the last look only what was asked about has run */
	struct budget_count *counts; /* temporary tables and catalogues are not counted; a partition counts as its root, each by itself */
	size_t n_counts, cap;
	struct change_list unannounced; /* what no statement announced: findings witness.locked, .catalogue, .permissions, .foreign */
	struct witness_unknown *unknown; /* to be looked up from another connection: WITNESS_LOOKUP; with any left, refuse */
	size_t n_unknown, cap_unknown;
	uint64_t catalogue; /* rows written in system catalogues */
	bool broken;	    /* what was answered cannot be relied upon: roll back, for the reason `why` */
	struct str why;
	bool closer; /* after WITNESS_QUICK: only WITNESS can tell */

	/* private */
	struct arena *arena;
	const struct database_upstream *upstream;
	const struct catalogue *snapshot;
	const struct witness_expected *expected;
	struct witness_lock *locks, *last_lock, *granted;
	uint32_t writes, permissions, touched; /* bits of catalogues */
	size_t at, act;
	bool ended, quick, xid, counted, scanned, blind, excused, temporary, grants;
};

/* ${snapshot} may be NULL: then nothing is unknown, and what was dropped has no name. */
void witness_begin(struct witness_saw *w, const struct database_upstream *u, const struct catalogue *snapshot,
		   const struct witness_expected *e, struct arena *arena);
/* One DataRow's cells. */
void witness_row(struct witness_saw *w, const struct str *cells, size_t n);
/* After the last row. False: broken. */
bool witness_end(struct witness_saw *w) PAWL_MUST_USE;

/* For limits of a statement: leaves in ${w} only what was changed since the last look, and remembers all of it. The limits of the
 * transaction are on what it was before. What a statement did that failed inside a savepoint is counted with the next. */
void witness_statement(struct witness_saw *w, struct witness_memory *m, struct arena *transaction);
/* What ${w} saw, and witness_statement() left, is added to what is excused; later that is taken from what the whole transaction did. */
void witness_excuse(struct witness_saw *w, struct witness_memory *excused, struct arena *transaction);
void witness_excused(struct witness_saw *w, const struct witness_memory *excused);
/* In another arena, which holds it longer; false: full. */
bool witness_memory_copy(const struct witness_memory *m, struct arena *arena, struct witness_memory *ret) PAWL_MUST_USE;

/* Of witness_row(): what was there before is taken from ${rows}; true: they were collected, and are not to be weighed. */
bool witness_counted_before(struct witness_saw *w, uint32_t oid, uint64_t rows[3]);

/* Of witness_row(): one thing that was done, ${rows} NULL where there are none. True: by what was asked about; its rows are taken off. */
bool witness_act(struct witness_saw *w, char what, uint32_t oid, uint64_t rows[3]);
/* In another arena; false: full. */
bool witness_acts_copy(const struct witness_acts *a, struct arena *arena, struct witness_acts *ret) PAWL_MUST_USE;

/* For the gate's own other connection, which sees what was there before the transaction: parameter $1 an array of oids,
 * "{16384,16385}"; columns oid, schema, name, kind, persistence. Besides, one row of the kind WITNESS_TOUCHED for each catalogue in which
 * a row that was there before bears the number of the transaction that locked one of these: it wrote over it, or deleted it. */
#define WITNESS_TOUCHED "!"
extern const char witness_lookup_sql[];
/* Its rows; then witness_looked_up(): what did not come back was made here and is forgotten; catalogues that were touched are told. */
void witness_lookup_row(struct witness_saw *w, const struct str *cells, size_t n);
void witness_looked_up(struct witness_saw *w);

#endif
