/* sql_shape_text.h -- parts of a statement's text, for which the parse tree has no ends.
 * Room: read/sql.
 */
#ifndef PAWL_READ_SQL_SQL_SHAPE_TEXT_H
#define PAWL_READ_SQL_SQL_SHAPE_TEXT_H

#include "read/sql/inner.h"

/* What stands behind the first ${word} outside parentheses, to the end. None when there is no such word. */
struct sql_span sql_shape_behind(const struct sql_statement *st, const char *word);

#endif
