/* keep.h -- what a discard would lose, kept first: outside the repository, in STATE/keep. `pawl undo` brings it back.
 * Room: keep; base and core. I/O. Small enough for the static program: the hook takes before it says yes.
 * Every gate keeps here; an item is a folder STATE/keep/K-n with a manifest (JSON) and content, complete only once the manifest
 * has its final name and is on disk: what a crash left half done is no item. docs/undo.md has the format and the limits.
 */
#ifndef PAWL_KEEP_KEEP_H
#define PAWL_KEEP_KEEP_H

#include "base/arena.h"
#include "base/err.h"

struct keep_bounds {
	uint64_t item_bytes;  /* larger is not kept: refused with ERR_LIMIT */
	uint64_t total_bytes; /* the oldest go when passed */
	int64_t age_s;
	uint32_t item_files;
	int64_t time_us; /* of taking one: a hook must answer in time */
	const struct str *skip; /* folders of these names can be made again and are not kept (node_modules …) */
	size_t n_skip;
};

enum keep_what {
	KEEP_PATH = 1,	    /* a file or a folder with all below it */
	KEEP_GIT_CHANGES,   /* files that differ from ${ref} (HEAD when there is none), index, merge or rebase under way */
	KEEP_GIT_UNTRACKED, /* what `git clean -fd` removes; with ignored: -x */
	KEEP_GIT_STASH,	    /* every stash */
	KEEP_GIT_BRANCH,    /* ${ref}: name of a branch, its commits, reflog and settings */
	KEEP_GIT_COMMITS,   /* what moving HEAD to ${ref} drops, and all of KEEP_GIT_CHANGES */
};

struct keep_wish {
	enum keep_what what;
	struct str path; /* absolute; for git kinds the root of the work tree, or a folder in it */
	struct str ref;
	bool ignored;
	bool spare_nested; /* UNTRACKED: one -f only, which leaves repositories inside alone */
};

struct keep_item {
	char id[24]; /* "K-12" */
	int64_t at_us;
	struct str command; /* redacted */
	struct str session;
	struct str folder; /* where it was taken from */
	struct str undo_of; /* what an undo found in its way; STR_NONE otherwise */
	struct str upstream; /* kept in this database, not here; STR_NONE: here */
	struct str says; /* what a gate said of it */
	int64_t until_us; /* when it goes there; 0: by the bounds here */
	int64_t back_us; /* of one in a database: put back then, so nothing is kept any more; 0: it was not */
	uint64_t files, bytes;
	struct keep_item *next;
};

struct keep_pruned {
	uint64_t items, bytes;
	struct keep_item *gone;
};

struct keep_filled {
	struct str says;
	uint64_t bytes; /* in the folder */
};

struct keep; /* opaque */

/* Makes STATE/keep (0700). False where it cannot be written to: then nothing can be kept. ${bounds} is copied, but for skip; NULL: what
 * a policy that says nothing allows, and 4 s. */
bool keep_open(struct str state_dir, const struct keep_bounds *bounds, struct keep **ret, struct err *err) PAWL_MUST_USE;
/* For listing alone: works on a read-only disk. A keep that was never made has no items. */
bool keep_open_read(struct str state_dir, const struct keep_bounds *bounds, struct keep **ret, struct err *err) PAWL_MUST_USE;
void keep_close(struct keep *k); /* NULL does nothing */
/**
 * keep_take(k, wishes, n, command, session, ret_id, err):
 * All or nothing: false means the discard must not run unasked; ${err} says what cannot be kept and why. Content is on disk
 * (fsync) before it returns. What no wish finds there is kept as "nothing was there". Symbolic links are kept as links and
 * never followed; devices, sockets and pipes are refused by name. Older items go when the bounds ask for it.
 * Runs git for git kinds alone, from a fixed PATH, with hooks, filters and monitors of the repository turned off.
 */
bool keep_take(struct keep *k, const struct keep_wish *wishes, size_t n, struct str command, struct str session, char ret_id[24],
	       struct err *err) PAWL_MUST_USE;
/**
 * keep_elsewhere(k, what, ret_id, err):
 * An item that a gate keeps in the database itself: here is its number, and a folder for a dump when there has to be one. It is on disk
 * before it returns. ${fill} is told both and yields false when there is nothing to keep, or, with its ${err} set, cannot be.
 */
struct keep_elsewhere {
	struct str upstream, command, session;
	int64_t until_us;
	bool (*fill)(void *ctx, const char *id, int64_t at_us, const char *folder, struct keep_filled *ret, struct err *err);
	void *ctx;
};
bool keep_elsewhere(struct keep *k, const struct keep_elsewhere *what, char ret_id[24], struct err *err) PAWL_MUST_USE;
/* Remembers of an item in a database that it was put back there. */
bool keep_is_back(struct keep *k, const char *id, struct err *err) PAWL_MUST_USE;
/* What had to go for the last take. Lives until the next take or restore. */
const struct keep_pruned *keep_gone(const struct keep *k);
/* Newest first. */
bool keep_list(struct keep *k, struct arena *arena, struct keep_item **ret, struct err *err) PAWL_MUST_USE;

struct keep_note {
	struct str text; /* "the index was left: HEAD has moved since" */
	struct keep_note *next;
};

struct keep_restored {
	char before[24]; /* what stood in the way is kept as this item; "": nothing did */
	uint64_t put, same, removed; /* names brought back; as they were already; taken away since nothing was there then */
	struct keep_note *notes;
};

struct keep_restore {
	struct str id;
	struct str to;	/* put the files there instead, an empty or new folder; git state stays in the keep. STR_NONE: back in place */
	bool dry_run;
	struct str session;
};

/**
 * keep_restore(k, opts, arena, ret, err):
 * Put back, byte for byte with modes, times, links and git state. What stands there now and differs is kept first, never lost.
 * False may leave a part put back; to run it again is safe.
 */
bool keep_restore(struct keep *k, const struct keep_restore *opts, struct arena *arena, struct keep_restored *ret,
		  struct err *err) PAWL_MUST_USE;

/* Drop what is older or more than the bounds allow, and what a crash left half done. */
bool keep_prune(struct keep *k, struct arena *arena, struct keep_pruned *ret, struct err *err) PAWL_MUST_USE;

#endif
