/* PostgreSQL by pg_basebackup: the cluster's files, and the WAL to a position whose rows were asked. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/proc.h"
#include "recovery/backup_physical.h"
#include "recovery/backup_postgres.h"
#include "recovery/source.h"
#include "recovery/tools.h"
#include "recovery/wal.h"

#define TRIES 50

/* --- connections --- */

static PGconn *connect(struct backup_physical *p, bool replication, struct err *err)
{
	const struct backup_ask *a = p->r->ask;

	struct physical_server s = { a->connect, a->password, p->r->arena, PQserverVersion(p->c) };
	PGconn *c = physical_connect(&s, replication, err);

	/* It waits while pg_basebackup runs. */
	if (c && !replication) {
		stall_watch_fd(p->r->stall, PQsocket(c));
		backup_postgres_patient(c);
		stall_watch_fd(p->r->stall, -1);
	}
	return c;
}

/* Whoever is asked is watched while it is asked. */
static PGresult *exec(struct backup_physical *p, PGconn *c, const char *sql)
{
	PGresult *one;

	stall_watch_fd(p->r->stall, PQsocket(c));
	one = PQexec(c, sql);
	stall_watch_fd(p->r->stall, -1);
	return one;
}

static bool ask_of(struct backup_physical *p, PGconn *c, const char *sql, struct str *ret, struct err *err)
{
	bool good;

	stall_watch_fd(p->r->stall, PQsocket(c));
	good = backup_postgres_ask(c, sql, p->r->arena, ret, err);
	stall_watch_fd(p->r->stall, -1);
	return good;
}

/* Nothing of the WAL goes while we live: also what pg_basebackup fetches at its end. */
static bool hold_wal(struct backup_physical *p, struct err *err)
{
	unsigned random = 0;
	char sql[120];
	PGresult *one;
	bool good;

	if (getrandom(&random, sizeof(random), 0) < 0)
		return err_sys(err, "random bytes");
	snprintf(sql, sizeof(sql), "CREATE_REPLICATION_SLOT pawl_%08x TEMPORARY PHYSICAL RESERVE_WAL", random);
	one = exec(p, p->replication, sql);
	good = PQresultStatus(one) == PGRES_TUPLES_OK || backup_postgres_failed(p->replication, "the WAL cannot be held", err);
	PQclear(one);
	return good;
}

/* --- before --- */

static bool program(struct backup_physical *p, char ret[TOOLS_PATH + 16], struct err *err)
{
	unsigned server = (unsigned)PQserverVersion(p->c) / 10000;
	char folder[TOOLS_PATH];
	unsigned major = tools_postgres("pg_basebackup", folder);
	auto_buf says = BUF_MAX(1000);
	struct proc_opts o = { .out = &says, .errout = &says, .timeout_s = 30 };
	char *argv[] = { ret, (char[]){ "--version" }, NULL };
	int status;

	if (major < server)
		return err_set(err, ERR_TOOL,
			       "the server is PostgreSQL %u, and there is no pg_basebackup of it here: install postgresql-client-%u",
			       server, server);
	snprintf(ret, TOOLS_PATH + 16, "%s/pg_basebackup", folder);
	if (!proc_run(argv, &o, &status, err) || status)
		return err_set(err, ERR_TOOL, "%s does not run: %.*s", ret, STR_ARG(buf_str(&says)));
	p->r->m->tool = arena_str(p->r->arena, str_trim(buf_str(&says)));
	return true;
}

static bool ask(struct backup_physical *p, const char *sql, struct str *ret, struct err *err)
{
	return ask_of(p, p->c, sql, ret, err);
}

static bool no_tablespaces(struct backup_physical *p, struct err *err)
{
	struct str names;

	return ask(p, "SELECT coalesce(string_agg(spcname, ', '), '') FROM pg_catalog.pg_tablespace WHERE spcname !~ '^pg_'", &names,
		   err) &&
	       (!names.len || err_set(err, ERR_TOOL,
				      "the cluster has tablespaces of its own (%.*s), which one stream cannot hold: back it up without "
				      "'physical'",
				      STR_ARG(names)));
}

