/* drill_exec.h -- questions to a scratch server, and whether it was the server that answered.
 * Room: recovery, inner.
 * An error without an SQLSTATE is libpq's own: the connection broke, or we could not read from it. What the server still says there would
 * be taken for the answer to the next question. So from then on nothing that is found says anything of the backup, nor is it verified.
 */
#ifndef PAWL_RECOVERY_DRILL_EXEC_H
#define PAWL_RECOVERY_DRILL_EXEC_H

#include <libpq-fe.h>

#include "recovery/drill_inner.h"

/* ${one}, that ${c} yielded; and r->lost where it was none of the server's, or the connection is broken. Whoever finds it wrong says so in
 * the backup's words: drill_because() knows. ${r} may be NULL: a session that the drill can do without. */
PGresult *drill_exec_heard(struct drill_run *r, PGconn *c, PGresult *one);
/* PQexec(); ${sql} NULL: there was no memory for it. */
PGresult *drill_exec(struct drill_run *r, PGconn *c, const char *sql);

#endif
