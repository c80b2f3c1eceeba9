/* runs.h -- how the last backup and drill of a target went, for whoever looks and for the schedule: a hint of no authority, beside the
 * ledger and the signed statements.
 * Room: recovery. I/O.
 */
#ifndef PAWL_RECOVERY_RUNS_H
#define PAWL_RECOVERY_RUNS_H

#include "recovery/record.h"

struct run {
	int64_t began_us, ended_us; /* ended before it began: it never ended */
	bool good;
	struct str why; /* not good */
	uint64_t bytes; /* stored */
};

struct runs {
	struct run backup, drill;
	struct str point_in_time;	      /* what the server says of WAL archiving; STR_NONE: nobody asked */
	int64_t paged_backup_us, paged_drill_us, paged_vault_us; /* when somebody was last told of it */
	struct str unfit;   /* id of the backup whose bytes, or WAL, a drill found not to be what was stored; STR_NONE */
	int64_t renewed_us; /* when the schedule last took one because the newest was no good */
};

/* Missing or unreadable: zeros. */
void runs_load(struct str folder, struct str target, struct arena *arena, struct runs *ret);
bool runs_store(struct str folder, struct str target, const struct runs *r, struct arena *arena,
		struct err *err) PAWL_MUST_USE;

enum runs_work {
	RUNS_WHOLE, /* a backup, a drill */
	RUNS_WAL,   /* beside those */
};
/* One at a time for each target: *${ret_fd} is held until it is closed or this process ends, however it ends. False with who has it
 * (ERR_STATE). */
bool runs_lock(struct str folder, struct str target, enum runs_work work, int *ret_fd, struct err *err) PAWL_MUST_USE;

#endif
