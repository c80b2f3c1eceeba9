/* gate_expire.h -- while a gate runs, what was kept and is over goes: in its databases, and of the keep.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_GATE_EXPIRE_H
#define PAWL_CLI_GATE_EXPIRE_H

#include "cli/gate_postgres.h"

struct gate_expire;

/* At once, and then every tenth of the policy's `trash.expires` (a second at least, ten minutes at most), on a thread of its own. Only what
 * has expired goes; of several gates before one database one at a time is at it. A database that does not answer is asked next time. */
bool gate_expire_start(const struct gate_run *r, struct gate_expire **ret, struct err *err) PAWL_MUST_USE;
void gate_expire_stop(struct gate_expire *e); /* NULL does nothing */

#endif
