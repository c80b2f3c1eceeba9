/* run_values.h -- what the interpreter knows things as: limits, maps, variables, descriptors, files.
 * Room: read. Pure.
 */
#ifndef PAWL_READ_SHELL_RUN_VALUES_H
#define PAWL_READ_SHELL_RUN_VALUES_H

#include "read/shell/run.h"

#define RUN_MAX_VALUE ((size_t)1 << 20)	/* bytes of one value */
#define RUN_MAX_WORDS 4096		/* words one command expands to, elements of an array */
#define RUN_MAX_DEPTH 320		/* lists inside lists, texts inside texts */
#define RUN_MAX_CALLS 32		/* functions inside functions */
#define RUN_MAX_RECURSION 6		/* of one function */
#define RUN_MAX_ITERATIONS 64		/* of a loop over known words */
#define RUN_MAX_PRODUCT 4096		/* of the iterations of loops inside loops */
#define RUN_MAX_CHOICES 16		/* ways one command is tried when its variables have alternatives */
#define RUN_MAX_OTHERS 8		/* alternatives of one variable */
#define RUN_MAX_PARSED ((size_t)8 << 20) /* bytes of shell text in all: scripts, eval, aliases */
#define RUN_MARK '\x1a' /* stands for SHELL_UNKNOWN in a text that is parsed: an ordinary byte to the grammar */

struct run_map {
	uint64_t hash;
	struct str key;
	const void *value;
	const struct run_map *side[2];
};

struct run_text {
	struct arena *arena;
	char *ptr;
	size_t len, cap;
	bool over;
};

struct run_element {
	struct str key; /* decimal for an indexed array */
	struct str text;
	struct run_element *next;
};

struct run_variable {
	struct str text; /* element 0 of an array */
	bool set, exported, readonly, integer, array, assoc, nameref;
	bool single; /* not known, but one word: $$, $? */
	bool open;   /* an array with elements that are not known */
	char fold;   /* 'u' 'l': declare -u, -l */
	uint32_t process;
	struct run_element *elements;
	size_t n_elements;
	const struct run_variable *other; /* or else this */
};

struct run_function {
	const struct shell_command *command;
	struct str text; /* that the command was parsed from */
	uint32_t process;
	bool exported;
	const struct run_function *other;
};

/* Where descriptor n goes. Text that is captured grows in text. */
struct run_out {
	struct run_text text;
	struct str path; /* a file; STR_NONE: a pipe or a substitution */
	bool append, file, null;
	bool yes;  /* `yes |` */
	const struct shell_act *from;
	/* As they were when it was opened: printing under other ones is not certain. */
	unsigned maybe, leaves;
	const struct run_choice *choice;
};

struct run_in {
	enum shell_input kind;
	struct str text;
	size_t at; /* how much of it was read */
	const struct shell_act *from;
	bool yes, unsure; /* unsure: a branch may have read of it */
	unsigned maybe;	  /* of the scene that opened it */
};

/* A file as the commands before left it: what it may hold. */
struct run_file {
	struct str text;
	bool known, original; /* original: what the world has */
	const struct run_file *other;
};

#endif
