/* catalogue_reading.h -- a snapshot while it is read, for the files that read it.
 * Room: gate/postgres.
 */
#ifndef PAWL_GATE_POSTGRES_CATALOGUE_READING_H
#define PAWL_GATE_POSTGRES_CATALOGUE_READING_H

#include "gate/postgres/aside.h"
#include "gate/postgres/catalogue_inner.h"

struct reading {
	struct postgres_aside *aside;
	struct catalogue *c;
	struct arena rows, body;
	const struct str *critical;
	size_t n_critical;
	size_t cap_routines;
	struct err *err;
};

/* catalogue_read.c: rows live until the next question. */
bool catalogue_ask(struct reading *r, const char *sql, struct aside_rows *ret);
const struct str *catalogue_row(const struct aside_rows *rows, size_t i);
uint64_t catalogue_number(struct str s);
struct str catalogue_keep(struct reading *r, struct str s);
bool catalogue_full(struct reading *r);
/* One more; those that were added before may move. NULL: no memory. */
struct routine *catalogue_add(struct reading *r);

/* catalogue_behind.c: all that runs where relations are read and written; relations, edges and routines are read before. */
bool catalogue_read_behind(struct reading *r);

#endif
