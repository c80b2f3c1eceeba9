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
/* A DELETE from one table and nothing else, whose text RETURNING can be put behind: the name of that table. */
bool keeping_plain_delete(const struct sql_answer *sql, const struct sql_statement *s, struct str *ret_name);
bool keeping_changes_rows(const struct change *c);

#endif
