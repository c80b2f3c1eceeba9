/* sql_quick_expr.h -- shared by the two files that make the tree of a plain statement.
 * Room: read/sql.
 */
#ifndef PAWL_READ_SQL_SQL_QUICK_EXPR_H
#define PAWL_READ_SQL_SQL_QUICK_EXPR_H

#include "read/sql/sql_quick_lex.h"
#include "read/sql/sql_tree.h"

/* Not plain after all: from here on every function gives NULL or false. */
void *quick_bad(struct quick_lex *q);

#define QUICK_NEW(q, T) ((T *)quick_node((q), sizeof(T), T_##T))

void *quick_node(struct quick_lex *q, size_t size, unsigned tag);
/* ${l} NULL begins a list. NULL when ${item} is. */
List *quick_list(struct quick_lex *q, List *l, void *item);

static inline bool quick_at(const struct quick_lex *q, char sign)
{
	return q->kind == QUICK_SIGN && q->sign == sign;
}

/* Takes it when it is ${sign}. */
static inline bool quick_sign(struct quick_lex *q, char sign)
{
	if (!quick_at(q, sign))
		return false;
	quick_lex_next(q);
	return true;
}

/* Takes it when it is the keyword ${word}. */
static inline bool quick_word(struct quick_lex *q, enum quick_word word)
{
	if (q->kind != QUICK_NAME || q->is != (int)word)
		return false;
	quick_lex_next(q);
	return true;
}

/* A name that is no keyword of the language, or one that may be a name anywhere when ${free}. */
char *quick_name(struct quick_lex *q, bool free);

Node *quick_expr(struct quick_lex *q, unsigned depth);
/* An expression, or DEFAULT. */
Node *quick_value(struct quick_lex *q);
/* What SELECT and RETURNING give. */
List *quick_targets(struct quick_lex *q);

#endif
