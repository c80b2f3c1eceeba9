/* run_code.h -- inline code of other languages: its literals and the arguments of its calls. For run_code*.c alone.
 * Room: read. Pure.
 */
#ifndef PAWL_READ_SHELL_RUN_CODE_H
#define PAWL_READ_SHELL_RUN_CODE_H

#include "read/shell/run_parts.h"
#include "read/shell/run_programs.h"

struct code {
	struct run *r;
	struct run_scene *p;
	struct run_call *call;
	const char *language;
	struct str text;
	struct shell_value began; /* the folder that it began in */
	size_t at;
	unsigned depth;
};

struct arguments {
	struct run_list list;
	bool listed; /* […] */
	bool shell;  /* shell=True */
	bool unknown;
};

bool code_identifier(char c);
bool code_quote(char c);
/* Is the code in this language? */
bool code_in(const struct code *c, const char *language);
/* The literal at *${at}: its text, with interpolated parts unknown. *${at} moves behind it. */
struct str code_literal(struct code *c, size_t *at);
/* Arguments from behind the name to their end: literals, names of literals, else unknown. */
struct arguments code_arguments(struct code *c, size_t at);
/* What a literal in base64 holds; STR_NONE where it is none. */
struct str code_base64(struct code *c, struct str s);
/* An expression up to one of ${ends}, as one value: pieces beside each other are joined. *${at} moves to its end. */
struct str code_joined(struct code *c, size_t *at, const char *ends);

#endif
