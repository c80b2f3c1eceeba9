#include "read/shell/lex_word.h"

enum how {
	PROCESSES = 1,	   /* <(…) means something: in the index of an array */
	ENDS_AT_BRACE = 2, /* a } ends it as well; p then stands at it, and nothing is returned */
};

/* Where parentheses opened, to tell which (( are not closed by )). */
struct open {
	uint32_t at[SHELL_MAX_DEPTH];
	size_t n;
};

static bool known(const struct lex *p, uint32_t at)
{
	return p->no_arithmetic && (p->no_arithmetic[at >> 3] >> (at & 7) & 1);
}

static void remember(struct lex *p, uint32_t at)
{
	if (!p->no_arithmetic)
		p->no_arithmetic = arena_alloc(p->arena, ((p->stopped ? p->limit : p->end) >> 3) + 1);
	if (p->no_arithmetic)
		p->no_arithmetic[at >> 3] |= (uint8_t)(1 << (at & 7));
}

static void plain(struct lex *p, struct lex_build *b, uint32_t n)
{
	lex_word_text(p, b, p->pos, p->pos + n, true);
	p->pos += n;
}

/* ( or [ inside. False: too deep. */
static bool opening(struct lex *p, struct open *o)
{
	if (o->n >= SHELL_MAX_DEPTH) {
		p->too_deep = true;
		lex_stop(p, p->pos, STR("deeper than 200"));
		return false;
	}
	o->at[o->n++] = p->pos;
	return true;
}

/* ) or ] inside, not the last one. */
static void closing(struct lex *p, struct open *o)
{
	uint32_t at = o->at[--o->n];

	/* The one outside of it opened right before: that pair is arithmetic only if the next byte closes it. */
	if (p->s[p->pos] == ')' && o->n > 0 && o->at[o->n - 1] + 1 == at && lex_byte(p, p->pos + 1) != ')')
		remember(p, o->at[o->n - 1]);
}

static bool quoting(struct lex *p, struct lex_build *b)
{
	int next;

	switch (p->s[p->pos]) {
	case '\\':
		next = lex_byte(p, p->pos + 1);
		if (next == '\n')
			p->pos += 2;
		else
			plain(p, b, next < 0 ? 1 : 2);
		return true;
	case '\'':
		lex_quote_single(p, b);
		return true;
	case '"':
		lex_quote(p, b);
		return true;
	case '$':
		lex_dollar(p, b, true);
		return true;
	case '`':
		lex_dollar_backquote(p, b, true);
		return true;
	}
	return false;
}

/* Up to the ${close} that opened before; p stands behind it. */
static struct shell_word *expression(struct lex *p, int close, struct open *o, unsigned how)
{
	struct lex_build b = lex_word_begin(p, LEX_QUOTED);
	int open = close == ')' ? '(' : '[';
	unsigned mask = LEX_QUOTE | LEX_PAREN | (how & PROCESSES ? LEX_BREAK : 0);
	size_t base = o->n;

	for (;;) {
		uint32_t from = p->pos, to = lex_until(p, from, mask);
		int c;

		if (to > from)
			plain(p, &b, to - from);
		c = lex_byte(p, to);
		if (c < 0) {
			lex_stop(p, p->pos, close == ')' ? STR("unclosed `(('") : STR("unclosed `['"));
			break;
		}
		if (quoting(p, &b))
			continue;
		if ((how & PROCESSES) && (c == '<' || c == '>') && lex_after(p, to) == '(') {
			lex_dollar_process(p, &b);
			continue;
		}
		if (c == close && o->n == base)
			break;
		if (c == '}' && (how & ENDS_AT_BRACE))
			return NULL;
		if (c == open && !opening(p, o))
			break;
		if (c == close)
			closing(p, o);
		plain(p, &b, 1);
	}
	if (b.word)
		b.word->span.to = lex_offset(p, p->pos);
	if (!p->stopped)
		p->pos++;
	return b.word;
}

struct shell_word *lex_arithmetic(struct lex *p, bool subscript)
{
	struct open o;

	o.n = 0;
	return expression(p, ']', &o, subscript ? PROCESSES : 0);
}

struct shell_word *lex_arithmetic_index(struct lex *p)
{
	struct open o;

	o.n = 0;
	return expression(p, ']', &o, PROCESSES | ENDS_AT_BRACE);
}

struct shell_word *lex_arithmetic_try(struct lex *p, bool pair, struct lex_made **ret_made)
{
	uint32_t from = p->pos;
	struct lex_made **last = p->made_last, *made = NULL;
	struct shell_word *word;
	struct open o;

	*ret_made = NULL;
	if (!pair && known(p, from))
		return NULL;
	p->trying++;
	p->made_last = &made;
	p->pos = lex_skip(p, from + 1);
	o.at[0] = p->pos++;
	o.n = 1;
	word = expression(p, ')', &o, 0);
	if (!p->stopped && lex_peek(p) == ')') {
		p->pos++;
		*ret_made = NULL;
	} else if (!p->stopped) {
		remember(p, from);
		(void)lex_again(p, p->pos - from);
		o.n = 0;
		if (pair)
			(void)expression(p, ')', &o, 0);
		else
			p->pos = from;
		word = NULL;
		*ret_made = made;
	}
	p->trying--;
	p->made_last = last;
	return word;
}
