/* sql.h -- what SQL text would do.
 * Room: read/sql. Pure but for libpg_query (PostgreSQL 15's own parser), which keeps its own memory.
 * The database gate and the command reader ask the same reader. What the parser refuses goes to a tokenizer that is never softer.
 */
#ifndef PAWL_READ_SQL_SQL_H
#define PAWL_READ_SQL_SQL_H

#include "core/change.h"
#include "read/sql/sql_shape.h"

#define SQL_MAX_BYTES ((size_t)8 << 20)
#define SQL_MAX_DEPTH 5000

enum sql_dialect { SQL_POSTGRES, SQL_MYSQL, SQL_SQLITE, SQL_OTHER };

struct sql_input {
	struct str text;	/* one or many statements; psql's backslash commands too when client is true */
	enum sql_dialect dialect;
	bool client;		/* text for psql/mysql/sqlite3: \ commands, .commands, COPY data blocks, DELIMITER */
	bool shape;		/* for a gate: sql_statement.shape too */
	bool fingerprint;	/* and its fingerprint: costs several times the rest */
};

struct sql_statement {
	struct str text;	/* as written, trimmed; in the input's text where it stands there */
	struct sql_span span;	/* where; none when the text was put together from elsewhere */
	struct str verb;	/* "DROP TABLE", "DELETE", "SELECT" */
	bool parsed;		/* by PostgreSQL's parser; false: by the tokenizer */
	struct str shell;	/* \! command, .shell, COPY … PROGRAM: a shell text to be read in turn; else STR_NONE */
	struct str file;	/* \i file, .read file, source file: a file to be read in turn */
	struct str connect;	/* \c database, USE database, ATTACH */
	size_t first_change, n_changes; /* in sql_answer.changes */
	const struct sql_shape *shape;	/* NULL: not asked for, not parsed, or the arena is full */
	struct sql_statement *next;
};

struct sql_answer {
	struct sql_statement *statements;
	size_t n;
	/* Type "table", "schema", "database", "role" …; name as PostgreSQL reads it; finding "sql.…": facts/sql_findings.h. What only
	 * reads makes none. */
	struct change_list changes;
	bool reads_only;	/* every statement certainly only reads */
};

/* Total: what cannot be understood is a CHANGE_OPAQUE with reason. Linear in the text. */
void sql_read(const struct sql_input *in, struct arena *arena, struct sql_answer *ret);

#endif
