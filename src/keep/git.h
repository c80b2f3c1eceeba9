/* git.h -- git, run in a repository nobody vouches for.
 * Room: keep, private. Only this room runs git, and only for kinds of git.
 * The program comes from a fixed PATH; the environment is made here; hooks, file monitors, filters, pagers and lazy fetches of the
 * repository are off. A repository of another owner is refused by git itself.
 */
#ifndef PAWL_KEEP_GIT_H
#define PAWL_KEEP_GIT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define GIT_ARGS_MAX 96

struct git {
	struct arena *arena;
	struct str root, git_dir, common_dir; /* absolute */
	const char *fixed[GIT_ARGS_MAX]; /* argv up to the subcommand */
	size_t n_fixed;
	char *env[16];
	int64_t deadline_us;
};

/* ${folder}: of the work tree or below it. A bare repository, one with the reftable format, or one whose submodules go along is
 * refused. */
bool git_open(struct git *g, struct str folder, int64_t deadline_us, struct arena *arena, struct err *err) PAWL_MUST_USE;

/* The same without a look at the repository, to make one. */
bool git_begin(struct git *g, struct str folder, int64_t deadline_us, struct arena *arena, struct err *err) PAWL_MUST_USE;

struct git_run {
	const char *const *args; /* from the subcommand on, NULL-terminated */
	struct str input;
	struct buf *out; /* NULL: what it says is dropped */
	bool may_fail;	 /* exit status 1 is an answer: *ret_ok is false */
};
bool git_run(struct git *g, const struct git_run *r, bool *ret_ok, struct err *err) PAWL_MUST_USE;

/* Object id of ${name}; STR_NONE when there is no such thing. */
bool git_resolve(struct git *g, const char *name, struct str *ret, struct err *err) PAWL_MUST_USE;

/* A name as git prints it: quoted as in C when it has odd bytes. */
bool git_unquote(struct str text, struct arena *a, struct str *ret) PAWL_MUST_USE;

#endif
