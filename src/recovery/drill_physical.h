/* drill_physical.h -- what drills of a cluster's files do alike: a scratch server recovers them to a position, and is asked.
 * Room: recovery, inner.
 */
#ifndef PAWL_RECOVERY_DRILL_PHYSICAL_H
#define PAWL_RECOVERY_DRILL_PHYSICAL_H

#include "recovery/drill_inner.h"
#include "recovery/physical.h"

struct drill_physical {
	struct drill_run *r;
	struct scratch *server;
	struct physical_unpack unpack; /* its folder is the data folder */
	struct physical_end end;
	bool begun;
	PGconn *c;
};

/* The programs of its major version, and an empty data folder. */
bool drill_physical_ready(struct drill_physical *p);
/* ${files} fills the data folder and p->end; then it is recovered to there and compared. */
bool drill_physical_with(struct drill_run *r, bool (*files)(struct drill_physical *p));

#endif
