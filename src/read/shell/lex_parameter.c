#include "read/shell/lex_word.h"

const struct shell_parameter shell_parameter_plain = { 0 };

static bool is_special(int c)
{
	return c > 0 && memchr("@*#?-$!", c, 7);
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

void lex_parameter(struct lex *p, struct lex_build *b, bool quoted)
{
	uint32_t from = p->pos, next = lex_skip(p, from + 1);
	int c = lex_byte(p, next);
	struct shell_part *part;
	struct str name = STR_NONE;
	uint32_t to;

	if (is_special(c) || is_digit(c)) {
		name = lex_text(p, next, next + 1);
		to = next + 1;
	} else {
		to = lex_name(p, next, &name);
	}
	if (to == next) {
		lex_word_text(p, b, from, from + 1, quoted);
		p->pos = from + 1;
		return;
	}
	p->pos = to;
	part = lex_word_part(p, b, SHELL_PART_PARAMETER, from);
	if (!part)
		return;
	part->quoted = quoted;
	part->text = name;
	part->parameter = &shell_parameter_plain;
}

/* A word inside ${…}, up to } or what ${flags} say besides. */
static struct shell_word *argument(struct lex *p, unsigned flags, bool quoted)
{
	struct lex_build b = lex_word_begin(p, flags | LEX_IN_ARGUMENT | (quoted ? LEX_QUOTED : 0));

	if (quoted) {
		lex_quote_body(p, &b, '}');
		return lex_word_end(p, &b);
	}
	/* ${x////y}: the pattern is a slash. */
	if ((flags & LEX_TO_SLASH) && lex_byte(p, p->pos) == '/' && lex_byte(p, p->pos + 1) == '/' && p->pos > 0 &&
	    p->s[p->pos - 1] == '/') {
		lex_word_text(p, &b, p->pos, p->pos + 1, false);
		p->pos++;
	}
	if (lex_byte(p, p->pos) == '~' && !(flags & LEX_NO_TILDE)) {
		struct shell_word *word = lex_word(p, flags | LEX_IN_ARGUMENT);

		return word;
	}
	lex_word_run(p, &b);
	return lex_word_end(p, &b);
}

static void close_brace(struct lex *p, uint32_t from)
{
	if (lex_peek(p) == '}')
		p->pos++;
	else
		lex_stop(p, from, STR("unclosed `${'"));
}

/* [index] behind a name. False: a [ without its ]. */
static bool subscript(struct lex *p, struct shell_parameter *more)
{
	if (lex_peek(p) != '[')
		return true;
	p->pos++;
	more->index = lex_arithmetic_index(p);
	return more->index;
}

/* : behind the name: one of :- := :? :+ or a substring. */
static void colon(struct lex *p, struct shell_part *part, struct shell_parameter *more, bool quoted)
{
	static const char ops[] = "-=?+";
	const char *k;
	int c;

	p->pos++;
	c = lex_peek(p);
	k = c > 0 ? strchr(ops, c) : NULL;
	if (k) {
		p->pos++;
		part->colon = true;
		part->op = SHELL_OP_DEFAULT + (enum shell_parameter_op)(k - ops);
		more->argument = argument(p, 0, quoted);
		return;
	}
	part->op = SHELL_OP_SUBSTRING;
	more->argument = argument(p, LEX_TO_COLON | LEX_NO_TILDE, quoted);
	if (lex_peek(p) == ':') {
		p->pos++;
		more->argument2 = argument(p, LEX_NO_TILDE, quoted);
	}
}

static void replace(struct lex *p, struct shell_part *part, struct shell_parameter *more, bool quoted)
{
	static const char kinds[] = "/#%";
	const char *k;
	int c;

	p->pos++;
	c = lex_peek(p);
	k = c > 0 ? strchr(kinds, c) : NULL;
	part->op = SHELL_OP_REPLACE;
	if (k) {
		p->pos++;
		part->op = SHELL_OP_REPLACE_ALL + (enum shell_parameter_op)(k - kinds);
	}
	more->argument = argument(p, LEX_TO_SLASH | LEX_NO_TILDE, false);
	if (lex_peek(p) == '/') {
		p->pos++;
		more->argument2 = argument(p, 0, quoted);
	}
}

/* # ## % %% ^ ^^ , ,, ~ ~~. A pattern is one inside "…" too. */
static void doubled(struct lex *p, struct shell_part *part, struct shell_parameter *more)
{
	uint32_t from = p->pos;
	int c = lex_peek(p);
	bool twice;

	p->pos++;
	twice = lex_peek(p) == c;
	p->pos += twice;
	more->op_text = lex_text(p, from, p->pos);
	if (c == '#')
		part->op = twice ? SHELL_OP_REMOVE_PREFIX_LONG : SHELL_OP_REMOVE_PREFIX;
	else if (c == '%')
		part->op = twice ? SHELL_OP_REMOVE_SUFFIX_LONG : SHELL_OP_REMOVE_SUFFIX;
	else
		part->op = SHELL_OP_CASE;
	more->argument = argument(p, LEX_NO_TILDE, false);
}

/* Nothing bash knows: what may run inside is kept. */
static void unknown(struct lex *p, struct shell_part *part, struct shell_parameter *more, bool quoted)
{
	part->op = SHELL_OP_UNKNOWN;
	more->argument = argument(p, LEX_NO_TILDE, quoted);
}

static void transform(struct lex *p, struct shell_part *part, struct shell_parameter *more, bool quoted)
{
	uint32_t at = lex_skip(p, p->pos + 1);

	if (lex_is(lex_byte(p, at), LEX_NAME) && lex_after(p, at) == '}') {
		part->op = SHELL_OP_TRANSFORM;
		more->op_text = lex_text(p, at, at + 1);
		p->pos = at + 1;
	} else {
		unknown(p, part, more, quoted);
	}
}

static void operator(struct lex *p, struct shell_part *part, struct shell_parameter *more, bool quoted)
{
	static const char simple[] = "-=?+";
	int c = lex_peek(p);
	const char *k = c > 0 ? strchr(simple, c) : NULL;

	if (c == '}' || c < 0)
		return;
	if (k) {
		p->pos++;
		part->op = SHELL_OP_DEFAULT + (enum shell_parameter_op)(k - simple);
		more->argument = argument(p, 0, quoted);
	} else if (c == ':') {
		colon(p, part, more, quoted);
	} else if (c == '/') {
		replace(p, part, more, quoted);
	} else if (memchr("#%^,~", c, 5)) {
		doubled(p, part, more);
	} else if (c == '@') {
		transform(p, part, more, quoted);
	} else {
		unknown(p, part, more, quoted);
	}
}

/* Would a $ before it begin a substitution? */
static bool opens(int c)
{
	return c == '(' || c == '{';
}

/* The name, with everything before and in brackets behind it. False: there is none. */
static bool subject(struct lex *p, struct shell_part *part, struct shell_parameter *more)
{
	uint32_t from = p->pos, to;
	int c = lex_peek(p);

	to = lex_name(p, p->pos, &part->text);
	if (to == p->pos) {
		while (is_digit(lex_byte(p, to)))
			to++;
		if (to == p->pos && is_special(c) && !(c == '$' && opens(lex_after(p, to))))
			to = p->pos + 1;
		part->text = lex_text(p, p->pos, to);
	}
	p->pos = to;
	if (to > from && lex_is((unsigned char)p->s[from], LEX_NAME) && !subscript(p, more))
		return false;
	return to > from;
}

/* ${#x}, but not ${#} ${#-…} ${#:…}. */
static bool is_length(const struct lex *p)
{
	uint32_t i = lex_skip(p, p->pos + 1);
	int c = lex_byte(p, i);

	return lex_is(c, LEX_NAME) || (is_special(c) && lex_after(p, i) == '}');
}

/* ${!x}, but not ${!} ${!-…}. */
static bool is_indirect(const struct lex *p)
{
	uint32_t i = lex_skip(p, p->pos + 1);
	int c = lex_byte(p, i);

	return lex_is(c, LEX_NAME) || ((c == '@' || c == '*' || c == '#') && lex_after(p, i) == '}');
}

/* ${!x*} ${!x@} ${!x[@]}: names and keys rather than a name behind a name. */
static void names(struct lex *p, struct shell_part *part, struct shell_parameter *more)
{
	int c = lex_peek(p);
	const struct shell_part *index = more->index ? more->index->first : NULL;

	if ((c == '*' || c == '@') && !more->index && lex_after(p, p->pos) == '}') {
		part->op = SHELL_OP_NAMES;
		more->op_text = lex_text(p, p->pos, p->pos + 1);
		part->indirect = false;
		p->pos++;
	} else if (c == '}' && index && !index->next && (str_is(index->text, "@") || str_is(index->text, "*"))) {
		part->op = SHELL_OP_KEYS;
		more->op_text = index->text;
		part->indirect = false;
	}
}

/* Behind ${ up to the }. */
static void inside(struct lex *p, struct shell_part *part, struct shell_parameter *more, bool quoted)
{
	int c = lex_peek(p);

	if (c == '#' && is_length(p)) {
		part->length = true;
		p->pos++;
	} else if (c == '!' && is_indirect(p)) {
		part->indirect = true;
		p->pos++;
	}
	lex_peek(p);
	if (!subject(p, part, more)) {
		unknown(p, part, more, quoted);
		return;
	}
	if (part->indirect)
		names(p, part, more);
	if (lex_peek(p) != '}' && (part->op != SHELL_OP_NONE || part->length))
		unknown(p, part, more, quoted);
	else
		operator(p, part, more, quoted);
}

/* ${more} as the tree keeps it. */
static const struct shell_parameter *kept(struct lex *p, const struct shell_parameter *more)
{
	struct shell_parameter *copy;

	if (!more->index && !more->argument && !more->op_text.ptr)
		return &shell_parameter_plain;
	copy = ARENA_NEW(p->arena, struct shell_parameter);
	if (!copy)
		return &shell_parameter_plain;
	*copy = *more;
	return copy;
}

void lex_parameter_braces(struct lex *p, struct lex_build *b, bool quoted)
{
	uint32_t from = p->pos;
	struct shell_part *part = lex_word_part(p, b, SHELL_PART_PARAMETER, from);
	struct shell_part lost = { .kind = SHELL_PART_PARAMETER };
	struct shell_parameter more = { 0 };

	p->pos = lex_skip(p, from + 1) + 1;
	inside(p, part ? part : &lost, &more, quoted);
	close_brace(p, from);
	if (!part)
		return;
	part->parameter = kept(p, &more);
	part->quoted = quoted;
	part->span.to = lex_offset(p, p->pos);
}
