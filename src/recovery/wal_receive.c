#include "recovery/wal_receive.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "recovery/wal_inner.h"

#define ALIVE_US (10 * CLOCK_SECOND)
#define SILENT_US (90 * CLOCK_SECOND)

static uint64_t at(const struct wal_receiving *r)
{
	return r->done->to + r->have;
}

/* Where we are, and what lies in the vault: the slot lets go of that, and of no more. */
static bool tell(struct wal_receiving *r, bool ask, struct err *err)
{
	r->told_us = clock_now_us();
	return physical_reply(r->replication, at(r), r->done->to, ask, err);
}

/* While we were busy with the vault we did not listen: that was no silence of the server's. */
static void did_not_listen(struct wal_receiving *r, int64_t since_us)
{
	int64_t now = clock_now_us();

	if (now > since_us)
		r->heard_us += now - since_us;
}

/* --- a piece --- */

/* Every segment that begins in it says whose it is. */
static bool of_this_cluster(const struct wal_receiving *r, struct err *err)
{
	uint64_t first = (r->done->to + r->segment - 1) / r->segment * r->segment;

	for (uint64_t s = first; s + WAL_PAGE_HEAD <= at(r); s += r->segment) {
		if (!wal_page_good(r->buffer + (s - r->done->to), s, r->done->system, err))
			return false;
	}
	return true;
}

static bool put(struct wal_receiving *r, struct err *err)
{
	struct wal_archive archive = *r->w->archive;
	struct wal_said s = { .piece = { .timeline = r->done->timeline, .from = r->done->to, .to = at(r) },
			      .system = r->done->system, .segment = r->segment, .as_of_us = r->done->as_of_us };

	int64_t began = clock_now_us();

	if (!of_this_cluster(r, err))
		return false;
	arena_reset(&r->scratch);
	archive.arena = &r->scratch;
	if (!wal_archive_put(&archive, &s, r->done->server, r->w->host, (struct str){ r->buffer, r->have }, &r->notes, err))
		return err_prefix(err, "the WAL from %X/%X on was not kept", (unsigned)(s.piece.from >> 32), (unsigned)s.piece.from);
	did_not_listen(r, began);
	r->done->pieces++;
	r->done->bytes += r->have;
	r->done->to = s.piece.to;
	r->have = 0;
	return tell(r, false, err);
}

/* --- moments --- */

/* The server's clock, then how far it has written: what was acknowledged by the one is before the other. */
static bool mark(struct wal_receiving *r, struct err *err)
{
	struct str values[4];

	if (PQstatus(r->c) != CONNECTION_OK)
		PQreset(r->c);
	if (!wal_ask(r,
		     "SELECT floor(extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::int8::text, "
		     "pg_catalog.pg_current_wal_flush_lsn()::text, coalesce((SELECT greatest(0, pg_catalog.pg_wal_lsn_diff("
		     "pg_catalog.pg_current_wal_lsn(), restart_lsn))::int8 FROM pg_catalog.pg_replication_slots "
		     "WHERE slot_name = $1)::text, '0'), pg_catalog.current_setting('max_slot_wal_keep_size')",
		     values, 4, err))
		return false;
	if (!str_to_u64(values[0], &r->mark_time) || !physical_lsn(values[1], &r->mark) || !str_to_u64(values[2], &r->done->held))
		return err_set(err, ERR_TOOL, "the server does not say where its WAL is");
	snprintf(r->limit, sizeof(r->limit), "%.*s", STR_ARG(values[3]));
	r->done->limit = str_from(r->limit);
	r->marked = true;
	r->marked_at = r->done->to;
	return true;
}

static void settle(struct wal_receiving *r)
{
	if (!r->marked || at(r) < r->mark)
		return;
	r->done->as_of_us = (int64_t)r->mark_time;
	r->marked = false;
}

static bool stopping(const struct wal_receiving *r)
{
	return r->w->once || (r->w->stop && *r->w->stop) || (r->w->for_s && clock_now_us() - r->began_us > r->w->for_s * CLOCK_SECOND);
}

/* All up to the mark is there: kept, and told. */
static bool close_piece(struct wal_receiving *r, struct err *err)
{
	int64_t began;
	uint64_t more;
	bool good;

	if (r->have && !put(r, err))
		return false;
	/* What the slot held when it was asked, less what it may let go now. */
	more = r->done->to - r->marked_at;
	r->done->held -= more < r->done->held ? more : r->done->held;
	r->marked_at = r->done->to;
	r->closing = false;
	r->since_us = clock_now_us();
	r->ended = stopping(r);
	r->done->notes = buf_str(&r->notes);
	began = clock_now_us();
	good = !r->w->kept || r->w->kept(r->w->ctx, r->done, err);
	did_not_listen(r, began);
	return good;
}

