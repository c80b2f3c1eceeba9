/* roles.h -- the rights of roles that a dump needs to be restored, and pg_dump does not write: read with the backup, given where it is
 * restored.
 * Room: recovery, inner. I/O.
 */
#ifndef PAWL_RECOVERY_ROLES_H
#define PAWL_RECOVERY_ROLES_H

#include <libpq-fe.h>

#include "recovery/manifest.h"

/* Who owns something in the database that ${c} is in, or is granted something there, and what they may by being who they are. */
bool roles_read(PGconn *c, struct arena *arena, struct manifest *ret, struct err *err) PAWL_MUST_USE;

/* The statement that gives it, or takes it away again. STR_NONE when there is no memory. ${database}: of MANIFEST_OWNER. */
struct str roles_give(PGconn *c, const struct manifest_right *r, struct str database, struct arena *arena);
struct str roles_take_away(PGconn *c, const struct manifest_right *r, struct arena *arena);

#endif
