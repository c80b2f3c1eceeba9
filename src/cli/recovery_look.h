/* recovery_look.h -- what is known here of backups, as evidence for one request: backup.yaml and the signed statements are read, pure code
 * (recovery/known.h) decides what they are worth.
 * Room: cli; for both programs. Whatever cannot be read is no proof; nor is a backup that is seen to be gone from a vault that is a
 * folder (recovery/vault_lies.h).
 */
#ifndef PAWL_CLI_RECOVERY_LOOK_H
#define PAWL_CLI_RECOVERY_LOOK_H

#include "cli/places.h"
#include "core/evidence.h"
#include "core/request.h"

/**
 * recovery_look(places, request, database, arena, e):
 * Fill ${e->recovery} with points for what ${request} takes away; nothing is read where it takes nothing. ${database}: another name of
 * the database that all of it is in, a gate's; STR_NONE. Wants e->now_us. /etc/pawl/backup.yaml speaks alone where it is there, else
 * the user's own. Of ${request->buckets} those stay in which a vault lies. The highest serial seen of each statement is remembered in
 * STATE/recovery/seen.
 */
void recovery_look(const struct places *places, struct request *request, struct str database, struct arena *arena,
		   struct evidence *e);

/* The path of the backup.yaml that speaks here, "" when there is none. */
void recovery_look_config(const struct places *places, char ret_path[PLACES_MAX]);

#endif
