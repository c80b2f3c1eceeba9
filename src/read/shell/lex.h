/* lex.h -- what the files of the shell parser share: the place in the text, trouble, and how words are built.
 * Room: read, private to shell/lex*.c and shell/parse*.c.
 * Trouble stops the lexer: the end of what may be read is drawn to where it stands, so that everybody above meets the end
 * and comes back with what it has; nobody reports an error upwards. parse_text then puts the end back and reads on behind it.
 * So every byte is read a bounded number of times, whatever is wrong with it.
 */
#ifndef PAWL_READ_SHELL_LEX_H
#define PAWL_READ_SHELL_LEX_H

#include "read/shell/tree.h"

/* Bits of lex_class[]: which bytes mean something in a word. */
enum lex_class_bit {
	LEX_BREAK = 1,	 /* blank, newline and operators: end a word */
	LEX_QUOTE = 2,	 /* \ ' " ` $ */
	LEX_GLOB = 4,	 /* * ? [ */
	LEX_BRACE = 8,	 /* { } , */
	LEX_TILDE = 16,	 /* ~ : */
	LEX_DOUBLE = 32, /* " \ $ `: what means something inside "…" */
	LEX_NAME = 64,	 /* letters, digits, _ */
	LEX_PAREN = 128, /* ( ) [ ] ; : / and } , ends of what is inside ${…}, $((…)) and a[…] */
};
extern const uint8_t lex_class[256];

/* What a here-document waits for: the newline behind its line. */
struct lex_here {
	struct shell_redirection *redirection;
	struct str delimiter;
	bool strip; /* <<- */
	struct lex_here *next;
};

/* A substitution read while ((…)) was tried for arithmetic, kept for reading the same bytes as commands. */
struct lex_made {
	uint32_t from, to;
	const struct shell_part *part;
	struct lex_made *next;
};

struct lex {
	const char *s;
	uint32_t pos, end;
	const uint32_t *map; /* offsets of s in the text of the tree; NULL: the same */
	struct arena *arena;
	unsigned depth;
	size_t *again; /* bytes that may still be read once more: bodies, backquotes, (( that is no arithmetic */
	bool extglob;	  /* shopt -s extglob stood on an earlier line */
	bool assign_ok;	  /* behind declare, export …: words may be a=(…) */
	bool substituted; /* inside $(…): a here-document may end at its `)' */
	bool stopped;
	bool too_deep;
	uint32_t limit; /* while stopped: where `end` was */
	bool broken;	/* trouble was met; the first counts */
	uint32_t at;
	struct str why;
	struct lex_here *here, **here_last;
	uint8_t *no_arithmetic; /* one bit a byte: ((  here was tried and is none */
	uint32_t no_time;	/* `time` right behind $( is a word like any other (bash 5.2) */
	unsigned trying;	/* attempts under way */
	struct lex_made **made_last;
	const struct lex_made *reuse;
	uint32_t no_bracket; /* up to here no [ finds its ] in plain bytes of its word… */
	bool bracket_quotes; /* … because quotes or substitutions stand before it */
};

static inline uint32_t lex_offset(const struct lex *p, uint32_t i)
{
	return p->map ? p->map[i] : i;
}

static inline struct shell_span lex_span(const struct lex *p, uint32_t from, uint32_t to)
{
	return (struct shell_span){ lex_offset(p, from), lex_offset(p, to) };
}

/* The first place from ${i} on that is no line continuation. */
static inline uint32_t lex_skip(const struct lex *p, uint32_t i)
{
	while (i + 1 < p->end && p->s[i] == '\\' && p->s[i + 1] == '\n')
		i += 2;
	return i;
}

/* The byte at ${i}, or -1. */
static inline int lex_byte(const struct lex *p, uint32_t i)
{
	return i < p->end ? (unsigned char)p->s[i] : -1;
}

static inline bool lex_is(int c, unsigned bits)
{
	return c >= 0 && (lex_class[c] & bits) != 0;
}

/* Is nothing left to read? So it is behind trouble. */
static inline bool lex_at_end(const struct lex *p)
{
	return p->pos >= p->end;
}

/* The next byte, past line continuations, or -1 at the end. */
static inline int lex_peek(struct lex *p)
{
	if (p->pos < p->end && p->s[p->pos] != '\\')
		return (unsigned char)p->s[p->pos];
	p->pos = lex_skip(p, p->pos);
	return lex_byte(p, p->pos);
}

/* The byte behind the one at ${i}, past line continuations. */
static inline int lex_after(const struct lex *p, uint32_t i)
{
	return lex_byte(p, lex_skip(p, i + 1));
}

/* From ${i} on the first byte of a class in ${bits}, or the end. */
static inline uint32_t lex_until(const struct lex *p, uint32_t i, unsigned bits)
{
	while (i < p->end && !(lex_class[(unsigned char)p->s[i]] & bits))
		i++;
	return i;
}

/* lex.c: places, names, trouble. */
void lex_stop(struct lex *p, uint32_t at, struct str why);
void lex_unexpected(struct lex *p); /* stop at what stands here */
bool lex_again(struct lex *p, size_t n); /* ${n} bytes are to be read once more. False: too many were, and stopped. */
/* A name [A-Za-z_][A-Za-z0-9_]* from ${i}: where it ends, ${i} when there is none. */
uint32_t lex_name(struct lex *p, uint32_t i, struct str *ret_name);
/* Read other bytes with the same parser: ${ret_saved} is what lex_return puts back. */
void lex_visit(struct lex *p, struct lex *ret_saved, struct str text, const uint32_t *map);
void lex_return(struct lex *p, const struct lex *saved);
struct str lex_text(const struct lex *p, uint32_t from, uint32_t to);

#include "read/shell/lex_ask.h"

#endif
