/* PL/pgSQL bodies: statements inside are read one by one; what is put together at run time is read as far as it is literal. */
#include "read/sql/inner.h"
#include "read/sql/sql_dynamic.h"
#include "read/sql/sql_lex.h"
#include "read/sql/sql_variable.h"

#define VARIABLES_MAX 64 /* of one body that are looked for */

struct block {
	struct sql_work *w;
	struct sql_lex lex;
	struct sql_token t; /* the one at hand */
	bool lost;	    /* not understood: the rest is not read */
	unsigned variables;
};

static void next(struct block *b)
{
	b->t = sql_lex_next(&b->lex);
	b->lost = b->lost || b->t.kind == SQL_TOKEN_BAD;
}

static bool over(const struct block *b)
{
	return b->lost || b->t.kind == SQL_TOKEN_END;
}

/* From the token at hand up to ; or one of ${words} outside parentheses and CASE; the ending token is at hand afterwards. */
static struct str piece(struct block *b, const char *words)
{
	size_t from = b->t.at, to = from, depth = 0, cases = 0;

	for (; !over(b); next(b)) {
		bool top = depth == 0 && cases == 0;

		if (top && (sql_token_is(&b->t, ";") || sql_token_among(&b->t, words)))
			break;
		if (sql_token_is(&b->t, "(") || sql_token_is(&b->t, "["))
			depth++;
		else if ((sql_token_is(&b->t, ")") || sql_token_is(&b->t, "]")) && depth)
			depth--;
		else if (sql_token_is(&b->t, "case"))
			cases++;
		else if (sql_token_is(&b->t, "end") && cases)
			cases--;
		to = b->t.end;
	}
	return str_sub(b->lex.text, from, to - from);
}

static void read_expression(struct block *b, struct str text)
{
	struct sql_work *w = b->w;
	size_t dots = str_find(text, STR(".."));

	if (!str_trim(text).len)
		return;
	if (dots != SIZE_MAX)
		text = arena_fmt(w->arena, "%.*s , %.*s", STR_ARG(str_sub(text, 0, dots)), STR_ARG(str_sub(text, dots + 2, text.len)));
	sql_read_inside(w, arena_fmt(w->arena, "SELECT %.*s", STR_ARG(text)), STR_NONE);
}

/* Take out the variables that results go into: SELECT a INTO [STRICT] x, y FROM t; … RETURNING a INTO x. */
static struct str without_into(struct block *b, struct str text, bool returning)
{
	struct sql_lex l = { .text = text, .way = SQL_LEX_POSTGRES };
	struct sql_token t = sql_lex_next(&l);
	size_t depth = 0, from, to;
	bool seen = !returning;

	for (; t.kind != SQL_TOKEN_END && t.kind != SQL_TOKEN_BAD; t = sql_lex_next(&l)) {
		depth += sql_token_is(&t, "(");
		depth -= sql_token_is(&t, ")") && depth;
		seen = seen || (depth == 0 && sql_token_is(&t, "returning"));
		if (seen && depth == 0 && sql_token_is(&t, "into"))
			break;
	}
	if (!sql_token_is(&t, "into"))
		return text;
	from = t.at;
	t = sql_lex_next(&l);
	if (sql_token_is(&t, "strict"))
		t = sql_lex_next(&l);
	for (;;) {
		to = t.end;
		t = sql_lex_next(&l);
		if (sql_token_is(&t, ".") || sql_token_is(&t, ",")) {
			t = sql_lex_next(&l);
			continue;
		}
		if (!sql_token_is(&t, "["))
			break;
		while (t.kind != SQL_TOKEN_END && t.kind != SQL_TOKEN_BAD && !sql_token_is(&t, "]"))
			t = sql_lex_next(&l);
	}
	return arena_fmt(b->w->arena, "%.*s %.*s", STR_ARG(str_sub(text, 0, from)), STR_ARG(str_sub(text, to, text.len)));
}

static void read_sql(struct block *b, struct str text)
{
	struct sql_lex l = { .text = text, .way = SQL_LEX_POSTGRES };
	struct sql_token first = sql_lex_next(&l);

	if (!str_trim(text).len)
		return;
	text = without_into(b, text, !sql_token_among(&first, "select with"));
	sql_read_inside(b->w, text, STR_NONE);
}

