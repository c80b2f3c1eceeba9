/* Where an archive goes on: the server, the slot, and what lies in the vault. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "recovery/backup_postgres.h"
#include "recovery/stall.h"
#include "recovery/wal_inner.h"

#define ANSWER_S 60 /* what is asked here, a server answers at once */

/* --- asking --- */

/* Of a server that is silent for longer, the connection ends. */
static PGresult *answer(struct wal_receiving *r, PGconn *c)
{
	int64_t until = stall_clock() + ANSWER_S;

	while (PQisBusy(c)) {
		struct pollfd fd = { .fd = PQsocket(c), .events = POLLIN };

		if (stall_clock() >= until) {
			r->silent = true;
			shutdown(fd.fd, SHUT_RDWR);
			break;
		}
		if (poll(&fd, 1, 1000) < 0 && errno != EINTR)
			break;
		if (fd.revents && !PQconsumeInput(c))
			break;
	}
	return PQgetResult(c);
}

/* As PQexec: the last of what was sent, or where a COPY begins. ${sent} is what sending said. */
static PGresult *answers(struct wal_receiving *r, PGconn *c, int sent)
{
	PGresult *last = NULL, *one;

	while (sent && (one = answer(r, c))) {
		PQclear(last);
		last = one;
		if (PQresultStatus(one) == PGRES_COPY_BOTH)
			break;
	}
	return last;
}

static PGresult *execute(struct wal_receiving *r, PGconn *c, const char *sql)
{
	return answers(r, c, PQsendQuery(c, sql));
}

static bool failed(const struct wal_receiving *r, PGconn *c, const char *what, struct err *err)
{
	if (r->silent)
		return err_set(err, ERR_TOOL, "%s: it has not answered for %d s", what, ANSWER_S);
	return backup_postgres_failed(c, what, err);
}

bool wal_ask(struct wal_receiving *r, const char *sql, struct str *ret, int n, struct err *err)
{
	char slot[WAL_SLOT_MAX + 1];
	const char *const parameters[] = { slot };
	PGresult *one;
	bool good;

	snprintf(slot, sizeof(slot), "%.*s", STR_ARG(r->w->slot));
	arena_reset(&r->scratch);
	one = answers(r, r->c, PQsendQueryParams(r->c, sql, strstr(sql, "$1") ? 1 : 0, NULL, parameters, NULL, NULL, 0));
	good = PQresultStatus(one) == PGRES_TUPLES_OK || failed(r, r->c, "the server does not say where its WAL is", err);
	if (good && (PQntuples(one) != 1 || PQnfields(one) != n))
		good = PQntuples(one) == 0 ? err_set(err, ERR_STATE, "there is no replication slot %s", slot)
					   : err_set(err, ERR_TOOL, "the server does not say where its WAL is");
	for (int i = 0; good && i < n; i++)
		ret[i] = PQgetisnull(one, 0, i) ? STR("") : arena_str(&r->scratch, str_from(PQgetvalue(one, 0, i)));
	PQclear(one);
	return good;
}

static struct str keep(struct wal_receiving *r, struct str s)
{
	return arena_str(r->w->archive->arena, s);
}

/* --- the server --- */

/* A commit would wait for us where the server counts us among those that it waits for. */
static bool asynchronous(struct str standbys, struct err *err)
{
	return (str_find_char(standbys, '*') == SIZE_MAX && str_find(standbys, STR("pawl")) == SIZE_MAX) ||
	       err_set(err, ERR_STATE,
		       "the server's synchronous_standby_names (%.*s) would make its commits wait for this archive: name the standbys "
		       "there",
		       STR_ARG(standbys));
}

static bool look(struct wal_receiving *r, struct err *err)
{
	struct str v[4];

	if (PQserverVersion(r->c) < 130000)
		return err_set(err, ERR_TOOL, "archives of WAL want PostgreSQL 13 or newer");
	if (!wal_ask(r,
		     "SELECT pg_catalog.pg_is_in_recovery()::text, setting, pg_catalog.current_setting('synchronous_standby_names'), "
		     "pg_catalog.current_setting('server_version') FROM pg_catalog.pg_settings WHERE name = 'wal_segment_size'",
		     v, 4, err))
		return false;
	if (str_is(v[0], "true"))
		return err_set(err, ERR_STATE, "the server is a standby: take its WAL from the primary");
	r->done->server = keep(r, v[3]);
	return ((str_to_u64(v[1], &r->segment) && r->segment >= 1 << 20) ||
		err_set(err, ERR_TOOL, "the server does not say how long its WAL files are")) &&
	       asynchronous(v[2], err);
}

