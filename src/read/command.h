/* command.h -- what a command would do: the executions of a shell text (shell/run.h) against the facts of several hundred
 * tools (facts/commands.h), as changes.
 * Room: read. Pure and total. The hook, `pawl check`, the exec gate ask the same reader.
 */
#ifndef PAWL_READ_COMMAND_H
#define PAWL_READ_COMMAND_H

#include "core/request.h"
#include "read/shell/run.h"

/* What a local discard would lose and the keep can take first. */
enum discard_kind {
	DISCARD_PATHS,	     /* files or folders that go or are written over */
	DISCARD_CHANGES,     /* modified tracked files: reset --hard, checkout ., restore */
	DISCARD_UNTRACKED,   /* clean -fd; with ignored: -x */
	DISCARD_STASH,
	DISCARD_BRANCH,	     /* branch -D name: a ref */
	DISCARD_COMMITS,     /* reset --hard to an earlier commit: reachable by reflog only */
};

struct discard {
	enum discard_kind kind;
	struct str path;	/* absolute, real; for git kinds the root of the work tree */
	struct str ref;		/* branch, stash@{n}, commit */
	bool ignored;		/* CLEAN: ignored files too */
	bool maybe;
	struct change *change;	/* the change that says so; reversible is set by the gate once it is kept */
	struct discard *next;
};

/* How a part of the text was read: for `pawl explain` and for underlining. */
struct command_reading {
	struct shell_span span;
	struct str argv;	/* as words, unknown parts as "…" */
	struct str means;	/* "deletes 3 tables of shop at db.example.com", "reads", "not understood: …", "data, never run" */
	struct str via;
	struct change *change;	/* the first it makes; NULL: none */
	struct command_reading *next;
};

struct command_answer {
	struct change_list changes; /* every change names its own place where it is known (change.place) */
	struct discard *discards;
	struct command_reading *readings;
	struct str summary;	/* one line, redacted */
	struct str tool;	/* of the strictest part: "terraform", "psql" */
	bool unknown_program;	/* something runs that no fact is known of */
	bool protected_reach;	/* for opaque: a credential, a production name or the guard itself is within reach */
};

/**
 * command_read(text, world, arena, ret):
 * Read a shell text. Needs are noted in ${world}; the caller answers them and asks again. With needs open, the answer is the
 * strictest that could be.
 */
void command_read(struct str text, struct world *world, struct arena *arena, struct command_answer *ret);
void command_read_argv(const struct str *argv, size_t n, struct world *world, struct arena *arena, struct command_answer *ret);
/* A file edit by an agent's own tool (Write, Edit, apply_patch): paths written, moved, deleted. */
void command_read_edit(const struct str *paths, size_t n, struct world *world, struct arena *arena, struct command_answer *ret);

#endif
