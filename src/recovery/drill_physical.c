/* A physical backup: unpacked, its files checked against the server's own list, recovered to the position that was asked. */
#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/drill_exec.h"
#include "recovery/drill_physical.h"
#include "recovery/drill_wal.h"
#include "recovery/source.h"

/* --- files --- */

/* Its own major version: no other reads these files. */
static bool programs(struct drill_physical *p)
{
	unsigned major = tools_major(p->r->done->manifest.server), newest;
	char folder[TOOLS_PATH];

	if (physical_programs(major, p->server->binaries))
		return true;
	newest = tools_postgres("postgres", folder);
	return drill_because(p->r, newest && newest < major ? DRILL_OLDER_SERVER : DRILL_NO_SERVER,
			     "a physical backup of PostgreSQL %u wants a server of the same major version%s: install postgresql-%u", major,
			     newest ? ", and the one here is another" : "", major);
}

bool drill_physical_ready(struct drill_physical *p)
{
	struct scratch_opts o = { .folder = p->r->ask->folder, .confined = p->r->ask->confined };
	struct err err = { 0 };

	p->server = scratch_new(&err);
	if (!p->server || !scratch_empty(p->server, &o, "postgres", &err))
		return drill_because(p->r, DRILL_BROKE_OFF, "%s", err.msg);
	if (!programs(p))
		return false;
	snprintf(p->unpack.folder, sizeof(p->unpack.folder), "%.*s/data", (int)sizeof(p->unpack.folder) - 8, p->server->folder);
	p->unpack.owned = p->server->as[0] != '\0';
	p->unpack.uid = p->server->uid;
	p->unpack.gid = p->server->gid;
	if (mkdir(p->unpack.folder, 0700) != 0 || (p->unpack.owned && chown(p->unpack.folder, p->unpack.uid, p->unpack.gid) != 0))
		return drill_because(p->r, DRILL_BROKE_OFF, "%s cannot be made", p->unpack.folder);
	physical_unpack_begin(&p->unpack);
	p->begun = true;
	return true;
}

static bool take(void *ctx, const void *bytes, size_t n, struct err *err)
{
	struct drill_physical *p = ctx;

	if (!p->begun && !drill_physical_ready(p))
		return false;
	if (physical_unpack_add(&p->unpack, bytes, n, err))
		return true;
	return err->code == ERR_INPUT ? false : drill_because(p->r, DRILL_BROKE_OFF, "there is no room to restore it: %s", err->msg);
}

static bool stream(struct drill_physical *p)
{
	struct err err = { 0 };

	p->unpack.list = physical_list_new();
	if (!drill_unpack(p->r, take, p))
		return false;
	if (!p->begun)
		return drill_because(p->r, DRILL_HALF, "it is empty");
	return physical_unpack_end(&p->unpack, &p->end, &err) || drill_because(p->r, DRILL_HALF, "%s", err.msg);
}

/* What reads all of the files may take as long as a slow disk. */
static int long_enough(const struct drill_physical *p)
{
	const struct drill_ask *a = p->r->ask;
	int64_t most = (a->patience_s ? a->patience_s : STALL_DRILL_S) + stall_slow(p->r->done->manifest.plain_bytes);
	int64_t left = a->until_s - stall_clock();

	if (a->until_s && left < most)
		most = left;
	return most < 1 ? 1 : most > INT_MAX ? INT_MAX : (int)most;
}

/* By the server's own program, which reads all of them. */
static bool verified(struct drill_physical *p)
{
	char program[TOOLS_PATH + 32];
	char *argv[SCRATCH_WORDS + 8] = { program, (char[]){ "--quiet" }, (char[]){ "--no-parse-wal" }, p->unpack.folder, NULL };
	struct err err = { 0 };
	int status;

	snprintf(program, sizeof(program), "%s/pg_verifybackup", p->server->binaries);
	if (access(program, X_OK) != 0)
		return true; /* the drill does without: digests of all its bytes were compared */
	stall_reads(p->r->stall, p->r->done->manifest.plain_bytes);
	if (!scratch_run_for(p->server, argv, long_enough(p), &status, &err))
		return drill_because(p->r, DRILL_BROKE_OFF, "%s", err.msg);
	stall_reads(p->r->stall, 0);
	return !status || drill_because(p->r, DRILL_ERROR, "%s", err.msg);
}

