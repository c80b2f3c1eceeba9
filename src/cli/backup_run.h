/* backup_run.h -- one backup and one drill of a target, with all that belongs to them: one at a time, into every vault, recorded in the
 * ledger, said in the signed statement.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_BACKUP_RUN_H
#define PAWL_CLI_BACKUP_RUN_H

#include "cli/backups.h"

struct backup_gone {
	struct str backup, vault; /* id; the vault's name */
	struct str why;
	struct backup_gone *next;
};

struct backup_result {
	struct manifest manifest;
	struct str vault;      /* the first one's name */
	unsigned copies;       /* into how many other vaults */
	struct str notes;      /* what did not go as it should, one a line: no lock, no copy, nothing swept */
	struct backup_gone *removed; /* what retention let go, in order */
};

/* False: there is no new backup, and the ledger says so ("backup.failed"). */
bool backup_run_take(struct backups *b, const struct config_target *t, const struct backup_progress *progress, struct backup_result *ret,
		     struct err *err) PAWL_MUST_USE;

/* Of ${id}; STR_NONE: the newest. False only when it could not even be recorded: then nobody may rest on *${ret}. */
bool backup_run_drill(struct backups *b, const struct config_target *t, struct str id, const struct backup_progress *progress,
		      struct drill_done *ret, struct err *err) PAWL_MUST_USE;

/* The last statement with what backup.yaml says today, for whoever says the next while holding it (points_hold). False: it is begun anew,
 * for the reason in *${ret_note} or because there is none. */
bool backup_run_statement(struct backups *b, const struct config_target *t, struct point *p, struct str *ret_note);

/* What is counted: "row", or "line" where there are no tables. */
const char *backup_run_unit(enum backup_kind kind);

/* Rows of all tables. */
uint64_t backup_run_rows(const struct manifest *m);

#endif
