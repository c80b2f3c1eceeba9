#include "read/shell/lex_word.h"
#include "read/shell/parse.h"

static PAWL_INLINE struct lex_build begin(struct lex *p, unsigned flags)
{
	struct lex_build b = { .word = ARENA_NEW(p->arena, struct shell_word), .flags = flags };

	if (b.word)
		b.word->span = lex_span(p, p->pos, p->pos);
	return b;
}

struct lex_build lex_word_begin(struct lex *p, unsigned flags)
{
	return begin(p, flags);
}

struct shell_word *lex_word_end(struct lex *p, struct lex_build *b)
{
	if (!b->word)
		return NULL;
	b->word->span.to = lex_offset(p, p->pos);
	if (b->group)
		lex_stop(p, p->pos, STR("unclosed `('"));
	if (b->fold)
		lex_brace_fold(p, b->word);
	return b->word;
}

struct shell_part *lex_word_part(struct lex *p, struct lex_build *b, enum shell_part_kind kind, uint32_t from)
{
	struct shell_part *part;

	if (!b->word)
		return NULL;
	part = ARENA_NEW(p->arena, struct shell_part);
	if (!part)
		return NULL;
	part->kind = kind;
	part->span = lex_span(p, from, p->pos > from ? p->pos : from);
	if (b->tail)
		b->tail->next = part;
	else
		b->word->first = part;
	b->tail = part;
	return part;
}

void lex_word_text(struct lex *p, struct lex_build *b, uint32_t from, uint32_t to, bool quoted)
{
	struct shell_part *t = b->tail;

	if (t && t->kind == SHELL_PART_TEXT && t->quoted == quoted && t->text.ptr + t->text.len == p->s + from) {
		t->text.len += to - from;
		t->span.to = lex_offset(p, to);
		return;
	}
	t = lex_word_part(p, b, SHELL_PART_TEXT, from);
	if (!t)
		return;
	t->quoted = quoted;
	t->text = lex_text(p, from, to);
	t->span.to = lex_offset(p, to);
}

/* Bytes that do not stand in the text as they are; always quoted. */
void lex_word_string(struct lex *p, struct lex_build *b, uint32_t from, struct str text)
{
	struct shell_part *t = lex_word_part(p, b, SHELL_PART_TEXT, from);

	if (!t)
		return;
	t->quoted = true;
	t->text = text;
}

bool lex_word_starts_on(const struct lex *p)
{
	uint32_t i = lex_skip(p, p->pos);
	int c = lex_byte(p, i);

	if (c < 0)
		return false;
	if (!lex_is(c, LEX_BREAK))
		return true;
	return (c == '<' || c == '>') && lex_after(p, i) == '(';
}

/* At a ~ that may stand for a home. */
static PAWL_NOINLINE void tilde(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos;
	uint32_t to = lex_until(p, from + 1, LEX_BREAK | LEX_QUOTE | LEX_GLOB | LEX_BRACE | LEX_TILDE | LEX_PAREN);
	int c = lex_byte(p, lex_skip(p, to));
	struct shell_part *part;

	if (c >= 0 && c != '/' && !lex_is(c, LEX_BREAK) && !(c == ':' && (b->flags & LEX_IN_VALUE)) &&
	    !(b->opened && (c == ',' || c == '}')) && !((b->flags & LEX_IN_ARGUMENT) && c == '}')) {
		lex_word_text(p, b, from, from + 1, false);
		p->pos = from + 1;
		return;
	}
	p->pos = to;
	part = lex_word_part(p, b, SHELL_PART_TILDE, from);
	if (part)
		part->text = lex_text(p, from + 1, to);
}

/* Is what stands in the word so far NAME= or NAME+=? */
static bool assigns(const struct lex_build *b)
{
	const struct shell_part *t = b->word ? b->word->first : NULL;
	size_t n;

	if (!t || t != b->tail || t->kind != SHELL_PART_TEXT || t->quoted || t->text.len < 2)
		return false;
	n = t->text.len - 1;
	if (t->text.ptr[n] != '=')
		return false;
	n -= t->text.ptr[n - 1] == '+';
	if (n == 0 || (t->text.ptr[0] >= '0' && t->text.ptr[0] <= '9'))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!lex_is((unsigned char)t->text.ptr[i], LEX_NAME))
			return false;
	}
	return true;
}

/* NAME[index]= with the index as a glob. */
static bool assigns_element(const struct lex_build *b)
{
	const struct shell_part *t = b->tail, *name = b->word ? b->word->first : NULL;

	return t && name && name->kind == SHELL_PART_TEXT && name->next && name->next->kind == SHELL_PART_GLOB && name->next->next == t &&
	       t->kind == SHELL_PART_TEXT && !t->quoted && (str_is(t->text, "=") || str_is(t->text, "+="));
}

/* ~ and : inside a word. */
static PAWL_NOINLINE void tilde_inside(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos;

	if (p->s[from] == ':') {
		lex_word_text(p, b, from, from + 1, false);
		p->pos = from + 1;
		if ((b->flags & LEX_IN_VALUE) && lex_peek(p) == '~')
			tilde(p, b);
	} else if (assigns(b)) {
		b->flags |= LEX_IN_VALUE;
		tilde(p, b);
	} else {
		lex_word_text(p, b, from, from + 1, false);
		p->pos = from + 1;
	}
}

