/* PostgreSQL by pg_dump: one exported snapshot for what is dumped and what the owner asks. */
#include <libpq-fe.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/proc.h"
#include "recovery/backup_postgres.h"
#include "recovery/login.h"
#include "recovery/roles.h"
#include "recovery/tools.h"

#define ANSWER_MAX ((size_t)1 << 20)
#define TRIES 10

bool backup_postgres_failed(PGconn *c, const char *what, struct err *err)
{
	char text[900];

	if (login_wanted(c, text, sizeof(text)))
		return err_set(err, ERR_TOOL, "%s: %s", what, text);
	return err_said(err, ERR_TOOL, what, PQerrorMessage(c));
}

void backup_postgres_patient(PGconn *c)
{
	bool lifted = false;

	/* This one first: the question below may last longer than it allows, and what lifts it is itself no sooner done than that. */
	for (int i = 0; i < TRIES && !lifted; i++) {
		PGresult *r = PQexec(c, "SET statement_timeout = 0");

		lifted = PQresultStatus(r) == PGRES_COMMAND_OK;
		PQclear(r);
	}
	PQclear(PQexec(c, "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN ("
			  "'idle_in_transaction_session_timeout', 'idle_session_timeout', 'statement_timeout', 'lock_timeout', "
			  "'transaction_timeout')"));
}

/* One value; STR_NONE and false when it is no such answer. */
bool backup_postgres_ask(PGconn *c, const char *sql, struct arena *arena, struct str *ret,
			 struct err *err)
{
	PGresult *r = PQexec(c, sql);
	bool good = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1 && PQnfields(r) == 1;

	if (good && (size_t)PQgetlength(r, 0, 0) <= ANSWER_MAX)
		*ret = PQgetisnull(r, 0, 0)
			       ? STR("NULL")
			       : arena_str(arena, (struct str){ PQgetvalue(r, 0, 0),
								(size_t)PQgetlength(r, 0, 0) });
	else if (PQresultStatus(r) == PGRES_TUPLES_OK)
		good = err_set(err, ERR_INPUT, "one row with one value is wanted of: %s", sql);
	else
		good = backup_postgres_failed(c, sql, err);
	PQclear(r);
	return good;
}

static bool words(PGconn *c, const char *sql, struct arena *arena, const struct manifest_word **ret,
		  struct err *err)
{
	PGresult *r = PQexec(c, sql);
	struct manifest_word *first = NULL, **end = &first;
	bool good =
		PQresultStatus(r) == PGRES_TUPLES_OK || backup_postgres_failed(c, "what the database needs", err);

	for (int i = 0; good && i < PQntuples(r); i++) {
		struct manifest_word *w = arena_alloc(arena, sizeof(*w));

		if (!w) {
			good = err_set(err, ERR_LIMIT, "no memory to take a backup");
			break;
		}
		*w = (struct manifest_word){ .text = arena_str(arena,
							       str_from(PQgetvalue(r, i, 0))) };
		*end = w;
		end = &w->next;
	}
	PQclear(r);
	*ret = first;
	return good;
}

/* How many things of each kind there are: asked in the snapshot and of what was restored, so that what pg_dump leaves out is told. Not what
 * extensions bring, nor what another thing brings by itself in one version and not in another. */
#define MINE(class_, oid_)                                                                         \
	"NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog." class_     \
	"'::pg_catalog.regclass AND d.objid = " oid_ " AND d.deptype IN ('e', 'i'))"
#define PLAIN_SCHEMA                                                                               \
	"(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> "         \
	"'information_schema')"
