/* WAL by the replication protocol: what pg_basebackup fetched, went on meanwhile. */
#include <string.h>

#include "base/clock.h"
#include "recovery/backup_postgres.h"
#include "recovery/physical.h"

/* --- connections --- */

/* Warnings are nobody's: what matters is an error. */
static void unheard(void *ctx, const char *message)
{
	(void)ctx;
	(void)message;
}

PGconn *physical_connect(const struct physical_server *s, bool replication, struct err *err)
{
	struct str connect = arena_fmt(s->arena, "%.*s", STR_ARG(s->connect));
	struct str password = arena_fmt(s->arena, "%.*s", STR_ARG(s->password));
	/* Who replicates can be told no setting later. */
	const char *options = !replication ? PHYSICAL_OPTIONS : s->version >= 140000 ? "-c idle_session_timeout=0" : "";
	const char *const names[] = { "dbname", "password", "fallback_application_name", "connect_timeout", "client_encoding", "options",
				      "replication", NULL };
	const char *const values[] = { connect.ptr, s->password.len ? password.ptr : NULL, PHYSICAL_APPLICATION, "30", "UTF8", options,
				       replication ? "true" : NULL, NULL };
	PGconn *c = PQconnectdbParams(names, values, 1);

	PQsetNoticeProcessor(c, unheard, NULL);
	if (PQstatus(c) == CONNECTION_OK)
		return c;
	(void)backup_postgres_failed(c, replication ? "the server lets nobody replicate (the role needs REPLICATION, pg_hba.conf a line "
						      "for the database replication)"
						    : "the database cannot be reached", err);
	PQfinish(c);
	return NULL;
}

/* --- the stream --- */

#define HEAD 25 /* 'w', where it begins, where the server is, its clock */
#define EPOCH_US (INT64_C(946684800) * CLOCK_SECOND)

static uint64_t be64(const char *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | (unsigned char)p[i];
	return n;
}

static void put_be64(char *p, uint64_t n)
{
	for (size_t i = 8; i-- > 0; n >>= 8)
		p[i] = (char)(n & 0xff);
}

bool physical_gone(PGconn *c, struct err *err)
{
	return err_said(err, ERR_TOOL, "the WAL cannot be read", PQerrorMessage(c));
}

struct physical_message physical_message(const char *p, size_t n)
{
	if (n >= HEAD && p[0] == 'w')
		return (struct physical_message){ PHYSICAL_WAL, be64(p + 1), { p + HEAD, n - HEAD } };
	return (struct physical_message){ n >= 18 && p[0] == 'k' && p[17] ? PHYSICAL_ASKS : PHYSICAL_OTHER, 0, STR_NONE };
}

bool physical_reply(PGconn *c, uint64_t have, uint64_t safe, bool ask, struct err *err)
{
	char m[34] = { 'r' };

	put_be64(m + 1, have);
	put_be64(m + 9, safe);
	put_be64(m + 17, safe);
	put_be64(m + 25, (uint64_t)(clock_now_us() - EPOCH_US));
	m[33] = ask ? 1 : 0;
	return (PQputCopyData(c, m, sizeof(m)) == 1 && PQflush(c) >= 0) || physical_gone(c, err);
}

struct receiving {
	struct physical_wal *w;
	uint64_t at;
	bool open;
};

static bool take(struct receiving *r, const char *p, size_t n, struct err *err)
{
	while (n) {
		uint64_t size = r->w->segment, in = r->at % size;
		size_t k = size - in < n ? (size_t)(size - in) : n;
		char name[PHYSICAL_SEGMENT_LEN + 1];

		if (!in) {
			physical_segment_name(r->w->timeline, r->at / size, size, name);
			if (!r->w->file(r->w->ctx, name, size, err))
				return false;
			r->open = true;
		}
		if (!r->w->bytes(r->w->ctx, p, k, err))
			return false;
		r->at += k;
		r->open = r->at % size != 0;
		p += k;
		n -= k;
	}
	return true;
}

static bool message(struct receiving *r, const char *p, size_t n, struct err *err)
{
	struct physical_message m = physical_message(p, n);

	switch (m.says) {
	case PHYSICAL_WAL:
		if (m.at != r->at)
			return err_set(err, ERR_TOOL, "the WAL has a gap as the server sends it");
		return take(r, m.bytes.ptr, m.bytes.len, err);
	case PHYSICAL_ASKS:
		return physical_reply(r->w->c, r->at, r->at, false, err);
	case PHYSICAL_OTHER:
		break;
	}
	return true;
}

/* Zeros to the end of the file at hand. */
static bool fill(struct receiving *r, struct err *err)
{
	static const char zeros[8192];

	while (r->open) {
		uint64_t left = r->w->segment - r->at % r->w->segment;
		size_t k = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);

		if (!take(r, zeros, k, err))
			return false;
	}
	return true;
}

bool physical_wal_receive(struct physical_wal *w, uint64_t number, uint64_t until, struct err *err)
{
	struct receiving r = { .w = w, .at = number * w->segment };
	char text[120];
	PGresult *one;
	char *p = NULL;
	bool good = true;
	int n;

	snprintf(text, sizeof(text), "START_REPLICATION PHYSICAL %X/%X TIMELINE %u", (unsigned)(r.at >> 32), (unsigned)r.at,
		 (unsigned)w->timeline);
	stall_watch_fd(w->stall, PQsocket(w->c));
	one = PQexec(w->c, text);
	if (PQresultStatus(one) != PGRES_COPY_BOTH)
		good = physical_gone(w->c, err);
	PQclear(one);
	while (good && r.at < until) {
		uint64_t before = r.at;

		n = PQgetCopyData(w->c, &p, 0);
		if (n <= 0)
			good = physical_gone(w->c, err);
		else
			good = message(&r, p, (size_t)n, err);
		/* That it lives is nothing, when what it has already does not come. */
		if (r.at != before)
			stall_moved(w->stall);
		PQfreemem(n > 0 ? p : NULL);
	}
	stall_watch_fd(w->stall, -1);
	return good && fill(&r, err);
}