/* Unquoted ( inside a word. False: the word ends before it. */
static bool parenthesis(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos;

	if (b->flags & (LEX_IN_REGEX | LEX_IN_ARGUMENT) || b->group) {
		b->group += !(b->flags & LEX_IN_ARGUMENT);
		lex_word_text(p, b, from, from + 1, false);
		p->pos = from + 1;
		return true;
	}
	if (p->assign_ok && (assigns(b) || assigns_element(b))) {
		struct shell_part *part = lex_word_part(p, b, SHELL_PART_ARRAY, from);

		p->pos++;
		parse_array(p, part);
		if (part)
			part->span.to = lex_offset(p, p->pos);
		return true;
	}
	return lex_glob_group(p, b);
}

/* A byte that ends a word, if it does. */
static PAWL_NOINLINE bool breaking(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos;
	int c = lex_byte(p, from);

	if ((c == '<' || c == '>') && lex_after(p, from) == '(') {
		lex_dollar_process(p, b);
		return true;
	}
	if (c == '(')
		return parenthesis(p, b);
	if (b->group && (c == ')' || c == '|') && !(b->flags & LEX_IN_REGEX)) {
		struct shell_part *part;

		p->pos++;
		part = lex_word_part(p, b, SHELL_PART_GLOB, from);
		if (part)
			part->text = lex_text(p, from, from + 1);
		b->group -= c == ')';
		return true;
	}
	if (!b->group && !(b->flags & LEX_IN_ARGUMENT) && !(c == '|' && (b->flags & LEX_IN_REGEX)))
		return false;
	b->group -= b->group && c == ')';
	lex_word_text(p, b, from, from + 1, false);
	p->pos = from + 1;
	return true;
}

/* { } , and what ends the argument of ${…}. */
static PAWL_NOINLINE bool brace(struct lex *p, struct lex_build *b)
{
	int c = lex_byte(p, p->pos);

	if (c == '}' && (b->flags & LEX_IN_ARGUMENT))
		return false;
	if ((b->flags & LEX_IN_BRACES) && !b->group) {
		lex_brace_mark(p, b);
		c = lex_peek(p);
		if (c == '~' && b->opened && b->word && b->word->first && b->word->first->kind == SHELL_PART_BRACE)
			tilde(p, b);
		return true;
	}
	lex_word_text(p, b, p->pos, p->pos + 1, false);
	p->pos++;
	return true;
}

/* A byte that means something. False: the word ends before it. */
static bool special(struct lex *p, struct lex_build *b)
{
	int c = lex_byte(p, p->pos);

	if (c < 0)
		return false;
	if (c == '$' && lex_is(lex_byte(p, p->pos + 1), LEX_NAME | LEX_PAREN)) {
		lex_dollar(p, b, false);
		return !lex_at_end(p);
	}
	if (lex_is(c, LEX_QUOTE)) {
		lex_quote(p, b);
		return !lex_at_end(p);
	}
	if (lex_is(c, LEX_BREAK))
		return breaking(p, b);
	if (lex_is(c, LEX_BRACE))
		return brace(p, b);
	if (lex_is(c, LEX_GLOB)) {
		lex_glob(p, b);
		return true;
	}
	if ((c == ':' && (b->flags & LEX_TO_COLON)) || (c == '/' && (b->flags & LEX_TO_SLASH)))
		return false;
	if (lex_is(c, LEX_TILDE)) {
		tilde_inside(p, b);
		return true;
	}
	lex_word_text(p, b, p->pos, p->pos + 1, false);
	p->pos++;
	return true;
}

/* The usual: a blank or an operator ends the word, nothing to weigh. */
static inline bool ends_word(const struct lex_build *b, char c)
{
	return c != '(' && c != '<' && c != '>' && !b->group && !(b->flags & (LEX_IN_ARGUMENT | LEX_IN_REGEX));
}

static PAWL_INLINE void run(struct lex *p, struct lex_build *b)
{
	unsigned mask = LEX_BREAK | LEX_QUOTE | LEX_GLOB | LEX_BRACE | LEX_TILDE;

	if (b->flags & (LEX_TO_COLON | LEX_TO_SLASH))
		mask |= LEX_PAREN;
	for (;;) {
		uint32_t from = p->pos, to = lex_until(p, from, mask);

		if (to > from) {
			lex_word_text(p, b, from, to, false);
			p->pos = to;
		}
		if (to >= p->end || (lex_is((unsigned char)p->s[to], LEX_BREAK) && ends_word(b, p->s[to])))
			return;
		if (!special(p, b))
			return;
	}
}

void lex_word_run(struct lex *p, struct lex_build *b)
{
	run(p, b);
}

struct shell_word *lex_word(struct lex *p, unsigned flags)
{
	struct lex_build b;

	if (lex_peek(p) < 0)
		return NULL;
	b = begin(p, flags);
	if (p->s[p->pos] == '~' && !(flags & LEX_NO_TILDE))
		tilde(p, &b);
	run(p, &b);
	return lex_word_end(p, &b);
}