static const char objects[] =
	"SELECT pg_catalog.string_agg(k || ' ' || n, ', ' ORDER BY k COLLATE \"C\") FROM ("
	"SELECT CASE relkind WHEN 'r' THEN 'tables' WHEN 'p' THEN 'tables' WHEN 'v' THEN 'views' "
	"WHEN 'm' THEN 'views' WHEN 'S' THEN 'sequences' END, count(*) FROM pg_catalog.pg_class c "
	"WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND relnamespace IN " PLAIN_SCHEMA
	" AND " MINE("pg_class", "c.oid") " GROUP BY 1 "
	"UNION ALL SELECT 'indexes', count(*) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c "
	"ON c.oid = indrelid WHERE indisvalid AND relnamespace IN " PLAIN_SCHEMA
	" AND " MINE("pg_class", "indrelid") " AND " MINE("pg_class", "indexrelid") " "
	"UNION ALL SELECT 'constraints', count(*) FROM pg_catalog.pg_constraint o WHERE contype <> "
	"'n' AND conrelid <> 0 AND connamespace IN " PLAIN_SCHEMA
	" AND " MINE("pg_class", "conrelid") " AND " MINE("pg_constraint", "o.oid") " "
	"UNION ALL SELECT 'triggers', count(*) FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c "
	"ON c.oid = tgrelid WHERE NOT tgisinternal AND relnamespace IN " PLAIN_SCHEMA
	" AND " MINE("pg_class", "tgrelid") " "
	"UNION ALL SELECT 'functions', count(*) FROM pg_catalog.pg_proc f WHERE pronamespace IN "
	PLAIN_SCHEMA " AND " MINE("pg_proc", "f.oid") ") x (k, n)";
static const struct backup_question of_objects = { STR_INIT("objects"), STR_INIT(objects), NULL };

bool backup_postgres_answers(PGconn *c, struct backup_run *r, struct err *err)
{
	const struct manifest_invariant **end = &r->m->invariants;
	struct backup_question first = of_objects;

	first.next = (struct backup_question *)(uintptr_t)r->ask->questions;
	for (const struct backup_question *q = &first; q; q = q->next) {
		struct manifest_invariant *i = arena_alloc(r->arena, sizeof(*i));
		struct str sql = arena_fmt(r->arena, "%.*s", STR_ARG(q->sql));

		if (!i || !sql.ptr)
			return err_set(err, ERR_LIMIT, "no memory to take a backup");
		*i = (struct manifest_invariant){ .name = q->name, .sql = q->sql };
		stall_reads(r->stall, r->about);
		if (!backup_postgres_ask(c, sql.ptr, r->arena, &i->value, err))
			return err_prefix(err, "invariant %.*s", STR_ARG(q->name));
		*end = i;
		end = (const struct manifest_invariant **)(uintptr_t)&i->next;
	}
	return true;
}

/* The pg_dump that will be run; "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" says which. */
static bool tool(struct backup_run *r, int server, char ret[TOOLS_PATH + 16], struct err *err)
{
	char folder[TOOLS_PATH];
	char *argv[] = { ret, (char[]){ "--version" }, NULL };
	auto_buf says = BUF_MAX(1000);
	struct proc_opts o = { .out = &says, .errout = &says, .timeout_s = 30 };
	struct str s;
	int status, major;

	if (tools_postgres("pg_dump", folder))
		snprintf(ret, TOOLS_PATH + 16, "%s/pg_dump", folder);
	else if (!tools_find("pg_dump", ret, err))
		return err_prefix(err, "install postgresql-client-%d", server / 10000);
	if (!proc_run(argv, &o, &status, err) || status)
		return err_set(err, ERR_TOOL, "%s does not run: %.*s", ret,
			       STR_ARG(buf_str(&says)));
	buf_addc(&says, '\0');
	s = str_trim(str_from(says.ptr));
	r->m->tool = arena_str(r->arena, s);
	if (says.failed || !str_starts(s, STR("pg_dump (PostgreSQL) ")))
		return err_set(err, ERR_TOOL, "this is no version of pg_dump: %.*s", STR_ARG(s));
	major = (int)strtol(s.ptr + strlen("pg_dump (PostgreSQL) "), NULL, 10);
	return major >= server / 10000 ||
	       err_set(err, ERR_TOOL,
		       "the server is PostgreSQL %d and the pg_dump here is %d, which cannot read "
		       "it: install postgresql-client-%d",
		       server / 10000, major, server / 10000);
}

