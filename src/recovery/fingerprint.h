/* fingerprint.h -- what a dump holds, taken while it flows by: rows and an ordered SHA-256 for each table's data.
 * Room: recovery. Pure: bytes in, tables out; memory does not grow with the data.
 * A dump that is read whole ends as its tool ends it ("PostgreSQL database dump complete"): one that stops earlier is told by
 * fingerprint_end, however well it unpacks. The order is that of the dump; a drill that loads it and copies each table out again
 * without an order meets the same.
 */
#ifndef PAWL_RECOVERY_FINGERPRINT_H
#define PAWL_RECOVERY_FINGERPRINT_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"

#define FINGERPRINT_TABLES_MAX 100000u
#define FINGERPRINT_LINE_MAX                                                                       \
	((size_t)64 << 10) /* of a line that is not data; longer ones are not looked at further */

enum fingerprint_form {
	FINGERPRINT_PG_DUMP = 1, /* plain text of pg_dump: COPY … FROM stdin; up to "\." */
	FINGERPRINT_MYSQL_DUMP, /* mariadb-dump, mysqldump: what stands between VALUES and the semicolon of a table's INSERTs */
	FINGERPRINT_BYTES, /* anything: one table named "", whose rows are its lines */
};

struct fingerprint_table {
	struct str name;    /* as the dump quotes it: public."Order" */
	struct str columns; /* "(id, at, total)"; STR_NONE where the dump names none */
	uint64_t rows, bytes;
	struct digest digest; /* over the data lines, each with its newline */
	struct fingerprint_table *next;
};

struct fingerprint_found {
	const struct fingerprint_table *tables; /* in the dump's order */
	size_t n_tables;
	struct digest schema; /* of what is neither data nor comment */
};

struct fingerprint; /* opaque, in its arena */

/* NULL when the arena is full. */
struct fingerprint *fingerprint_new(enum fingerprint_form form, struct arena *arena);
/* The next bytes of the dump, cut anywhere. False: not such a dump, or more tables than can be had; ${err} names the line. */
bool fingerprint_add(struct fingerprint *f, const void *p, size_t n, struct err *err) PAWL_MUST_USE;
/* All of it was there. False when it ended too early: ${err} says in what. */
bool fingerprint_end(struct fingerprint *f, struct fingerprint_found *ret,
		     struct err *err) PAWL_MUST_USE;

#endif
