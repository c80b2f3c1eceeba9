#include "read/shell/parse.h"

/* clang-format off */
/* Those with the same first byte stand together. */
static const struct {
	char text[9];
	uint8_t len;
	enum parse_reserved word;
} reserved[] = {
	{ "", 0, PARSE_NONE },
	{ "if", 2, PARSE_IF },	       { "in", 2, PARSE_IN },
	{ "then", 4, PARSE_THEN },     { "time", 4, PARSE_TIME },
	{ "else", 4, PARSE_ELSE },     { "elif", 4, PARSE_ELIF },   { "esac", 4, PARSE_ESAC },
	{ "fi", 2, PARSE_FI },	       { "for", 3, PARSE_FOR },	    { "function", 8, PARSE_FUNCTION },
	{ "case", 4, PARSE_CASE },     { "coproc", 6, PARSE_COPROC },
	{ "select", 6, PARSE_SELECT },
	{ "while", 5, PARSE_WHILE },
	{ "until", 5, PARSE_UNTIL },
	{ "do", 2, PARSE_DO },	       { "done", 4, PARSE_DONE },
	{ "{", 1, PARSE_OPEN },
	{ "}", 1, PARSE_CLOSE },
	{ "!", 1, PARSE_NOT },
	{ "[[", 2, PARSE_TEST },
	{ "]]", 2, PARSE_TEST_END },
};
/* The first row of each. */
const uint8_t parse_first[256] = {
	['i'] = 1, ['t'] = 3, ['e'] = 5, ['f'] = 8, ['c'] = 11, ['s'] = 13, ['w'] = 14, ['u'] = 15, ['d'] = 16,
	['{'] = 18, ['}'] = 19, ['!'] = 20, ['['] = 21, [']'] = 22,
};
/* clang-format on */

#define RESERVED_MAX 8
#define AGAIN_TIMES 8 /* the length of the text, read once more in all */
#define AGAIN_MORE 65536

enum parse_reserved parse_reserved_on(const struct lex *p, uint32_t *ret_end)
{
	char text[RESERVED_MAX];
	uint32_t i = lex_skip(p, p->pos);
	size_t n = 0, row;

	row = i < p->end ? parse_first[(unsigned char)p->s[i]] : 0;
	if (!row)
		return PARSE_NONE;
	for (; i < p->end && !lex_is((unsigned char)p->s[i], LEX_BREAK); i = lex_skip(p, i + 1)) {
		if (n == RESERVED_MAX)
			return PARSE_NONE;
		text[n++] = p->s[i];
	}
	for (; row < ARRAY_LEN(reserved) && reserved[row].text[0] == text[0]; row++) {
		if (reserved[row].len == n && memcmp(reserved[row].text, text, n) == 0) {
			*ret_end = i;
			return reserved[row].word;
		}
	}
	return PARSE_NONE;
}

bool parse_reserved_take(struct lex *p, enum parse_reserved word)
{
	uint32_t end = 0;

	lex_blank(p);
	if (parse_reserved(p, &end) != word)
		return false;
	p->pos = end;
	return true;
}

void parse_reserved_need(struct lex *p, enum parse_reserved word)
{
	if (!parse_reserved_take(p, word))
		lex_unexpected(p);
}

bool parse_newline(struct lex *p)
{
	lex_blank(p);
	if (lex_peek(p) != '\n')
		return false;
	p->pos++;
	if (p->here)
		parse_redirect_bodies(p);
	return true;
}

void parse_newlines(struct lex *p)
{
	while (parse_newline(p))
		;
}

/* May a command begin here, or does a list end? */
static bool list_ends(struct lex *p)
{
	uint32_t end;
	int c;

	lex_blank(p);
	c = lex_peek(p);
	if (c < 0)
		return true;
	if (c == '&')
		return !lex_looks(p, "&>");
	if (lex_is(c, LEX_BREAK))
		return c != '(' && c != '<' && c != '>';
	switch (parse_reserved(p, &end)) {
	case PARSE_THEN:
	case PARSE_ELSE:
	case PARSE_ELIF:
	case PARSE_FI:
	case PARSE_ESAC:
	case PARSE_DO:
	case PARSE_DONE:
	case PARSE_IN:
	case PARSE_CLOSE:
	case PARSE_TEST_END:
		return true;
	case PARSE_NONE:
	case PARSE_IF:
	case PARSE_CASE:
	case PARSE_FOR:
	case PARSE_SELECT:
	case PARSE_WHILE:
	case PARSE_UNTIL:
	case PARSE_FUNCTION:
	case PARSE_TIME:
	case PARSE_COPROC:
	case PARSE_OPEN:
	case PARSE_NOT:
	case PARSE_TEST:
		return false;
	}
	return false;
}

/* This option, as a word of its own. */
static bool option(struct lex *p, const char *text)
{
	uint32_t from;

	lex_blank(p);
	from = p->pos;
	if (lex_take(p, text) && (lex_peek(p) < 0 || lex_is(lex_peek(p), LEX_BREAK)))
		return true;
	p->pos = from;
	return false;
}

