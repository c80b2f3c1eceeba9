/* sql_where.h -- shared by the two files that weigh a WHERE.
 * Room: read/sql.
 */
#ifndef PAWL_READ_SQL_SQL_WHERE_H
#define PAWL_READ_SQL_SQL_WHERE_H

#include <stdbool.h>

/* sql_same.c: the same expression as written, casts aside. */
bool sql_same(const void *a, const void *b);

#endif
