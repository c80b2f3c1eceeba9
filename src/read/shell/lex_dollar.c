#include "read/shell/lex_word.h"
#include "read/shell/parse.h"

/* What was saved while the inside of a substitution is read. */
struct inside {
	bool assign_ok, substituted;
	unsigned trying;
	const struct lex_made *reuse;
};

static struct inside go_inside(struct lex *p)
{
	struct inside in = { p->assign_ok, p->substituted, p->trying, p->reuse };

	p->assign_ok = false;
	p->trying = 0;
	p->reuse = NULL;
	return in;
}

static void come_back(struct lex *p, const struct inside *in)
{
	p->assign_ok = in->assign_ok;
	p->substituted = in->substituted;
	p->trying = in->trying;
	p->reuse = in->reuse;
}

/* ${part}, from ${from} to here, in case these bytes are read once more. */
static void keep(struct lex *p, struct lex_made **slot, uint32_t from, const struct shell_part *part)
{
	struct lex_made *made;

	if (!p->trying || !part || p->stopped)
		return;
	made = ARENA_NEW(p->arena, struct lex_made);
	if (!made)
		return;
	*made = (struct lex_made){ from, p->pos, part, NULL };
	*slot = made; /* in the place of what was made inside of it */
	p->made_last = &made->next;
}

/* Was what stands here read before? */
static PAWL_NOINLINE bool again(struct lex *p, struct lex_build *b, bool quoted)
{
	struct shell_part *part, *copy;

	while (p->reuse && p->reuse->from < p->pos)
		p->reuse = p->reuse->next;
	if (!p->reuse || p->reuse->from != p->pos)
		return false;
	copy = lex_word_part(p, b, p->reuse->part->kind, p->pos);
	if (copy) {
		part = copy;
		*part = *p->reuse->part;
		part->next = NULL;
		part->quoted = quoted;
	}
	p->pos = p->reuse->to;
	return true;
}

static PAWL_INLINE void commands(struct lex *p, struct shell_part *part)
{
	struct inside in = go_inside(p);
	struct shell_list *list;

	p->substituted = true;
	list = parse_substitution(p);
	come_back(p, &in);
	if (part) {
		part->list = list;
		part->span.to = lex_offset(p, p->pos);
	}
}

/* The commands in ${text}, from ${from} on. What bash would complain of only when it comes there is no trouble of ours. */
static struct shell_list *visit(struct lex *p, struct str text, uint32_t from, const uint32_t *map)
{
	struct shell_list *list;
	struct lex saved;

	if (!lex_again(p, text.len - from))
		return NULL;
	lex_visit(p, &saved, text, map);
	p->pos = from;
	if (text.ptr == saved.s) {
		p->no_arithmetic = saved.no_arithmetic;
		p->reuse = saved.reuse;
	}
	list = parse_all(p);
	lex_return(p, &saved);
	return list;
}

/**
 * twice(p, b, from, body):
 * $(( or <(( or >((, with ${body} at the second parenthesis: arithmetic, or commands that begin with a subshell. Like bash we
 * go by the parentheses alone and read commands only afterwards, without taking their trouble for ours.
 */
static struct shell_part *twice(struct lex *p, struct lex_build *b, uint32_t from, uint32_t body)
{
	struct lex_made *made = NULL;
	const struct lex_made *reuse = p->reuse;
	struct shell_word *word;
	struct shell_part *part;
	bool dollar = p->s[from] == '$';

	p->pos = lex_skip(p, body - 1);
	word = lex_arithmetic_try(p, true, &made);
	if (word && dollar) {
		part = lex_word_part(p, b, SHELL_PART_ARITHMETIC, from);
		if (part)
			part->words = word;
		return part;
	}
	part = lex_word_part(p, b, SHELL_PART_COMMAND, from);
	p->reuse = made;
	if (part && !p->stopped)
		part->list = visit(p, (struct str){ p->s, p->pos - 1 }, body, p->map);
	p->reuse = reuse;
	return part;
}

/* At $( with ${body} behind the parenthesis. */
static void parenthesis(struct lex *p, struct lex_build *b, uint32_t body, bool quoted)
{
	uint32_t from = p->pos;
	struct shell_part *part;

	if (lex_byte(p, lex_skip(p, body)) == '(') {
		part = twice(p, b, from, body);
	} else {
		part = lex_word_part(p, b, SHELL_PART_COMMAND, from);
		p->pos = body;
		commands(p, part);
	}
	if (part)
		part->quoted = quoted;
}

