/* sql_dynamic.h -- SQL put together from pieces: literal text is read, what is not known stands as a name or a value.
 * Room: read/sql.
 */
#ifndef PAWL_READ_SQL_SQL_DYNAMIC_H
#define PAWL_READ_SQL_SQL_DYNAMIC_H

#include "read/sql/inner.h"

/* The expression behind EXECUTE. Unless every unknown piece is quoted as a name or a value, it is dynamic as well. */
void sql_dynamic_read(struct sql_work *w, struct str expression);

#endif
