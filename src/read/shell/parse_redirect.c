#include "read/shell/parse.h"

#define BODY_DEPTH 24 /* a here-document inside another's body is read once a level: few levels */

/* Longest first. */
static const struct {
	const char *text;
	enum shell_redirection_op op;
} operators[] = {
	{ "<<<", SHELL_REDIRECT_HERE_STRING },
	{ "<<", SHELL_REDIRECT_HERE_DOCUMENT },
	{ "<&", SHELL_REDIRECT_DUP_IN },
	{ "<>", SHELL_REDIRECT_READ_WRITE },
	{ "<", SHELL_REDIRECT_READ },
	{ "&>>", SHELL_REDIRECT_BOTH_APPEND },
	{ "&>", SHELL_REDIRECT_BOTH },
	{ ">>", SHELL_REDIRECT_APPEND },
	{ ">&", SHELL_REDIRECT_DUP_OUT },
	{ ">|", SHELL_REDIRECT_CLOBBER },
	{ ">", SHELL_REDIRECT_WRITE },
};

/* Digits or {name} right before < or >. Where it ends; 0: none. */
static uint32_t descriptor(struct lex *p, struct shell_redirection *ret)
{
	uint32_t i = lex_skip(p, p->pos), from = i;
	int c = lex_byte(p, i);
	int fd = 0;

	if (c == '{') {
		uint32_t end = lex_name(p, i + 1, &ret->fd_name);

		if (end == i + 1 || lex_byte(p, end) != '}')
			return 0;
		i = end + 1;
	} else {
		while (i < p->end && p->s[i] >= '0' && p->s[i] <= '9' && i - from < 10) {
			fd = fd < 100000000 ? fd * 10 + (p->s[i] - '0') : fd;
			i = lex_skip(p, i + 1);
		}
		if (i == from)
			return 0;
		ret->fd = fd;
	}
	c = lex_byte(p, lex_skip(p, i));
	if ((c != '<' && c != '>') || lex_after(p, lex_skip(p, i)) == '(')
		return 0;
	return i;
}

/* `-` `3` `3-`: of >& and <&. */
static bool is_descriptor(const struct shell_word *word)
{
	const struct shell_part *part = word->first;
	size_t i = 0;

	if (!part || part->next || part->kind != SHELL_PART_TEXT)
		return false;
	while (i < part->text.len && part->text.ptr[i] >= '0' && part->text.ptr[i] <= '9')
		i++;
	return i == part->text.len || (part->text.ptr[i] == '-' && i + 1 == part->text.len);
}

static void wait_for_body(struct lex *p, struct shell_redirection *r, uint32_t from, bool strip)
{
	struct lex_here *here = ARENA_NEW(p->arena, struct lex_here);

	if (!here)
		return;
	here->redirection = r;
	here->delimiter = lex_quote_remove(p, from, p->pos, &r->here_quoted);
	here->strip = strip;
	*p->here_last = here;
	p->here_last = &here->next;
}

static void target(struct lex *p, struct shell_redirection *r)
{
	bool strip = r->op == SHELL_REDIRECT_HERE_DOCUMENT && lex_take(p, "-");
	bool duplicates = r->op == SHELL_REDIRECT_DUP_IN || r->op == SHELL_REDIRECT_DUP_OUT, assign_ok = p->assign_ok;
	struct shell_redirection other = { .fd = -1 };
	uint32_t from;

	lex_blank(p);
	from = p->pos;
	if (!lex_word_starts(p) || (descriptor(p, &other) && !(duplicates && other.fd >= 0))) {
		lex_unexpected(p);
		return;
	}
	p->assign_ok = false;
	r->target = lex_word(p, r->op == SHELL_REDIRECT_HERE_STRING ? 0 : LEX_IN_BRACES);
	p->assign_ok = assign_ok;
	if (!r->target)
		return;
	if (r->op == SHELL_REDIRECT_HERE_DOCUMENT)
		wait_for_body(p, r, from, strip);
	if (r->op == SHELL_REDIRECT_DUP_OUT && r->fd < 0 && !is_descriptor(r->target))
		r->op = SHELL_REDIRECT_BOTH;
}

bool parse_redirect_on(struct lex *p, struct shell_redirection ***last)
{
	int c = lex_peek(p);
	uint32_t from = p->pos, behind = 0;
	struct shell_redirection found = { .fd = -1 };
	struct shell_redirection *r;
	size_t k = 0;

	if (c == '{' || (c >= '0' && c <= '9')) {
		behind = descriptor(p, &found);
		if (!behind)
			return false;
		p->pos = behind;
	}
	if (c != '&' && lex_after(p, lex_skip(p, p->pos)) == '(')
		return false;
	while (k < ARRAY_LEN(operators) && !lex_take(p, operators[k].text))
		k++;
	if (k == ARRAY_LEN(operators))
		return false;
	r = ARENA_NEW(p->arena, struct shell_redirection);
	if (!r)
		return false;
	*r = found;
	r->op = operators[k].op;
	target(p, r);
	r->span = lex_span(p, from, p->pos);
	**last = r;
	*last = &r->next;
	return true;
}

