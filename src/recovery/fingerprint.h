/* fingerprint.h -- what a dump holds, taken while it flows by: rows and an ordered SHA-256 for each table's data.
 * Room: recovery. Pure but for the reader's own memory: bytes in, tables out; memory does not grow with the data.
 * The order is that of the dump; a drill that loads it and copies each table out again without an order meets the same.
 */
#ifndef PAWL_RECOVERY_FINGERPRINT_H
#define PAWL_RECOVERY_FINGERPRINT_H

#include "base/arena.h"
#include "base/digest.h"
#include "recovery/dump.h"

#define FINGERPRINT_TABLES_MAX 100000u

struct fingerprint_table {
	struct str name;    /* as the dump quotes it: public."Order" */
	struct str columns; /* "(id, at, total)"; STR_NONE where the dump names none */
	uint64_t rows, bytes;
	struct digest digest; /* over the data as it stands in the dump */
	struct fingerprint_table *next;
};

struct fingerprint_found {
	const struct fingerprint_table *tables; /* in the dump's order */
	size_t n_tables;
	struct digest schema; /* of what is neither data nor comment */
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