/* ! and time before a pipeline, any number. True when one stood there. */
static PAWL_NOINLINE bool prefixes(struct lex *p, struct shell_item *item)
{
	uint32_t end = 0;
	bool any = false;

	for (;;) {
		lex_blank(p);
		switch (parse_reserved(p, &end)) {
		case PARSE_NOT:
			item->negated = !item->negated;
			p->pos = end;
			break;
		case PARSE_TIME:
			if (p->no_time == p->pos && p->pos > 0)
				return any;
			item->timed = true;
			p->pos = end;
			(void)option(p, "-p");
			(void)option(p, "--");
			break;
		case PARSE_NONE:
		case PARSE_IF:
		case PARSE_THEN:
		case PARSE_ELSE:
		case PARSE_ELIF:
		case PARSE_FI:
		case PARSE_CASE:
		case PARSE_ESAC:
		case PARSE_FOR:
		case PARSE_SELECT:
		case PARSE_WHILE:
		case PARSE_UNTIL:
		case PARSE_DO:
		case PARSE_DONE:
		case PARSE_IN:
		case PARSE_FUNCTION:
		case PARSE_COPROC:
		case PARSE_OPEN:
		case PARSE_CLOSE:
		case PARSE_TEST:
		case PARSE_TEST_END:
			return any;
		}
		any = true;
	}
}

/* Does nothing but the end of a list stand here (behind ! or time alone)? */
static bool alone(struct lex *p)
{
	int c;

	lex_blank(p);
	c = lex_peek(p);
	return c < 0 || c == '\n' || c == ';';
}

static struct shell_item *pipeline(struct lex *p)
{
	struct shell_item *item = ARENA_NEW(p->arena, struct shell_item);
	struct shell_command **last;
	uint32_t end;

	if (!item)
		return NULL;
	last = &item->first;
	if (parse_maybe_reserved(p) && prefixes(p, item) && alone(p))
		return item;
	for (;;) {
		struct shell_command *c = parse_command(p);

		if (!c) {
			lex_unexpected(p);
			break;
		}
		*last = c;
		last = &c->next;
		if (lex_at_end(p))
			break;
		lex_blank(p);
		if (lex_peek(p) != '|' || lex_looks(p, "||"))
			break;
		c->pipe_stderr = lex_looks(p, "|&");
		p->pos = lex_skip(p, p->pos + 1);
		p->pos += c->pipe_stderr;
		parse_newlines(p);
		if (parse_reserved(p, &end) == PARSE_NOT) {
			lex_unexpected(p);
			break;
		}
	}
	return item;
}

/* What joins this item to the next. False: nothing, the list ends here. */
static bool connector(struct lex *p, struct shell_item *item, bool unit)
{
	int c;

	lex_blank(p);
	c = lex_peek(p);
	if (lex_is(c, LEX_BREAK) && (lex_take(p, "&&") || lex_take(p, "||"))) {
		item->then = c == '&' ? SHELL_AND : SHELL_OR;
		parse_newlines(p);
		if (list_ends(p))
			lex_unexpected(p);
		return true;
	}
	switch (c) {
	case ';':
		c = lex_after(p, p->pos);
		if (c == ';' || c == '&')
			return false;
		p->pos++;
		break;
	case '&':
		item->then = SHELL_BACKGROUND;
		p->pos++;
		break;
	case '\n':
		break;
	default:
		return false;
	}
	if (!unit)
		parse_newlines(p);
	return true;
}

/* Items up to the end of the list, or of the line when ${unit}. */
static struct shell_item **items(struct lex *p, struct shell_item **last, bool unit)
{
	while (!p->stopped && !list_ends(p)) {
		struct shell_item *item = pipeline(p);

		if (!item)
			break;
		*last = item;
		last = &item->next;
		if (lex_at_end(p) || !connector(p, item, unit))
			break;
	}
	return last;
}

static struct shell_list *list_new(struct lex *p)
{
	struct shell_list *list = ARENA_NEW(p->arena, struct shell_list);

	if (list)
		list->span = lex_span(p, p->pos, p->pos);
	return list;
}

struct shell_list *parse_list(struct lex *p)
{
	struct shell_list *list = list_new(p);

	parse_newlines(p);
	if (list_ends(p))
		lex_unexpected(p);
	if (!list)
		return NULL;
	items(p, &list->first, false);
	list->span.to = lex_offset(p, p->pos);
	return list;
}

struct shell_list *parse_substitution(struct lex *p)
{
	struct shell_list *list = list_new(p);
	uint32_t from = p->pos;

	if (!list)
		return NULL;
	lex_blank(p);
	p->no_time = p->pos;
	parse_newlines(p);
	items(p, &list->first, false);
	list->span.to = lex_offset(p, p->pos);
	if (p->stopped && lex_at_end(p))
		return list;
	lex_blank(p);
	if (lex_peek(p) == ')')
		p->pos++;
	else if (lex_peek(p) < 0)
		lex_stop(p, from, STR("unclosed `$('"));
	else
		lex_unexpected(p);
	return list;
}

