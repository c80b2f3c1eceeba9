/* pitr.h -- could this PostgreSQL be put back to any moment, or only to the last backup?
 * Room: recovery. I/O.
 */
#ifndef PAWL_RECOVERY_PITR_H
#define PAWL_RECOVERY_PITR_H

#include "base/arena.h"
#include "base/err.h"

struct pgbackrest;
struct pitr {
	struct str connect, password;
	const struct pgbackrest *pgbackrest; /* that archives it; NULL: not known */
	unsigned patience_s; /* each may be silent for so long; 0: two minutes */
	int64_t until_s;     /* by when it has to be answered, of stall_clock(); 0: whenever */
};
/* What its server says of WAL archiving, in a few words, and pgBackRest of the window; those that begin with "none" say that there is
 * none. */
bool pitr_ask(const struct pitr *p, struct arena *arena, struct str *ret, struct err *err) PAWL_MUST_USE;

#endif
