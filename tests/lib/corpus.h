/* corpus.h -- commands with the verdict they must get: tests/cases/commands/ *.cases, read and judged. docs/corpus.md has the format.
 * A case names its own world, so that reading one needs no file, no repository and no environment of this machine.
 */
#ifndef PAWL_TESTS_CORPUS_H
#define PAWL_TESTS_CORPUS_H

#include "base/err.h"
#include "core/judge.h"
#include "read/world.h"

struct corpus_file {
	struct str path, text;
	struct corpus_file *next;
};

struct corpus_path {
	struct world_path is;
	struct corpus_path *next;
};

struct corpus_variable {
	struct world_variable is;
	bool unset;
	struct corpus_variable *next;
};

/* What a command finds around it; one is shared by the cases below its `world:` line. */
struct corpus_world {
	struct str title, cwd, home, workspace, user;
	struct corpus_variable *env; /* the last one of a name counts: newest first */
	struct corpus_file *files;
	struct corpus_path *paths;
	struct world_program *programs;
	struct world_vault *vaults;
	struct world_repository repository; /* root STR_NONE: none */
};

struct corpus_case {
	struct str file;
	unsigned line;
	enum verdict at_least; /* ALLOW: exactly that; HOLD: hold or deny; DENY */
	struct str text, why;
	const struct corpus_world *world;
	struct corpus_case *next;
};

struct corpus {
	struct corpus_case *first, *last;
	size_t n, n_refused, n_allowed;
};

/* Append what ${text} of the file called ${name} holds. False with file, line and what to do when it is no case file. */
bool corpus_read(struct str name, struct str text, struct arena *arena, struct corpus *c, struct err *err) PAWL_MUST_USE;
bool corpus_read_file(const char *path, struct arena *arena, struct corpus *c, struct err *err) PAWL_MUST_USE;
/* Every *.cases of a folder, in order of names. */
bool corpus_read_folder(const char *folder, struct arena *arena, struct corpus *c, struct err *err) PAWL_MUST_USE;
/* The world of a file that names none. */
const struct corpus_world *corpus_default_world(struct arena *arena);
/* A world to read a command in, nothing asked and nothing answered yet. */
void corpus_world_begin(const struct corpus_world *is, struct arena *arena, struct world *ret);
/* Its vaults, once they are wanted. True: they are there now, and it is to be read again. */
bool corpus_world_vaults(const struct corpus_world *is, struct world *w);
/* Answer what was asked, and forget the needs. */
void corpus_world_answer(const struct corpus_world *is, struct world *w);
/* Would the keep take this before it is lost? Inside the workspace, and not past its bounds. */
bool corpus_keeps(const struct corpus_world *is, struct str path, struct arena *arena);

struct corpus_verdict {
	enum verdict verdict;
	struct str because; /* of the change behind it; "" for allow */
};

/* Read ${text} as the hook does and judge it by ${policy}. */
void corpus_judge(const struct policy *policy, const struct corpus_world *is, struct str text, struct arena *arena,
		  struct corpus_verdict *ret);
/* The preset an owner gets who has written nothing. */
bool corpus_policy(struct arena *arena, const struct policy **ret, struct err *err) PAWL_MUST_USE;

#endif
