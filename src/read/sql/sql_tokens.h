/* sql_tokens.h -- what the tokenizer saw of one statement, for the file that gives its verdict.
 * Room: read/sql.
 */
#ifndef PAWL_READ_SQL_SQL_TOKENS_H
#define PAWL_READ_SQL_SQL_TOKENS_H

#include "read/sql/inner.h"
#include "read/sql/sql_lex.h"

#define SQL_SEEN_DELETE 1u
#define SQL_SEEN_UPDATE 2u
#define SQL_SEEN_INSERT 4u
#define SQL_SEEN_DROP 8u
#define SQL_SEEN_TRUNCATE 16u
#define SQL_SEEN_OTHER 32u  /* a word that begins something dangerous, or that we do not follow */
#define SQL_SEEN_INTO 64u
#define SQL_SEEN_FILE 128u
#define SQL_SEEN_PROGRAM 256u
#define SQL_SEEN_CALL 512u  /* an operator or a method nobody knows */
#define SQL_SEEN_REPLACE 1024u
#define SQL_SEEN_WRITE 2048u
#define SQL_SEEN_SELECT 4096u
#define SQL_SEEN_LOCK 8192u
#define SQL_SEEN_UPSERT 16384u
#define SQL_SEEN_SYSTEM 32768u
#define SQL_SEEN_BAD 65536u
#define SQL_SEEN_TABLE 131072u

enum sql_where_at {
	SQL_WHERE_NONE = 0,
	SQL_WHERE_NAME,
	SQL_WHERE_OPERATOR,
	SQL_WHERE_EQUALS,
	SQL_WHERE_VALUE,
	SQL_WHERE_REST,
	SQL_WHERE_OVER
};

struct sql_seen {
	struct sql_work *w;
	unsigned way, bits;
	struct sql_token before[4]; /* the token at hand, and those before it */
	struct sql_token word[3];   /* the first words */
	size_t n_words, depth, from, to;
	struct str name;
	size_t name_from, name_to;
	enum sql_where_at where;
	enum sql_meaning setting;
	bool any, only_words, again, bounded, loose, conflict, unsafe_value, safe_value;
};

void sql_tokens_note(struct sql_seen *s, enum sql_meaning means, const char *type);
/* sql_verdict.c */
void sql_tokens_verdict(struct sql_seen *s);
void sql_tokens_setting(struct sql_seen *s, const struct sql_token *t);

#endif
