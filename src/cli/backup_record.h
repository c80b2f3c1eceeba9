/* backup_record.h -- what the ledger says of backups and drills.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_BACKUP_RECORD_H
#define PAWL_CLI_BACKUP_RECORD_H

#include "cli/backup_run.h"

bool backup_record_taken(struct backups *b, const struct config_target *t, const struct backup_result *r, int64_t took_us,
			 struct err *err) PAWL_MUST_USE;
void backup_record_failure(struct backups *b, const struct config_target *t, const struct err *why);
bool backup_record_removal(struct backups *b, const struct config_target *t, const struct backup_gone *gone, struct err *err) PAWL_MUST_USE;
/* One that was signed for, and is no longer whole in its vault: ${p} says so. */
bool backup_record_lost(struct backups *b, const struct point *p, struct err *err) PAWL_MUST_USE;
bool backup_record_drill(struct backups *b, const struct config_target *t, const struct drill_done *d, struct err *err) PAWL_MUST_USE;

/* What the drills of one backup said. */
struct backup_drilled {
	struct str target, backup;
	uint64_t seq;		       /* of the last */
	enum recovery_result last;     /* of its last drill */
	enum recovery_result decided;  /* of the last that could tell; RECOVERY_UNKNOWN: none could */
};

struct backup_drills {
	struct backup_drilled *list; /* by target and backup */
	size_t n;
};

/* Of every drill in the ledger; n log n. NULL for a ledger: none. */
bool backup_drills_read(struct ledger *l, struct arena *arena, struct backup_drills *ret, struct err *err) PAWL_MUST_USE;
/* As the ledger has it, with what the signed statement knows besides, whose last drill may be in another ledger. ${p}: NULL, none. */
struct backup_drilled backup_drills_of(const struct backup_drills *d, const struct point *p, struct str target, struct str backup,
				       bool *ret_any);
/* NULL: it was never drilled. */
const struct backup_drilled *backup_drills_find(const struct backup_drills *d, struct str target, struct str backup);

#endif
