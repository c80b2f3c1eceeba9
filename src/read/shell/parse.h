/* parse.h -- what the files of the shell parser share: lists and commands. See lex.h for places, lex_word.h for words.
 * Room: read, private to shell/lex*.c and shell/parse*.c.
 * Every function takes what it can and returns it; trouble is in struct lex.
 */
#ifndef PAWL_READ_SHELL_PARSE_H
#define PAWL_READ_SHELL_PARSE_H

#include "read/shell/lex_word.h"

/* Reserved words, read only where a command may begin. */
enum parse_reserved {
	PARSE_NONE,
	PARSE_IF,
	PARSE_THEN,
	PARSE_ELSE,
	PARSE_ELIF,
	PARSE_FI,
	PARSE_CASE,
	PARSE_ESAC,
	PARSE_FOR,
	PARSE_SELECT,
	PARSE_WHILE,
	PARSE_UNTIL,
	PARSE_DO,
	PARSE_DONE,
	PARSE_IN,
	PARSE_FUNCTION,
	PARSE_TIME,
	PARSE_COPROC,
	PARSE_OPEN,  /* { */
	PARSE_CLOSE, /* } */
	PARSE_NOT,   /* ! */
	PARSE_TEST,  /* [[ */
	PARSE_TEST_END, /* ]] */
};

/* parse.c: lists and pipelines. */
enum parse_reserved parse_reserved_on(const struct lex *p, uint32_t *ret_end);
extern const uint8_t parse_first[256]; /* may a reserved word begin with this byte? */

/* False: no reserved word stands here. */
static inline bool parse_maybe_reserved(const struct lex *p)
{
	int c = lex_byte(p, p->pos);

	return c >= 0 && (parse_first[c] || c == '\\');
}

/* The reserved word that stands here. */
static inline enum parse_reserved parse_reserved(const struct lex *p, uint32_t *ret_end)
{
	return parse_maybe_reserved(p) ? parse_reserved_on(p, ret_end) : PARSE_NONE;
}
bool parse_reserved_take(struct lex *p, enum parse_reserved word); /* blanks before it; false: something else stands here */
void parse_reserved_need(struct lex *p, enum parse_reserved word);
bool parse_newline(struct lex *p); /* one line's end, with the here-documents that wait for it */
void parse_newlines(struct lex *p);
struct shell_list *parse_list(struct lex *p);	      /* of a compound command: at least one item */
struct shell_list *parse_substitution(struct lex *p); /* behind ( up to and with ); may be empty */
struct shell_list *parse_all(struct lex *p);	      /* the whole text, reading on behind trouble */

/* parse_command.c: one command with its redirections; NULL: none stands here. */
struct shell_command *parse_command(struct lex *p);
struct shell_command *parse_command_new(struct lex *p, enum shell_command_kind kind);
void parse_array(struct lex *p, struct shell_part *part); /* behind ( of a=( */

/* parse_redirect.c */
bool parse_redirect_on(struct lex *p, struct shell_redirection ***last);

/* False: none stands here. */
static inline bool parse_redirect(struct lex *p, struct shell_redirection ***last)
{
	int c = lex_peek(p);

	return (c == '<' || c == '>' || c == '&' || c == '{' || (c >= '0' && c <= '9')) && parse_redirect_on(p, last);
}
void parse_redirect_bodies(struct lex *p);			      /* of the here-documents that wait, at the start of a line */

/* parse_compound.c, parse_loop.c, parse_test.c: behind the reserved word (or the parentheses) that begins them. */
void parse_compound(struct lex *p, struct shell_command *c, enum parse_reserved word);
void parse_compound_subshell(struct lex *p, struct shell_command *c);
void parse_compound_function(struct lex *p, struct shell_command *c); /* at the body */
void parse_loop_for(struct lex *p, struct shell_command *c);
void parse_loop_do(struct lex *p, struct shell_command *c); /* do … done */
void parse_test(struct lex *p, struct shell_command *c);

#endif
