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
	struct change *first;	     /* the first change it made */
	struct str means;	     /* what it is, for its reading, where there is no change; STR_NONE */
	struct str text;	     /* of the whole */
	unsigned nested;	     /* shell texts inside SQL and the like */
	struct str kube_context;     /* of the last `kubectl config use-context` */
	struct discard **discards_end;
	struct command_left *left; /* of earlier acts of the same text */
	bool pawl_sought;	   /* the numbers of the guard's processes were looked up, or of what runs it */
	struct str repository;	   /* folder that an earlier act made one of git's in */
	struct str looked;	   /* what of the guard's own places an earlier act named or looked through */
};

/* What an act leaves behind for later ones: a link, or an alias of git's. command_paths keeps it. */
struct command_left {
	bool alias;
	struct str name, value; /* link: absolute path and where it points; alias: its name and words */
	struct command_left *next;
};

/* A zeroed change at the end of the list; NULL when the arena is full. First use for an act makes it the reading's change. */
struct change *command_change(struct command_work *w);
/* What a discard loses, with the change that says so. */
void command_discard(struct command_work *w, enum discard_kind kind, struct str path, struct str ref, struct change *change);

/* What ${w}->act does by its program and words: the rows of facts/commands and what stands beside them. True when it is known. */
bool command_tool(struct command_work *w);
/* A shell text that a client of another language runs (\! of psql): its acts are read as part of this one. */
void command_nested(struct command_work *w, struct str text);

/**
 * command_paths(w):
 * What ${w}->act does to files by its redirections and, where it is one of rm, rmdir, unlink, mv, cp, install, ln, tee, dd, truncate,
 * shred, tar, unzip, rsync, sed -i, find -delete, git (local discards), chmod, chown …, by its words. True when the program is one of
 * those: then it is wholly read, unless command_tool knows it too (git push, rsync --delete to a remote).
 */
bool command_paths(struct command_work *w);

#endif
