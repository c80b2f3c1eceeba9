/* backup_copies.h -- which databases of a server pawl made itself: copies it restored, scratch databases. They are nobody's to back up.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_BACKUP_COPIES_H
#define PAWL_CLI_BACKUP_COPIES_H

#include "base/arena.h"
#include "base/err.h"

/* Databases that a restore was told to make, by the ledger in ${dir}; where there is none yet, none. */
struct backup_copy {
	struct str name;
	struct backup_copy *next;
};
bool backup_copies_read(const char *dir, struct arena *arena, struct backup_copy **ret, struct err *err) PAWL_MUST_USE;

/* One of those, or of a name that pawl itself gives. */
bool backup_copies_has(const struct backup_copy *list, struct str database);

#endif
