/* keep.h -- what a discard would lose, kept first: outside the repository, in STATE/keep. `pawl undo` brings it back.
 * Room: keep; base and core. I/O. Small enough for the static program: the hook takes before it says yes.
 * Every gate keeps here; an item is a folder STATE/keep/K-n with a manifest (JSON) and content, complete only once the manifest
 * has its final name and is on disk: what a crash left half done is no item.
 */
#ifndef PAWL_KEEP_H
#define PAWL_KEEP_H

#include "base/arena.h"
#include "base/err.h"

struct keep_bounds {
	uint64_t item_bytes;  /* larger is not kept: refused with ERR_LIMIT */
	uint64_t total_bytes; /* the oldest go when passed */
	int64_t age_s;
	uint32_t item_files;
	int64_t time_us;      /* of taking one: a hook must answer in time */
};

enum keep_what { KEEP_PATH, KEEP_GIT_CHANGES, KEEP_GIT_UNTRACKED, KEEP_GIT_STASH, KEEP_GIT_BRANCH, KEEP_GIT_COMMITS };

struct keep_wish {
	enum keep_what what;
	struct str path; /* absolute; for git kinds the root of the work tree */
	struct str ref;
	bool ignored;
};

struct keep_item {
	char id[24];	 /* "K-12" */
	int64_t at_us;
	struct str command; /* redacted */
	struct str session;
	struct str folder;
	uint64_t files, bytes;
	struct keep_item *next;
};

struct keep; /* opaque */

bool keep_open(struct str state_dir, const struct keep_bounds *bounds, struct keep **ret, struct err *err) PAWL_MUST_USE;
void keep_close(struct keep *k);
/**
 * keep_take(k, wishes, n, command, session, ret_id, err):
 * All or nothing: false means the discard must not run unasked. Content is on disk (fdatasync) before it returns.
 */
bool keep_take(struct keep *k, const struct keep_wish *wishes, size_t n, struct str command, struct str session, char ret_id[24],
	       struct err *err) PAWL_MUST_USE;
bool keep_list(struct keep *k, struct arena *arena, struct keep_item **ret, struct err *err) PAWL_MUST_USE;
/* Put back, byte for byte with modes, times, links and git state. What stands there now and differs is kept first, never lost. */
bool keep_restore(struct keep *k, struct str id, struct err *err) PAWL_MUST_USE;
/* Drop what is older or more than the bounds allow. */
bool keep_prune(struct keep *k, struct err *err) PAWL_MUST_USE;

#endif
