/* restore.h -- a dump of PostgreSQL, told to a server as it comes: text as statements, rows as COPY. No psql stands between, so no word of
 * psql's in a dump is ever obeyed.
 * Room: recovery. I/O. Memory holds one entry of the dump (RESTORE_ENTRY_MAX) and what the socket does not take at once.
 */
#ifndef PAWL_RECOVERY_RESTORE_H
#define PAWL_RECOVERY_RESTORE_H

#include "base/arena.h"
#include "base/err.h"

#define RESTORE_ENTRY_MAX ((size_t)256 << 20)
#define RESTORE_ERRORS_MAX 20

struct restore; /* opaque */
struct pg_conn;

/* One thing that the server did not take. */
struct restore_error {
	char state[6];
	struct str says; /* its message */
	struct str on;	 /* the table whose rows, or the beginning of the statement */
	struct restore_error *next;
};

/* ${c} is the caller's, in no transaction. Errors are remembered in ${arena}, and the rest goes on. */
struct restore *restore_new(struct pg_conn *c, struct arena *arena);
/* Rows of ${table} alone, as the dump names it, and all that is not rows; STR_NONE: all. What cannot stand without the others' rows (a
 * foreign key) is among the errors. */
void restore_only(struct restore *r, struct str table);
/* The server is thrown away afterwards, and nobody else is in it: rows of an empty table go in in the transaction that truncates it,
 * frozen, and a server with wal_level=minimal writes no log of them. */
void restore_throw_away(struct restore *r);
/* Indexes of different tables are made by two sessions at once (restore_lanes.h); ${connect} makes the other one, a PGconn like ${c}.
 * False when there is no memory. */
bool restore_beside(struct restore *r, struct pg_conn *(*connect)(void *ctx), void *ctx) PAWL_MUST_USE;
/* ${tell} hears of each text of statements before it is sent, and how many tables' rows came before. */
void restore_tell(struct restore *r, void (*tell)(void *ctx, struct str text, uint64_t tables), void *ctx);
/* unpack()'s take. False only where going on makes no sense: the server is gone, the dump is none. */
bool restore_take(void *restore, const void *p, size_t n, struct err *err);
/* The dump is over. */
bool restore_end(struct restore *r, const struct restore_error **ret_errors, uint64_t *ret_n_errors,
		 struct err *err) PAWL_MUST_USE;
void restore_free(struct restore *r); /* NULL does nothing */

#endif
