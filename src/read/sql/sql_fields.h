/* sql_fields.h -- where the fields of PostgreSQL's parse nodes stand, for what must see all of a tree.
 * Room: read/sql.
 */
#ifndef PAWL_READ_SQL_SQL_FIELDS_H
#define PAWL_READ_SQL_SQL_FIELDS_H

#include "read/sql/sql_tree.h"

enum sql_field_kind {
	SQL_FIELD_PLAIN = 1, /* bytes that mean what they are: a number, a switch, an enum */
	SQL_FIELD_TEXT,	     /* char *, may be NULL */
	SQL_FIELD_NODE,	     /* a node or a list, may be NULL */
	SQL_FIELD_PLACE,     /* int: where in the text */
};

struct sql_field {
	unsigned char kind, size;
	unsigned short offset;
};

struct sql_fields {
	const struct sql_field *field;
	unsigned char n;
	bool known;
};

/* NULL: a node that the parser does not make, a list, or a constant, whose value is a node within. */
const struct sql_fields *sql_fields(unsigned tag);

#endif