static bool identify(struct wal_receiving *r, struct err *err)
{
	PGresult *one = execute(r, r->replication, "IDENTIFY_SYSTEM");
	bool good = PQresultStatus(one) == PGRES_TUPLES_OK && PQntuples(one) == 1 && PQnfields(one) >= 3;
	uint64_t timeline;

	if (good && str_to_u64(str_from(PQgetvalue(one, 0, 1)), &timeline) && timeline && timeline <= UINT32_MAX) {
		r->done->system = keep(r, str_from(PQgetvalue(one, 0, 0)));
		r->done->timeline = (uint32_t)timeline;
	} else {
		good = failed(r, r->replication, "the server does not say who it is", err);
	}
	PQclear(one);
	return good;
}

/* --- the slot --- */

static bool command(struct wal_receiving *r, const char *text, const char *what, struct err *err)
{
	PGresult *one = execute(r, r->replication, text);
	bool good = PQresultStatus(one) == PGRES_TUPLES_OK || PQresultStatus(one) == PGRES_COMMAND_OK ||
		    failed(r, r->replication, what, err);

	PQclear(one);
	return good;
}

static bool make_slot(struct wal_receiving *r, struct err *err)
{
	char text[200];

	snprintf(text, sizeof(text), "CREATE_REPLICATION_SLOT %.*s PHYSICAL RESERVE_WAL", STR_ARG(r->w->slot));
	r->done->new_slot = true;
	return command(r, text, "no replication slot can be made (the server wants a free one: max_replication_slots)", err);
}

static bool remake_slot(struct wal_receiving *r, struct err *err)
{
	char text[200];

	snprintf(text, sizeof(text), "DROP_REPLICATION_SLOT %.*s", STR_ARG(r->w->slot));
	return command(r, text, "the replication slot that lost its WAL cannot be dropped", err) && make_slot(r, err);
}

#define SLOT \
	"SELECT slot_type, active::text, coalesce(active_pid, 0)::text, coalesce(wal_status, ''), " \
	"coalesce(restart_lsn, '0/0')::text FROM pg_catalog.pg_replication_slots WHERE slot_name = $1"

/* *${ret_restart}: from where on the server keeps its WAL for us. */
static bool find_slot(struct wal_receiving *r, uint64_t *ret_restart, struct err *err)
{
	struct err none = { 0 };
	struct str v[5];

	if (!wal_ask(r, SLOT, v, 5, &none)) {
		if (none.code != ERR_STATE) {
			*err = none;
			return false;
		}
		if (!make_slot(r, err) || !wal_ask(r, SLOT, v, 5, err))
			return false;
	}
	if (!str_is(v[0], "physical"))
		return err_set(err, ERR_STATE, "the replication slot %.*s is a logical one: name another ('wal: {slot: …}')",
			       STR_ARG(r->w->slot));
	if (str_is(v[1], "true"))
		return err_set(err, ERR_STATE, "somebody takes WAL from the replication slot %.*s already (the server's process %.*s)",
			       STR_ARG(r->w->slot), STR_ARG(v[2]));
	if (str_is(v[3], "lost") && (!remake_slot(r, err) || !wal_ask(r, SLOT, v, 5, err)))
		return false;
	return physical_lsn(v[4], ret_restart) || err_set(err, ERR_TOOL, "the server does not say where its replication slot is");
}

/* --- what lies in the vault --- */

/* The whole one that goes furthest, of this timeline or before: pieces may lie over each other. */
static const struct wal_piece *newest(const struct wal_archive *a)
{
	const struct wal_piece *last = NULL;

	for (size_t i = 0; i < a->n; i++) {
		const struct wal_piece *p = &a->pieces[i];

		if (p->whole && !p->hidden && (!last || p->timeline > last->timeline || p->to > last->to))
			last = p;
	}
	return last;
}