/* Does the line from ${i} on say the delimiter? Where its line ends (at the newline), or SIZE_MAX. */
static uint32_t says(const struct lex *p, const struct lex_here *here, uint32_t i)
{
	bool joined = !here->redirection->here_quoted;
	size_t k = 0;

	while (here->strip && lex_byte(p, i) == '\t')
		i++;
	for (; k < here->delimiter.len; k++, i++) {
		if (joined)
			i = lex_skip(p, i);
		if (lex_byte(p, i) != (unsigned char)here->delimiter.ptr[k])
			return UINT32_MAX;
	}
	if (joined)
		i = lex_skip(p, i);
	if (i >= p->end || p->s[i] == '\n')
		return i;
	return UINT32_MAX;
}

/* Inside $(…) the delimiter may stand before the ) on its line. */
static uint32_t says_in_substitution(const struct lex *p, const struct lex_here *here, uint32_t i, uint32_t line_end)
{
	while (here->strip && lex_byte(p, i) == '\t')
		i++;
	if (!p->substituted || !here->delimiter.len || line_end - i <= here->delimiter.len ||
	    memcmp(p->s + i, here->delimiter.ptr, here->delimiter.len) != 0)
		return UINT32_MAX;
	i += (uint32_t)here->delimiter.len;
	return memchr(p->s + i, ')', line_end - i) ? i : UINT32_MAX;
}

static uint32_t line_end(const struct lex *p, const struct lex_here *here, uint32_t i)
{
	for (;;) {
		const char *line = i < p->end ? memchr(p->s + i, '\n', p->end - i) : NULL;
		uint32_t end = line ? (uint32_t)(line - p->s) : p->end;
		uint32_t k = end;

		while (k > i && p->s[k - 1] == '\\')
			k--;
		if (!line || here->redirection->here_quoted || (end - k) % 2 == 0)
			return end;
		i = end + 1;
	}
}

/* The bytes of the body without the tabs at the start of its lines. */
static struct str stripped(struct lex *p, uint32_t from, uint32_t to, uint32_t **ret_map)
{
	char *text = arena_alloc(p->arena, to - from + 1);
	uint32_t *map = ARENA_ARRAY(p->arena, to - from + 1, uint32_t);
	bool start = true;
	size_t n = 0;

	if (!text || !map)
		return STR_NONE;
	for (uint32_t i = from; i < to; i++) {
		if (start && p->s[i] == '\t')
			continue;
		map[n] = lex_offset(p, i);
		text[n++] = p->s[i];
		start = p->s[i] == '\n';
	}
	map[n] = lex_offset(p, to);
	*ret_map = map;
	return (struct str){ text, n };
}

/* The body's parts: text, and what is expanded in it. Trouble in there comes when it is run: none of ours. */
static void body(struct lex *p, const struct lex_here *here, uint32_t from, uint32_t to)
{
	struct shell_redirection *r = here->redirection;
	struct str text = { p->s, to };
	uint32_t *map = NULL;
	struct lex_build b;
	struct lex saved;
	bool strip = here->strip && to > from && memchr(p->s + from, '\t', to - from);

	if (p->depth + BODY_DEPTH > SHELL_MAX_DEPTH) {
		p->too_deep = true;
		lex_stop(p, p->pos, STR("deeper than 200"));
		return;
	}
	if (!lex_again(p, to - from))
		return;
	if (strip)
		text = stripped(p, from, to, &map);
	if (strip && !text.ptr)
		return;
	lex_visit(p, &saved, text, strip ? map : p->map);
	p->depth += BODY_DEPTH;
	p->pos = strip ? 0 : from;
	b = lex_word_begin(p, LEX_QUOTED);
	if (r->here_quoted) {
		lex_word_text(p, &b, p->pos, p->end, true);
		p->pos = p->end;
	}
	while (!p->stopped && p->pos < p->end)
		lex_quote_body(p, &b, -1);
	r->here = lex_word_end(p, &b);
	lex_return(p, &saved);
}

/* Go on at ${to}, behind a body, whatever was wrong in it. */
static void behind(struct lex *p, uint32_t to)
{
	p->pos = to;
	if (p->stopped)
		p->end = to;
}

/* The body of one here-document, from the place on. */
static void read_body(struct lex *p, const struct lex_here *here)
{
	uint32_t from = p->pos, i = from, last = p->end;

	while (i < last) {
		uint32_t end = says(p, here, i), next;

		if (end != UINT32_MAX) {
			body(p, here, from, i);
			behind(p, end < last ? end + 1 : end);
			return;
		}
		next = line_end(p, here, i);
		end = says_in_substitution(p, here, i, next);
		if (end != UINT32_MAX) {
			body(p, here, from, i);
			behind(p, end);
			return;
		}
		i = next < p->end ? next + 1 : next;
	}
	here->redirection->here_unclosed = true;
	body(p, here, from, last);
	behind(p, last);
}

void parse_redirect_bodies(struct lex *p)
{
	struct lex_here *here = p->here;

	p->here = NULL;
	p->here_last = &p->here;
	for (; here && !p->stopped; here = here->next)
		read_body(p, here);
}
