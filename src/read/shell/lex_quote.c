#include "read/shell/lex_word.h"

static void empty(struct lex *p, struct lex_build *b, uint32_t from)
{
	struct shell_part *part = lex_word_part(p, b, SHELL_PART_TEXT, from);

	if (!part)
		return;
	part->quoted = true;
	part->text = lex_text(p, from, from);
}

/* At the opening '. */
void lex_quote_single(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos + 1;
	const char *end = from < p->end ? memchr(p->s + from, '\'', p->end - from) : NULL;
	uint32_t to = end ? (uint32_t)(end - p->s) : p->end;

	p->pos = to;
	if (to > from)
		lex_word_text(p, b, from, to, true);
	else
		empty(p, b, from);
	if (end)
		p->pos++;
	else
		lex_stop(p, from - 1, STR("unclosed `''"));
}

/* Digits of ${base} at most ${most} from ${i} on. */
static uint32_t digits(const struct lex *p, uint32_t i, unsigned base, unsigned most, uint32_t *ret_value)
{
	uint32_t v = 0;

	for (; most > 0 && i < p->end; most--, i++) {
		char c = p->s[i];
		unsigned d = c >= '0' && c <= '9' ? (unsigned)(c - '0')
			     : (c | 32) >= 'a' && (c | 32) <= 'f' ? (unsigned)((c | 32) - 'a' + 10)
								  : 99;

		if (d >= base)
			break;
		v = v * base + d;
	}
	*ret_value = v;
	return i;
}

static size_t put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (c >> 18 & 7));
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Escapes with a number; false when ${c} is none of them. */
static bool ansi_number(const struct lex *p, char c, uint32_t *i, char *out, size_t *n)
{
	uint32_t v = 0, from = *i;

	if (c >= '0' && c <= '7') {
		*i = digits(p, from - 1, 8, 3, &v);
	} else if (c == 'x') {
		*i = digits(p, from, 16, 2, &v);
	} else if (c == 'u' || c == 'U') {
		*i = digits(p, from, 16, c == 'u' ? 4 : 8, &v);
	} else {
		return false;
	}
	if (*i == from && (c == 'x' || c == 'u' || c == 'U')) {
		out[(*n)++] = '\\';
		out[(*n)++] = c;
	} else if (c == 'u' || c == 'U') {
		*n += put_utf8(out + *n, v);
	} else {
		out[(*n)++] = (char)(v & 0xff);
	}
	return true;
}

/* The escape behind a backslash; never more bytes out than in, but \u… may give 4 for 3: callers have room. */
static void ansi_escape(const struct lex *p, uint32_t *i, char *out, size_t *n)
{
	static const char from[] = "abeEfnrtv\\'\"?", to[] = "\a\b\033\033\f\n\r\t\v\\'\"?";
	char c = p->s[(*i)++];
	const char *k = c ? strchr(from, c) : NULL;

	if (k) {
		out[(*n)++] = to[k - from];
	} else if (c == 'c' && *i < p->end) {
		out[(*n)++] = (char)(p->s[(*i)++] & 0x1f);
	} else if (!ansi_number(p, c, i, out, n)) {
		out[(*n)++] = '\\';
		out[(*n)++] = c;
	}
}

/* $'…' with escapes; behind the opening quote. What stands behind a NUL is lost, as in bash. */
static void ansi_decode(struct lex *p, struct lex_build *b, uint32_t from, uint32_t to)
{
	char *out = arena_alloc(p->arena, to - from + 8);
	const char *nul;
	size_t n = 0;

	if (!out)
		return;
	for (uint32_t i = from; i < to;) {
		if (p->s[i] == '\\' && i + 1 < to) {
			i++;
			ansi_escape(p, &i, out, &n);
		} else {
			out[n++] = p->s[i++];
		}
	}
	nul = memchr(out, '\0', n);
	lex_word_string(p, b, from, (struct str){ out, nul ? (size_t)(nul - out) : n });
}

/* $'…', at the '. */
static void ansi(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos + 1, to = from;
	bool escapes = false;

	while (to < p->end && p->s[to] != '\'') {
		escapes |= p->s[to] == '\\';
		to += p->s[to] == '\\' ? 2 : 1;
	}
	if (to >= p->end) {
		p->pos = p->end;
		lex_word_text(p, b, from, p->end, true);
		lex_stop(p, from - 1, STR("unclosed `''"));
		return;
	}
	p->pos = to + 1;
	if (escapes)
		ansi_decode(p, b, from, to);
	else if (to > from)
		lex_word_text(p, b, from, to, true);
	else
		empty(p, b, from);
}

/* A backslash inside "…", a here-document or "${x:-…}". */
static void backslash_inside(struct lex *p, struct lex_build *b, int close)
{
	uint32_t from = p->pos;
	int c = lex_byte(p, from + 1);

	if (c == '\n') {
		p->pos = from + 2;
	} else if (c == '$' || c == '`' || c == '\\' || (c == '"' && close >= 0) || (c == '}' && close == '}')) {
		lex_word_text(p, b, from + 1, from + 2, true);
		p->pos = from + 2;
	} else {
		lex_word_text(p, b, from, from + 1, true);
		p->pos = from + 1;
	}
}