/* Text that is run: itself, or what a variable is set to. */
static void read_dynamic(struct block *b, struct str text)
{
	struct sql_variable v;

	if (str_find_char(text, '(') != SIZE_MAX || b->variables++ >= VARIABLES_MAX || !sql_variable_read(b->lex.text, text, &v)) {
		sql_dynamic_read(b->w, text);
		return;
	}
	for (size_t i = 0; i < v.n; i++)
		sql_dynamic_read(b->w, v.value[i]);
}

/* EXECUTE text [INTO …] [USING …] */
static void read_execute(struct block *b, const char *end)
{
	char words[64];
	struct str text;
	size_t n = 0;

	/* "into using" and whatever else ends it. */
	n += (size_t)snprintf(words, sizeof(words), "into using %s", end);
	PAWL_ASSERT(n < sizeof(words));
	text = piece(b, words);
	read_dynamic(b, text);
	while (sql_token_among(&b->t, "into using")) {
		bool using = sql_token_is(&b->t, "using");

		next(b);
		text = piece(b, words);
		if (using)
			read_expression(b, text);
	}
}

static void read_for(struct block *b)
{
	struct str text;

	piece(b, "in loop"); /* the variable */
	if (!sql_token_is(&b->t, "in"))
		return;
	next(b);
	if (sql_token_among(&b->t, "reverse array"))
		next(b);
	if (sql_token_is(&b->t, "execute")) {
		next(b);
		read_execute(b, "loop");
	} else if (sql_token_among(&b->t, "select with insert update delete values table merge")) {
		read_sql(b, piece(b, "loop"));
	} else {
		text = piece(b, "by loop");
		read_expression(b, text);
		if (sql_token_is(&b->t, "by")) {
			next(b);
			read_expression(b, piece(b, "loop"));
		}
	}
}

static void read_return(struct block *b)
{
	if (sql_token_is(&b->t, "next")) {
		next(b);
	} else if (sql_token_is(&b->t, "query")) {
		next(b);
		if (!sql_token_is(&b->t, "execute")) {
			read_sql(b, piece(b, ""));
			return;
		}
		next(b);
		read_execute(b, "");
		return;
	}
	read_expression(b, piece(b, ""));
}

/* RAISE [level] 'format', a, b USING c = d: what stands behind the format is looked at for calls. */
static void read_raise(struct block *b)
{
	struct str text;

	if (sql_token_among(&b->t, "debug log info notice warning exception sqlstate"))
		next(b);
	text = piece(b, "using");
	if (text.len && text.ptr[0] == '\'')
		read_expression(b, text);
	else if (str_find_char(text, '(') != SIZE_MAX)
		read_expression(b, text);
	if (sql_token_is(&b->t, "using")) {
		next(b);
		read_expression(b, piece(b, ""));
	}
}

/* name type := value; name CURSOR FOR query. Up to BEGIN. */
static void read_declarations(struct block *b)
{
	while (!over(b) && !sql_token_is(&b->t, "begin")) {
		struct str head = piece(b, "default for = := begin");

		/* Another name for a parameter is no query. */
		if (sql_token_is(&b->t, "for") && str_eq_nocase(str_sub(head, head.len > 5 ? head.len - 5 : 0, 5), STR("alias")))
			piece(b, "");
		while (!over(b) && (sql_token_is(&b->t, ":") || sql_token_is(&b->t, "=")))
			next(b);
		if (sql_token_is(&b->t, "for")) {
			next(b);
			read_sql(b, piece(b, ""));
		} else if (sql_token_is(&b->t, "default")) {
			next(b);
			read_expression(b, piece(b, ""));
		}
		if (sql_token_is(&b->t, ";"))
			next(b);
		else if (!sql_token_is(&b->t, "begin"))
			return;
	}
}

