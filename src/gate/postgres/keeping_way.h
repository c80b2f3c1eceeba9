/* keeping_way.h -- which statements are kept how.
 * Room: gate/postgres, private. Pure.
 */
#ifndef PAWL_GATE_POSTGRES_KEEPING_WAY_H
#define PAWL_GATE_POSTGRES_KEEPING_WAY_H

#include "gate/postgres/keeping.h"

struct keeping_verb {
	const char *verb;
	const char *mode; /* of keeping_move.sql; NULL: cannot be kept */
	const char *why;  /* when it cannot */
};

const struct keeping_verb *keeping_verb(struct str verb); /* NULL: not of these */
const struct sql_statement *keeping_nth(const struct sql_answer *sql, size_t nth);
bool keeping_changes_rows(const struct change *c);

#endif
