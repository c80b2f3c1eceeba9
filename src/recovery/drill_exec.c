#include "recovery/drill_exec.h"

/* Was it an error that no server said? Also NULL. */
static bool unsaid(const PGresult *one)
{
	ExecStatusType s = PQresultStatus(one);
	const char *state = PQresultErrorField(one, PG_DIAG_SQLSTATE);

	return (s == PGRES_FATAL_ERROR || s == PGRES_BAD_RESPONSE) && (!state || !*state);
}

PGresult *drill_exec_heard(struct drill_run *r, PGconn *c, PGresult *one)
{
	if (r && (PQstatus(c) != CONNECTION_OK || unsaid(one)))
		r->lost = true;
	return one;
}

PGresult *drill_exec(struct drill_run *r, PGconn *c, const char *sql)
{
	return drill_exec_heard(r, c, sql ? PQexec(c, sql) : NULL);
}
