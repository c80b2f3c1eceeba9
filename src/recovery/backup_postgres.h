/* backup_postgres.h -- what logical and physical backups of PostgreSQL ask alike. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_BACKUP_POSTGRES_H
#define PAWL_RECOVERY_BACKUP_POSTGRES_H

#include <libpq-fe.h>

#include "recovery/backup_inner.h"

/* No time limit of the role's, or the database's, ends what waits for a long dump. */
void backup_postgres_patient(PGconn *c);
/* Yields false: ${what}, and the server's own words. */
bool backup_postgres_failed(PGconn *c, const char *what, struct err *err);
/* One value; false when it is no such answer. */
bool backup_postgres_ask(PGconn *c, const char *sql, struct arena *arena, struct str *ret, struct err *err) PAWL_MUST_USE;
/* How many objects there are, and the owner's questions, onto r->m->invariants. */
bool backup_postgres_answers(PGconn *c, struct backup_run *r, struct err *err) PAWL_MUST_USE;

#endif
