/* The driver for SQLite: opening, damage, transactions, the mark. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/sqlite_inner.h"

#define BUSY_MS 5000
#define VERSION 1

/* mark: 1 the index, 2 the outbox. */
static const char schema[] =
	"CREATE TABLE mark(what INTEGER PRIMARY KEY, seq INTEGER NOT NULL, chain TEXT NOT NULL);"
	"CREATE TABLE hold(id TEXT PRIMARY KEY, request TEXT NOT NULL, state TEXT NOT NULL, environment TEXT NOT NULL,"
	" summary TEXT NOT NULL, opened_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX hold_state ON hold(state, opened_us);"
	"CREATE INDEX hold_request ON hold(request);"
	"CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, target TEXT NOT NULL, body TEXT NOT NULL,"
	" seq INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_us INTEGER NOT NULL,"
	" claimed_until_us INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'waiting', error TEXT NOT NULL DEFAULT '',"
	" UNIQUE(key, target));"
	"CREATE INDEX outbox_due ON outbox(state, next_us);"
	"PRAGMA user_version=1;";

bool sqlite_wrong(struct sqlite *q, struct err *err)
{
	int code = sqlite3_errcode(q->db);

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, ERR_STATE, "%s: locked by another process for more than %d s; try again", q->path,
			       BUSY_MS / 1000);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(err, ERR_BROKEN, "%s: damaged; the next command sets it aside and makes it anew from the ledger",
			       q->path);
	case SQLITE_FULL:
		return err_set(err, ERR_IO, "%s: the disk is full", q->path);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return err_set(err, ERR_IO, "%s: cannot be written (%s)", q->path, sqlite3_errmsg(q->db));
	}
	return err_set(err, ERR_IO, "%s: %s", q->path, sqlite3_errmsg(q->db));
}

sqlite3_stmt *sqlite_prepare(struct sqlite *q, const char *sql, struct err *err)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(q->db, sql, -1, &st, NULL) != SQLITE_OK) {
		sqlite_wrong(q, err);
		return NULL;
	}
	return st;
}

bool sqlite_run(struct sqlite *q, sqlite3_stmt *st, struct err *err)
{
	int code;
	bool ok;

	if (!st)
		return false;
	do {
		code = sqlite3_step(st);
	} while (code == SQLITE_ROW);
	ok = code == SQLITE_DONE || sqlite_wrong(q, err);
	sqlite3_finalize(st);
	return ok;
}

