#include "read/shell/lex_word.h"

#define BRACE_MAX 64 /* inside each other */

/* Until the word is whole, marks are parts of kind BRACE that say so in `op`. */
static bool is_mark(const struct shell_part *part)
{
	return part->kind == SHELL_PART_BRACE && part->op == SHELL_OP_UNKNOWN;
}

void lex_brace_mark(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos;
	char c = p->s[from];
	struct shell_part *part;

	if ((c != '{' && !b->opened) || (c == '{' && lex_byte(p, from + 1) == '}')) {
		p->pos = from + (c == '{' ? 2 : 1);
		lex_word_text(p, b, from, p->pos, false);
		return;
	}
	p->pos = from + 1;
	part = lex_word_part(p, b, SHELL_PART_BRACE, from);
	if (!part)
		return;
	part->op = SHELL_OP_UNKNOWN;
	part->text = lex_text(p, from, from + 1);
	b->fold = true;
	b->opened = c == '{' ? b->opened + 1 : b->opened - (c == '}');
}

static void to_text(struct shell_part *part)
{
	part->kind = SHELL_PART_TEXT;
	part->op = SHELL_OP_NONE;
}

static bool number(struct str s)
{
	size_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');

	if (i >= s.len || s.len > 20)
		return false;
	for (; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	}
	return true;
}

static bool letter(struct str s)
{
	return s.len == 1 && ((s.ptr[0] >= 'a' && s.ptr[0] <= 'z') || (s.ptr[0] >= 'A' && s.ptr[0] <= 'Z'));
}

/* 1..9, a..f, 1..9..2 */
static bool is_sequence(struct str s)
{
	size_t k = str_find(s, STR("..")), m;
	struct str from, to;

	if (k == SIZE_MAX)
		return false;
	from = str_sub(s, 0, k);
	s = str_sub(s, k + 2, s.len);
	m = str_find(s, STR(".."));
	to = str_sub(s, 0, m);
	if (m != SIZE_MAX && !number(str_sub(s, m + 2, s.len)))
		return false;
	return (number(from) && number(to)) || (letter(from) && letter(to));
}

/* ${open} … ${close}: alternatives between the commas. */
static void alternatives(struct lex *p, struct shell_part *open, struct shell_part *close)
{
	struct shell_word **last = &open->words;
	struct shell_part *part = open->next, *before = open;

	for (;;) {
		struct shell_word *word = ARENA_NEW(p->arena, struct shell_word);
		struct shell_part **end;

		if (!word)
			return;
		word->span.from = before->span.to;
		*last = word;
		last = &word->next;
		end = &word->first;
		while (part != close && !(is_mark(part) && part->text.ptr[0] == ',')) {
			*end = part;
			end = &part->next;
			part = part->next;
		}
		*end = NULL;
		word->span.to = part->span.from;
		if (part == close)
			break;
		before = part;
		part = part->next;
	}
	open->op = SHELL_OP_NONE;
	open->text = STR_NONE;
	open->span.to = close->span.to;
	open->next = close->next;
}

/* What ${close} makes of its ${open}; what stands there afterwards, to go on from. */
static struct shell_part *close_one(struct lex *p, struct shell_part *open, struct shell_part *close, bool comma)
{
	struct shell_part *only = open->next;

	if (comma) {
		alternatives(p, open, close);
		return open;
	}
	if (only != close && only->next == close && only->kind == SHELL_PART_TEXT && !only->quoted && is_sequence(only->text)) {
		open->op = SHELL_OP_NONE;
		open->text = only->text;
		open->span.to = close->span.to;
		open->next = close->next;
		return open;
	}
	to_text(open);
	to_text(close);
	return close;
}

/* Marks that found no partner are text, and so is a ~ behind them. */
static void leftovers(struct shell_part *part)
{
	for (; part; part = part->next) {
		if (!is_mark(part))
			continue;
		to_text(part);
		if (part->next && part->next->kind == SHELL_PART_TILDE) {
			to_text(part->next);
			part->next->text.ptr--;
			part->next->text.len++;
		}
	}
}

/* a{b}c was five parts: one again. */
static void join(struct shell_part *part)
{
	while (part && part->next) {
		struct shell_part *next = part->next;

		if (part->kind != SHELL_PART_TEXT || next->kind != SHELL_PART_TEXT || part->quoted != next->quoted ||
		    part->text.ptr + part->text.len != next->text.ptr) {
			part = next;
			continue;
		}
		part->text.len += next->text.len;
		part->span.to = next->span.to;
		part->next = next->next;
	}
}

void lex_brace_fold(struct lex *p, struct shell_word *word)
{
	struct shell_part *open[BRACE_MAX];
	bool comma[BRACE_MAX];
	size_t n = 0;

	for (struct shell_part *part = word->first; part; part = part->next) {
		if (!is_mark(part))
			continue;
		if (part->text.ptr[0] == '{' && n == BRACE_MAX) {
			p->too_deep = true;
			lex_stop(p, p->pos, STR("braces deeper than 64"));
			break;
		}
		if (part->text.ptr[0] == '{') {
			open[n] = part;
			comma[n++] = false;
		} else if (part->text.ptr[0] == ',') {
			comma[n - 1] = true;
		} else {
			n--;
			part = close_one(p, open[n], part, comma[n]);
		}
	}
	leftovers(word->first);
	join(word->first);
}