static bool tick(struct wal_receiving *r, struct err *err)
{
	int64_t now = clock_now_us();

	if (now < r->since_us)
		r->since_us = now;
	r->closing = r->closing || now - r->since_us >= r->w->every_s * CLOCK_SECOND || stopping(r);
	if (r->closing && !r->marked && !mark(r, err))
		return false;
	settle(r);
	if (r->closing && !r->marked)
		return close_piece(r, err);
	if (now - r->heard_us > SILENT_US)
		return err_set(err, ERR_TOOL, "the WAL cannot be read: the server says nothing any more");
	return (now >= r->told_us && now - r->told_us < ALIVE_US) || tell(r, now - r->heard_us > ALIVE_US, err);
}

/* --- the stream --- */

static bool take(struct wal_receiving *r, const char *p, size_t n, struct err *err)
{
	while (n) {
		size_t room = WAL_PIECE_MAX - r->have, k = room < n ? room : n;

		memcpy(r->buffer + r->have, p, k);
		r->have += k;
		p += k;
		n -= k;
		if (r->have < WAL_PIECE_MAX)
			continue;
		settle(r);
		if ((!r->marked && !mark(r, err)) || !put(r, err))
			return false;
	}
	return true;
}

static bool message(struct wal_receiving *r, const char *p, size_t n, struct err *err)
{
	struct physical_message m = physical_message(p, n);

	r->heard_us = clock_now_us();
	switch (m.says) {
	case PHYSICAL_WAL:
		if (m.at != at(r))
			return err_set(err, ERR_TOOL, "the WAL has a gap as the server sends it");
		return take(r, m.bytes.ptr, m.bytes.len, err);
	case PHYSICAL_ASKS:
		return tell(r, false, err);
	case PHYSICAL_OTHER:
		break;
	}
	return true;
}

static bool wait_for_more(struct wal_receiving *r, struct err *err)
{
	struct pollfd fd = { .fd = PQsocket(r->replication), .events = POLLIN };
	int n;

	(void)PQflush(r->replication);
	/* A second, so that whoever says stop does not wait. */
	n = poll(&fd, 1, r->w->once ? 100 : 1000);
	if (n < 0 && errno != EINTR)
		return err_sys(err, "the WAL cannot be read");
	return n <= 0 || PQconsumeInput(r->replication) || physical_gone(r->replication, err);
}

static bool stream(struct wal_receiving *r, struct err *err)
{
	char *p = NULL;
	bool good = true;
	int n;

	while (good && !r->ended) {
		n = PQgetCopyData(r->replication, &p, 1);
		if (n > 0)
			good = message(r, p, (size_t)n, err);
		else if (n == 0)
			good = wait_for_more(r, err);
		else if (n == -1)
			good = err_set(err, ERR_TOOL, "the server ended its WAL: it is shutting down, or goes on on another timeline");
		else
			good = physical_gone(r->replication, err);
		PQfreemem(n > 0 ? p : NULL);
		good = good && tick(r, err);
	}
	return good;
}

/* The server has heard what lies in the vault before we go. */
static void leave(struct wal_receiving *r)
{
	int64_t until = clock_now_us() + 5 * CLOCK_SECOND;
	struct err ignored = { 0 };
	char *p = NULL;
	int n = 0;

	if (!tell(r, false, &ignored) || PQputCopyEnd(r->replication, NULL) != 1)
		return;
	while (n >= 0 && clock_now_us() < until) {
		n = PQgetCopyData(r->replication, &p, 1);
		PQfreemem(n > 0 ? p : NULL);
		if (n == 0 && !wait_for_more(r, &ignored))
			return;
	}
}

bool wal_receive(const struct wal_receive *w, struct wal_received *ret, struct err *err)
{
	struct wal_receiving r = { .w = w, .done = ret, .notes = BUF_MAX((size_t)16 << 10), .buffer = malloc(WAL_PIECE_MAX) };
	bool good = r.buffer || err_set(err, ERR_LIMIT, "no memory to receive WAL");

	*ret = (struct wal_received){ .system = STR_NONE };
	good = good && (arena_map(&r.scratch, (size_t)64 << 20) || err_set(err, ERR_LIMIT, "no memory to receive WAL"));
	r.began_us = r.since_us = r.heard_us = r.told_us = clock_now_us();
	good = good && wal_begin(&r, err) && stream(&r, err);
	if (good)
		leave(&r);
	ret->limit = arena_str(w->archive->arena, ret->limit);
	ret->notes = arena_str(w->archive->arena, buf_str(&r.notes));
	PQfinish(r.replication);
	PQfinish(r.c);
	arena_unmap(&r.scratch);
	buf_free(&r.notes);
	free(r.buffer);
	return good;
}
