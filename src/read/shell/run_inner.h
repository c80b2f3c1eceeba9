/* run_inner.h -- what the files of the interpreter share. Not for others: they use run.h.
 * Room: read. Pure.
 * A struct run_scene is what a subshell copies: variables, functions, cwd, descriptors. Its maps never change in place, so a
 * copy is a fork, and two scenes can be joined where branches meet. A struct run is the whole interpretation.
 */
#ifndef PAWL_READ_SHELL_RUN_INNER_H
#define PAWL_READ_SHELL_RUN_INNER_H

#include "read/shell/run_values.h"

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
	bool exports_all; /* set -a */
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
	bool stopped, programs_ran, execfail, lastpipe, widened; /* widened: a join with widen lost something that was known */
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
