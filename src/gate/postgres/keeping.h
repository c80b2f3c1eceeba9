/* keeping.h -- what an allowed or approved statement would destroy, kept first: trash schema, captured rows, dump.
 * Room: gate/postgres. On asker threads, by the gate's own connection, except for what must run inside the client's transaction: that is
 * returned as SQL for the relay to run in place of, around, or before the client's statement. It runs there as the client's own role, so
 * nobody can do by it what they could not do without; the errors and notices are those of the statement itself.
 * docs/undo.md, "Databases", says what is kept and how.
 */
#ifndef PAWL_GATE_POSTGRES_KEEPING_H
#define PAWL_GATE_POSTGRES_KEEPING_H

#include "gate/postgres/aside.h"
#include "read/sql/sql.h"

enum keeping_way {
	KEEPING_NONE = 0, /* destroys nothing that could be kept: runs as it is */
	KEEPING_MOVE,	  /* DROP, TRUNCATE, ALTER: moved or copied to pawl_trash, definitions noted; `instead` replaces the statement */
	KEEPING_ROWS,	  /* DELETE, UPDATE, MERGE, upsert: rows as they were into pawl_trash; `before` and `after`, same transaction;
			   * a plain DELETE hands its rows on itself: `before` and `instead`, with the client's parameters */
	KEEPING_DUMP,	  /* too many rows for that: dumped into the keep before. In the client's transaction `lock`, then keeping_dump by a
			   * connection of the gate's own, then all else as above */
	KEEPING_NOT,	  /* cannot be kept: `why_not`, for the card */
};

/* What of a policy's `trash` matters here. */
struct keeping_bounds {
	uint64_t rows;	   /* captured or copied by one statement; more are dumped. 0: 10000 */
	int64_t expires_s; /* 0: 7 days */
};

struct keeping_ask {
	const struct sql_answer *sql;
	size_t nth;		/* which of its statements */
	struct str search_path; /* of the client; STR_NONE: the role's own */
	struct keeping_bounds bounds;
	bool hands_on; /* the relay can run `instead` of a DELETE: with the client's parameters, and the server's count behind the tag */
	struct str item;	/* "K-12": a number of the keep's own */
	const struct keeping_plan *tried; /* what this statement came to before, on the schema as it is; NULL: it is tried now */
	uint64_t changes;	/* rows that it is expected to change; 0: not known */
};

/* What is to be dumped: a table of the trash, the relation it is about ("only public.orders"), and what gives its rows. */
struct keeping_dump {
	struct str key, of, query;
};

struct keeping_plan {
	enum keeping_way way;
	struct str before, instead; /* SQL, run by the relay in the client's transaction; STR_NONE: none */
	struct str after;	    /* run once before that transaction commits, behind WITNESS_BEFORE */
	struct str tag;		    /* command tag the client must see where `instead` is set: "DROP TABLE"; "DELETE": with the count
				     * that is the last word of the server's own */
	struct str why_not;
	struct str says; /* for the keep: "kept in pawl_trash for 7 days; `pawl undo K-12` brings it back" */
	struct str card; /* before anybody answers: "table public.orders, for 7 days: `pawl undo` brings it back" */
	const struct keeping_dump *dumps; /* of KEEPING_DUMP */
	size_t n_dumps;
	uint64_t dump_bytes; /* of the tables, about */
	struct str lock;
	struct str remark; /* what comes back otherwise than it was; in says and card too */
	struct str forbidden; /* what the server says when the role that pawl logs in as tries it: it may not; no yes makes it run */
	bool untried;	 /* busy, or it took too long: should it turn out that it cannot be kept, it does not run */
};

/* What one statement is, from its reading alone: MOVE and ROWS may yet turn out to need a dump. ${ret_why}: of KEEPING_NOT. */
enum keeping_way keeping_way(const struct sql_answer *sql, size_t nth, struct str *ret_why);
/* The trash schema (owner: the gate's role; no rights for others) and its tables, made where they are missing. */
bool keeping_prepare(struct postgres_aside *a, struct err *err) PAWL_MUST_USE;
/* How the n-th statement is to be kept; nothing is changed yet but for a dump (way DUMP), which is taken here. False only when the
 * database cannot be asked: then the statement must not run. */
bool keeping_plan(struct postgres_aside *a, const struct keeping_ask *ask, struct arena *arena, struct keeping_plan *ret,
		  struct err *err) PAWL_MUST_USE;
struct keeping_dumping {
	const char *path; /* of a file that is not there yet */
	void (*progress)(void *ctx, uint64_t bytes); /* now and then; NULL: nobody asks */
	bool (*stopped)(void *ctx);		     /* nobody wants it any more; NULL: never */
	void *ctx;
};
/* What ${plan} has to dump, whole and on disk, or false and no file: then the statement must not run. ${a}: a connection for this alone,
 * to be closed when it failed. */
bool keeping_dump(struct postgres_aside *a, const struct keeping_plan *plan, const struct keeping_dumping *how, uint64_t *ret_bytes,
		  struct err *err) PAWL_MUST_USE;
/* Bring an item back, all or nothing. ${dump}: the file it was dumped to; NULL: none. ${dry_run}: done and rolled back. What stands in
 * the way is an error that says what to do;
 * nothing is ever overwritten. ${ret_says}: what came back, a line each for notes. */
struct keeping_back {
	struct str item;
	const char *dump;
	bool dry_run;
};
bool keeping_restore(struct postgres_aside *a, const struct keeping_back *what, struct arena *arena, struct str *ret_says,
		     struct err *err) PAWL_MUST_USE;
/* Remove what has expired. */
bool keeping_expire(struct postgres_aside *a, int64_t now_us, uint64_t *ret_gone, struct err *err) PAWL_MUST_USE;

#endif
