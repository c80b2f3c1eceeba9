#include "read/shell/lex.h"

#define B LEX_BREAK
#define Q (LEX_QUOTE | LEX_DOUBLE)
#define N LEX_NAME
#define P LEX_PAREN

/* clang-format off */
const uint8_t lex_class[256] = {
	['\t'] = B, ['\n'] = B, [' '] = B, ['&'] = B, ['|'] = B, ['<'] = B, ['>'] = B,
	[';'] = B | P, ['('] = B | P, [')'] = B | P,
	['\\'] = Q, ['"'] = Q, ['`'] = Q, ['$'] = Q, ['\''] = LEX_QUOTE,
	['*'] = LEX_GLOB, ['?'] = LEX_GLOB, ['['] = LEX_GLOB | P, [']'] = P,
	['{'] = LEX_BRACE, [','] = LEX_BRACE, ['}'] = LEX_BRACE | P,
	['~'] = LEX_TILDE, [':'] = LEX_TILDE | P, ['/'] = P,
	['0'] = N, N, N, N, N, N, N, N, N, N,
	['A'] = N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	['a'] = N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
	['_'] = N,
};
/* clang-format on */

void lex_stop(struct lex *p, uint32_t at, struct str why)
{
	if (p->stopped)
		return;
	p->stopped = true;
	p->limit = p->end;
	p->end = p->pos;
	if (p->broken)
		return;
	p->broken = true;
	p->at = at;
	p->why = why;
}

void lex_unexpected(struct lex *p)
{
	uint32_t to;
	int c;

	if (p->stopped || p->broken) {
		lex_stop(p, p->pos, STR_NONE);
		return;
	}
	c = lex_peek(p);
	to = p->pos;
	if (lex_is(c, LEX_BREAK))
		to += lex_after(p, to) == c && c != '(' && c != ')' ? 2 : 1;
	else
		to = lex_until(p, to, LEX_BREAK);
	if (to > p->end || to > p->pos + 40)
		to = p->pos + 40 < p->end ? p->pos + 40 : p->end;
	if (c < 0)
		lex_stop(p, p->pos, STR("unexpected end"));
	else if (c == '\n')
		lex_stop(p, p->pos, STR("unexpected end of line"));
	else
		lex_stop(p, p->pos, arena_fmt(p->arena, "unexpected `%.*s'", STR_ARG(lex_text(p, p->pos, to))));
}

bool lex_enter_on(struct lex *p)
{
	p->too_deep = true;
	lex_stop(p, p->pos, STR("deeper than 200"));
	return false;
}

bool lex_again(struct lex *p, size_t n)
{
	if (n > *p->again) {
		p->too_deep = true;
		lex_stop(p, p->pos, STR("too entangled"));
		return false;
	}
	*p->again -= n;
	return true;
}

uint32_t lex_match_on(const struct lex *p, const char *text)
{
	uint32_t i = p->pos;

	for (; *text; text++) {
		i = lex_skip(p, i);
		if (lex_byte(p, i) != (unsigned char)*text)
			return 0;
		i++;
	}
	return i;
}

void lex_blank_on(struct lex *p)
{
	int c = lex_peek(p);

	while (c == ' ' || c == '\t') {
		p->pos++;
		c = lex_peek(p);
	}
	if (c == '#') {
		const char *line = memchr(p->s + p->pos, '\n', p->end - p->pos);

		p->pos = line ? (uint32_t)(line - p->s) : p->end;
	}
}

/* A name broken by line continuations: copied without them. */
static struct str mended(struct lex *p, uint32_t from, uint32_t to)
{
	char *copy = arena_alloc(p->arena, to - from);
	size_t n = 0;

	if (!copy)
		return STR_NONE;
	for (uint32_t i = lex_skip(p, from); i < to; i = lex_skip(p, i + 1))
		copy[n++] = p->s[i];
	return (struct str){ copy, n };
}

uint32_t lex_name(struct lex *p, uint32_t i, struct str *ret_name)
{
	uint32_t from = i, whole = 0;

	if (!lex_is(lex_byte(p, i), LEX_NAME) || (p->s[i] >= '0' && p->s[i] <= '9'))
		return from;
	for (;;) {
		uint32_t next;

		while (i < p->end && (lex_class[(unsigned char)p->s[i]] & LEX_NAME))
			i++;
		next = lex_skip(p, i);
		if (next == i || !lex_is(lex_byte(p, next), LEX_NAME))
			break;
		whole++;
		i = next;
	}
	*ret_name = whole ? mended(p, from, i) : lex_text(p, from, i);
	return i;
}

void lex_visit(struct lex *p, struct lex *ret_saved, struct str text, const uint32_t *map)
{
	*ret_saved = *p;
	*p = (struct lex){
		.s = text.ptr,
		.end = (uint32_t)text.len,
		.map = map,
		.arena = ret_saved->arena,
		.depth = ret_saved->depth,
		.again = ret_saved->again,
		.extglob = ret_saved->extglob,
	};
	p->here_last = &p->here;
}

void lex_return(struct lex *p, const struct lex *saved)
{
	bool deep = p->too_deep;

	*p = *saved;
	if (!p->here)
		p->here_last = &p->here;
	if (deep && !p->too_deep) {
		p->too_deep = true;
		lex_stop(p, p->pos, STR("deeper than 200"));
	}
}

struct str lex_text(const struct lex *p, uint32_t from, uint32_t to)
{
	return (struct str){ p->s + from, to - from };
}
