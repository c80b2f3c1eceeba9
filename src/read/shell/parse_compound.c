#include "read/shell/parse.h"

/* Behind `if` or `elif`, up to but not with fi. */
static void condition(struct lex *p, struct shell_command *c)
{
	c->kind = SHELL_IF;
	c->compound->condition = parse_list(p);
	parse_reserved_need(p, PARSE_THEN);
	c->compound->body = parse_list(p);
}

static struct shell_list *list_of(struct lex *p, struct shell_command *c)
{
	struct shell_list *list = ARENA_NEW(p->arena, struct shell_list);
	struct shell_item *item = ARENA_NEW(p->arena, struct shell_item);

	if (!list || !item)
		return NULL;
	item->first = c;
	list->first = item;
	list->span = c->span;
	return list;
}

/* An elif is an IF alone in otherwise; a chain of them is no deeper for the parser. */
static void parse_if(struct lex *p, struct shell_command *c)
{
	struct shell_command *inner = c;
	size_t n = 0;

	condition(p, c);
	while (parse_reserved_take(p, PARSE_ELIF)) {
		struct shell_command *next = parse_command_new(p, SHELL_IF);

		if (!next)
			return;
		condition(p, next);
		n++;
		inner->compound->otherwise = list_of(p, next);
		inner = next;
	}
	if (parse_reserved_take(p, PARSE_ELSE))
		inner->compound->otherwise = parse_list(p);
	parse_reserved_need(p, PARSE_FI);
	/* Each elif reaches to the fi. */
	for (inner = c; n > 0 && inner->compound->otherwise; n--) {
		inner->compound->otherwise->span.to = lex_offset(p, p->pos);
		inner = inner->compound->otherwise->first->first;
		inner->span.to = lex_offset(p, p->pos);
	}
}

/* a|b) list ;; At the pattern. */
static struct shell_case *one_case(struct lex *p)
{
	struct shell_case *k = ARENA_NEW(p->arena, struct shell_case);
	struct shell_word **last;

	if (!k)
		return NULL;
	last = &k->patterns;
	for (;;) {
		struct shell_word *word;

		lex_blank(p);
		word = lex_word_starts(p) ? lex_word(p, 0) : NULL;
		if (!word) {
			lex_unexpected(p);
			return k;
		}
		*last = word;
		last = &word->next;
		lex_blank(p);
		if (!lex_take(p, "|"))
			break;
	}
	if (lex_take(p, ")")) {
		struct shell_list *list = ARENA_NEW(p->arena, struct shell_list);

		parse_newlines(p);
		k->body = list;
		if (list)
			list->span = lex_span(p, p->pos, p->pos);
		if (lex_peek(p) >= 0 && !lex_looks(p, ";;") && !lex_looks(p, ";&")) {
			uint32_t end;

			if (parse_reserved(p, &end) != PARSE_ESAC)
				k->body = parse_list(p);
		}
	} else {
		lex_unexpected(p);
	}
	return k;
}

/* ;; ;& ;;& behind a clause; false: none. */
static bool case_end(struct lex *p, struct shell_case *k)
{
	lex_blank(p);
	k->end = ';';
	if (lex_take(p, ";;&"))
		k->end = 'c';
	else if (lex_take(p, ";&"))
		k->end = '&';
	else if (!lex_take(p, ";;"))
		return false;
	return true;
}

static void parse_case(struct lex *p, struct shell_command *c)
{
	struct shell_case **last = &c->compound->cases;

	c->kind = SHELL_CASE;
	lex_blank(p);
	if (!lex_word_starts(p)) {
		lex_unexpected(p);
		return;
	}
	c->compound->subject = lex_word(p, 0);
	parse_newlines(p);
	parse_reserved_need(p, PARSE_IN);
	while (!p->stopped) {
		struct shell_case *k;

		parse_newlines(p);
		if (parse_reserved_take(p, PARSE_ESAC))
			return;
		(void)lex_take(p, "(");
		k = one_case(p);
		if (!k)
			return;
		*last = k;
		last = &k->next;
		if (!case_end(p, k)) {
			parse_newlines(p);
			parse_reserved_need(p, PARSE_ESAC);
			return;
		}
	}
}

void parse_compound_subshell(struct lex *p, struct shell_command *c)
{
	uint32_t from = p->pos;
	const struct lex_made *reuse = p->reuse;
	struct lex_made *made = NULL;

	if (lex_after(p, from) == '(') {
		c->compound->subject = lex_arithmetic_try(p, false, &made);
		if (c->compound->subject) {
			c->kind = SHELL_ARITHMETIC;
			return;
		}
	}
	if (made)
		p->reuse = made;
	p->pos = from + 1;
	c->compound->body = parse_list(p);
	lex_blank(p);
	if (lex_peek(p) == ')')
		p->pos++;
	else
		lex_unexpected(p);
	p->reuse = reuse;
}