/* ' inside "${x:-…}": text, but what stands up to the next one does not end the argument. */
static void quote_in_argument(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos;
	const char *end = memchr(p->s + from + 1, '\'', p->end - from - 1);

	lex_word_text(p, b, from, from + 1, true);
	p->pos = from + 1;
	if (from < b->literal)
		return;
	if (end)
		b->literal = (uint32_t)(end - p->s) + 1;
	else
		lex_stop(p, from, STR("unclosed `''"));
}

/* One byte that means something. False: it is the end. */
static bool inside(struct lex *p, struct lex_build *b, int close)
{
	uint32_t from = p->pos;
	int c = lex_byte(p, from);

	if (c == close && from >= b->literal)
		return false;
	if (((c == ':' && (b->flags & LEX_TO_COLON)) || (c == '/' && (b->flags & LEX_TO_SLASH))) && from >= b->literal)
		return false;
	if (c == '\\') {
		backslash_inside(p, b, close);
	} else if (c == '$') {
		lex_dollar(p, b, true);
	} else if (c == '`') {
		lex_dollar_backquote(p, b, true);
	} else if (c == '"' && close == '}' && from >= b->literal) {
		lex_quote(p, b);
	} else if (c == '\'' && close == '}') {
		quote_in_argument(p, b);
	} else {
		lex_word_text(p, b, from, from + 1, true);
		p->pos = from + 1;
	}
	return true;
}

void lex_quote_body(struct lex *p, struct lex_build *b, int close)
{
	unsigned mask = LEX_DOUBLE | (close == '}' ? LEX_QUOTE | LEX_BRACE : 0) |
			(b->flags & (LEX_TO_COLON | LEX_TO_SLASH) ? LEX_PAREN : 0);

	while (p->pos < p->end) {
		uint32_t from = p->pos, to = lex_until(p, from, mask);

		if (to > from) {
			lex_word_text(p, b, from, to, true);
			p->pos = to;
		}
		if (to >= p->end || !inside(p, b, close))
			return;
	}
}

static void double_quote(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos;
	struct lex_build in = *b;

	p->pos++;
	if (lex_byte(p, p->pos) == '"')
		empty(p, &in, p->pos);
	in.flags &= ~(unsigned)(LEX_TO_COLON | LEX_TO_SLASH);
	in.literal = 0;
	lex_quote_body(p, &in, '"');
	b->tail = in.tail;
	if (p->pos < p->end)
		p->pos++;
	else
		lex_stop(p, from, STR("unclosed `\"'"));
}

static void backslash(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos;

	if (lex_byte(p, from + 1) == '\n') {
		p->pos = from + 2;
	} else if (from + 1 >= p->end) {
		lex_word_text(p, b, from, from + 1, true);
		p->pos = from + 1;
	} else {
		lex_word_text(p, b, from + 1, from + 2, true);
		p->pos = from + 2;
	}
}

/* At one of \ ' " ` $, outside of quotes (or at a " inside "${…}"). */
void lex_quote(struct lex *p, struct lex_build *b)
{
	uint32_t next;

	switch (p->s[p->pos]) {
	case '\\':
		backslash(p, b);
		return;
	case '\'':
		lex_quote_single(p, b);
		return;
	case '"':
		double_quote(p, b);
		return;
	case '`':
		lex_dollar_backquote(p, b, false);
		return;
	}
	next = lex_skip(p, p->pos + 1);
	if (lex_byte(p, next) == '\'') {
		p->pos = next;
		ansi(p, b);
	} else if (lex_byte(p, next) == '"') {
		p->pos = next;
		double_quote(p, b);
	} else {
		lex_dollar(p, b, false);
	}
}

struct str lex_quote_remove(struct lex *p, uint32_t from, uint32_t to, bool *ret_quoted)
{
	char *out = arena_alloc(p->arena, to - from + 1);
	char quote = '\0';
	size_t n = 0;

	if (!out)
		return STR_NONE;
	for (uint32_t i = from; i < to; i++) {
		char c = p->s[i], next = i + 1 < to ? p->s[i + 1] : '\0';

		if (c == '\\' && next == '\n' && quote != '\'') {
			i++;
			continue;
		}
		if (c == quote || (!quote && (c == '\'' || c == '"'))) {
			quote = quote ? '\0' : c;
			*ret_quoted = true;
			continue;
		}
		if (!quote && c == '$' && (next == '\'' || next == '"'))
			continue;
		if (c == '\\' && (!quote || (quote == '"' && next && strchr("\\\"$`", next)))) {
			*ret_quoted = true;
			c = next;
			i++;
		}
		if (i < to)
			out[n++] = c;
	}
	return (struct str){ out, n };
}
