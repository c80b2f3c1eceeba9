#include "recovery/drill_exec.h"

bool drill_exec_unsaid(const PGresult *one)
{
	ExecStatusType s = PQresultStatus(one);
	const char *state = PQresultErrorField(one, PG_DIAG_SQLSTATE);

	return (s == PGRES_FATAL_ERROR || s == PGRES_BAD_RESPONSE) && (!state || !*state);
}

PGresult *drill_exec_heard(struct drill_run *r, PGresult *one)
{
	if (r && drill_exec_unsaid(one))
		r->lost = true;
	return one;
}

PGresult *drill_exec(struct drill_run *r, PGconn *c, const char *sql)
{
	return drill_exec_heard(r, sql ? PQexec(c, sql) : NULL);
}
