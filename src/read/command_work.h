/* command_work.h -- what the files of the command reader share while one command is read.
 * Room: read; only command*.c include it.
 * command.c walks the acts; for each it asks, in this order, command_paths (files, local git, state files, the guard's own files) and
 * command_tool (the rows of facts/commands). Each adds its changes by command_change and says whether it knew the act.
 */
#ifndef PAWL_READ_COMMAND_WORK_H
#define PAWL_READ_COMMAND_WORK_H

#include "read/command.h"

struct command_work {
	struct world *world;
	struct arena *arena;
	struct command_answer *answer;
	const struct shell_act *act; /* being read */
};

/* A zeroed change at the end of the list; NULL when the arena is full. First use for an act makes it the reading's change. */
struct change *command_change(struct command_work *w);
/* What a discard loses, with the change that says so. */
void command_discard(struct command_work *w, enum discard_kind kind, struct str path, struct str ref, struct change *change);

/**
 * command_paths(w):
 * What ${w}->act does to files by its redirections and, where it is one of rm, rmdir, unlink, mv, cp, install, ln, tee, dd, truncate, shred,
 * tar, unzip, rsync, sed -i, find -delete, git (local discards), chmod, chown …, by its words. True when the program is one of those: then it
 * is wholly read, unless command_tool knows it too (git push, rsync --delete to a remote).
 */
bool command_paths(struct command_work *w);

#endif
