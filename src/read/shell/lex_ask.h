/* lex_ask.h -- what the shell parser asks at every command: is this what stands here? Behind lex.h, which includes it.
 * Room: read/shell.
 */
#ifndef PAWL_READ_SHELL_LEX_ASK_H
#define PAWL_READ_SHELL_LEX_ASK_H

#include "read/shell/lex.h"

/* The beginnings of what is asked for at every command are inline: mostly the first byte says no. The rest is in lex.c, named …_on. */
bool lex_enter_on(struct lex *p);
void lex_blank_on(struct lex *p);
uint32_t lex_match_on(const struct lex *p, const char *text);

/* Past blanks and a comment. */
static inline void lex_blank(struct lex *p)
{
	int c = lex_byte(p, p->pos);

	if (c == ' ' || c == '\t' || c == '\\' || c == '#')
		lex_blank_on(p);
}

/* One deeper; false: too deep, and stopped. Every true is followed by lex_leave. */
static inline bool lex_enter(struct lex *p)
{
	if (p->depth >= SHELL_MAX_DEPTH)
		return lex_enter_on(p);
	p->depth++;
	return true;
}

static inline void lex_leave(struct lex *p)
{
	p->depth--;
}

/* Where ${text} ends when it stands here, line continuations between its bytes skipped, else 0. */
static inline uint32_t lex_match(const struct lex *p, const char *text)
{
	int c = lex_byte(p, p->pos);

	return c == (unsigned char)*text || c == '\\' ? lex_match_on(p, text) : 0;
}

static inline bool lex_looks(const struct lex *p, const char *text)
{
	return lex_match(p, text) != 0;
}

/* Go behind it when it stands here. */
static inline bool lex_take(struct lex *p, const char *text)
{
	uint32_t to = lex_match(p, text);

	if (to)
		p->pos = to;
	return to != 0;
}

#endif
