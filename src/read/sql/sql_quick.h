/* sql_quick.h -- the parse tree of plain statements, made several times faster than PostgreSQL's parser makes it.
 * Room: read/sql. Pure: nodes live in the arena.
 * Invariant: either exactly the tree that PostgreSQL's parser makes of the text, or NULL. A fuzz target, the cases and PostgreSQL's own
 * regression suite compare the two. What is plain: one SELECT, INSERT … VALUES, UPDATE, DELETE, BEGIN, COMMIT or ROLLBACK of names,
 * numbers, simple strings, parameters, + - * / %, comparisons, AND, OR, NOT, IN, LIKE, IS NULL, joins with ON, ORDER BY, LIMIT,
 * RETURNING. No calls, casts, subqueries, comments, backslashes or bytes beyond ASCII: for those NULL, and the parser is asked.
 */
#ifndef PAWL_READ_SQL_SQL_QUICK_H
#define PAWL_READ_SQL_SQL_QUICK_H

#include "read/sql/sql_tree.h"

#define SQL_QUICK_MAX_BYTES 8192
#define SQL_QUICK_MAX_DEPTH 32

/* NULL: not plain, or the arena is full. ${ret_relations}: every RangeVar in it, as they are written. Linear in the text. */
const RawStmt *sql_quick_parse(struct arena *arena, struct str text, const List **ret_relations);

#endif
