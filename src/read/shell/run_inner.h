/* run_inner.h -- what the files of the interpreter share. Not for others: they use run.h.
 * Room: read. Pure.
 * A struct run_scene is what a subshell copies: variables, functions, cwd, descriptors. Its maps never change in place, so a
 * copy is a fork, and two scenes can be joined where branches meet. A struct run is the whole interpretation.
 */
#ifndef PAWL_READ_SHELL_RUN_INNER_H
#define PAWL_READ_SHELL_RUN_INNER_H

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

struct run_local {
	struct str name;
	const struct run_variable *before;
	struct run_local *next;
};

struct run_frame {
	const struct shell_command *body;
	struct run_local *locals;
	struct run_frame *up;
	unsigned depth;
};

enum run_seen { RUN_READ, RUN_PENDING, RUN_OUTSIDE, RUN_MISSING, RUN_NO_NAME };

struct run_trap {
	struct str text;
	struct run_trap *next;
};

struct run_scene {
	const struct run_map *variables, *functions, *aliases;
	struct shell_variable *exports;
	struct shell_value cwd;
	struct str cwd_before;
	struct shell_value *args;
	size_t n_args;
	bool args_open;
	struct str arg0;
	struct run_out *out[10];
	struct run_in *in;
	struct str text;	/* that what is walked was parsed from */
	struct shell_span span; /* of everything, when fixed */
	bool fixed;
	struct str via, user;
	bool remote, env_cleared, env_lost, env_unknown; /* lost: sudo may drop it */
	bool background, dead, all_unknown;
	const struct shell_act *within;
	unsigned maybe, looped; /* looped: turns of loops whose number is known */
	uint32_t process, env_from; /* env_from: variables of earlier processes are cleared, lost or not known */
	int status; /* of the last command; -1: not known */
	struct run_frame *frame;
	struct run_trap *traps, *folders; /* folders: pushd */
	struct run_leave *loop, *function; /* around: where break, continue and return leave to; NULL outside */
	struct run_leave *line;		   /* where an error in an expansion leaves to: the next line of the script */
};

/* Scenes that left a loop or a function early, joined; NULL: none did. */
struct run_leave {
	struct run_scene *scene;
	struct run_leave *up;
};

/* Variables with alternatives that one command looked at, and which was taken. */
struct run_choice {
	const struct run_variable *variable[RUN_MAX_CHOICES];
	unsigned of[RUN_MAX_CHOICES], pick[RUN_MAX_CHOICES];
	unsigned n, product;
	struct run_choice *up;
};

struct run {
	struct world *world;
	struct arena *arena;
	struct shell_answer *ret;
	struct shell_act **last_act;
	struct shell_opaque **last_opaque;
	const struct shell_act *newest;
	size_t steps, parsed, n_opaque;
	unsigned depth, again; /* again: walking something a second time: what was told is not told again */
	unsigned product, descriptors;
	unsigned leaves;    /* exits, breaks and returns that may or may not have happened */
	unsigned capturing; /* inside an outer command's choice of alternatives */
	uint32_t processes;
	struct run_choice *choice;
	const struct run_map *files, *made, *told;
	bool stopped, programs_ran, execfail, widened; /* widened: a join with widen lost something that was known */
};

struct run_list {
	struct shell_value *item;
	size_t n, cap;
};

/* One simple command with its words expanded. */
struct run_call {
	struct shell_value *argv;
	size_t n;
	struct shell_span span;
	const struct shell_command *command; /* NULL: argv came without a text */
	struct shell_act *act;
	struct shell_variable *env; /* prefix assignments, newest first, down to the scene's exports */
	struct shell_opening *opens;
	bool plain; /* no function, no alias: command, builtin */
};

#endif
