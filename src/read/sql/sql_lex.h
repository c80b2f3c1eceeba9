/* sql_lex.h -- words of SQL text in one of the ways servers read it.
 * Room: read/sql. Pure. Never fails: what is no word is a byte of its own; what is not closed ends with the text and says so.
 */
#ifndef PAWL_READ_SQL_SQL_LEX_H
#define PAWL_READ_SQL_SQL_LEX_H

#include "base/str.h"

/* Ways to read that differ between servers. PostgreSQL: NEST | DOLLAR. */
#define SQL_LEX_NEST 1u	      /* comments nest */
#define SQL_LEX_DOLLAR 2u     /* $tag$ … $tag$ */
#define SQL_LEX_BACKSLASH 4u  /* \' in every string */
#define SQL_LEX_HASH 8u	      /* # begins a comment */
#define SQL_LEX_BANG 16u      /* what stands in a version comment runs */
#define SQL_LEX_DASH_BLANK 32u /* -- begins a comment only before a blank */
#define SQL_LEX_DOUBLE 64u    /* "…" is a string */
#define SQL_LEX_BRACKET 128u  /* [name] */
#define SQL_LEX_BACKQUOTE 256u

#define SQL_LEX_POSTGRES (SQL_LEX_NEST | SQL_LEX_DOLLAR)
#define SQL_LEX_MYSQL (SQL_LEX_BACKSLASH | SQL_LEX_HASH | SQL_LEX_BANG | SQL_LEX_DASH_BLANK | SQL_LEX_DOUBLE | SQL_LEX_BACKQUOTE)
#define SQL_LEX_SQLITE (SQL_LEX_BRACKET | SQL_LEX_BACKQUOTE)
#define SQL_LEX_TSQL (SQL_LEX_NEST | SQL_LEX_BRACKET)

enum sql_token_kind {
	SQL_TOKEN_END = 0,
	SQL_TOKEN_WORD,
	SQL_TOKEN_QUOTED, /* a quoted name; text without its quotes */
	SQL_TOKEN_STRING, /* text without its quotes, escapes as written */
	SQL_TOKEN_NUMBER,
	SQL_TOKEN_PARAM,
	SQL_TOKEN_OPERATOR,
	SQL_TOKEN_BYTE,
	SQL_TOKEN_BAD, /* not closed, or of a kind that is not read (U&"…") */
};

struct sql_token {
	enum sql_token_kind kind;
	struct str text;
	size_t at, end;	 /* in the text, with quotes */
	bool dollar;	 /* a string between dollar quotes */
	bool escaped;	 /* a string or name in which the quote or a backslash escape stands */
	bool line_start; /* the first on its line */
};

struct sql_lex {
	struct str text;
	size_t at;
	unsigned way;
	bool in_bang;
	bool line_start;
	bool open; /* a comment was not closed */
};

struct sql_token sql_lex_next(struct sql_lex *l);
bool sql_token_is(const struct sql_token *t, const char *word);
/* The word among blank-separated lower-case ${words}? */
bool sql_token_among(const struct sql_token *t, const char *words);

#endif
