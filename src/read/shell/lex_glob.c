#include "read/shell/lex_word.h"

static void glob_part(struct lex *p, struct lex_build *b, uint32_t from, uint32_t to)
{
	struct shell_part *part;

	p->pos = to;
	part = lex_word_part(p, b, SHELL_PART_GLOB, from);
	if (part)
		part->text = lex_text(p, from, to);
}

/* Behind a [: behind its ], or 0 with *ret_stop where plain bytes end. */
static uint32_t bracket_end(const struct lex *p, const struct lex_build *b, uint32_t i, uint32_t *ret_stop)
{
	unsigned stop = LEX_QUOTE | (b->group || (b->flags & LEX_IN_ARGUMENT) ? 0 : LEX_BREAK);

	if (lex_byte(p, i) == '!' || lex_byte(p, i) == '^')
		i++;
	if (lex_byte(p, i) == ']')
		i++;
	for (; i < p->end; i++) {
		char c = p->s[i];

		if (c == ']')
			return i + 1;
		if (lex_is((unsigned char)c, stop) || ((b->flags & LEX_IN_ARGUMENT) && c == '}') || (b->group && c == ')'))
			break;
		if (c == '[' && lex_byte(p, i + 1) == ':') {
			uint32_t k = i + 2;

			while (lex_is(lex_byte(p, k), LEX_NAME))
				k++;
			if (lex_byte(p, k) == ':' && lex_byte(p, k + 1) == ']')
				i = k + 1;
		}
	}
	*ret_stop = i;
	return 0;
}

static void bracket(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos, to = 0;

	if (from >= p->no_bracket) {
		uint32_t stop = 0;

		to = bracket_end(p, b, from + 1, &stop);
		if (!to) {
			p->no_bracket = stop;
			p->bracket_quotes = lex_is(lex_byte(p, stop), LEX_QUOTE);
		}
	}
	if (to || p->bracket_quotes) {
		glob_part(p, b, from, to ? to : from + 1);
		return;
	}
	lex_word_text(p, b, from, from + 1, false);
	p->pos = from + 1;
}

void lex_glob(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos, to = from;

	if (p->s[from] == '[') {
		bracket(p, b);
		return;
	}
	while (lex_byte(p, to) == '*' || lex_byte(p, to) == '?')
		to++;
	glob_part(p, b, from, to);
}

/* Unquoted ( behind ? * + @ or ! : the list of an extended glob, where those are switched on. */
bool lex_glob_group(struct lex *p, struct lex_build *b)
{
	struct shell_part *t = b->tail;
	uint32_t from = p->pos;
	char op;

	if (!(p->extglob || (b->flags & LEX_IN_PATTERN)) || !t || t->quoted || t->text.len == 0 ||
	    (t->kind != SHELL_PART_TEXT && t->kind != SHELL_PART_GLOB) || t->text.ptr + t->text.len != p->s + from)
		return false;
	op = t->text.ptr[t->text.len - 1];
	if (!memchr("?*+@!", op, 5))
		return false;
	b->group++;
	if (t->text.len == 1) {
		t->kind = SHELL_PART_GLOB;
		t->text.len = 2;
		p->pos = from + 1;
		t->span.to = lex_offset(p, p->pos);
		return true;
	}
	t->text.len--;
	t->span.to = lex_offset(p, from - 1);
	glob_part(p, b, from - 1, from + 1);
	return true;
}
