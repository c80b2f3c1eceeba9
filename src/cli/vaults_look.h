/* vaults_look.h -- where pawl's own backups lie, for the reader of commands: what takes a vault away destroys backups.
 * Room: cli; for both programs.
 */
#ifndef PAWL_CLI_VAULTS_LOOK_H
#define PAWL_CLI_VAULTS_LOOK_H

#include "cli/places.h"
#include "read/world.h"

/* The vaults of the backup.yaml that speaks here, but for folders that are not there; NULL: none. Whoever can write to the file can
 * only add to what is protected, so it need not be believed; one that cannot be read names none. */
const struct world_vault *vaults_look(const struct places *places, struct arena *arena);

#endif