/* A question whose answer the drill has to give again. */
static bool remember(struct backup_physical *p, const char *name, const char *sql, struct str *ret, struct err *err)
{
	struct manifest_invariant *i = arena_alloc(p->r->arena, sizeof(*i));
	const struct manifest_invariant **end = &p->r->m->invariants;

	if (!i || !ask(p, sql, ret, err))
		return i ? false : err_set(err, ERR_LIMIT, "no memory to take a backup");
	*i = (struct manifest_invariant){ .name = str_from(name), .sql = str_from(sql), .value = *ret };
	while (*end)
		end = (const struct manifest_invariant **)(uintptr_t)&(*end)->next;
	*end = i;
	return true;
}

bool backup_physical_look(struct backup_physical *p, struct err *err)
{
	struct manifest *m = p->r->m;
	struct manifest_word *w = arena_alloc(p->r->arena, sizeof(*w));
	struct str size;
	uint64_t n;

	if (!w)
		return err_set(err, ERR_LIMIT, "no memory to take a backup");
	if (PQserverVersion(p->c) < 130000)
		return err_set(err, ERR_TOOL, "physical backups want PostgreSQL 13 or newer");
	if (!no_tablespaces(p, err) || !ask(p, "SHOW server_version", &m->server, err) ||
	    !ask(p, "SELECT sum(pg_catalog.pg_database_size(oid))::text FROM pg_catalog.pg_database", &size, err) ||
	    !ask(p, "SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10", &p->end.role, err))
		return false;
	*w = (struct manifest_word){ .text = p->end.role };
	m->roles = w;
	p->end.database = arena_fmt(p->r->arena, "%s", PQdb(p->c));
	if (!m->host.len)
		m->host = arena_fmt(p->r->arena, "%s:%s/%s", PQhost(p->c), PQport(p->c), PQdb(p->c));
	p->r->about = str_to_u64(size, &n) ? n : 0;
	return true;
}

/* --- pg_basebackup --- */

static bool on_member(void *ctx, const struct tar_member *m, struct err *err)
{
	struct backup_physical *p = ctx;
	struct str name = str_from(m->name), in = STR("pg_wal/");
	uint64_t number;
	uint32_t timeline;

	(void)err;
	if (!str_starts(name, in) || !physical_segment(str_sub(name, in.len, name.len), 1 << 20, &timeline, &number))
		return true;
	if (str_cmp(str_sub(name, in.len, name.len), str_from(p->last)) > 0)
		snprintf(p->last, sizeof(p->last), "%s", m->name + in.len);
	return true;
}
static const struct tar_events looking_on = { on_member, NULL, NULL };

static bool passing(void *ctx, const void *bytes, size_t n, struct err *err)
{
	struct backup_physical *p = ctx;

	return tar_add(&p->tar, bytes, n, err) && backup_chunk(p->r, bytes, n, err);
}

static bool base(struct backup_physical *p, char *path, struct err *err)
{
	struct str db = arena_fmt(p->r->arena, "--dbname=%.*s", STR_ARG(p->r->ask->connect));
	struct str password = arena_fmt(p->r->arena, "PGPASSWORD=%.*s", STR_ARG(p->r->ask->password));
	char *const argv[] = { path, (char[]){ "--pgdata=-" }, (char[]){ "--format=tar" }, (char[]){ "--wal-method=fetch" },
			       (char[]){ "--checkpoint=fast" }, (char[]){ "--no-password" }, (char[]){ "--label=pawl" },
			       (char *)(uintptr_t)db.ptr, NULL };
	char *const more[] = { p->r->ask->password.len ? (char *)(uintptr_t)password.ptr : NULL, NULL };
	char **env = backup_env(more, p->r->arena);
	struct backup_reader reader = { passing, p, p->r->stall };

	if (!db.ptr || !password.ptr || !env)
		return err_set(err, ERR_LIMIT, "no memory to take a backup");
	p->tar = (struct tar){ .events = &looking_on, .ctx = p };
	return backup_read(argv, env, &reader, err) && tar_end(&p->tar, err) &&
	       (p->last[0] || err_set(err, ERR_TOOL, "pg_basebackup sent no WAL"));
}

/* --- the position that is asked --- */

