/* fingerprint.h -- what a dump holds, taken while it flows by: rows and an ordered SHA-256 (base/digest_tree.h) for each table's data. Each
 * byte is hashed once.
 * Room: recovery. Pure but for the reader's own memory: bytes in, tables out; memory does not grow with the data.
 * The order is that of the dump; a drill that loads it and copies each table out again without an order meets the same.
 */
#ifndef PAWL_RECOVERY_FINGERPRINT_H
#define PAWL_RECOVERY_FINGERPRINT_H

#include "base/arena.h"
#include "base/digest_tree.h"
#include "recovery/dump.h"

#define FINGERPRINT_TABLES_MAX 100000u

struct fingerprint_table {
	struct str name;    /* as the dump quotes it: public."Order" */
	struct str columns; /* "(id, at, total)"; STR_NONE where the dump names none */
	uint64_t rows, bytes;
	struct digest digest; /* over the data as it stands in the dump; there when the fingerprint has ended */
	struct fingerprint_table *next;
};

struct fingerprint_found {
	const struct fingerprint_table *tables; /* in the dump's order */
	size_t n_tables;
	struct digest schema; /* of what is neither data nor comment */
	/* Of all of it. DUMP_BYTES: its digest. A dump: the SHA-256 of the line "pawl-dump-1", a line with the digest of everything
	 * that is not rows (comments and the ends of rows too, in order), a line with the digest of each table in order, and a line
	 * with how many bytes it has: where rows stand follows from the rest, so no two dumps have the same. */
	struct digest plain;
};

struct fingerprint; /* opaque */

/* NULL when there is no memory. Tables live in ${arena}. */
struct fingerprint *fingerprint_new(enum dump_form form, struct arena *arena);
void fingerprint_free(struct fingerprint *f); /* NULL does nothing */
/* The next bytes of the dump, cut anywhere. */
bool fingerprint_add(struct fingerprint *f, const void *p, size_t n, struct err *err) PAWL_MUST_USE;
/* All of it was there; false as dump_end. */
bool fingerprint_end(struct fingerprint *f, struct fingerprint_found *ret,
		     struct err *err) PAWL_MUST_USE;

#endif
