#include "read/sql/sql_variable.h"

#include "read/sql/sql_lex.h"

struct variable {
	struct sql_lex lex;
	struct sql_token before, t; /* the one at hand and the one before it */
	struct str name;
	struct sql_variable found;
	bool declared, other; /* it stands where it may be set in another way */
	bool head;	      /* what is at hand begins a statement */
	bool raises;	      /* within RAISE */
};

static void next(struct variable *v)
{
	v->before = v->t;
	v->t = sql_lex_next(&v->lex);
	v->other = v->other || v->t.kind == SQL_TOKEN_BAD;
}

static bool over(const struct variable *v)
{
	return v->other || v->t.kind == SQL_TOKEN_END;
}

static bool named(const struct variable *v)
{
	if (v->t.kind == SQL_TOKEN_WORD)
		return str_eq_nocase(v->t.text, v->name);
	return v->t.kind == SQL_TOKEN_QUOTED && (v->t.escaped || str_eq_nocase(v->t.text, v->name));
}

static bool assigns(struct variable *v)
{
	if (sql_token_is(&v->t, ":"))
		next(v);
	return sql_token_is(&v->t, ":=") || sql_token_is(&v->t, "=");
}

/* The expression behind := up to the end of the statement, in which the name may not stand. */
static void value(struct variable *v)
{
	size_t from, to;

	next(v);
	from = to = v->t.at;
	while (!over(v) && !sql_token_is(&v->t, ";")) {
		v->other = v->other || named(v);
		to = v->t.end;
		next(v);
	}
	if (v->found.n == SQL_VARIABLE_VALUES || to == from)
		v->other = true;
	else
		v->found.value[v->found.n++] = str_sub(v->lex.text, from, to - from);
}

/* name [CONSTANT] type [:= value]; of the outermost block, up to its BEGIN. */
static void declarations(struct variable *v)
{
	while (!over(v) && !sql_token_is(&v->t, "declare")) {
		if (sql_token_is(&v->t, "begin")) {
			v->other = true;
			return;
		}
		next(v);
	}
	next(v);
	while (!over(v) && !sql_token_is(&v->t, "begin")) {
		bool mine = named(v);

		v->other = v->other || (mine && v->declared);
		v->declared = v->declared || mine;
		next(v);
		while (!over(v) && !sql_token_is(&v->t, ";") && !(mine && (assigns(v) || sql_token_is(&v->t, "default")))) {
			/* "x ALIAS FOR name" would be another name for it. */
			v->other = v->other || named(v);
			next(v);
		}
		if (!sql_token_is(&v->t, ";"))
			value(v);
		next(v);
	}
}

/* An occurrence: set, executed or told. */
static void occurrence(struct variable *v)
{
	bool head = v->head, executed = sql_token_is(&v->before, "execute");

	next(v);
	if (v->raises || (executed && (sql_token_is(&v->t, ";") || sql_token_among(&v->t, "into using loop"))))
		return;
	if (head && assigns(v))
		value(v);
	else
		v->other = true;
}

static void statements(struct variable *v)
{
	v->head = true;
	while (!over(v)) {
		if (named(v)) {
			occurrence(v);
		} else {
			v->raises = (v->raises || (v->head && sql_token_is(&v->t, "raise"))) && !sql_token_is(&v->t, ";");
			next(v);
		}
		if (sql_token_is(&v->t, ";"))
			v->raises = false;
		v->head = sql_token_is(&v->before, ";") || sql_token_is(&v->before, ">>") ||
			  sql_token_among(&v->before, "begin then else loop");
	}
}

bool sql_variable_read(struct str body, struct str name, struct sql_variable *ret)
{
	struct sql_lex alone = { .text = name, .way = SQL_LEX_POSTGRES };
	struct sql_token t = sql_lex_next(&alone), end = sql_lex_next(&alone);
	struct variable v = { .lex = { .text = body, .way = SQL_LEX_POSTGRES }, .name = t.text };

	if (t.kind != SQL_TOKEN_WORD || end.kind != SQL_TOKEN_END)
		return false;
	next(&v);
	declarations(&v);
	if (over(&v) || !v.declared)
		return false;
	next(&v); /* BEGIN */
	statements(&v);
	if (v.other || !v.found.n)
		return false;
	*ret = v.found;
	return true;
}