static bool begin(struct backup_physical *p, struct err *err)
{
	struct str both;
	size_t bar;

	PQclear(exec(p, p->c, "ROLLBACK"));
	PQclear(exec(p, p->c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
	p->r->m->taken_us = clock_now_us();
	/* What the snapshot sees, is in the WAL before where the WAL is after it was taken. */
	if (!ask(p, "SELECT pg_catalog.pg_current_wal_insert_lsn()::text || '|' || pg_catalog.pg_current_snapshot()::text", &both, err))
		return false;
	bar = str_find_char(both, '|');
	p->end.position = str_sub(both, 0, bar);
	p->end.snapshot = str_sub(both, bar + 1, both.len);
	return true;
}

static bool one_moment(struct backup_physical *p, struct err *err)
{
	for (int i = 0; i < TRIES; i++) {
		struct str sql, unseen;

		if (!begin(p, err))
			return false;
		sql = arena_fmt(p->r->arena, PHYSICAL_UNSEEN, STR_ARG(p->end.snapshot), STR_ARG(p->end.snapshot));
		if (!sql.ptr || !ask_of(p, p->also, sql.ptr, &unseen, err))
			return false;
		if (str_is(unseen, "0"))
			break; /* else the drill may still find that none of them came before the position */
	}
	return true;
}

/* A record of the WAL behind it: recovery that was told a position goes on until it meets one, or says that it did not. */
static bool behind_it(struct backup_physical *p, struct err *err)
{
	struct str at;

	return ask_of(p, p->also, "SELECT pg_catalog.pg_current_xact_id()::text", &at, err) &&
	       ask_of(p, p->also, "SELECT pg_catalog.pg_current_wal_insert_lsn()::text", &at, err) &&
	       (physical_lsn(at, &p->until) || err_set(err, ERR_TOOL, "the server does not say where its WAL is"));
}

bool backup_physical_moment(struct backup_physical *p, struct err *err)
{
	return one_moment(p, err) && behind_it(p, err);
}

static bool header(struct backup_physical *p, const char *name, uint64_t bytes, struct err *err)
{
	char block[TAR_BLOCK];

	tar_header(name, bytes, block);
	return backup_chunk(p->r, block, sizeof(block), err);
}

static bool wal_file(void *ctx, const char *name, uint64_t bytes, struct err *err)
{
	char path[100];

	snprintf(path, sizeof(path), "pg_wal/%s", name);
	return header(ctx, path, bytes, err);
}

static bool wal_bytes(void *ctx, const void *bytes, size_t n, struct err *err)
{
	return backup_chunk(((struct backup_physical *)ctx)->r, bytes, n, err);
}

bool backup_physical_segment_size(struct backup_physical *p, struct err *err)
{
	struct str s;

	return ask(p, "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_segment_size'", &s, err) &&
	       ((str_to_u64(s, &p->segment) && p->segment >= 1 << 20) ||
		err_set(err, ERR_TOOL, "the server does not say how long its WAL files are"));
}

static bool wal(struct backup_physical *p, struct err *err)
{
	struct physical_wal w = { .c = p->replication, .segment = p->segment, .stall = p->r->stall,
				  .file = wal_file, .bytes = wal_bytes, .ctx = p };
	uint64_t number;

	if (!physical_segment(str_from(p->last), p->segment, &w.timeline, &number))
		return err_set(err, ERR_TOOL, "pg_basebackup sent WAL of no known name: %s", p->last);
	p->timeline = w.timeline;
	/* What it fetched ends with a whole file. */
	return physical_wal_receive(&w, number + 1, p->until, err);
}

static bool last_words(struct backup_physical *p, struct err *err)
{
	static const char zeros[3 * TAR_BLOCK];
	struct str text = physical_end_text(&p->end, p->r->arena);

	if (!text.ptr)
		return err_set(err, ERR_INPUT, "the name of the database or of its superuser cannot stand in a line");
	return header(p, PHYSICAL_END, text.len, err) && backup_chunk(p->r, text.ptr, text.len, err) &&
	       backup_chunk(p->r, zeros, 2 * TAR_BLOCK + (TAR_BLOCK - text.len % TAR_BLOCK) % TAR_BLOCK, err);
}

/* --- the questions --- */

static bool count(struct backup_physical *p, struct fingerprint_table *t, uint64_t bytes, struct err *err)
{
	struct str sql = arena_fmt(p->r->arena, "SELECT count(*)::text FROM ONLY %.*s", STR_ARG(t->name)), n;
	bool good;

	if (!sql.ptr)
		return err_set(err, ERR_LIMIT, "no memory to take a backup");
	stall_watch_fd(p->r->stall, PQsocket(p->c));
	stall_reads(p->r->stall, bytes);
	good = backup_postgres_ask(p->c, sql.ptr, p->r->arena, &n, err);
	stall_watch_fd(p->r->stall, -1);
	return good && (str_to_u64(n, &t->rows) || err_set(err, ERR_TOOL, "%.*s has no number of rows", STR_ARG(t->name)));
}

static uint64_t bytes_of(const PGresult *list, int i)
{
	uint64_t bytes;

	return str_to_u64(str_from(PQgetvalue(list, i, 1)), &bytes) ? bytes : 0;
}

static bool tables(struct backup_physical *p, struct err *err)
{
	const struct fingerprint_table **end = &p->r->m->tables;
	PGresult *list = exec(p, p->c, PHYSICAL_TABLES);
	bool good = PQresultStatus(list) == PGRES_TUPLES_OK || backup_postgres_failed(p->c, "the tables cannot be listed", err);

	for (int i = 0; good && i < PQntuples(list); i++) {
		struct fingerprint_table *t = arena_alloc(p->r->arena, sizeof(*t));

		if (!t) {
			good = err_set(err, ERR_LIMIT, "more tables than can be remembered");
			break;
		}
		*t = (struct fingerprint_table){ .name = arena_str(p->r->arena, str_from(PQgetvalue(list, i, 0))) };
		good = count(p, t, bytes_of(list, i), err);
		*end = t;
		end = (const struct fingerprint_table **)(uintptr_t)&t->next;
	}
	PQclear(list);
	return good;
}

bool backup_physical_answers(struct backup_physical *p, struct err *err)
{
	struct str name = arena_fmt(p->r->arena, WAL_BASE_POSITION "%.*s" WAL_BASE_TIMELINE "%u", STR_ARG(p->end.position),
				    (unsigned)p->timeline), yes;
	struct str sql = arena_fmt(p->r->arena, "SELECT pg_catalog.pg_current_wal_insert_lsn() >= '%.*s'::pg_catalog.pg_lsn",
				   STR_ARG(p->end.position));

	if (!name.ptr || !sql.ptr)
		return err_set(err, ERR_LIMIT, "no memory to take a backup");
	stall_watch_fd(p->r->stall, PQsocket(p->c));
	if (!backup_postgres_answers(p->c, p->r, err))
		return false;
	stall_watch_fd(p->r->stall, -1);
	return remember(p, WAL_BASE_SYSTEM, "SELECT system_identifier::text FROM pg_catalog.pg_control_system()", &p->end.system,
			err) &&
	       remember(p, name.ptr, sql.ptr, &yes, err) && tables(p, err);
}

static bool whole(struct backup_physical *p, struct err *err)
{
	char path[TOOLS_PATH + 16];

	return backup_physical_look(p, err) && backup_physical_segment_size(p, err) && program(p, path, err) &&
	       hold_wal(p, err) && base(p, path, err) && backup_physical_moment(p, err) && wal(p, err) &&
	       backup_physical_answers(p, err) && last_words(p, err);
}

bool backup_physical_with(struct backup_run *r, bool replication, bool (*all)(struct backup_physical *p, struct err *err),
			  struct err *err)
{
	struct backup_physical p = { .r = r };
	bool good = (p.c = connect(&p, false, err)) && (p.also = connect(&p, false, err)) &&
		    (!replication || (p.replication = connect(&p, true, err))) && all(&p, err);

	/* The snapshot must have lived to the end of it. */
	if (good) {
		PGresult *end = exec(&p, p.c, "COMMIT");

		good = PQresultStatus(end) == PGRES_COMMAND_OK ||
		       backup_postgres_failed(p.c, "the snapshot ended before the questions did", err);
		PQclear(end);
	}
	if (!good && stall_over(r->stall))
		(void)err_prefix(err, "the server was silent for too long, and was given up");
	stall_watch_fd(r->stall, -1);
	PQfinish(p.replication);
	PQfinish(p.also);
	PQfinish(p.c);
	return good;
}

static bool take_physical(struct backup_run *r, struct err *err)
{
	return backup_physical_with(r, true, whole, err);
}

const struct source source_physical = { BACKUP_POSTGRES_PHYSICAL, DUMP_BYTES, true, take_physical, drill_physical,
						"every stored byte, each table's number of rows and every answer as they were" };
