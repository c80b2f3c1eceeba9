#include "read/shell/parse.h"

void parse_loop_do(struct lex *p, struct shell_command *c)
{
	parse_reserved_need(p, PARSE_DO);
	c->compound->body = parse_list(p);
	parse_reserved_need(p, PARSE_DONE);
}

/* do … done, or { … } as bash takes it for loops over words and numbers. */
static void loop_body(struct lex *p, struct shell_command *c)
{
	if (parse_reserved_take(p, PARSE_OPEN)) {
		c->compound->body = parse_list(p);
		parse_reserved_need(p, PARSE_CLOSE);
	} else {
		parse_loop_do(p, c);
	}
}

/* for ((a; b; c)), at the parentheses. */
static void arithmetic(struct lex *p, struct shell_command *c)
{
	uint32_t from = p->pos;
	struct lex_made *made;
	unsigned semicolons = 0;

	c->kind = SHELL_FOR_ARITHMETIC;
	c->compound->subject = lex_arithmetic_try(p, false, &made);
	if (!c->compound->subject) {
		p->pos = from + 1;
		lex_unexpected(p);
		return;
	}
	for (const struct shell_part *part = c->compound->subject->first; part; part = part->next) {
		for (size_t i = 0; part->kind == SHELL_PART_TEXT && i < part->text.len; i++)
			semicolons += part->text.ptr[i] == ';';
	}
	if (semicolons != 2)
		lex_stop(p, from, STR("three expressions are needed"));
	lex_blank(p);
	if (lex_peek(p) == ';' && !lex_looks(p, ";;"))
		p->pos++;
	parse_newlines(p);
	loop_body(p, c);
}

/* in words, up to ; or the end of the line */
static void words(struct lex *p, struct shell_command *c)
{
	struct shell_word **last = &c->words;

	c->has_in = true;
	for (;;) {
		lex_blank(p);
		if (!lex_word_starts(p))
			break;
		*last = lex_word(p, LEX_IN_BRACES);
		if (!*last)
			return;
		last = &(*last)->next;
	}
	if (lex_peek(p) == ';' && !lex_looks(p, ";;") && !lex_looks(p, ";&"))
		p->pos++;
	else if (lex_peek(p) != '\n')
		lex_unexpected(p);
	parse_newlines(p);
}

void parse_loop_for(struct lex *p, struct shell_command *c)
{
	struct shell_word *word;
	uint32_t from;

	lex_blank(p);
	if (c->kind == SHELL_FOR && lex_looks(p, "((")) {
		arithmetic(p, c);
		return;
	}
	if (!lex_word_starts(p)) {
		lex_unexpected(p);
		return;
	}
	from = p->pos;
	word = lex_word(p, 0);
	c->compound->name = word && word->first && !word->first->next ? word->first->text : lex_text(p, from, p->pos);
	lex_blank(p);
	if (lex_peek(p) == ';' && !lex_looks(p, ";;")) {
		p->pos++;
		parse_newlines(p);
		loop_body(p, c);
		return;
	}
	parse_newlines(p);
	if (parse_reserved_take(p, PARSE_IN))
		words(p, c);
	loop_body(p, c);
}