void sqlite_bind_str(sqlite3_stmt *st, int at, struct str s)
{
	sqlite3_bind_text64(st, at, s.len ? s.ptr : "", s.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

struct str sqlite_str(sqlite3_stmt *st, int column)
{
	const char *p = (const char *)sqlite3_column_text(st, column);

	return (struct str){ p, p ? (size_t)sqlite3_column_bytes(st, column) : 0 };
}

static bool exec(struct sqlite *q, const char *sql, struct err *err)
{
	return sqlite3_exec(q->db, sql, NULL, NULL, NULL) == SQLITE_OK || sqlite_wrong(q, err);
}

bool sqlite_number(struct sqlite *q, const char *sql, int64_t none, int64_t *ret, struct err *err)
{
	sqlite3_stmt *st = sqlite_prepare(q, sql, err);
	int code;

	if (!st)
		return false;
	code = sqlite3_step(st);
	if (code != SQLITE_ROW && code != SQLITE_DONE) {
		sqlite_wrong(q, err);
		sqlite3_finalize(st);
		return false;
	}
	*ret = code == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL ? sqlite3_column_int64(st, 0) : none;
	sqlite3_finalize(st);
	return true;
}

static bool make_schema(struct sqlite *q, struct err *err)
{
	int64_t version = 0;

	if (!exec(q, "BEGIN IMMEDIATE", err))
		return false;
	if (sqlite_number(q, "PRAGMA user_version", 0, &version, err) && (version != 0 || exec(q, schema, err)) && exec(q, "COMMIT", err))
		return true;
	sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static bool healthy(struct sqlite *q, struct err *err)
{
	sqlite3_stmt *st = sqlite_prepare(q, "PRAGMA quick_check(1)", err);
	bool ok;
	int code;

	if (!st)
		return false;
	code = sqlite3_step(st);
	ok = code == SQLITE_ROW && str_is(sqlite_str(st, 0), "ok");
	if (code != SQLITE_ROW)
		sqlite_wrong(q, err);
	else if (!ok)
		err_set(err, ERR_BROKEN, "%s: damaged: %s", q->path, (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return ok;
}

static bool prepare(struct sqlite *q, struct err *err)
{
	int64_t version = 0;

	sqlite3_extended_result_codes(q->db, 1);
	sqlite3_busy_timeout(q->db, BUSY_MS);
	sqlite3_limit(q->db, SQLITE_LIMIT_ATTACHED, 0);
	if (!exec(q, q->store.read_only ? "PRAGMA trusted_schema=OFF" :
					  "PRAGMA trusted_schema=OFF; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", err))
		return false;
	if (!healthy(q, err) || !sqlite_number(q, "PRAGMA user_version", 0, &version, err))
		return false;
	if (version > VERSION)
		return err_set(err, ERR_STATE, "%s: made by a newer pawl; use that one, or move the file away", q->path);
	if (version == 0 && q->store.read_only)
		return err_set(err, ERR_IO, "%s: empty, and cannot be written", q->path);
	return version == VERSION || make_schema(q, err);
}

static bool open_once(struct sqlite *q, struct err *err)
{
	int fd = open(q->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), flags = SQLITE_OPEN_READWRITE;

	q->store.read_only = fd < 0 && (errno == EACCES || errno == EROFS);
	if (fd < 0 && !q->store.read_only)
		return err_sys(err, "%s", q->path);
	if (fd >= 0)
		close(fd);
	if (q->store.read_only)
		flags = SQLITE_OPEN_READONLY;
	if (sqlite3_open_v2(q->path, &q->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return sqlite_wrong(q, err);
	return prepare(q, err);
}

static void close_db(struct sqlite *q)
{
	sqlite3_close(q->db);
	q->db = NULL;
}

/* Out of the way, kept for whoever wants to know. */
static bool set_aside(struct sqlite *q, struct err *err)
{
	char to[4200], side[4200];

	snprintf(to, sizeof(to), "%s.damaged-%lld", q->path, (long long)(clock_now_us() / CLOCK_SECOND));
	if (rename(q->path, to) != 0)
		return err_sys(err, "%s: damaged, and cannot be set aside", q->path);
	snprintf(side, sizeof(side), "%s-wal", q->path);
	unlink(side);
	snprintf(side, sizeof(side), "%s-shm", q->path);
	unlink(side);
	snprintf(q->store.note, sizeof(q->store.note),
		 "the index %.200s was damaged; it was set aside as %.200s and is made anew from the ledger", q->path, to);
	return true;
}

static bool sqlite_takes(const char *where)
{
	return where[0] == '/' || where[0] == '.';
}

static struct store *sqlite_open(const char *where, struct err *err)
{
	struct sqlite *q = calloc(1, sizeof(*q));
	struct err why = { .code = ERR_NONE };
	bool ok;

	if (!q || (size_t)snprintf(q->path, sizeof(q->path), "%s", where) >= sizeof(q->path)) {
		free(q);
		err_set(err, ERR_LIMIT, "%s: no memory, or the path is too long", where);
		return NULL;
	}
	q->store.driver = &store_sqlite;
	ok = open_once(q, &why);
	if (!ok && why.code == ERR_BROKEN && !q->store.read_only) {
		close_db(q);
		ok = set_aside(q, &why) && open_once(q, &why);
	}
	if (ok)
		return &q->store;
	close_db(q);
	free(q);
	if (err)
		*err = why;
	return NULL;
}

static void sqlite_close(struct store *s)
{
	close_db(sqlite_of(s));
	free(s);
}

static bool sqlite_begin(struct store *s, struct err *err)
{
	return exec(sqlite_of(s), "BEGIN IMMEDIATE", err);
}

static bool sqlite_commit(struct store *s, struct err *err)
{
	return exec(sqlite_of(s), "COMMIT", err);
}

static void sqlite_rollback(struct store *s)
{
	sqlite3_exec(sqlite_of(s)->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool sqlite_marked(struct store *s, struct store_mark *ret, struct err *err)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = sqlite_prepare(q, "SELECT seq, chain FROM mark WHERE what=1", err);
	struct store_mark m = { .seq = 0 };
	int code;

	if (!st)
		return false;
	code = sqlite3_step(st);
	if (code == SQLITE_ROW) {
		m.seq = (uint64_t)sqlite3_column_int64(st, 0);
		if (!digest_from_hex(sqlite_str(st, 1), &m.chain))
			m.seq = 0;
	} else if (code != SQLITE_DONE) {
		sqlite_wrong(q, err);
		sqlite3_finalize(st);
		return false;
	}
	sqlite3_finalize(st);
	*ret = m;
	return true;
}

static bool sqlite_mark(struct store *s, const struct store_mark *m, struct err *err)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = sqlite_prepare(q, "INSERT OR REPLACE INTO mark(what, seq, chain) VALUES(1, ?, ?)", err);
	char hex[DIGEST_HEX_LEN + 1];

	if (!st)
		return false;
	digest_hex(&m->chain, hex);
	sqlite3_bind_int64(st, 1, (int64_t)m->seq);
	sqlite_bind_str(st, 2, str_from(hex));
	return sqlite_run(q, st, err);
}

static bool sqlite_clear(struct store *s, struct err *err)
{
	return exec(sqlite_of(s), "DELETE FROM hold; DELETE FROM mark WHERE what=1", err);
}

const struct store_driver store_sqlite = {
	.name = "sqlite",
	.takes = sqlite_takes,
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.marked = sqlite_marked,
	.mark = sqlite_mark,
	.clear = sqlite_clear,
	.hold_put = sqlite_hold_put,
	.holds = sqlite_holds,
	.queue = sqlite_queue,
	.claim = sqlite_claim,
	.done = sqlite_done,
	.failed = sqlite_failed,
	.release = sqlite_release,
	.due = sqlite_due,
	.seen = sqlite_seen,
	.see = sqlite_see,
	.list = sqlite_list,
};
