/* The second half of a physical backup's drill: the same files again, and all of the WAL behind them, to the end of the archive. */
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "recovery/drill_exec.h"
#include "recovery/drill_wal.h"
#include "recovery/wal_archive.h"

struct behind {
	struct drill_run *r;
	const struct drill_recovered *server;
	struct wal_base base;
	struct wal_archive archive;
	struct wal_chain chain;
	struct wal_laid laid;
	struct wal_tail tail;
};

static bool no_room(struct behind *b, const struct err *err)
{
	return drill_because(b->r, DRILL_BROKE_OFF, "its WAL cannot be recovered: %s", err->msg);
}

/* --- what lies there --- */

/* Somebody who may remove, and not sign, would have the end of it forgotten. */
static bool all_that_is_known(struct behind *b)
{
	const struct drill_ask *a = b->r->ask;

	if (!a->wal_to || b->base.position < a->wal_from || b->chain.to >= a->wal_to)
		return true;
	return drill_because(b->r, DRILL_WAL,
			     "WAL behind the backup is missing: it was archived up to %X/%X without a gap, and now %s %X/%X",
			     (unsigned)(a->wal_to >> 32), (unsigned)a->wal_to,
			     b->chain.why == WAL_HIDDEN ? "it is hidden behind a delete marker, or not whole, from" :
			     b->chain.why == WAL_GAP	? "there is a gap from"
							: "it ends at",
			     (unsigned)(b->chain.to >> 32), (unsigned)b->chain.to);
}

static bool look(struct behind *b)
{
	const struct drill_ask *a = b->r->ask;
	struct err err = { 0 };

	b->archive = (struct wal_archive){ .vault = a->vault, .target = wal_target(a->target, b->r->arena), .key = a->key,
					   .decrypt = a->filter, .arena = b->r->arena };
	if (!wal_archive_list(&b->archive, &err))
		return drill_because(b->r, DRILL_NO_VAULT, "%s", err.msg);
	wal_chain(b->archive.pieces, b->archive.n, b->base.timeline, b->base.position, &b->chain);
	return all_that_is_known(b);
}

/* --- the same files again --- */

static bool again(void *ctx, const void *bytes, size_t n, struct err *err)
{
	struct behind *b = ctx;

	if (physical_unpack_add(b->server->unpack, bytes, n, err))
		return true;
	return err->code == ERR_INPUT ? false : drill_because(b->r, DRILL_BROKE_OFF, "there is no room to restore it: %s", err->msg);
}

static bool files(struct behind *b)
{
	struct physical_unpack *u = b->server->unpack;
	struct physical_end end;
	struct err err = { 0 };
	bool good;

	/* Its server went on on a timeline of its own. */
	if (!physical_stop(b->server->scratch, b->r->stall, &err) || !dir_remove(u->folder, &err))
		return no_room(b, &err);
	if (mkdir(u->folder, 0700) != 0 || (u->owned && chown(u->folder, u->uid, u->gid) != 0))
		return drill_because(b->r, DRILL_BROKE_OFF, "%s cannot be made", u->folder);
	physical_unpack_begin(u);
	good = drill_unpack(b->r, again, b) &&
	       (physical_unpack_end(u, &end, &err) || drill_because(b->r, DRILL_HALF, "%s", err.msg));
	physical_unpack_stop(u);
	return good;
}

static enum drill_code fault(const struct behind *b, const struct err *err)
{
	if (b->laid.foreign)
		return DRILL_WAL_FOREIGN;
	switch (err->code) {
	case ERR_BROKEN:
	case ERR_INPUT:
	case ERR_STATE:
		return DRILL_WAL_ALTERED;
	case ERR_DENIED:
		return DRILL_NO_KEY;
	case ERR_IO:
		return err->sys == ENOENT ? DRILL_WAL : DRILL_BROKE_OFF;
	case ERR_TOOL:
		return b->r->ask->filter && strstr(err->msg, b->r->ask->filter[0]) ? DRILL_NO_KEY : DRILL_BROKE_OFF;
	case ERR_NONE:
	case ERR_LIMIT:
		break;
	}
	return DRILL_BROKE_OFF;
}