/* Put the end back and go on behind what was in the way: an operator or a reserved word, but not a word that came unexpected. */
static void resume(struct lex *p, uint32_t begun)
{
	uint32_t end = 0;

	if (!p->stopped)
		return;
	p->stopped = false;
	p->end = p->limit;
	if (parse_reserved(p, &end) != PARSE_NONE && list_ends(p))
		p->pos = end;
	else if (p->pos < p->end && (p->pos == begun || lex_is((unsigned char)p->s[p->pos], LEX_BREAK)))
		p->pos++;
	p->trying = 0;
	p->reuse = NULL;
	p->assign_ok = p->substituted = false;
}

/* Does a whole unit switch extended globs on? */
static void notice(struct lex *p, const struct shell_item *item)
{
	for (; item && !p->extglob; item = item->next) {
		const struct shell_word *w = item->first ? item->first->words : NULL;
		bool on = false;

		if (!w || !w->first || w->first->text.len != 5 || !str_is(w->first->text, "shopt"))
			continue;
		for (w = w->next; w; w = w->next) {
			on = on || (w->first && str_is(w->first->text, "-s"));
			p->extglob = p->extglob || (on && w->first && str_is(w->first->text, "extglob"));
		}
	}
}

/* One unit: what bash reads before it runs anything. */
static struct shell_item **unit(struct lex *p, struct shell_item **last)
{
	struct shell_item **start = last;

	last = items(p, last, true);
	if (!p->stopped && lex_peek(p) >= 0 && !parse_newline(p))
		lex_unexpected(p);
	notice(p, *start);
	return last;
}

/* Every unit of the text: those before the trouble to ${list}, those with it and behind it to ${rest}. */
static void units(struct lex *p, struct shell_list *list, struct shell_list *rest)
{
	struct shell_item **last = &list->first, **last_rest = &rest->first;

	for (;;) {
		struct shell_item *first_of = NULL;
		struct shell_item **end;
		uint32_t begun;

		while (lex_peek(p) >= 0 && parse_newline(p))
			;
		if (lex_peek(p) < 0 && !p->stopped)
			break;
		begun = p->pos;
		end = unit(p, &first_of);
		if (p->arena->full)
			break;
		if (first_of && p->broken) {
			*last_rest = first_of;
			last_rest = end;
		} else if (first_of) {
			*last = first_of;
			last = end;
		}
		resume(p, begun);
	}
	if (p->here)
		parse_redirect_bodies(p);
}

struct shell_list *parse_all(struct lex *p)
{
	struct shell_list *list = list_new(p), rest = { 0 };
	struct shell_item **last;

	if (!list)
		return NULL;
	units(p, list, &rest);
	for (last = &list->first; *last; last = &(*last)->next)
		;
	*last = rest.first;
	list->span.to = lex_offset(p, p->pos);
	return list;
}

/* The text without its NUL bytes; ${map} gets where each byte stood. */
static struct str without_nul(struct str text, struct arena *arena, uint32_t **ret_map)
{
	char *copy = arena_alloc(arena, text.len);
	uint32_t *map = ARENA_ARRAY(arena, text.len + 1, uint32_t);
	size_t n = 0;

	if (!copy || !map)
		return STR_NONE;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\0')
			continue;
		map[n] = (uint32_t)i;
		copy[n++] = text.ptr[i];
	}
	map[n] = (uint32_t)text.len;
	*ret_map = map;
	return (struct str){ copy, n };
}

static unsigned line_of(struct str text, size_t at)
{
	unsigned line = 1;
	size_t k;

	for (text = str_sub(text, 0, at); (k = str_find_char(text, '\n')) != SIZE_MAX; text = str_sub(text, k + 1, text.len))
		line++;
	return line;
}

void shell_parse(struct str text, struct arena *arena, struct shell_tree *ret)
{
	struct lex lex = { .arena = arena };
	struct str read = str_sub(text, 0, SHELL_MAX_BYTES);
	size_t again = read.len * AGAIN_TIMES + AGAIN_MORE;
	uint32_t *map = NULL;
	bool cut = text.len > SHELL_MAX_BYTES;
	struct shell_tree tree = { .text = text };

	if (str_find_char(read, '\0') != SIZE_MAX)
		read = without_nul(read, arena, &map);
	lex.s = read.ptr;
	lex.end = (uint32_t)read.len;
	lex.map = map;
	lex.here_last = &lex.here;
	lex.again = &again;
	tree.list = list_new(&lex);
	tree.rest = list_new(&lex);
	if (tree.list && tree.rest)
		units(&lex, tree.list, tree.rest);
	tree.broken = lex.broken || cut || arena->full;
	tree.at = lex.broken ? lex_offset(&lex, lex.at) : cut ? SHELL_MAX_BYTES : 0;
	tree.why = lex.broken ? lex.why : cut ? STR("longer than 1 MB") : STR_NONE;
	if (arena->full)
		tree.why = STR("memory");
	if (tree.broken)
		tree.line = line_of(text, tree.at);
	if (tree.list && tree.rest)
		tree.list->span.to = tree.rest->span.to = lex_offset(&lex, lex.pos);
	if (tree.rest && !tree.rest->first)
		tree.rest = NULL;
	*ret = tree;
}