static bool look(PGconn *c, struct backup_run *r, struct str *ret_snapshot,
		 char ret_tool[TOOLS_PATH + 16], struct err *err)
{
	struct str size;
	uint64_t about;

	if (!tool(r, PQserverVersion(c), ret_tool, err))
		return false;
	backup_postgres_patient(c);
	PQclear(PQexec(c, "SET search_path = pg_catalog"));
	PQclear(PQexec(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
	r->m->taken_us = clock_now_us();
	if (!backup_postgres_ask(c, "SELECT pg_export_snapshot()", r->arena, ret_snapshot, err) ||
	    !backup_postgres_ask(c, "SHOW server_version", r->arena, &r->m->server, err) ||
	    !backup_postgres_ask(c, "SELECT pg_database_size(current_database())::text", r->arena, &size,
		     err) ||
	    !words(c, "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1",
		   r->arena, &r->m->extensions, err) ||
	    !roles_read(c, r->arena, r->m, err))
		return false;
	PQclear(PQexec(c, "RESET search_path"));
	r->about = str_to_u64(size, &about) ? about : 0;
	if (!r->m->host.len)
		r->m->host = arena_fmt(r->arena, "%s:%s/%s", PQhost(c), PQport(c), PQdb(c));
	return backup_postgres_answers(c, r, err);
}

/* pg_dump takes over how the role, or the database, has bytes written; a drill has one way. STR_NONE: it is that one. */
static bool way_of_bytes(PGconn *c, struct arena *arena, struct str *ret, struct err *err)
{
	const char *theirs = getenv("PGOPTIONS");
	struct str now;

	*ret = STR_NONE;
	if (!backup_postgres_ask(c, "SHOW bytea_output", arena, &now, err))
		return false;
	if (!str_is(now, "hex"))
		*ret = arena_fmt(arena, "PGOPTIONS=%s -c bytea_output=hex", theirs ? theirs : "");
	return true;
}

static bool dump(PGconn *c, struct backup_run *r, char *tool_path, struct str snapshot, struct err *err)
{
	struct str at = arena_fmt(r->arena, "--snapshot=%.*s", STR_ARG(snapshot));
	struct str db = arena_fmt(r->arena, "--dbname=%.*s", STR_ARG(r->ask->connect));
	struct str password = arena_fmt(r->arena, "PGPASSWORD=%.*s", STR_ARG(r->ask->password));
	char *const argv[] = { tool_path,
			       (char[]){ "--format=plain" },
			       (char[]){ "--no-password" },
			       (char[]){ "--encoding=UTF8" },
			       (char *)(uintptr_t)at.ptr,
			       (char *)(uintptr_t)db.ptr,
			       NULL };
	/* Of two with one name the first counts. Instants stand in the dump as the same text wherever it is made. */
	char *env[4] = { (char[]){ "PGTZ=UTC" } };
	struct str bytes;
	size_t n = 1;

	if (!way_of_bytes(c, r->arena, &bytes, err))
		return false;
	if (!at.ptr || !db.ptr || !password.ptr)
		return err_set(err, ERR_LIMIT, "no memory to take a backup");
	if (bytes.len)
		env[n++] = (char *)(uintptr_t)bytes.ptr;
	if (r->ask->password.len)
		env[n] = (char *)(uintptr_t)password.ptr;
	return backup_stream(r, argv, env, err);
}

bool backup_postgres(struct backup_run *r, struct err *err)
{
	struct str connect = arena_fmt(r->arena, "%.*s", STR_ARG(r->ask->connect));
	struct str password = arena_fmt(r->arena, "%.*s", STR_ARG(r->ask->password));
	const char *const names[] = { "dbname", "password", "fallback_application_name",
				      "connect_timeout", NULL };
	const char *const values[] = { connect.ptr, r->ask->password.len ? password.ptr : NULL,
				       "pawl backup", "30", NULL };
	char program[TOOLS_PATH + 16];
	struct str snapshot;
	PGconn *c;
	bool good;

	if (!connect.ptr || !password.ptr)
		return err_set(err, ERR_LIMIT, "no memory to take a backup");
	c = PQconnectdbParams(names, values, 1);
	stall_watch_fd(r->stall, PQsocket(c));
	good = PQstatus(c) == CONNECTION_OK || backup_postgres_failed(c, "the database cannot be reached", err);
	good = good && look(c, r, &snapshot, program, err) && dump(c, r, program, snapshot, err);
	/* The snapshot must have lived to the end of it. */
	if (good && PQtransactionStatus(c) != PQTRANS_INTRANS)
		good = err_set(err, ERR_TOOL, "the snapshot ended before the dump did");
	if (good) {
		PGresult *end = PQexec(c, "COMMIT");

		good = PQresultStatus(end) == PGRES_COMMAND_OK ||
		       backup_postgres_failed(c, "the snapshot ended before the dump did", err);
		PQclear(end);
	}
	stall_watch_fd(r->stall, -1);
	PQfinish(c);
	return good;
}