static void group(struct lex *p, struct shell_command *c)
{
	c->kind = SHELL_GROUP;
	c->compound->body = parse_list(p);
	parse_reserved_need(p, PARSE_CLOSE);
}

/* The body of a function: a compound command with its redirections. */
void parse_compound_function(struct lex *p, struct shell_command *c)
{
	struct shell_list *list;
	struct shell_command *body;
	uint32_t end = 0;
	int next = lex_peek(p);

	switch (next == '(' ? PARSE_OPEN : parse_reserved(p, &end)) {
	case PARSE_IF:
	case PARSE_CASE:
	case PARSE_FOR:
	case PARSE_SELECT:
	case PARSE_WHILE:
	case PARSE_UNTIL:
	case PARSE_OPEN:
	case PARSE_TEST:
		break;
	case PARSE_NONE:
	case PARSE_THEN:
	case PARSE_ELSE:
	case PARSE_ELIF:
	case PARSE_FI:
	case PARSE_ESAC:
	case PARSE_DO:
	case PARSE_DONE:
	case PARSE_IN:
	case PARSE_FUNCTION:
	case PARSE_TIME:
	case PARSE_COPROC:
	case PARSE_CLOSE:
	case PARSE_NOT:
	case PARSE_TEST_END:
		lex_unexpected(p);
		return;
	}
	body = parse_command(p);
	if (!body)
		return;
	list = list_of(p, body);
	c->compound->body = list;
	c->span.to = lex_offset(p, p->pos);
}

/* function name [()] body */
static void function(struct lex *p, struct shell_command *c)
{
	uint32_t from, to;

	c->kind = SHELL_FUNCTION;
	lex_blank(p);
	from = p->pos;
	if (!lex_word_starts(p)) {
		lex_unexpected(p);
		return;
	}
	(void)lex_word(p, 0);
	to = p->pos;
	c->compound->name = lex_text(p, from, to);
	lex_blank(p);
	if (lex_looks(p, "(")) {
		uint32_t back = p->pos;

		p->pos++;
		lex_blank(p);
		if (!lex_take(p, ")"))
			p->pos = back;
	}
	parse_newlines(p);
	parse_compound_function(p, c);
}

/* coproc [NAME] compound, coproc simple */
static void coproc(struct lex *p, struct shell_command *c)
{
	struct shell_command *body;
	uint32_t from, end, back;
	struct str name;

	c->kind = SHELL_COPROC;
	lex_blank(p);
	from = back = p->pos;
	if (lex_word_starts(p) && parse_reserved(p, &end) == PARSE_NONE) {
		uint32_t to = lex_until(p, from, LEX_BREAK | LEX_QUOTE);

		if (to > from && lex_is(lex_byte(p, to), LEX_BREAK)) {
			name = lex_text(p, from, to);
			p->pos = to;
			lex_blank(p);
			if (lex_peek(p) == '(' || parse_reserved(p, &end) != PARSE_NONE)
				c->compound->name = name;
			else
				p->pos = back;
		}
	}
	body = parse_command(p);
	if (body)
		c->compound->body = list_of(p, body);
	else
		lex_unexpected(p);
}

void parse_compound(struct lex *p, struct shell_command *c, enum parse_reserved word)
{
	switch (word) {
	case PARSE_IF:
		parse_if(p, c);
		return;
	case PARSE_CASE:
		parse_case(p, c);
		return;
	case PARSE_FOR:
	case PARSE_SELECT:
		c->kind = word == PARSE_FOR ? SHELL_FOR : SHELL_SELECT;
		parse_loop_for(p, c);
		return;
	case PARSE_WHILE:
	case PARSE_UNTIL:
		c->kind = word == PARSE_WHILE ? SHELL_WHILE : SHELL_UNTIL;
		c->compound->condition = parse_list(p);
		parse_loop_do(p, c);
		return;
	case PARSE_FUNCTION:
		function(p, c);
		return;
	case PARSE_COPROC:
		coproc(p, c);
		return;
	case PARSE_OPEN:
		group(p, c);
		return;
	case PARSE_TEST:
		parse_test(p, c);
		return;
	case PARSE_NONE:
	case PARSE_THEN:
	case PARSE_ELSE:
	case PARSE_ELIF:
	case PARSE_FI:
	case PARSE_ESAC:
	case PARSE_DO:
	case PARSE_DONE:
	case PARSE_IN:
	case PARSE_TIME:
	case PARSE_CLOSE:
	case PARSE_NOT:
	case PARSE_TEST_END:
		break;
	}
	lex_unexpected(p);
}
