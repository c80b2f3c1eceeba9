/* sql_functions.h -- what a function, an operator, a setting or a system table means where SQL names it.
 * Room: facts. Pure: rows. Functions of PostgreSQL 15 that are not volatile, and those of common extensions that only compute,
 * stand in sql_builtins.tsv; what stands nowhere is somebody's own.
 */
#ifndef PAWL_FACTS_SQL_FUNCTIONS_H
#define PAWL_FACTS_SQL_FUNCTIONS_H

#include "facts/sql_findings.h"

#define SQL_NO_TEXT 0

struct sql_function {
	struct str name;
	enum sql_meaning means;
	unsigned char text_from, text_to; /* which arguments, from 1, are SQL text that runs; SQL_NO_TEXT: none */
};

/* By its name in lower case, without schema. A name nobody knows gives SQL_MEANS_FUNCTION. */
struct sql_function sql_function(struct str name);
/* Is it written by PostgreSQL or a common extension, so that no user's function stands behind it? */
bool sql_operator_known(struct str op);
/* What SET name = … means; SQL_MEANS_READ when nothing worth telling. ASCII case does not matter. */
enum sql_meaning sql_setting(struct str name);
/* What reading from or writing to this table means: passwords, files. SQL_MEANS_READ when it is an ordinary one. */
enum sql_meaning sql_relation(struct str name);
/* Rows, for the test. */
const struct sql_function *sql_function_at(size_t i);
struct str sql_builtin_at(size_t i);

#endif
