#include "read/sql/sql_lex.h"

static bool space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool operator_char(char c)
{
	return c && strchr("~!@#^&|`?+-*/%<>=", c);
}

static char peek(const struct sql_lex *l, size_t ahead)
{
	return l->at + ahead < l->text.len ? l->text.ptr[l->at + ahead] : '\0';
}

/* Behind the comment that begins here; false when none does. A comment that is not closed ends the text. */
static bool block_comment(struct sql_lex *l)
{
	size_t depth = 1;

	if (peek(l, 0) != '/' || peek(l, 1) != '*')
		return false;
	if ((l->way & SQL_LEX_BANG) && (peek(l, 2) == '!' || (peek(l, 2) == 'M' && peek(l, 3) == '!'))) {
		l->at += peek(l, 2) == '!' ? 3 : 4;
		while (digit(peek(l, 0)))
			l->at++;
		l->in_bang = true;
		return true;
	}
	for (l->at += 2; l->at < l->text.len && depth; l->at++) {
		if (peek(l, 0) == '*' && peek(l, 1) == '/') {
			depth--;
			l->at++;
		} else if ((l->way & SQL_LEX_NEST) && peek(l, 0) == '/' && peek(l, 1) == '*') {
			depth++;
			l->at++;
		}
	}
	l->open = l->open || depth;
	return true;
}

static bool line_comment_starts(const struct sql_lex *l)
{
	if (peek(l, 0) == '#')
		return l->way & SQL_LEX_HASH;
	if (peek(l, 0) != '-' || peek(l, 1) != '-')
		return false;
	return !(l->way & SQL_LEX_DASH_BLANK) || l->at + 2 >= l->text.len || space(peek(l, 2));
}

static void skip_blanks(struct sql_lex *l)
{
	for (;;) {
		char c = peek(l, 0);

		if (l->at >= l->text.len)
			return;
		if (c == '\n')
			l->line_start = true;
		if (space(c)) {
			l->at++;
		} else if (l->in_bang && c == '*' && peek(l, 1) == '/') {
			l->in_bang = false;
			l->at += 2;
		} else if (line_comment_starts(l)) {
			while (l->at < l->text.len && peek(l, 0) != '\n' && peek(l, 0) != '\r')
				l->at++;
		} else if (!block_comment(l)) {
			return;
		}
	}
}

static struct str piece(const struct sql_lex *l, size_t from, size_t to)
{
	return str_sub(l->text, from, to - from);
}

/* From the quote at l->at; escapes by doubling and, where asked, by backslash. */
static void quoted(struct sql_lex *l, struct sql_token *t, bool backslash)
{
	char close = peek(l, 0) == '[' ? ']' : peek(l, 0);
	size_t from = ++l->at;

	for (; l->at < l->text.len; l->at++) {
		char c = peek(l, 0);

		if (c == '\\' && backslash) {
			t->escaped = true;
			l->at++;
		} else if (c == close && peek(l, 1) == close) {
			t->escaped = true;
			l->at++;
		} else if (c == close) {
			t->text = piece(l, from, l->at++);
			return;
		}
	}
	l->at = l->text.len;
	t->text = piece(l, from, l->at);
	t->kind = SQL_TOKEN_BAD;
}

/* $tag$ … $tag$, or a parameter $1; false when neither begins here. */
static bool dollar(struct sql_lex *l, struct sql_token *t)
{
	size_t n = 1, found;
	struct str tag, rest;

	if (digit(peek(l, 1))) {
		while (digit(peek(l, n)))
			n++;
		t->kind = SQL_TOKEN_PARAM;
		l->at += n;
		return true;
	}
	if (!(l->way & SQL_LEX_DOLLAR))
		return false;
	while (letter(peek(l, n)) || (n > 1 && digit(peek(l, n))))
		n++;
	if (peek(l, n) != '$')
		return false;
	tag = piece(l, l->at, l->at + n + 1);
	rest = str_sub(l->text, l->at + tag.len, l->text.len);
	found = str_find(rest, tag);
	t->kind = found == SIZE_MAX ? SQL_TOKEN_BAD : SQL_TOKEN_STRING;
	t->dollar = true;
	t->text = str_sub(rest, 0, found == SIZE_MAX ? rest.len : found);
	l->at += tag.len + t->text.len + (found == SIZE_MAX ? 0 : tag.len);
	return true;
}

static void number(struct sql_lex *l)
{
	while (l->at < l->text.len) {
		char c = peek(l, 0), before = l->text.ptr[l->at - 1];

		if (digit(c) || c == '.' || letter(c) || ((c == '+' || c == '-') && (before == 'e' || before == 'E')))
			l->at++;
		else
			return;
	}
}

