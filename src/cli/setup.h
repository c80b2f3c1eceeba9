/* setup.h -- pawl's hooks in the settings of agents: what is to be written, writing it, remembering what was there, and taking it back.
 * Room: cli.
 */
#ifndef PAWL_CLI_SETUP_H
#define PAWL_CLI_SETUP_H

#include <sys/types.h>

#include "cli/places.h"
#include "gate/hook/agents.h"

#define SETUP_MAX_FILES 32
#define SETUP_MAX_BYTES ((size_t)16 << 20)

/* One file of settings, as it is and as it is to be. */
struct setup_file {
	const struct agent *agent;
	const struct agent_file *file;
	char path[PLACES_MAX]; /* real, where it is there */
	bool existed;
	mode_t mode;
	struct buf before, after; /* the same: nothing is to be done */
	bool gone;		  /* to be deleted */
	struct err err;		  /* code: it cannot be done, and why */
};

struct setup {
	struct places places;
	char home[PLACES_MAX];
	char program[PLACES_MAX]; /* the small program, absolute */
	bool project;		  /* scope */
	struct setup_file file[SETUP_MAX_FILES];
	size_t n;
};

/* Finds home, project and the program. setup_free is due either way. */
bool setup_begin(struct setup *s, bool project, struct err *err) PAWL_MUST_USE;
void setup_free(struct setup *s);

/* Is the agent used here: a program on PATH, or its folder? */
bool setup_present(const struct setup *s, const struct agent *a);
/* Path of a file of an agent in the scope; false: it has none there. */
bool setup_path(const struct setup *s, const struct agent_file *f, char ret[PLACES_MAX]);
/* Adds the agent's files with the bytes they are to have. */
void setup_plan(struct setup *s, const struct agent *a);
/* Adds every file that was ever written (STATE/init), or that holds a hook of pawl's, as it is to be without. */
void setup_plan_back(struct setup *s);
bool setup_nothing(const struct setup_file *f);
/* Writes one file, and remembers what was there; or, with ${back}, takes it back and forgets. */
bool setup_write(struct setup *s, struct setup_file *f, bool back, struct err *err) PAWL_MUST_USE;
/* Folders that only pawl made, and that are empty now. */
void setup_tidy(struct setup *s);

/* --- what was there: setup_memory.c --- */

/* Before a file is written the first time. */
bool setup_remember(const struct setup *s, const struct setup_file *f, struct err *err) PAWL_MUST_USE;
/* The bytes of a file before pawl, when what it wrote is still there untouched. *ret_gone: there was no file. */
bool setup_recall(const struct setup *s, const char *path, struct str now, struct buf *ret, bool *ret_gone);
void setup_forget(const struct setup *s, const char *path);
/* Paths of all that is remembered, one call each. */
void setup_each(const struct setup *s, void (*each)(struct setup *s, const char *path, const char *agent));
/* mkdir -p, remembering what was made. */
bool setup_folder(const struct setup *s, const char *dir, mode_t mode, struct err *err) PAWL_MUST_USE;

#endif
