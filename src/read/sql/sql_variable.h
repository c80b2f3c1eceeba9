/* sql_variable.h -- variables of a PL/pgSQL body whose values all stand in it.
 * Room: read/sql. Pure. Linear in the body.
 */
#ifndef PAWL_READ_SQL_SQL_VARIABLE_H
#define PAWL_READ_SQL_SQL_VARIABLE_H

#include "base/str.h"

#define SQL_VARIABLE_VALUES 16

struct sql_variable {
	struct str value[SQL_VARIABLE_VALUES]; /* expressions, as they are assigned */
	size_t n;
};

/**
 * sql_variable_read(body, name, ret):
 * Is ${name} a variable that the outermost DECLARE of ${body} makes, and that nothing but "name := expression" sets anywhere in it? Then
 * all of these expressions, at least one. False wherever it stands otherwise than there, behind EXECUTE and in RAISE: INTO, FOR, CALL,
 * ALIAS, GET DIAGNOSTICS, an inner block's DECLARE or a name behind a dot could set it too.
 */
bool sql_variable_read(struct str body, struct str name, struct sql_variable *ret);

#endif
