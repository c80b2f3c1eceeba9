/* inner.h -- what the files of the SQL reader share. No PostgreSQL header is included here: only sql_tree.h's users see its nodes.
 * Room: read/sql.
 */
#ifndef PAWL_READ_SQL_INNER_H
#define PAWL_READ_SQL_INNER_H

#include "facts/sql_functions.h"
#include "read/sql/sql.h"

#define SQL_MAX_NESTING 8    /* SQL inside SQL inside SQL */
#define SQL_MAX_STATEMENTS 100000
#define SQL_MAX_CHANGES 200000

/* A prepared statement, remembered within one text. */
struct sql_known {
	struct str name;
	struct sql_known *next;
};

struct sql_work {
	const struct sql_input *in;
	struct arena *arena;
	struct sql_answer *answer;
	struct sql_statement *now, **last;
	struct str inside;	/* "in a DO block", "in the body of f"; STR_NONE: in the text itself */
	unsigned nesting;
	bool block;		/* within a procedural block: SELECT INTO is an assignment, COMMIT is inside */
	bool no_rows;		/* EXPLAIN without ANALYZE: nothing is written */
	bool plain;		/* the statement at hand was read without the parser: it calls nothing … */
	const void *plain_relations; /* … and a List of all that it names */
	const void *setting_call; /* of set_config, which was told of with what names the setting */
	size_t said;		/* changes there were before the text at hand */
	struct sql_known *prepared;
};

struct sql_about {
	enum sql_meaning means;
	struct str type, name;
	struct str detail; /* put behind the meaning's reason */
};

/* Add what a statement means. Meanings that only read are not added, but end reads_only where they must. */
struct change *sql_note(struct sql_work *w, const struct sql_about *about);
struct change *sql_note_plain(struct sql_work *w, enum sql_meaning means, const char *type, struct str name);
/* Begin a statement of the text; its changes follow. NULL: the arena is full, or there are too many. */
struct sql_statement *sql_begin(struct sql_work *w, struct str text, struct str verb);
/* What it is as written, and where. */
void sql_set_text(struct sql_work *w, struct sql_statement *s, struct str text);
/* Text that runs inside the statement at hand: a body, a literal handed to a function. */
void sql_read_inside(struct sql_work *w, struct str text, struct str where);
/* One or several statements without client commands: by the parser, else by the tokenizer. */
void sql_read_text(struct sql_work *w, struct str text);

/* sql_tree.c: false when the parser refuses it. sql_tree_parse: by PostgreSQL's own parser, however plain the text is. */
bool sql_tree_read(struct sql_work *w, struct str text);
bool sql_tree_parse(struct sql_work *w, struct str text);
/* sql_tokens.c: the reader for what the parser refuses, and for other dialects. */
void sql_tokens_read(struct sql_work *w, struct str text, enum sql_dialect dialect);
/* Does the text hold what this dialect reads otherwise than PostgreSQL does? */
bool sql_tokens_differ(struct str text, enum sql_dialect dialect);
/* sql_client_psql.c, sql_client_mysql.c, sql_client_sqlite.c */
void sql_client_psql(struct sql_work *w, struct str text);
void sql_client_mysql(struct sql_work *w, struct str text);
void sql_client_sqlite(struct sql_work *w, struct str text);
/* sql_block.c: PL/pgSQL. */
void sql_block_read(struct sql_work *w, struct str body);

void sql_remember(struct sql_work *w, struct sql_known **list, struct str name);
bool sql_recall(const struct sql_known *list, struct str name);

#endif
