/* wal_run.h -- a target's WAL into its vaults: once, or until it is told to stop; with all that belongs to it.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_WAL_RUN_H
#define PAWL_CLI_WAL_RUN_H

#include "cli/backups.h"
#include "recovery/wal_receive.h"

struct wal_run {
	struct backups *b;
	const struct config_target *t;
	bool once;
	bool held;     /* the caller holds it (wal_run_hold) */
	bool again;    /* the run before failed too: one entry in the ledger is enough */
	int64_t for_s; /* 0: until ${stop} */
	const volatile sig_atomic_t *stop;
};

struct wal_run_done {
	struct wal_received received;
	struct point_wal said;
	unsigned copies;  /* pieces put into other vaults */
	size_t removed;	  /* that no backup needs any more */
	bool busy;	  /* another run has it in hand */
	bool lost;	  /* what follows the newest backup is missing for good: only a new one mends that */
	struct str notes; /* what did not go as it should, one a line */
};

/* One process at a time keeps a target's WAL: as long as *${ret_fd} is open. False at once with who has it (ERR_STATE). */
bool wal_run_hold(struct backups *b, const struct config_target *t, int *ret_fd, struct err *err) PAWL_MUST_USE;

/* False: what was kept until then stays, and the ledger says "wal.failed"; where the target has none (any more), ERR_INPUT. */
bool wal_run(const struct wal_run *w, struct wal_run_done *ret, struct err *err) PAWL_MUST_USE;

/* What the server and pgBackRest say of the window; STR_NONE: nothing, or nobody knows. */
struct str wal_run_window(struct backups *b, const struct config_target *t, struct str password);

/* Is what the statement says of the WAL there, in a vault that is a folder? A sentence when not: what was kept went since. */
struct str wal_run_gone(struct backups *b, const struct config_target *t, const struct point_wal *said);

/* What a drill is to know of a target's WAL from the last statement, and what the next says of it after a drill. */
void wal_run_ask(const struct config_target *t, const struct point *said, struct drill_ask *ask);
void wal_run_proven(const struct drill_done *d, struct point *p);

#endif
