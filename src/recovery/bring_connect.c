#include "recovery/bring_inner.h"

void bring_close(PGconn **c)
{
	PQfinish(*c);
}

bool bring_says(PGconn *c, const char *what, struct err *err)
{
	return err_set(err, ERR_TOOL, "%s: %.*s", what, STR_ARG(str_trim(str_from(PQerrorMessage(c)))));
}

PGconn *bring_connect(const struct bring_place *p, struct str database, struct err *err)
{
	char name[256], password[1024];
	struct str db = database.len ? database : p->database;
	const char *names[] = { "dbname", "options", "client_encoding", "application_name", NULL, NULL, NULL };
	const char *values[] = { p->connect,
				 "-c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=3 -c TimeZone=UTC "
				 "-c bytea_output=hex -c xmloption=content -c synchronize_seqscans=off",
				 "UTF8",
				 "pawl",
				 NULL,
				 NULL,
				 NULL };
	size_t n = 4;
	PGconn *c;

	if (db.len >= sizeof(name) || p->password.len >= sizeof(password))
		return err_set(err, ERR_LIMIT, "a name or a password is too long"), NULL;
	snprintf(name, sizeof(name), "%.*s", STR_ARG(db));
	snprintf(password, sizeof(password), "%.*s", STR_ARG(p->password));
	if (p->password.len) {
		names[n] = "password";
		values[n++] = password;
	}
	if (db.len) {
		names[n] = "dbname";
		values[n++] = name;
	}
	c = PQconnectdbParams(names, values, 1);
	if (PQstatus(c) == CONNECTION_OK)
		return c;
	bring_says(c, "no connection", err);
	PQfinish(c);
	return NULL;
}

bool bring_exec(PGconn *c, const char *sql, struct err *err)
{
	PGresult *r = PQexec(c, sql);
	bool good = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;

	PQclear(r);
	return good || bring_says(c, "the server refused", err);
}

bool bring_copy(PGconn *c, struct str table, struct str columns, struct arena *arena, bool *ret_there, struct err *err)
{
	struct str sql = arena_fmt(arena, "COPY %.*s %.*s TO STDOUT", STR_ARG(table), STR_ARG(columns));
	/* As in the dump: what a row names (regclass) is written out with its schema. */
	PGresult *r = sql.ptr && bring_exec(c, "SET search_path = ''", err) ? PQexec(c, sql.ptr) : NULL;
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	bool good = PQresultStatus(r) == PGRES_COPY_OUT;
	/* No such table, schema or column. */
	bool absent = state && (!strcmp(state, "42P01") || !strcmp(state, "3F000") || !strcmp(state, "42703"));

	*ret_there = good;
	PQclear(r);
	return good || absent || bring_says(c, "a table cannot be read", err);
}

int bring_row(PGconn *c, char **ret_row, struct err *err)
{
	int n = PQgetCopyData(c, ret_row, 0);
	bool good = n == -1;
	PGresult *r;

	if (n > 0)
		return n;
	while (n != 0 && (r = PQgetResult(c))) {
		good &= PQresultStatus(r) == PGRES_COMMAND_OK;
		PQclear(r);
	}
	if (good)
		return 0;
	bring_says(c, "a table cannot be read to its end", err);
	return -1;
}

struct str bring_database(const char *connect, struct arena *arena)
{
	PQconninfoOption *all = PQconninfoParse(connect, NULL);
	struct str name = STR_NONE;

	for (PQconninfoOption *o = all; o && o->keyword; o++) {
		if (!strcmp(o->keyword, "dbname") && o->val)
			name = arena_str(arena, str_from(o->val));
	}
	PQconninfoFree(all);
	return name;
}
