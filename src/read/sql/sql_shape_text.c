#include "read/sql/sql_shape_text.h"

#include "read/sql/sql_lex.h"

/* The words that are looked for are reserved: outside parentheses they stand for nothing else. */
static struct sql_span between(const struct sql_statement *st, const char *word, const char *before)
{
	struct sql_lex l = { .text = st->text, .way = SQL_LEX_POSTGRES };
	size_t depth = 0, from = 0, to = 0;
	bool found = false;

	if (!st->span.len)
		return (struct sql_span){ 0, 0 };
	for (;;) {
		struct sql_token t = sql_lex_next(&l);

		if (t.kind == SQL_TOKEN_END || t.kind == SQL_TOKEN_BAD)
			break;
		if (t.kind == SQL_TOKEN_BYTE && t.text.len == 1 && (t.text.ptr[0] == '(' || t.text.ptr[0] == '['))
			depth++;
		else if (t.kind == SQL_TOKEN_BYTE && t.text.len == 1 && (t.text.ptr[0] == ')' || t.text.ptr[0] == ']') && depth)
			depth--;
		if (found && depth == 0 && before && sql_token_is(&t, before))
			break;
		if (found && !from)
			from = t.at;
		if (found)
			to = t.end;
		if (!found && depth == 0 && sql_token_is(&t, word))
			found = true;
	}
	return to > from ? (struct sql_span){ st->span.at + from, to - from } : (struct sql_span){ 0, 0 };
}

struct sql_span sql_shape_behind(const struct sql_statement *st, const char *word)
{
	return between(st, word, NULL);
}

struct sql_span sql_shape_where(const struct sql_statement *st)
{
	return st->shape && st->shape->target.has_where ? between(st, "where", "returning") : (struct sql_span){ 0, 0 };
}