/* x := value, or a statement of SQL. */
static void read_plain(struct block *b)
{
	struct str text = piece(b, "");
	struct sql_lex l = { .text = text, .way = SQL_LEX_POSTGRES };
	struct sql_token t = sql_lex_next(&l);
	size_t depth = 0;

	if (sql_token_among(&t, "select insert update delete with merge create drop alter truncate call grant revoke copy lock do "
				"set reset show notify listen unlisten analyze vacuum refresh comment explain reindex cluster values "
				"table import prepare deallocate discard security reassign")) {
		read_sql(b, text);
		return;
	}
	for (; t.kind != SQL_TOKEN_END && t.kind != SQL_TOKEN_BAD; t = sql_lex_next(&l)) {
		depth += sql_token_is(&t, "[") || sql_token_is(&t, "(");
		depth -= (sql_token_is(&t, "]") || sql_token_is(&t, ")")) && depth;
		if (depth == 0 && (sql_token_is(&t, "=") || sql_token_is(&t, ":="))) {
			read_expression(b, str_sub(text, t.end, text.len));
			return;
		}
		if (depth == 0 && sql_token_is(&t, ":")) {
			t = sql_lex_next(&l);
			if (sql_token_is(&t, "=")) {
				read_expression(b, str_sub(text, t.end, text.len));
				return;
			}
		}
	}
	read_sql(b, text);
}

static void read_open(struct block *b)
{
	piece(b, "for");
	if (!sql_token_is(&b->t, "for"))
		return;
	next(b);
	if (sql_token_is(&b->t, "execute")) {
		next(b);
		read_execute(b, "");
	} else {
		read_sql(b, piece(b, ""));
	}
}

/* A word at the head of a statement and what is read behind it. */
static const struct head {
	const char *words;
	const char *ends; /* the expression behind it ends here; NULL: a function of its own */
	void (*read)(struct block *b);
} heads[] = {
	{ "begin else loop exception null", NULL, NULL },
	{ "if elsif elseif when", "then", NULL },
	{ "while", "loop", NULL },
	{ "case", "when", NULL },
	{ "exit continue assert perform", "", NULL },
	{ "for foreach", NULL, read_for },
	{ "return", NULL, read_return },
	{ "raise", NULL, read_raise },
	{ "declare", NULL, read_declarations },
	{ "open", NULL, read_open },
};

static void read_head(struct block *b, const struct head *h)
{
	bool leave = sql_token_among(&b->t, "exit continue");

	next(b);
	if (h->read) {
		h->read(b);
		return;
	}
	if (!h->ends)
		return;
	if (leave) {
		piece(b, "when");
		if (sql_token_is(&b->t, "when"))
			next(b);
	}
	/* Conditions of an exception handler are names, no expressions: they do no harm as such. */
	read_expression(b, piece(b, h->ends));
	if (sql_token_among(&b->t, "then loop"))
		next(b);
}

static void statement(struct block *b)
{
	if (sql_token_is(&b->t, ";") || sql_token_is(&b->t, ">>")) {
		next(b);
		return;
	}
	if (b->t.kind == SQL_TOKEN_OPERATOR && str_is(b->t.text, "<<")) {
		while (!over(b) && !sql_token_is(&b->t, ">>"))
			next(b);
		return;
	}
	if (b->t.kind == SQL_TOKEN_OPERATOR && b->t.text.ptr[0] == '#') {
		next(b);
		next(b);
		next(b);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		if (sql_token_among(&b->t, heads[i].words)) {
			read_head(b, &heads[i]);
			return;
		}
	}
	if (sql_token_is(&b->t, "execute")) {
		next(b);
		read_execute(b, "");
	} else if (sql_token_among(&b->t, "end get fetch move close")) {
		piece(b, "");
	} else if (sql_token_among(&b->t, "commit rollback")) {
		sql_note_plain(b->w, SQL_MEANS_COMMIT, "transaction", STR_NONE);
		piece(b, "");
	} else {
		read_plain(b);
	}
}

void sql_block_read(struct sql_work *w, struct str body)
{
	struct block b = { .w = w, .lex = { .text = body, .way = SQL_LEX_POSTGRES } };

	next(&b);
	while (!over(&b) && !w->arena->full) {
		size_t at = b.t.at;

		statement(&b);
		/* Always onwards. */
		if (b.t.at == at && !over(&b))
			next(&b);
	}
	if (b.lost)
		sql_note_plain(w, SQL_MEANS_UNREAD, "block", STR_NONE);
}