static bool wal(struct behind *b)
{
	struct wal_lay lay = { .archive = &b->archive, .base = &b->base, .into = b->server->unpack, .stall = b->r->stall };
	struct err err = { 0 };

	if (!wal_lay(&lay, &b->laid, &err))
		return drill_because(b->r, fault(b, &err), "%s", err.msg);
	return wal_tail_read(&lay, &b->laid, &b->tail, &err) || no_room(b, &err);
}

/* --- recovered --- */

static bool recovered(struct behind *b)
{
	char log[PATH_LEN + 16];
	struct err err = { 0 };
	uint32_t timeline;
	uint64_t end;

	/* What the first server said is no reason for this one. */
	snprintf(log, sizeof(log), "%s/log", b->server->scratch->folder);
	if (truncate(log, 0) != 0 || !physical_quiet(b->server->unpack, scratch_socket(b->server->scratch), STR(""), &err))
		return no_room(b, &err);
	stall_reads(b->r->stall, b->laid.to > b->base.position ? b->laid.to - b->base.position : 0);
	if (!physical_start(b->server->scratch, b->r->stall, &err))
		return drill_because(b->r, b->server->refusal(b->server->ctx), "with the WAL behind it: %s", err.msg);
	if (!physical_ended(b->server->unpack, &timeline, &end, &err))
		return no_room(b, &err);
	return !wal_tail_goes_on(&b->tail, end) ||
	       drill_because(b->r, DRILL_WAL,
			     "recovery ended at %X/%X, and the archive goes on to %X/%X: the WAL in between cannot be read",
			     (unsigned)(end >> 32), (unsigned)end, (unsigned)(b->laid.to >> 32), (unsigned)b->laid.to);
}

/* Every row of every table can be read there. */
static bool readable(struct behind *b, PGconn *c)
{
	PGresult *list = drill_exec(b->r, c, PHYSICAL_TABLES);
	bool good = PQresultStatus(list) == PGRES_TUPLES_OK;

	for (int i = 0; good && i < PQntuples(list); i++) {
		struct str sql = arena_fmt(b->r->arena, "SELECT count(t) FROM ONLY %s t", PQgetvalue(list, i, 0));
		PGresult *one = drill_exec(b->r, c, sql.ptr);

		good = PQresultStatus(one) == PGRES_TUPLES_OK;
		PQclear(one);
		stall_moved(b->r->stall);
	}
	PQclear(list);
	return good ||
	       drill_because(b->r, DRILL_ERROR, "with the WAL behind it, its tables cannot be read: %.200s", PQerrorMessage(c));
}

static bool proven(struct behind *b)
{
	PGconn *c = b->server->connect(b->server->ctx);
	bool good = c && readable(b, c);

	stall_watch_fd(b->r->stall, -1);
	PQfinish(c);
	return good;
}

/* A restore does one of both halves: the longer counts. */
static void say_times(struct behind *b, int64_t began)
{
	int64_t first = began - b->r->began_us, second = clock_now_us() - began;

	b->r->beside_us = first < second ? first : second;
	b->r->beside_us = b->r->beside_us < 0 ? 0 : b->r->beside_us;
}

bool drill_wal(struct drill_run *r, const struct drill_recovered *server)
{
	struct behind b = { .r = r, .server = server };
	int64_t began = clock_now_us();
	bool good;

	/* An older backup does not say on which timeline it is: of its WAL nothing is promised. */
	if (!r->ask->wal || !wal_base(&r->done->manifest, &b.base) || !b.base.timeline)
		return true;
	good = look(&b);
	if (!good || !b.chain.n)
		return good;
	good = files(&b) && wal(&b) && recovered(&b) && proven(&b);
	free((char *)(uintptr_t)b.tail.bytes);
	say_times(&b, began);
	if (!good)
		return false;
	r->done->wal_to = b.laid.to;
	r->done->wal_as_of_us = b.laid.to == r->ask->wal_to && r->ask->wal_to_us > b.laid.as_of_us ? r->ask->wal_to_us : b.laid.as_of_us;
	return true;
}
