#include "recovery/bring_inner.h"

#include <libpq-events.h>

#include "base/buf.h"
#include "recovery/login.h"

/* A number is watched no longer than it is this connection's. */
static int on_event(PGEventId id, void *info, void *stall)
{
	(void)info;
	if (id == PGEVT_CONNDESTROY)
		stall_watch_fd(stall, -1);
	return 1;
}

/* That this connection was told to keep its rows to itself. */
static int on_closed(PGEventId id, void *info, void *unused)
{
	(void)id;
	(void)info;
	(void)unused;
	return 1;
}

/* From here on libpq itself words every message of it without a value. */
static bool close_mouth(PGconn *c, bool closed, struct err *err)
{
	if (closed && (!PQregisterEventProc(c, on_closed, "closed", NULL) || !PQsetInstanceData(c, on_closed, c)))
		return err_set(err, ERR_LIMIT, "no memory for a connection");
	if (closed)
		PQsetErrorVerbosity(c, PQERRORS_SQLSTATE);
	return true;
}

static bool watched(PGconn *c, struct stall *stall, struct err *err)
{
	if (stall && (!PQregisterEventProc(c, on_event, "stall", stall) || !PQsetInstanceData(c, on_event, stall)))
		return err_set(err, ERR_LIMIT, "no memory to watch a connection");
	bring_asks(c);
	return true;
}

void bring_asks(PGconn *c)
{
	stall_watch_fd(PQinstanceData(c, on_event), PQsocket(c));
}

void bring_close(PGconn **c)
{
	PQfinish(*c);
}

bool bring_says(PGconn *c, const char *what, struct err *err)
{
	return err_said(err, ERR_TOOL, what, PQerrorMessage(c));
}

PGconn *bring_connect(const struct bring_place *p, struct str database, struct err *err)
{
	char name[256], password[1024], wants[900];
	struct str db = database.len ? database : p->database;
	/* What a person says of the first of these goes before. */
	const char *names[] = { "connect_timeout", "dbname", "options", "client_encoding", "application_name", NULL, NULL, NULL };
	const char *values[] = { "30",
				 p->connect,
				 "-c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=3 -c TimeZone=UTC "
				 "-c bytea_output=hex -c xmloption=content -c synchronize_seqscans=off -c lock_timeout=5min",
				 "UTF8",
				 "pawl",
				 NULL,
				 NULL,
				 NULL };
	size_t n = 5;
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
	if (PQstatus(c) == CONNECTION_OK && watched(c, p->stall, err) && close_mouth(c, p->closed, err))
		return c;
	if (login_wanted(c, wants, sizeof(wants)))
		err_set(err, ERR_TOOL, "no connection: %s", wants);
	else if (PQstatus(c) != CONNECTION_OK)
		bring_says(c, "no connection", err);
	PQfinish(c);
	return NULL;
}

bool bring_reach(const struct bring_place *place, struct err *err)
{
	auto_pg c = bring_connect(place, STR_NONE, err);

	return c;
}

/* Names and our own words for a refusal whose own would show a row ("Failing row contains (…)"). */
static bool refused(PGconn *c, const PGresult *r, struct err *err)
{
	static const struct {
		const char *state, *means;
	} known[] = {
		{ "23502", "it may not be NULL" },
		{ "23505", "no two of it may be the same" },
		{ "23514", "a CHECK refuses it" },
		{ "22001", "it is too short for the value" },
		{ "42703", "there is no such column" },
		{ "42804", "it is of another type" },
	};
	static const struct {
		const char *what;
		int field;
	} names[] = { { "table", PG_DIAG_TABLE_NAME }, { "column", PG_DIAG_COLUMN_NAME }, { "constraint", PG_DIAG_CONSTRAINT_NAME } };
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	auto_buf says = BUF_MAX(4096);

	if (!state || !PQinstanceData(c, on_closed))
		return bring_says(c, "the server refused", err);
	buf_addf(&says, "SQLSTATE %s", state);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *name = PQresultErrorField(r, names[i].field);

		if (name)
			buf_addf(&says, ", %s %s", names[i].what, name);
	}
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!strcmp(state, known[i].state))
			buf_addf(&says, ": %s", known[i].means);
	}
	return err_set(err, ERR_TOOL, "the server refused: %.*s (its own words may hold rows, and are not told)",
		       STR_ARG(buf_str(&says)));
}

bool bring_exec(PGconn *c, const char *sql, struct err *err)
{
	PGresult *r;
	bool good;

	bring_asks(c);
	r = PQexec(c, sql);
	good = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK || refused(c, r, err);
	PQclear(r);
	return good;
}

bool bring_copy(PGconn *c, struct str table, struct str columns, struct arena *arena, bool *ret_there, struct err *err)
{
	struct str sql = arena_fmt(arena, "COPY %.*s %.*s TO STDOUT", STR_ARG(table), STR_ARG(columns));
	/* As in the dump: what a row names (regclass) is written out with its schema. */
	PGresult *r = sql.ptr && bring_exec(c, "SET search_path = ''", err) ? PQexec(c, sql.ptr) : NULL;
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	bool good = PQresultStatus(r) == PGRES_COPY_OUT;
	/* No such table or schema. */
	bool absent = state && (!strcmp(state, "42P01") || !strcmp(state, "3F000"));

	*ret_there = good;
	PQclear(r);
	return good || absent || bring_says(c, "a table cannot be read", err);
}

int bring_row(PGconn *c, char **ret_row, struct err *err)
{
	int n = PQgetCopyData(c, ret_row, 0);
	bool good = n == -1;
	PGresult *r;

	stall_moved(PQinstanceData(c, on_event));
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