/* A prefix that changes how the quote behind it is read: E'…', U&'…', N'…', B'…', X'…', U&"…". */
static bool prefixed(struct sql_lex *l, struct sql_token *t)
{
	char c = (char)(peek(l, 0) | 32);

	if (c == 'u' && peek(l, 1) == '&' && (peek(l, 2) == '\'' || peek(l, 2) == '"')) {
		l->at += 2;
		quoted(l, t, false);
		t->kind = SQL_TOKEN_BAD;
		return true;
	}
	if ((c == 'e' || c == 'n' || c == 'b' || c == 'x') && peek(l, 1) == '\'') {
		l->at++;
		t->kind = SQL_TOKEN_STRING;
		quoted(l, t, c == 'e' || (l->way & SQL_LEX_BACKSLASH));
		return true;
	}
	return false;
}

static void operator(struct sql_lex *l)
{
	size_t from = l->at;
	bool special = false;

	/* PostgreSQL takes no longer one either. */
	while (l->at - from < 64 && operator_char(peek(l, 0))) {
		if (l->at > from && ((peek(l, 0) == '-' && peek(l, 1) == '-') || (peek(l, 0) == '/' && peek(l, 1) == '*') ||
				     line_comment_starts(l) || (peek(l, 0) == '`' && (l->way & SQL_LEX_BACKQUOTE)) ||
				     (l->in_bang && peek(l, 0) == '*' && peek(l, 1) == '/')))
			break;
		special = special || strchr("~!@#^&|`?%", peek(l, 0));
		l->at++;
	}
	/* PostgreSQL: an operator ends in + or - only when it holds one of these characters. */
	while (!special && l->at > from + 1 && (l->text.ptr[l->at - 1] == '+' || l->text.ptr[l->at - 1] == '-'))
		l->at--;
	if (l->at == from)
		l->at++;
}

static bool quote_starts(struct sql_lex *l, struct sql_token *t)
{
	char c = peek(l, 0);

	if (c == '\'') {
		t->kind = SQL_TOKEN_STRING;
		quoted(l, t, l->way & SQL_LEX_BACKSLASH);
	} else if (c == '"') {
		t->kind = (l->way & SQL_LEX_DOUBLE) ? SQL_TOKEN_STRING : SQL_TOKEN_QUOTED;
		quoted(l, t, (l->way & SQL_LEX_DOUBLE) && (l->way & SQL_LEX_BACKSLASH));
	} else if ((c == '`' && (l->way & SQL_LEX_BACKQUOTE)) || (c == '[' && (l->way & SQL_LEX_BRACKET))) {
		t->kind = SQL_TOKEN_QUOTED;
		quoted(l, t, false);
	} else {
		return false;
	}
	return true;
}

struct sql_token sql_lex_next(struct sql_lex *l)
{
	struct sql_token t = { .kind = SQL_TOKEN_END };
	char c;

	if (l->at == 0)
		l->line_start = true;
	skip_blanks(l);
	t.line_start = l->line_start;
	l->line_start = false;
	t.at = l->at;
	c = peek(l, 0);
	if (l->at >= l->text.len) {
		l->at = l->text.len;
		t.kind = l->open ? SQL_TOKEN_BAD : SQL_TOKEN_END;
		l->open = false;
		t.end = l->at;
		return t;
	}
	if (quote_starts(l, &t) || prefixed(l, &t) || (c == '$' && dollar(l, &t))) {
		t.end = l->at;
		if (t.kind == SQL_TOKEN_PARAM)
			t.text = piece(l, t.at, t.end);
		return t;
	}
	if (letter(c)) {
		t.kind = SQL_TOKEN_WORD;
		while (letter(peek(l, 0)) || digit(peek(l, 0)) || (peek(l, 0) == '$' && l->at < l->text.len))
			l->at++;
	} else if (digit(c) || (c == '.' && digit(peek(l, 1)))) {
		t.kind = SQL_TOKEN_NUMBER;
		l->at++;
		number(l);
	} else if (operator_char(c)) {
		t.kind = SQL_TOKEN_OPERATOR;
		operator(l);
	} else {
		t.kind = SQL_TOKEN_BYTE;
		l->at++;
	}
	t.end = l->at;
	t.text = piece(l, t.at, t.end);
	return t;
}

bool sql_token_is(const struct sql_token *t, const char *word)
{
	return (t->kind == SQL_TOKEN_WORD || t->kind == SQL_TOKEN_BYTE || t->kind == SQL_TOKEN_OPERATOR) &&
	       str_eq_nocase(t->text, str_from(word));
}

bool sql_token_among(const struct sql_token *t, const char *words)
{
	const char *w = words;

	if (t->kind != SQL_TOKEN_WORD)
		return false;
	while (*w) {
		size_t n = strcspn(w, " ");

		if (n == t->text.len && str_eq_nocase(t->text, (struct str){ w, n }))
			return true;
		w += n;
		w += *w == ' ';
	}
	return false;
}
