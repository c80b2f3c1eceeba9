/* bring_open.h -- what bringing a backup back needs open before it: backup.yaml, a target, its vault, which of its backups.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_BRING_OPEN_H
#define PAWL_CLI_BRING_OPEN_H

#include "base/json.h"
#include "cli/command.h"
#include "cli/places.h"
#include "ledger/ledger.h"
#include "recovery/bring.h"
#include "recovery/config.h"
#include "recovery/point.h"

struct bring_open {
	struct places places;
	struct arena arena;
	struct backup_config config;
	const struct config_target *target;
	const struct config_vault *from;
	struct vault *vault;
	struct ledger *ledger;
};

/* ${vault}: a name; NULL: the target's first. Where it belongs to a user of its own, nobody else may: false. bring_open_close is due
 * either way. */
bool bring_open(struct bring_open *o, const char *target, const char *vault, struct err *err) PAWL_MUST_USE;
void bring_open_close(struct bring_open *o);
/* Where what runs is known: root's is with the user whose vaults these are, and root becomes him. */
bool bring_open_places(struct places *places, struct arena *arena, struct err *err) PAWL_MUST_USE;
/* ${id}: as given; NULL: the newest whole one. */
bool bring_open_backup(struct bring_open *o, const char *id, struct str *ret, struct err *err) PAWL_MUST_USE;
/* The newest one in the vault that lies whole, is signed, and whose last drill that could tell verified it, by ${said} and the ledger. */
bool bring_open_verified(struct bring_open *o, const struct point *said, struct str *ret, struct err *err) PAWL_MUST_USE;
/* Where ${err} is of a backup that is not what was signed (${id}): the next older one that may be, behind what ${err} says. */
void bring_open_older(struct bring_open *o, struct str id, struct err *err);
/* The signed statement of the target; false when there is none that can be believed. */
bool bring_open_point(struct bring_open *o, struct point *ret, struct err *err) PAWL_MUST_USE;
/* restore.finished in the ledger: how it went, what ${put} tells of it, and why it failed (NULL: it did not). */
bool bring_open_record(struct bring_open *o, void (*put)(const void *ctx, struct json_out *o), const void *ctx, const struct err *failed,
		       struct err *err) PAWL_MUST_USE;
/* What the target's secret command prints; nothing where it has none. Wipe it. */
bool bring_open_password(const struct config_target *t, struct buf *ret, struct err *err) PAWL_MUST_USE;

#endif
