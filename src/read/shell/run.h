/* run.h -- what a shell text would execute: the tree given a meaning, nothing run.
 * Room: read. Pure. An abstract interpreter: values of variables are carried where they are known, branches are all taken,
 * functions, eval, source, aliases, traps and wrappers (sudo, env, xargs, find -exec, bash -c,
		ssh …) are followed as deep as they go.
 * Promise: every argv that bash could execute is in the answer (with unknown parts marked), or the answer says it is opaque.
 * It may list more than bash executes (both branches of an if), never less.
 */
#ifndef PAWL_READ_SHELL_RUN_H
#define PAWL_READ_SHELL_RUN_H

#include "read/shell/tree.h"
#include "read/world.h"

#define SHELL_MAX_ACTS 20000
#define SHELL_MAX_STEPS 1000000 /* of interpretation; more is opaque */

/* Stands in a value for a run of bytes nobody knows. Never in a real argument: argv cannot hold NUL. */
#define SHELL_UNKNOWN '\0'

struct shell_value {
	struct str text; /* with SHELL_UNKNOWN marks */
	bool known;	 /* no marks, exactly one word */
	bool many;	 /* may be any number of words (unquoted unknown, glob, "$@" not known) */
	bool glob;	 /* has unquoted glob characters: text is the pattern */
	struct shell_span span; /* in the text given to shell_run,
			also for what came by eval or a variable: the place that led to it */
};

enum shell_mode { SHELL_OPEN_READ, SHELL_OPEN_WRITE, SHELL_OPEN_APPEND, SHELL_OPEN_BOTH };

/* A file that a redirection opens. */
struct shell_opening {
	enum shell_mode mode;
	int fd;
	struct shell_value path;
	struct shell_opening *next;
};

struct shell_variable {
	struct str name;
	struct shell_value value;
	bool exported;
	bool unset; /* taken out of the environment */
	struct shell_variable *next;
};

enum shell_input {
	SHELL_INPUT_INHERITED, /* the agent's own: nothing, as a rule */
	SHELL_INPUT_TEXT,      /* known: here-document, here-string, echo … | */
	SHELL_INPUT_FILE,      /* < file: path in input.text */
	SHELL_INPUT_ACT,       /* the output of another act (input_from), not known */
};

/* One execution of one program (or of a builtin that matters), as argv. */
struct shell_act {
	struct shell_value *argv; /* n_argv may be 0: redirections alone, or assignments alone */
	size_t n_argv;
	struct shell_span span;	  /* of the command in the text given to shell_run */
	bool maybe;		  /* in a branch, behind && or ||, in a function that may not be called, in a loop */
	bool background;
	bool remote;		  /* runs elsewhere (ssh, docker exec, kubectl exec): cwd, env and files are not ours */
	struct shell_variable *env; /* what differs from the world's environment,
			exported or set for this command; newest first */
	bool env_cleared;	  /* env -i */
	struct shell_opening *opens;
	enum shell_input input;
	struct shell_value input_text;
	const struct shell_act *input_from;
	struct shell_value cwd;	  /* absolute where known */
	struct str via;		  /* "sudo › bash -c": how it came to this, for explanations; "" when it stands in the text */
	struct str user;	  /* sudo -u, su; "root" under sudo; STR_NONE: the same */
	struct str script;	  /* text of the file that an interpreter of another language runs, or of the table that
			crontab puts in, where it is known */
	bool shown;		  /* its output goes where the shell's own goes: no pipe, substitution or file takes it */
	bool yes_piped;		  /* `yes |`, `echo y |`: a prompt answered by the machine */
	const struct shell_act *within; /* the wrapper's own act, which is also listed; NULL */
	struct shell_act *next;
};

/* What could not be followed: "eval of an unknown value", "python: code read from a file outside the workspace". */
struct shell_opaque {
	struct shell_span span;
	struct str why;
	const struct shell_act *act; /* whose meaning is not known; may be NULL */
	bool part; /* an unknown value stands inside shell code whose rest was read: it could only add to it by being code itself */
	struct shell_opaque *next;
};

struct shell_answer {
	struct shell_act *acts; /* in the order they would run */
	size_t n_acts;
	struct shell_opaque *opaque;
	struct shell_tree tree; /* of the text itself */
};

/**
 * shell_run(text, world, arena, ret):
 * Total. ${world} tells cwd, environment and files; what is missing becomes a need there and the caller asks again.
 */
void shell_run(struct str text, struct world *world, struct arena *arena, struct shell_answer *ret);
/* The same for an argv that needs no shell (a host that gives words, `pawl check -- CMD`): wrappers are followed as well. */
void shell_run_argv(const struct str *argv, size_t n, struct world *world, struct arena *arena, struct shell_answer *ret);

#endif
