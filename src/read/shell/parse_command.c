#include "read/shell/parse.h"

/* ${c} is not simple. False: no memory. */
static bool compounds(struct lex *p, struct shell_command *c)
{
	c->compound = ARENA_NEW(p->arena, struct shell_compound);
	return c->compound;
}

struct shell_command *parse_command_new(struct lex *p, enum shell_command_kind kind)
{
	struct shell_command *c = ARENA_NEW(p->arena, struct shell_command);

	if (!c)
		return NULL;
	c->kind = kind;
	c->span = lex_span(p, p->pos, p->pos);
	return kind == SHELL_SIMPLE || compounds(p, c) ? c : NULL;
}

/* [index]=value or [index]+=value inside a=( … ), at the [. */
static struct shell_word *indexed(struct lex *p)
{
	struct lex_build b = lex_word_begin(p, LEX_IN_VALUE);
	struct shell_word *index;
	uint32_t from = p->pos;

	p->pos++;
	index = lex_arithmetic(p, true);
	if (!b.word)
		return NULL;
	if (lex_take(p, "=") || lex_take(p, "+=")) {
		struct shell_word *value = lex_word_starts(p) ? lex_word(p, LEX_IN_VALUE) : NULL;

		b.word->first = value ? value->first : NULL;
		b.word->index_of = index;
		return lex_word_end(p, &b);
	}
	/* No index after all: a bracket of a glob. */
	lex_word_text(p, &b, from, from + 1, false);
	if (b.tail && index) {
		b.tail->kind = SHELL_PART_GLOB;
		b.tail->next = index->first;
		while (b.tail->next)
			b.tail = b.tail->next;
		if (!p->stopped)
			lex_word_text(p, &b, p->pos - 1, p->pos, false);
	}
	lex_word_run(p, &b);
	return lex_word_end(p, &b);
}

void parse_array(struct lex *p, struct shell_part *part)
{
	struct shell_word *lost = NULL, **last = part ? &part->words : &lost;
	uint32_t from = p->pos;

	if (!lex_enter(p))
		return;
	for (;;) {
		struct shell_word *word;

		parse_newlines(p);
		if (lex_peek(p) == ')') {
			p->pos++;
			break;
		}
		if (!lex_word_starts(p)) {
			if (lex_peek(p) < 0)
				lex_stop(p, from - 1, STR("unclosed `('"));
			else
				lex_unexpected(p);
			break;
		}
		word = lex_peek(p) == '[' ? indexed(p) : lex_word(p, LEX_IN_BRACES);
		if (!word)
			break;
		*last = word;
		last = &word->next;
	}
	lex_leave(p);
}

/* The value behind =. */
static struct shell_word *value(struct lex *p)
{
	struct lex_build b;
	struct shell_part *part;
	uint32_t from;

	if (lex_peek(p) != '(')
		return lex_word_starts(p) ? lex_word(p, LEX_IN_VALUE) : NULL;
	b = lex_word_begin(p, 0);
	from = p->pos;
	part = lex_word_part(p, &b, SHELL_PART_ARRAY, from);
	p->pos++;
	parse_array(p, part);
	if (part)
		part->span.to = lex_offset(p, p->pos);
	lex_word_run(p, &b); /* a=(1)b is one word */
	return lex_word_end(p, &b);
}

/* name[…] that was no assignment: a word that begins so. */
static struct shell_word *not_assigned(struct lex *p, uint32_t from, uint32_t name_end, struct shell_word *index)
{
	uint32_t end = p->pos;
	struct lex_build b;

	p->pos = from;
	b = lex_word_begin(p, LEX_IN_BRACES);
	lex_word_text(p, &b, from, name_end, false);
	p->pos = name_end;
	if (lex_word_part(p, &b, SHELL_PART_GLOB, name_end)) {
		b.tail->text = STR("[");
		b.tail->next = index ? index->first : NULL;
		while (b.tail->next)
			b.tail = b.tail->next;
	}
	p->pos = end;
	if (!p->stopped && end > 0)
		lex_word_text(p, &b, end - 1, end, false);
	lex_word_run(p, &b);
	return lex_word_end(p, &b);
}

/**
 * assignment(p, ret_word):
 * The assignment that stands here, or NULL; *${ret_word} is then a word already read, if there is one.
 */
static PAWL_NOINLINE struct shell_assignment *assignment(struct lex *p, struct shell_word **ret_word)
{
	uint32_t from = p->pos, end;
	struct shell_word *index = NULL;
	struct shell_assignment *a;
	struct str name;
	bool append;

	end = lex_name(p, from, &name);
	if (end == from)
		return NULL;
	p->pos = end;
	if (lex_peek(p) == '[') {
		p->pos++;
		index = lex_arithmetic(p, true);
	}
	append = lex_take(p, "+=");
	if (!append && !lex_take(p, "=")) {
		if (index)
			*ret_word = not_assigned(p, from, end, index);
		else
			p->pos = from;
		return NULL;
	}
	a = ARENA_NEW(p->arena, struct shell_assignment);
	if (!a)
		return NULL;
	a->name = name;
	a->index = index;
	a->append = append;
	a->value = value(p);
	a->span = lex_span(p, from, p->pos);
	return a;
}

