/* vault_runs.h -- what a backup runs beside pawl itself: whoever may change one of these is the vault's user.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_VAULT_RUNS_H
#define PAWL_CLI_VAULT_RUNS_H

#include "recovery/config.h"

/* Paths, NULL-ended: pawl, the tools that are here, the words of commands in backup.yaml that are programs. */
bool vault_runs(const struct backup_config *c, struct arena *arena, const char ***ret, struct err *err) PAWL_MUST_USE;

#endif
