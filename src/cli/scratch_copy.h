/* scratch_copy.h -- copies of databases for agents to work on: what is known of each, in STATE/recovery/scratch.
 * Room: cli, pawl-full.
 * A keeper process of its own (no child of whoever asked) holds the server, and ends it when its time is up, when it is told to, or
 * when the server ends. When the keeper itself is killed the server goes with it; its folder goes with the next look here.
 */
#ifndef PAWL_CLI_SCRATCH_COPY_H
#define PAWL_CLI_SCRATCH_COPY_H

#include "base/arena.h"
#include "base/err.h"
#include "cli/places.h"
#include "ledger/ledger.h"

struct scratch_copy {
	struct str id, target, backup, url, folder;
	int64_t pid, born; /* of the keeper; its start time, so that another process of that number is not taken for it */
	int64_t expires_us;
	uint64_t masked; /* columns */
	struct scratch_copy *next;
};

/* Those that live; what a killed keeper left is swept, and its end written down. */
bool scratch_copy_list(const struct places *places, struct arena *arena, struct scratch_copy **ret, struct err *err) PAWL_MUST_USE;
bool scratch_copy_write(const struct places *places, const struct scratch_copy *s, struct err *err) PAWL_MUST_USE;
/* scratch.started, scratch.ended in the ledger; ${why}: how it ended, or NULL. */
bool scratch_copy_record(struct ledger *l, const struct scratch_copy *s, const char *kind, const char *why, struct err *err) PAWL_MUST_USE;
void scratch_copy_forget(const struct places *places, struct str id);
/* Told to end, and waited for. */
bool scratch_copy_end(const struct places *places, const struct scratch_copy *s, struct err *err) PAWL_MUST_USE;
/* Start time of a process, in clock ticks since boot; 0: there is none. */
int64_t scratch_copy_born(int64_t pid);

#endif