static void bracket(struct lex *p, struct lex_build *b, uint32_t body, bool quoted)
{
	struct shell_part *part = lex_word_part(p, b, SHELL_PART_ARITHMETIC, p->pos);
	struct shell_word *word;

	p->pos = body;
	word = lex_arithmetic(p, false);
	if (!part)
		return;
	part->quoted = quoted;
	part->words = word;
	part->span.to = lex_offset(p, p->pos);
}

void lex_dollar(struct lex *p, struct lex_build *b, bool quoted)
{
	uint32_t from = p->pos, next = lex_skip(p, from + 1);
	int c = lex_byte(p, next);
	struct lex_made **slot = p->made_last;

	if (c != '(' && c != '{' && c != '[') {
		lex_parameter(p, b, quoted);
		return;
	}
	if ((p->reuse && again(p, b, quoted)) || !lex_enter(p))
		return;
	if (c == '(')
		parenthesis(p, b, next + 1, quoted);
	else if (c == '{')
		lex_parameter_braces(p, b, quoted);
	else
		bracket(p, b, next + 1, quoted);
	if (c == '(' && p->trying)
		keep(p, slot, from, b->tail);
	lex_leave(p);
}

/* The text inside backquotes: \ before $ ` \ (and " inside "…") goes. ${map} gets where each byte came from. */
static struct str unescaped(struct lex *p, uint32_t from, uint32_t to, bool quoted, uint32_t **ret_map)
{
	char *text = arena_alloc(p->arena, to - from + 1);
	uint32_t *map = ARENA_ARRAY(p->arena, to - from + 1, uint32_t);
	size_t n = 0;

	if (!text || !map)
		return STR_NONE;
	for (uint32_t i = from; i < to; i++) {
		char next = i + 1 < to ? p->s[i + 1] : '\0';

		if (p->s[i] == '\\' && (next == '$' || next == '`' || next == '\\' || (quoted && next == '"')))
			i++;
		map[n] = lex_offset(p, i);
		text[n++] = p->s[i];
	}
	map[n] = lex_offset(p, to);
	*ret_map = map;
	return (struct str){ text, n };
}

void lex_dollar_backquote(struct lex *p, struct lex_build *b, bool quoted)
{
	uint32_t from = p->pos, to = from + 1;
	struct lex_made **slot = p->made_last;
	struct shell_part *part;
	bool escapes = false;

	if (again(p, b, quoted))
		return;
	while (to < p->end && p->s[to] != '`') {
		escapes |= p->s[to] == '\\';
		to += p->s[to] == '\\' ? 2 : 1;
	}
	if (to >= p->end) {
		p->pos = p->end;
		lex_word_text(p, b, from, p->end, true);
		lex_stop(p, from, STR("unclosed ``'"));
		return;
	}
	if (!lex_enter(p))
		return;
	part = lex_word_part(p, b, SHELL_PART_COMMAND, from);
	if (part) {
		uint32_t *map = NULL;

		part->quoted = quoted;
		part->span.to = lex_offset(p, to + 1);
		if (escapes) {
			struct str text = unescaped(p, from + 1, to, quoted, &map);

			part->list = visit(p, text, 0, map);
		} else {
			part->list = visit(p, (struct str){ p->s, to }, from + 1, p->map);
		}
	}
	lex_leave(p);
	p->pos = to + 1;
	keep(p, slot, from, part);
}

void lex_dollar_process(struct lex *p, struct lex_build *b)
{
	uint32_t from = p->pos, body;
	enum shell_part_kind kind = p->s[from] == '<' ? SHELL_PART_READ_FROM : SHELL_PART_WRITE_TO;
	struct shell_part *part;

	if (!lex_enter(p))
		return;
	body = lex_skip(p, from + 1) + 1;
	if (lex_byte(p, lex_skip(p, body)) == '(') {
		part = twice(p, b, from, body);
		if (part)
			part->kind = kind;
	} else {
		part = lex_word_part(p, b, kind, from);
		p->pos = body;
		commands(p, part);
	}
	lex_leave(p);
}
