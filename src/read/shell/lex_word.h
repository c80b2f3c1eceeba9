/* lex_word.h -- how the shell parser builds words. See lex.h for places and trouble.
 * Room: read, private to shell/lex*.c and shell/parse*.c.
 */
#ifndef PAWL_READ_SHELL_LEX_WORD_H
#define PAWL_READ_SHELL_LEX_WORD_H

#include "read/shell/lex.h"

/* A word under construction. */
enum lex_flag {
	LEX_IN_BRACES = 1,  /* {a,b} means something */
	LEX_IN_VALUE = 2,   /* value of an assignment: ~ behind every : */
	LEX_IN_REGEX = 4,   /* behind =~ */
	LEX_IN_PATTERN = 8, /* behind == in [[ ]]: extended globs without being asked for */
	LEX_IN_ARGUMENT = 16, /* of ${x:-…}: ends at }, blanks are text */
	LEX_TO_COLON = 32,  /* … and at : */
	LEX_TO_SLASH = 64,  /* … and at / */
	LEX_QUOTED = 128,   /* everything counts as quoted: "${x:-…}" */
	LEX_NO_TILDE = 256,
};

struct lex_build {
	struct shell_word *word;
	struct shell_part *tail;
	unsigned flags;
	unsigned opened; /* { not yet closed */
	bool fold;	 /* marks of braces stand in the word */
	unsigned group;	 /* ( not yet closed: of an extended glob or a regular expression */
	uint32_t literal; /* up to here } is text: '…' inside "${x:-…}" */
};

/* lex_word.c: words. */
struct lex_build lex_word_begin(struct lex *p, unsigned flags);
struct shell_word *lex_word_end(struct lex *p, struct lex_build *b);
struct shell_part *lex_word_part(struct lex *p, struct lex_build *b, enum shell_part_kind kind, uint32_t from);
void lex_word_text(struct lex *p, struct lex_build *b, uint32_t from, uint32_t to, bool quoted);
void lex_word_string(struct lex *p, struct lex_build *b, uint32_t from, struct str text);
void lex_word_run(struct lex *p, struct lex_build *b);
bool lex_word_starts_on(const struct lex *p);
struct shell_word *lex_word(struct lex *p, unsigned flags);

/* Does a word start here? */
static inline bool lex_word_starts(const struct lex *p)
{
	int c = lex_byte(p, p->pos);

	return c == '\\' || c == '<' || c == '>' ? lex_word_starts_on(p) : c >= 0 && !lex_is(c, LEX_BREAK);
}

/* lex_glob.c: * ? [a-z] @(…|…) */
void lex_glob(struct lex *p, struct lex_build *b);
bool lex_glob_group(struct lex *p, struct lex_build *b);

/* lex_brace.c: marks that stand in a word become alternatives, or text. */
void lex_brace_mark(struct lex *p, struct lex_build *b);
void lex_brace_fold(struct lex *p, struct shell_word *word);

/* lex_quote.c: behind the opening quote; up to and with the closing one. */
void lex_quote(struct lex *p, struct lex_build *b);
void lex_quote_body(struct lex *p, struct lex_build *b, int close); /* -1: a here-document's body, up to the end */
void lex_quote_single(struct lex *p, struct lex_build *b);
/* The delimiter of a here-document: quotes removed, nothing else. */
struct str lex_quote_remove(struct lex *p, uint32_t from, uint32_t to, bool *ret_quoted);

/* lex_dollar.c, lex_parameter.c: at the $. */
void lex_dollar(struct lex *p, struct lex_build *b, bool quoted);
void lex_dollar_backquote(struct lex *p, struct lex_build *b, bool quoted);
/* <(…) and >(…), at the < or >. */
void lex_dollar_process(struct lex *p, struct lex_build *b);
void lex_parameter(struct lex *p, struct lex_build *b, bool quoted);	/* $x */
void lex_parameter_braces(struct lex *p, struct lex_build *b, bool quoted); /* ${x…} */

/* lex_arithmetic.c: expressions are one word, everything in it quoted. */
/* Behind the opening bracket of $[…] or, with ${subscript}, a[…], up to and with its ]. */
struct shell_word *lex_arithmetic(struct lex *p, bool subscript);
/**
 * lex_arithmetic_try(p, pair, ret_made):
 * At ((: the expression, behind its )), or NULL when it is a subshell inside another; then p stands where it was, or, with ${pair},
 * behind the ) that belongs to the first of the two. *${ret_made} is what p->reuse should be before the same bytes are read as
 * commands.
 */
struct shell_word *lex_arithmetic_try(struct lex *p, bool pair, struct lex_made **ret_made);
/* The index in ${x[…]}: like lex_arithmetic(p, true), but a } ends it all: NULL, at the }. */
struct shell_word *lex_arithmetic_index(struct lex *p);

#endif
