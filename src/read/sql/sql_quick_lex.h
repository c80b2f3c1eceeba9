/* sql_quick_lex.h -- words of plain SQL text, as PostgreSQL's scanner gives them, or QUICK_BAD.
 * Room: read/sql. Pure.
 */
#ifndef PAWL_READ_SQL_SQL_QUICK_LEX_H
#define PAWL_READ_SQL_SQL_QUICK_LEX_H

#include "base/arena.h"

/* PostgreSQL's keywords, in the order of its own list: what its ScanKeywordLookup counts by. */
#define PG_KEYWORD(name, value, category, label) QUICK_WORD_##value,
enum quick_word {
#include <parser/kwlist.h>
	QUICK_WORDS
};
#undef PG_KEYWORD

enum quick_kind {
	QUICK_BAD = 0,
	QUICK_END,
	QUICK_NAME,    /* name: in lower case unless it was quoted, ends with NUL; keyword: below */
	QUICK_STRING,  /* word */
	QUICK_INTEGER, /* integer */
	QUICK_DECIMAL, /* word, as written */
	QUICK_PARAM,   /* integer */
	QUICK_SIGN,    /* sign: one of , . ( ) ; + - * / % = < > or L (<=) G (>=) N (<> and !=) */
};

/* What a sign does. */
enum quick_level { QUICK_LEVEL_NONE = 0, QUICK_LEVEL_COMPARE, QUICK_LEVEL_SUM, QUICK_LEVEL_PRODUCT };

#define QUICK_MAX_NAME 63 /* PostgreSQL cuts longer ones, with a notice */

/* What kind of keyword a name is. */
enum quick_keyword { QUICK_KEYWORD_NONE = 0, QUICK_KEYWORD_FREE, QUICK_KEYWORD_TAKEN };

struct quick_lex {
	struct arena *arena;
	struct str text;
	size_t at;	/* behind the token at hand */
	void *relations; /* a List: every RangeVar made so far */
	bool bad;	/* stays: there are no more tokens */
	/* the token at hand */
	enum quick_kind kind;
	enum quick_keyword keyword;
	int is;		/* enum quick_word, or -1 */
	char sign;
	enum quick_level level;
	int integer;
	int from;	/* where it begins */
	const char *word;
	size_t len;		       /* of name */
	char name[QUICK_MAX_NAME + 1]; /* copied only by those who keep it: most are keywords */
};

void quick_lex_next(struct quick_lex *l);
/* Do PostgreSQL's headers and its parser count keywords alike? Nothing is plain otherwise. */
bool quick_lex_fits(void);

#endif
