/* drill_rows.h -- a table of the scratch server's, as COPY gives it, for whoever compares it with the manifest.
 * Room: recovery, inner. I/O on one connection; two threads may read, each on its own.
 */
#ifndef PAWL_RECOVERY_DRILL_ROWS_H
#define PAWL_RECOVERY_DRILL_ROWS_H

#include <libpq-fe.h>
#include <stdatomic.h>

#include "base/digest_tree.h"
#include "recovery/fingerprint.h"
#include "recovery/stall.h"

struct drill_run;

/* The columns that the manifest names; false: the connection says why. ${r} as of drill_exec(). */
bool drill_rows_begin(PGconn *c, const struct fingerprint_table *t, struct drill_run *r) PAWL_MUST_USE;
/* Then all rows into ${tree}, which the caller ends. False: they broke off, or ${stop} (may be NULL) was set. */
bool drill_rows_read(PGconn *c, struct digest_tree *tree, struct stall *stall, const atomic_bool *stop, uint64_t *ret_rows) PAWL_MUST_USE;

#endif
