/* surroundings.h -- the world around a command, looked at: what pure readers asked for (read/world.h) is answered here.
 * Room: gate/command. I/O. Nothing is written, nothing of the project is run but `git status` and its kin, with the repository's own
 * hooks, pagers and file monitors turned off.
 */
#ifndef PAWL_GATE_COMMAND_SURROUNDINGS_H
#define PAWL_GATE_COMMAND_SURROUNDINGS_H

#include "base/err.h"
#include "read/world.h"

#define SURROUNDINGS_MAX_WALK 20000 /* files counted below one folder; more is "capped" */

struct surroundings_opts {
	const char *cwd;       /* absolute; NULL: unknown */
	const char *workspace; /* root of the project; NULL or home or "/": none */
	const char *state_dir, *config_dir;
	char *const *env;
};

/* What is known without being asked. Strings are copied into ${arena}, which must outlive *${ret} and all answers. */
bool surroundings_begin(const struct surroundings_opts *o, struct arena *arena, struct world *ret, struct err *err) PAWL_MUST_USE;
/* Answer every need of ${w} and forget the needs. */
void surroundings_answer(struct world *w, struct arena *arena);

/* One file each: surroundings_file.c, surroundings_path.c, surroundings_git.c. */
struct world_file *surroundings_file(const struct world *w, struct str path, struct arena *arena);
struct world_path *surroundings_path(struct str path, struct arena *arena);
struct world_repository *surroundings_repository(const struct world *w, struct str folder, struct arena *arena);
struct world_program *surroundings_program(const struct world *w, struct str name, struct arena *arena);

#endif
