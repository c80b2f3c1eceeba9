#include "recovery/drill_rows.h"

#include "base/buf.h"
#include "recovery/drill_exec.h"

bool drill_rows_begin(PGconn *c, const struct fingerprint_table *t, struct drill_run *r)
{
	auto_buf sql = BUF_MAX((size_t)1 << 20);
	PGresult *one;
	bool good;

	buf_addf(&sql, "COPY %.*s %.*s TO STDOUT", STR_ARG(t->name), STR_ARG(t->columns));
	one = drill_exec(r, c, sql.failed ? NULL : sql.ptr);
	good = PQresultStatus(one) == PGRES_COPY_OUT;
	PQclear(one);
	return good;
}

bool drill_rows_read(PGconn *c, struct digest_tree *tree, struct stall *stall, const atomic_bool *stop, uint64_t *ret_rows)
{
	uint64_t rows = 0;
	bool good = true;
	PGresult *end;
	char *row;
	int n = 0;

	while (!(stop && *stop) && (n = PQgetCopyData(c, &row, 0)) > 0) {
		digest_tree_add(tree, row, (size_t)n);
		rows++;
		stall_moved(stall);
		PQfreemem(row);
	}
	/* A connection that broke within the rows says for ever that there are more. */
	if ((stop && *stop) || n != -1)
		return false;
	while ((end = PQgetResult(c))) {
		good &= PQresultStatus(end) == PGRES_COMMAND_OK;
		PQclear(end);
	}
	if (good)
		*ret_rows = rows;
	return good;
}
