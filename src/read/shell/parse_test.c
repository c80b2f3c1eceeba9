#include "read/shell/parse.h"

/* [[ … ]]: a flat list of words; the grammar is walked so that trouble is met where bash meets it. */
struct test {
	struct shell_word **last;
};

static const char *const binary[] = { "=",   "==",  "!=",  "<",	  ">",	 "=~",	"-ef", "-nt",
				      "-ot", "-eq", "-ne", "-lt", "-le", "-gt", "-ge" };

/* The word as plain unquoted text, or STR_NONE. */
static struct str plain(const struct shell_word *word)
{
	const struct shell_part *part = word ? word->first : NULL;

	return part && !part->next && part->kind == SHELL_PART_TEXT && !part->quoted ? part->text : STR_NONE;
}

static bool is_unary(struct str s)
{
	return s.len == 2 && s.ptr[0] == '-' && memchr("abcdefghknoprstuvwxzGLNORS", s.ptr[1], 26);
}

static bool is_binary(struct str s)
{
	for (size_t i = 0; s.len && i < ARRAY_LEN(binary); i++) {
		if (str_is(s, binary[i]))
			return true;
	}
	return false;
}

static void put(struct test *t, struct shell_word *word)
{
	if (!word)
		return;
	*t->last = word;
	t->last = &word->next;
}

/* An operator of punctuation, as a word. */
static bool operator(struct lex *p, struct test *t, const char *text)
{
	struct lex_build b;
	uint32_t from;

	lex_blank(p);
	from = p->pos;
	if (!lex_looks(p, text))
		return false;
	b = lex_word_begin(p, 0);
	(void)lex_take(p, text);
	lex_word_text(p, &b, from, p->pos, false);
	put(t, lex_word_end(p, &b));
	return true;
}

/* Does ]] stand here, as a word? */
static bool at_end(struct lex *p)
{
	uint32_t i;

	lex_blank(p);
	if (!lex_looks(p, "]]"))
		return false;
	i = lex_skip(p, lex_skip(p, p->pos + 1) + 1);
	return i >= p->end || lex_is((unsigned char)p->s[i], LEX_BREAK);
}

static struct shell_word *operand(struct lex *p, unsigned flags)
{
	lex_blank(p);
	if (at_end(p) || !lex_word_starts(p)) {
		if (!(flags & LEX_IN_REGEX) || at_end(p) || (lex_peek(p) != '(' && lex_peek(p) != '|')) {
			lex_unexpected(p);
			return NULL;
		}
	}
	return lex_word(p, flags);
}

/* a == b, a < b, a alone */
static void comparison(struct lex *p, struct test *t)
{
	struct shell_word *word = operand(p, 0), *op;
	struct str text = plain(word);

	put(t, word);
	if (!word)
		return;
	if (is_unary(text)) {
		put(t, operand(p, 0));
		return;
	}
	if (operator(p, t, "<") || operator(p, t, ">")) {
		put(t, operand(p, 0));
		return;
	}
	lex_blank(p);
	if (at_end(p) || lex_looks(p, "&&") || lex_looks(p, "||") || lex_looks(p, ")"))
		return;
	op = operand(p, 0);
	text = plain(op);
	if (op && !is_binary(text)) {
		lex_stop(p, p->pos, STR("conditional operator expected"));
		return;
	}
	put(t, op);
	if (str_is(text, "=~"))
		put(t, operand(p, LEX_IN_REGEX | LEX_NO_TILDE));
	else
		put(t, operand(p, str_is(text, "=") || str_is(text, "==") || str_is(text, "!=") ? LEX_IN_PATTERN : 0));
}

/* ! before a term is a word of its own. */
static bool negation(struct lex *p, struct test *t)
{
	int c;

	lex_blank(p);
	if (lex_peek(p) != '!')
		return false;
	c = lex_after(p, p->pos);
	if (c >= 0 && !lex_is(c, LEX_BREAK))
		return false;
	return operator(p, t, "!");
}

/* Terms with parentheses around them and && || between, no recursion: ${depth} counts what is open. */
static void terms(struct lex *p, struct test *t)
{
	unsigned depth = 0;

	while (!p->stopped) {
		parse_newlines(p);
		if (negation(p, t))
			continue;
		if (operator(p, t, "(")) {
			depth++;
			continue;
		}
		comparison(p, t);
		parse_newlines(p);
		while (depth && operator(p, t, ")")) {
			depth--;
			parse_newlines(p);
		}
		if (!operator(p, t, "&&") && !operator(p, t, "||"))
			break;
	}
	if (depth)
		lex_unexpected(p);
}

void parse_test(struct lex *p, struct shell_command *c)
{
	struct test t = { &c->words };

	c->kind = SHELL_TEST;
	terms(p, &t);
	if (!p->stopped && at_end(p))
		p->pos = lex_skip(p, p->pos + 1) + 1;
	else
		lex_unexpected(p);
}
