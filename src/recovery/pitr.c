#include "recovery/pitr.h"

#include <libpq-fe.h>

#include "recovery/pgbackrest.h"

#define PATIENCE_S 120

static const char question[] =
	"SELECT CASE WHEN current_setting('archive_mode') = 'off' THEN 'none: archive_mode is off' "
	"WHEN current_setting('archive_command') IN ('', ':', 'true', '/bin/true', '/usr/bin/true') "
	"AND coalesce(current_setting('archive_library', true), '') = '' "
	"THEN 'none: archive_mode is on, and archive_command keeps nothing' "
	"WHEN last_archived_time IS NULL THEN 'none: nothing was archived yet' "
	"WHEN last_failed_time > last_archived_time THEN 'none: archiving fails since ' || "
	"to_char(last_failed_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' "
	"ELSE 'WAL is archived, last ' || to_char(last_archived_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' END "
	"FROM pg_catalog.pg_stat_archiver";

static bool ask_server(const struct pitr *p, struct stall *stall, struct arena *arena, struct str *ret, struct err *err)
{
	struct str dbname = arena_str(arena, p->connect), secret = arena_str(arena, p->password);
	const char *const names[] = { "dbname", "password", "fallback_application_name", "connect_timeout", NULL };
	const char *const values[] = { dbname.ptr, p->password.len ? secret.ptr : NULL, "pawl backup", "10", NULL };
	PGconn *c = PQconnectdbParams(names, values, 1);
	PGresult *r;
	bool good;

	stall_watch_fd(stall, PQsocket(c));
	r = PQexec(c, question);
	stall_watch_fd(stall, -1);
	good = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
	if (good)
		*ret = arena_str(arena, str_from(PQgetvalue(r, 0, 0)));
	else
		good = err_said(err, ERR_TOOL, NULL, PQerrorMessage(c));
	PQclear(r);
	PQfinish(c);
	return good;
}

bool pitr_ask(const struct pitr *p, struct arena *arena, struct str *ret, struct err *err)
{
	struct str archiving = STR_NONE, window;
	struct stall *stall;
	bool good;

	if (!stall_begin(p->patience_s ? p->patience_s : PATIENCE_S, &stall, err))
		return false;
	stall_until(stall, p->until_s);
	good = ask_server(p, stall, arena, &archiving, err);
	window = archiving;
	if (good && p->pgbackrest)
		good = pgbackrest_window(&(struct pgbackrest_run){ .p = p->pgbackrest, .stall = stall, .arena = arena }, archiving, &window,
					 err);
	stall_end(stall);
	if (good)
		*ret = window;
	return good;
}
