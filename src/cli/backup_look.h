/* backup_look.h -- backup_health, and what it saw told to the gates: they rest on the signed statement, and where the vault is another
 * user's nobody but that user can see that what it speaks of is gone.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_BACKUP_LOOK_H
#define PAWL_CLI_BACKUP_LOOK_H

#include "cli/backup_health.h"

/* Where the verified backup is no longer whole, a new statement says so ("backup.lost" in the ledger), and *${ret} is how it stands then.
 * What could not be said is red. Whoever may only look says nothing, nor does anybody while a backup or drill of the target runs. */
void backup_look(struct backups *b, const struct config_target *t, int64_t now_us, struct backup_health *ret);

#endif