/* Is ${word} a builtin whose arguments may be a=(…)? */
static PAWL_NOINLINE bool declares(const struct shell_word *word)
{
	static const struct str names[] = {
		STR_INIT("declare"), STR_INIT("typeset"), STR_INIT("export"), STR_INIT("readonly"),
		STR_INIT("local"),   STR_INIT("alias"),	  STR_INIT("eval"),   STR_INIT("let"),
	};
	char text[8];
	size_t n = 0;

	for (const struct shell_part *part = word->first; part; part = part->next) {
		if (part->kind != SHELL_PART_TEXT || part->quoted || part->text.len > sizeof(text) - n)
			return false;
		memcpy(text + n, part->text.ptr, part->text.len);
		n += part->text.len;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (n == names[i].len && memcmp(text, names[i].ptr, n) == 0)
			return true;
	}
	return false;
}

/* `name (` `)`: a function begins. At the (. */
static PAWL_NOINLINE void function(struct lex *p, struct shell_command *c)
{
	struct shell_word *word = c->words;

	p->pos++;
	lex_blank(p);
	if (lex_peek(p) != ')' || c->assignments || c->redirections) {
		if (c->assignments || c->redirections)
			p->pos--;
		lex_unexpected(p);
		return;
	}
	p->pos++;
	if (!compounds(p, c))
		return;
	c->kind = SHELL_FUNCTION;
	c->compound->name = word->first && !word->first->next ? word->first->text : STR_NONE;
	c->words = NULL;
	parse_newlines(p);
	parse_compound_function(p, c);
}

/* Assignments, words and redirections, until something else. */
static void simple(struct lex *p, struct shell_command *c)
{
	struct shell_assignment **last_assignment = &c->assignments;
	struct shell_redirection **last_redirection = &c->redirections;
	struct shell_word **last = &c->words;
	bool assign_ok = p->assign_ok;

	p->assign_ok = false;
	for (;;) {
		struct shell_word *word = NULL;
		uint32_t to = p->pos;

		lex_blank(p);
		if (parse_redirect(p, &last_redirection))
			continue;
		if (!lex_word_starts(p)) {
			c->span.to = lex_offset(p, to);
			break;
		}
		if (!c->words && lex_is(lex_byte(p, p->pos), LEX_NAME)) {
			struct shell_assignment *a = assignment(p, &word);

			if (a) {
				*last_assignment = a;
				last_assignment = &a->next;
				continue;
			}
		}
		if (!word)
			word = lex_word(p, LEX_IN_BRACES);
		if (!word)
			break;
		c->span.to = word->span.to;
		*last = word;
		last = &word->next;
		if (lex_at_end(p))
			break;
		if (word != c->words)
			continue;
		p->assign_ok = word->span.to - word->span.from >= 3 && declares(word);
		if (lex_peek(p) == '(' || (lex_blank(p), lex_peek(p) == '(')) {
			function(p, c);
			c->span.to = lex_offset(p, p->pos);
			break;
		}
	}
	p->assign_ok = assign_ok;
}

/* Redirections behind a compound command. True when any stood there. */
static bool redirections(struct lex *p, struct shell_command *c)
{
	struct shell_redirection **last = &c->redirections;

	while (*last)
		last = &(*last)->next;
	for (;;) {
		lex_blank(p);
		if (!parse_redirect(p, &last))
			return c->redirections != NULL;
	}
}

/* The compound command that stands here, or NULL. */
static struct shell_command *compound(struct lex *p)
{
	struct shell_command *c;
	enum parse_reserved word;
	uint32_t end = 0;

	if (lex_peek(p) == '(') {
		c = parse_command_new(p, SHELL_SUBSHELL);
		if (c)
			parse_compound_subshell(p, c);
		return c;
	}
	word = parse_reserved(p, &end);
	if (word == PARSE_NONE || word == PARSE_TIME)
		return NULL;
	c = parse_command_new(p, SHELL_SIMPLE);
	if (!c || !compounds(p, c))
		return NULL;
	p->pos = end;
	parse_compound(p, c, word);
	return c;
}

struct shell_command *parse_command(struct lex *p)
{
	struct shell_command *c;

	lex_blank(p);
	if (lex_peek(p) < 0 || !lex_enter(p))
		return NULL;
	c = compound(p);
	if (c) {
		c->span.to = lex_offset(p, p->pos);
		if (redirections(p, c)) {
			c->span.to = lex_offset(p, p->pos);
			if (lex_word_starts(p))
				lex_unexpected(p);
		}
	} else {
		c = parse_command_new(p, SHELL_SIMPLE);
		if (c)
			simple(p, c);
		if (c && !c->words && !c->assignments && !c->redirections && c->kind == SHELL_SIMPLE)
			c = NULL;
	}
	lex_leave(p);
	return c;
}