static bool same_cluster(struct wal_receiving *r, const struct wal_said *s, struct err *err)
{
	struct str at[2];
	uint64_t flushed;

	if (!str_eq(s->system, r->done->system))
		return err_set(err, ERR_STATE,
			       "the archive %.*s is of another cluster (system identifier %.*s; this server is %.*s): a new server wants "
			       "a target of another name",
			       STR_ARG(r->w->archive->target), STR_ARG(s->system), STR_ARG(r->done->system));
	if (s->piece.timeline > r->done->timeline)
		return err_set(err, ERR_STATE, "the server is on timeline %u, and timeline %u is archived already: it is an old primary",
			       (unsigned)r->done->timeline, (unsigned)s->piece.timeline);
	if (s->piece.timeline < r->done->timeline)
		return true;
	if (!wal_ask(r, "SELECT pg_catalog.pg_current_wal_flush_lsn()::text, ''", at, 2, err))
		return false;
	if (!physical_lsn(at[0], &flushed))
		return err_set(err, ERR_TOOL, "the server does not say where its WAL is");
	return flushed >= s->piece.to ||
	       err_set(err, ERR_STATE,
		       "the server is at %.*s, and WAL up to %X/%X is archived: it was put back to an older state; a new archive wants "
		       "a target of another name",
		       STR_ARG(at[0]), (unsigned)(s->piece.to >> 32), (unsigned)s->piece.to);
}

static void say_gap(struct wal_receiving *r, const struct wal_said *s)
{
	struct arena *a = r->w->archive->arena;
	struct str end = wal_position(s->piece.to, a);

	if (s->piece.timeline < r->done->timeline)
		r->done->gap = arena_fmt(a,
					 "the server goes on on timeline %u (it was promoted, or recovered); the archive of timeline %u "
					 "ends at %.*s, and backups from before cannot be recovered past that: take a new one",
					 (unsigned)r->done->timeline, (unsigned)s->piece.timeline, STR_ARG(end));
	else
		r->done->gap = arena_fmt(a,
					 "the server no longer has its WAL from %.*s to %.*s (the slot was dropped, or lost it; or what "
					 "was kept of it is gone from the vault): older backups cannot be recovered past that gap: take a "
					 "new one",
					 STR_ARG(end), STR_ARG(wal_position(r->done->to, a)));
}

/* Where this timeline begins: there is no file of it from before. */
static bool beginning(struct wal_receiving *r, uint64_t *ret, struct err *err)
{
	char text[60];
	PGresult *one;
	bool good;

	*ret = 0;
	if (r->done->timeline == 1)
		return true;
	snprintf(text, sizeof(text), "TIMELINE_HISTORY %u", (unsigned)r->done->timeline);
	one = execute(r, r->replication, text);
	good = PQresultStatus(one) == PGRES_TUPLES_OK && PQntuples(one) == 1 && PQnfields(one) == 2 &&
	       wal_switch((struct str){ PQgetvalue(one, 0, 1), (size_t)PQgetlength(one, 0, 1) }, ret);
	PQclear(one);
	return good || failed(r, r->replication, "the server does not say where its timeline begins", err);
}

static bool find_place(struct wal_receiving *r, uint64_t restart, struct err *err)
{
	const struct wal_piece *last = newest(r->w->archive);
	uint64_t begins;
	struct manifest m;
	struct wal_said s;

	if (!beginning(r, &begins, err))
		return false;
	r->done->to = (restart > begins ? restart : begins) / r->segment * r->segment;
	if (last) {
		if (!wal_archive_said(r->w->archive, last, &m, &s, err))
			return err_prefix(err, "the end of the archive is not to be believed");
		if (!same_cluster(r, &s, err))
			return false;
		/* The server keeps whole segments: of the one that it is in it has the beginning too. */
		if (s.piece.timeline == r->done->timeline && r->done->to <= s.piece.to)
			r->done->to = s.piece.to;
		else
			say_gap(r, &s);
		r->done->as_of_us = 0;
	}
	r->done->from = r->done->to;
	return true;
}

static bool start(struct wal_receiving *r, struct err *err)
{
	uint64_t from = r->done->to;
	char text[200];
	PGresult *one;
	bool good;

	snprintf(text, sizeof(text), "START_REPLICATION SLOT %.*s PHYSICAL %X/%X TIMELINE %u", STR_ARG(r->w->slot), (unsigned)(from >> 32),
		 (unsigned)from, (unsigned)r->done->timeline);
	one = execute(r, r->replication, text);
	good = PQresultStatus(one) == PGRES_COPY_BOTH || failed(r, r->replication, "the WAL cannot be read", err);
	PQclear(one);
	return good;
}

bool wal_begin(struct wal_receiving *r, struct err *err)
{
	struct physical_server s = { .connect = r->w->connect, .password = r->w->password, .arena = r->w->archive->arena };
	uint64_t restart = 0;

	return (r->c = physical_connect(&s, false, err)) && look(r, err) && (r->replication = physical_connect(&s, true, err)) &&
	       identify(r, err) && find_slot(r, &restart, err) && find_place(r, restart, err) && start(r, err);
}
