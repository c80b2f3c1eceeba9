/* dump.h -- the text of a dump, told apart while it flows by: what is data, of which table, and what is not.
 * Room: recovery. Pure: bytes in, calls out; what it remembers does not grow with the data.
 * No text inside a statement passes for data: quotes, dollar quotes, quoted names and comments are read as the server reads them.
 */
#ifndef PAWL_RECOVERY_DUMP_H
#define PAWL_RECOVERY_DUMP_H

#include "base/err.h"
#include "base/str.h"

#define DUMP_LINE_MAX                                                                              \
	((size_t)64 << 10) /* of a line that is not data: what is longer is told in pieces */

enum dump_form {
	DUMP_POSTGRES = 1, /* plain text of pg_dump: COPY ... FROM stdin; up to "\\." */
	DUMP_MYSQL, /* mariadb-dump, mysqldump: what stands between VALUES and the semicolon of INSERTs */
	DUMP_BYTES, /* anything: one table named "", whose rows are its lines */
};

/* Each yields false, with ${err}, when nothing more is wanted. */
struct dump_events {
	/* Lines that are neither data nor comment nor a word for psql; of PostgreSQL also the line that begins a COPY. */
	bool (*text)(void *ctx, const char *p, size_t n, struct err *err);
	/* What is neither that nor rows: comments, words for psql, the "\\." behind rows. So every byte is told once, in order. NULL: not
	 * wanted. */
	bool (*aside)(void *ctx, const char *p, size_t n, struct err *err);
	/* A comment where a statement could begin: all text before it are whole statements. */
	bool (*between)(void *ctx, struct err *err);
	/* Its rows follow. The name as the dump quotes it. In MySQL it may be the one before again. */
	bool (*table)(void *ctx, struct str name, struct str columns, struct err *err);
	/* ${rows} of them end (PostgreSQL) or begin (MySQL) in these bytes. */
	bool (*rows)(void *ctx, const char *p, size_t n, uint64_t rows, struct err *err);
	bool (*table_end)(void *ctx, struct err *err);
};

struct dump; /* opaque */

/* NULL when there is no memory. ${events} outlives it. */
struct dump *dump_new(enum dump_form form, const struct dump_events *events, void *ctx);
void dump_free(struct dump *d); /* NULL does nothing */
/* The next bytes, cut anywhere. ${err} names the line. */
bool dump_add(struct dump *d, const void *p, size_t n, struct err *err) PAWL_MUST_USE;
/* Nothing more comes. False where it ended too early: half a dump, however well it unpacks. */
bool dump_end(struct dump *d, struct err *err) PAWL_MUST_USE;

#endif
