/* undo_database.h -- `pawl undo` of what a gate keeps in a database.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_UNDO_DATABASE_H
#define PAWL_CLI_UNDO_DATABASE_H

#include "cli/places.h"
#include "keep/keep.h"

/* Back in ${item}'s database, all or nothing; ${ret_says}: what came back. */
bool undo_database(const struct places *places, const struct keep_item *item, bool dry_run, struct arena *arena, struct str *ret_says,
		   struct err *err) PAWL_MUST_USE;
/* What has expired goes, in every database that postgres.yaml names and that ${items} are in. */
bool undo_database_prune(const struct places *places, const struct keep_item *items, struct arena *arena, uint64_t *ret_gone,
			 struct err *err) PAWL_MUST_USE;

#endif
