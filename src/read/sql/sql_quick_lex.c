#include "read/sql/sql_quick_lex.h"

/* PostgreSQL's headers: keywords alone. */
#include <postgres.h>
#include <common/keywords.h>

enum { O = 0, SPACE, LETTER, DIGIT, SIGN, OPERATOR, QUOTE, NAME_QUOTE, DOLLAR };

static const unsigned char kinds[256] = {
	[' '] = SPACE, ['\t'] = SPACE, ['\n'] = SPACE, ['\r'] = SPACE, ['\f'] = SPACE,
	['a'] = LETTER, ['b'] = LETTER, ['c'] = LETTER, ['d'] = LETTER, ['e'] = LETTER, ['f'] = LETTER, ['g'] = LETTER,
	['h'] = LETTER, ['i'] = LETTER, ['j'] = LETTER, ['k'] = LETTER, ['l'] = LETTER, ['m'] = LETTER, ['n'] = LETTER,
	['o'] = LETTER, ['p'] = LETTER, ['q'] = LETTER, ['r'] = LETTER, ['s'] = LETTER, ['t'] = LETTER, ['u'] = LETTER,
	['v'] = LETTER, ['w'] = LETTER, ['x'] = LETTER, ['y'] = LETTER, ['z'] = LETTER,
	['A'] = LETTER, ['B'] = LETTER, ['C'] = LETTER, ['D'] = LETTER, ['E'] = LETTER, ['F'] = LETTER, ['G'] = LETTER,
	['H'] = LETTER, ['I'] = LETTER, ['J'] = LETTER, ['K'] = LETTER, ['L'] = LETTER, ['M'] = LETTER, ['N'] = LETTER,
	['O'] = LETTER, ['P'] = LETTER, ['Q'] = LETTER, ['R'] = LETTER, ['S'] = LETTER, ['T'] = LETTER, ['U'] = LETTER,
	['V'] = LETTER, ['W'] = LETTER, ['X'] = LETTER, ['Y'] = LETTER, ['Z'] = LETTER, ['_'] = LETTER,
	['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT, ['5'] = DIGIT, ['6'] = DIGIT,
	['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
	[','] = SIGN, ['.'] = SIGN, ['('] = SIGN, [')'] = SIGN, [';'] = SIGN,
	['+'] = OPERATOR, ['-'] = OPERATOR, ['*'] = OPERATOR, ['/'] = OPERATOR, ['%'] = OPERATOR, ['='] = OPERATOR,
	['<'] = OPERATOR, ['>'] = OPERATOR, ['~'] = OPERATOR, ['!'] = OPERATOR, ['@'] = OPERATOR, ['#'] = OPERATOR,
	['^'] = OPERATOR, ['&'] = OPERATOR, ['|'] = OPERATOR, ['`'] = OPERATOR, ['?'] = OPERATOR,
	['\''] = QUOTE, ['"'] = NAME_QUOTE, ['$'] = DOLLAR,
};

#define MAX_DIGITS 9

static unsigned kind_at(const struct quick_lex *l, size_t at)
{
	return at < l->text.len ? kinds[(unsigned char)l->text.ptr[at]] : SPACE;
}

static void take_word(struct quick_lex *l, enum quick_kind kind, size_t from, size_t len)
{
	char *copy = arena_alloc(l->arena, len + 1);

	if (!copy)
		return;
	memcpy(copy, l->text.ptr + from, len);
	l->word = copy;
	l->kind = kind;
}

/* As PostgreSQL's ScanKeywordLookup, for a name in lower case whose length is known. */
static int keyword(const char *name, size_t n)
{
	int h;

	if (n < 2 || n > (size_t)ScanKeywords.max_kw_len)
		return -1;
	h = ScanKeywords.hash(name, n);
	if (h < 0 || h >= ScanKeywords.num_keywords || strcmp(ScanKeywords.kw_string + ScanKeywords.kw_offsets[h], name) != 0)
		return -1;
	return h;
}

static void take_name(struct quick_lex *l, size_t from)
{
	size_t n = 0, most = l->text.len - from < QUICK_MAX_NAME ? l->text.len - from : QUICK_MAX_NAME;
	const char *p = l->text.ptr + from;
	bool digits = false;

	while (n < most) {
		unsigned kind = kinds[(unsigned char)p[n]];

		if (kind != LETTER && kind != DIGIT)
			break;
		digits = digits || kind == DIGIT;
		l->name[n] = p[n] >= 'A' && p[n] <= 'Z' ? (char)(p[n] - 'A' + 'a') : p[n];
		n++;
	}
	/* Too long; or a dollar sign goes on with the name, or a quote makes it the prefix of a string. */
	switch (kind_at(l, from + n)) {
	case LETTER:
	case DIGIT:
	case DOLLAR:
	case QUOTE:
		return;
	default:
		break;
	}
	l->at = from + n;
	l->name[n] = '\0';
	l->len = n;
	l->kind = QUICK_NAME;
	l->is = digits ? -1 : keyword(l->name, n);
	l->keyword = l->is < 0 ? QUICK_KEYWORD_NONE
			       : (ScanKeywordCategories[l->is] == UNRESERVED_KEYWORD ? QUICK_KEYWORD_FREE : QUICK_KEYWORD_TAKEN);
}

static void take_quoted(struct quick_lex *l, size_t from, char quote)
{
	size_t n = 0;

	for (;; n++) {
		unsigned char c;

		if (from + n >= l->text.len)
			return;
		c = (unsigned char)l->text.ptr[from + n];
		if (c == (unsigned char)quote)
			break;
		if (c == '\\' || c >= 0x80)
			return;
	}
	/* Twice the quote is one in the text. */
	if (from + n + 1 < l->text.len && l->text.ptr[from + n + 1] == quote)
		return;
	l->at = from + n + 1;
	if (quote == '\'') {
		take_word(l, QUICK_STRING, from, n);
	} else if (n > 0 && n <= QUICK_MAX_NAME) {
		memcpy(l->name, l->text.ptr + from, n);
		l->name[n] = '\0';
		l->len = n;
		l->kind = QUICK_NAME;
		l->keyword = QUICK_KEYWORD_NONE;
		l->is = -1;
	}
}

static void take_number(struct quick_lex *l, size_t from)
{
	size_t n = 0;

	l->integer = 0;
	for (; kind_at(l, from + n) == DIGIT && from + n < l->text.len; n++) {
		if (n >= MAX_DIGITS)
			return;
		l->integer = l->integer * 10 + (l->text.ptr[from + n] - '0');
	}
	l->at = from + n;
	if (l->at < l->text.len && l->text.ptr[l->at] == '.') {
		size_t behind = l->at + 1;

		while (kind_at(l, behind) == DIGIT)
			behind++;
		if (behind == l->at + 1 || behind - from > 30)
			return;
		l->at = behind;
		take_word(l, QUICK_DECIMAL, from, behind - from);
	} else {
		l->kind = QUICK_INTEGER;
	}
	if (kind_at(l, l->at) == LETTER || kind_at(l, l->at) == DOLLAR || (l->at < l->text.len && l->text.ptr[l->at] == '.'))
		l->kind = QUICK_BAD;
}

/* A run of operator characters is one operator to PostgreSQL, or the beginning of a comment: only the known ones. */
static void take_operator(struct quick_lex *l, size_t from)
{
	const char *p = l->text.ptr + from;
	size_t n = 1;

	while (kind_at(l, from + n) == OPERATOR && n < 3)
		n++;
	l->at = from + n;
	l->kind = QUICK_SIGN;
	l->level = QUICK_LEVEL_COMPARE;
	l->sign = p[0];
	if (n == 1 && (p[0] == '+' || p[0] == '-'))
		l->level = QUICK_LEVEL_SUM;
	else if (n == 1 && (p[0] == '*' || p[0] == '/' || p[0] == '%'))
		l->level = QUICK_LEVEL_PRODUCT;
	else if (n == 2 && p[0] == '<' && p[1] == '=')
		l->sign = 'L';
	else if (n == 2 && p[0] == '>' && p[1] == '=')
		l->sign = 'G';
	else if (n == 2 && ((p[0] == '<' && p[1] == '>') || (p[0] == '!' && p[1] == '=')))
		l->sign = 'N';
	else if (n > 1 || (p[0] != '=' && p[0] != '<' && p[0] != '>'))
		l->kind = QUICK_BAD;
}

bool quick_lex_fits(void)
{
	return ScanKeywords.num_keywords == QUICK_WORDS;
}

void quick_lex_next(struct quick_lex *l)
{
	l->kind = QUICK_BAD;
	if (l->bad)
		return;
	while (l->at < l->text.len && kinds[(unsigned char)l->text.ptr[l->at]] == SPACE)
		l->at++;
	l->from = (int)l->at;
	if (l->at >= l->text.len) {
		l->kind = QUICK_END;
		return;
	}
	switch (kind_at(l, l->at)) {
	case LETTER:
		take_name(l, l->at);
		break;
	case DIGIT:
		take_number(l, l->at);
		break;
	case SIGN:
		l->sign = l->text.ptr[l->at++];
		l->level = QUICK_LEVEL_NONE;
		l->kind = QUICK_SIGN;
		break;
	case OPERATOR:
		take_operator(l, l->at);
		break;
	case QUOTE:
		take_quoted(l, l->at + 1, '\'');
		break;
	case NAME_QUOTE:
		take_quoted(l, l->at + 1, '"');
		break;
	case DOLLAR:
		if (kind_at(l, l->at + 1) == DIGIT) {
			take_number(l, l->at + 1);
			l->kind = l->kind == QUICK_INTEGER ? QUICK_PARAM : QUICK_BAD;
		}
		break;
	default:
		break;
	}
}