/* Every file against the list that the server made while it sent them. */
static bool listed(struct drill_physical *p)
{
	auto_buf list = BUF_MAX(PHYSICAL_LIST_MAX);
	char path[PATH_LEN + 32];
	struct err err = { 0 };

	snprintf(path, sizeof(path), "%s/" PHYSICAL_LIST_NAME, p->unpack.folder);
	if (!p->unpack.list || !file_read(path, &list, NULL))
		return verified(p);
	switch (physical_list_compare(p->unpack.list, buf_str(&list), &err)) {
	case PHYSICAL_LIST_SAME:
		return true;
	case PHYSICAL_LIST_OTHER:
		return drill_because(p->r, DRILL_ERROR, "%s", err.msg);
	case PHYSICAL_LIST_UNKNOWN:
		break;
	}
	return verified(p);
}

/* --- the server --- */

static enum drill_code refusal(const void *ctx)
{
	const struct drill_physical *p = ctx;
	static const struct {
		const char *says;
		enum drill_code code;
	} words[] = {
		{ "different database system", DRILL_WAL_FOREIGN },
		{ "recovery ended before configured recovery target", DRILL_WAL },
		{ "WAL ends before", DRILL_WAL },
		{ "could not locate required checkpoint record", DRILL_WAL },
		{ "could not find redo location", DRILL_WAL },
		{ "No space left", DRILL_BROKE_OFF },
		{ "annot allocate memory", DRILL_BROKE_OFF },
		{ "could not load library", DRILL_NO_EXTENSION },
		{ "FATAL", DRILL_ERROR },
		{ "PANIC", DRILL_ERROR },
	};

	auto_buf log = BUF_MAX((size_t)16 << 20);
	char path[PATH_LEN + 16];

	/* All of what it said: the reason stands before what it ended with. */
	snprintf(path, sizeof(path), "%s/log", p->server->folder);
	if (!file_read(path, &log, NULL))
		return DRILL_BROKE_OFF;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_find(buf_str(&log), str_from(words[i].says)) != SIZE_MAX)
			return words[i].code;
	}
	return DRILL_BROKE_OFF;
}

static bool start(struct drill_physical *p)
{
	struct str target = arena_fmt(p->r->arena, "recovery_target_lsn = '%.*s'\n", STR_ARG(p->end.position));
	struct err err = { 0 };

	if (!target.ptr || !physical_quiet(&p->unpack, scratch_socket(p->server), target, &err))
		return drill_because(p->r, DRILL_BROKE_OFF, "%s", err.msg);
	return physical_start(p->server, p->r->stall, &err) || drill_because(p->r, refusal(p), "%s", err.msg);
}

static bool connect(struct drill_physical *p)
{
	struct str user = arena_str(p->r->arena, p->end.role), database = arena_str(p->r->arena, p->end.database);
	const char *const names[] = { "host", "port", "user", "dbname", "options", "client_encoding", "connect_timeout", NULL };
	const char *const values[] = { scratch_socket(p->server), SCRATCH_PORT, user.ptr, database.ptr,
				       PHYSICAL_OPTIONS " -c session_preload_libraries= -c local_preload_libraries=", "UTF8", "60", NULL };

	p->c = PQconnectdbParams(names, values, 0);
	stall_watch_fd(p->r->stall, PQsocket(p->c));
	return PQstatus(p->c) == CONNECTION_OK ||
	       drill_because(p->r, DRILL_ERROR, "the recovered server does not let its superuser in: %.200s", PQerrorMessage(p->c));
}

/* --- comparing --- */

static bool value(struct drill_physical *p, const char *sql, struct str *ret)
{
	PGresult *one = drill_exec(p->r, p->c, sql);
	bool good = PQresultStatus(one) == PGRES_TUPLES_OK && PQntuples(one) == 1 && PQnfields(one) == 1;

	if (good)
		*ret = PQgetisnull(one, 0, 0) ? STR("NULL") : arena_str(p->r->arena, str_from(PQgetvalue(one, 0, 0)));
	PQclear(one);
	stall_moved(p->r->stall);
	return good;
}

/* Is what is there what was asked? Else nothing can be said of its rows. */
static bool same_moment(struct drill_physical *p)
{
	struct str at = p->end.snapshot, sql = arena_fmt(p->r->arena, PHYSICAL_UNSEEN, STR_ARG(at), STR_ARG(at)), n;

	if (!value(p, sql.ptr, &n))
		return drill_because(p->r, DRILL_ERROR, "its transactions cannot be told: %.200s", PQerrorMessage(p->c));
	return str_is(n, "0") ||
	       drill_because(p->r, DRILL_BROKE_OFF,
			     "%.*s transactions ended between the questions and the position in the WAL, 50 times in a row: their "
			     "answers are not of these rows; back it up in a quieter minute",
			     STR_ARG(n));
}

static bool answer(struct drill_physical *p, enum drill_code code, struct str name, struct str sql, struct str want)
{
	struct str text = arena_fmt(p->r->arena, "%.*s", STR_ARG(sql)), got;

	return value(p, text.ptr, &got)
		       ? drill_answer(p->r, code, name, got, want)
		       : drill_because(p->r, code, "%.*s cannot be answered: %.200s", STR_ARG(name), PQerrorMessage(p->c));
}

static bool answers(struct drill_physical *p)
{
	bool all = true;

	for (const struct manifest_invariant *i = p->r->done->manifest.invariants; i; i = i->next)
		all &= answer(p, DRILL_INVARIANT, i->name, i->sql, i->value);
	for (const struct drill_query *q = p->r->ask->queries; q; q = q->next)
		all &= answer(p, DRILL_QUERY, q->name, q->sql, q->expect);
	return all;
}

static bool counted(struct drill_physical *p, struct fingerprint_table *t)
{
	struct str sql = arena_fmt(p->r->arena, "SELECT count(*) FROM ONLY %.*s", STR_ARG(t->name)), n;

	if (!value(p, sql.ptr, &n) || !str_to_u64(n, &t->rows))
		return drill_because(p->r, DRILL_ERROR, "%.*s cannot be read: %.200s", STR_ARG(t->name), PQerrorMessage(p->c));
	p->r->done->tables++;
	p->r->done->rows += t->rows;
	return true;
}

static bool tables(struct drill_physical *p)
{
	PGresult *list = drill_exec(p->r, p->c, PHYSICAL_TABLES);
	struct fingerprint_table *first = NULL, **end = &first;
	bool good = PQresultStatus(list) == PGRES_TUPLES_OK ||
		    drill_because(p->r, DRILL_ERROR, "the tables cannot be listed: %.200s", PQerrorMessage(p->c));

	for (int i = 0; good && i < PQntuples(list); i++) {
		struct fingerprint_table *t = arena_alloc(p->r->arena, sizeof(*t));

		if (!t) {
			good = drill_because(p->r, DRILL_BROKE_OFF, "out of memory");
			break;
		}
		*t = (struct fingerprint_table){ .name = arena_str(p->r->arena, str_from(PQgetvalue(list, i, 0))) };
		good = counted(p, t);
		*end = t;
		end = &t->next;
	}
	PQclear(list);
	return good && drill_same_tables(p->r, "what was recovered", first);
}

static bool compared(struct drill_physical *p)
{
	bool good;

	if (!same_moment(p))
		return false;
	PQclear(drill_exec(p->r, p->c, "SET default_transaction_read_only = on"));
	good = tables(p);
	return answers(p) && good;
}

static bool of_stream(struct drill_physical *p)
{
	return stream(p) && listed(p);
}

static PGconn *once_more(void *ctx)
{
	struct drill_physical *p = ctx;
	PGconn *c = NULL;

	if (connect(p))
		c = p->c;
	else
		PQfinish(p->c);
	p->c = NULL;
	return c;
}

static bool with_wal(struct drill_physical *p)
{
	struct drill_recovered server = { p->server, &p->unpack, refusal, once_more, p };

	/* The server that ends does not wait for it. */
	PQfinish(p->c);
	p->c = NULL;
	stall_watch_fd(p->r->stall, -1);
	return drill_wal(p->r, &server);
}

bool drill_physical_with(struct drill_run *r, bool (*files)(struct drill_physical *p))
{
	struct drill_physical *p = calloc(1, sizeof(*p));
	bool good;

	if (!p)
		return drill_because(r, DRILL_BROKE_OFF, "out of memory");
	p->r = r;
	p->unpack.fd = -1;
	good = files(p) && start(p) && connect(p) && compared(p) && with_wal(p);
	stall_watch_fd(r->stall, -1);
	physical_unpack_stop(&p->unpack);
	physical_list_free(p->unpack.list);
	PQfinish(p->c);
	scratch_stop(p->server);
	free(p);
	return good;
}

bool drill_physical(struct drill_run *r)
{
	return drill_physical_with(r, of_stream);
}
