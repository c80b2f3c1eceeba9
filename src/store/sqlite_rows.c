/* The driver for SQLite: holds and outbox. */
#include "store/sqlite_inner.h"

/* --- holds --- */

bool sqlite_hold_put(struct store *s, const struct store_hold *h, struct err *err)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = sqlite_prepare(q,
					  "INSERT OR REPLACE INTO hold(id, request, state, environment, summary, opened_us,"
					  " expires_us, json) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
					  err);
	char hex[DIGEST_HEX_LEN + 1];

	if (!st)
		return false;
	digest_hex(&h->request, hex);
	sqlite_bind_str(st, 1, h->id);
	sqlite_bind_str(st, 2, str_from(hex));
	sqlite_bind_str(st, 3, h->state);
	sqlite_bind_str(st, 4, h->environment);
	sqlite_bind_str(st, 5, h->summary);
	sqlite3_bind_int64(st, 6, h->opened_us);
	sqlite3_bind_int64(st, 7, h->expires_us);
	sqlite_bind_str(st, 8, h->json);
	return sqlite_run(q, st, err);
}

static bool give_holds(struct sqlite *q, sqlite3_stmt *st, store_each each, void *ctx, struct err *err)
{
	int code;

	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct store_hold h = { .id = sqlite_str(st, 0), .state = sqlite_str(st, 2),
					.environment = sqlite_str(st, 3), .summary = sqlite_str(st, 4),
					.opened_us = sqlite3_column_int64(st, 5), .expires_us = sqlite3_column_int64(st, 6),
					.json = sqlite_str(st, 7) };

		if (!digest_from_hex(sqlite_str(st, 1), &h.request))
			return err_set(err, ERR_BROKEN, "%s: a row without a digest", q->path);
		if (!each(&h, ctx))
			return true;
	}
	return code == SQLITE_DONE || sqlite_wrong(q, err);
}

bool sqlite_holds(struct store *s, const struct store_query *w, store_each each, void *ctx, struct err *err)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = sqlite_prepare(q,
					  "SELECT id, request, state, environment, summary, opened_us, expires_us, json FROM hold"
					  " WHERE (?1='' OR id=?1) AND (?2='' OR state=?2) AND (?3='' OR environment=?3)"
					  " AND (?4='' OR request=?4) ORDER BY opened_us DESC, id DESC LIMIT ?5",
					  err);
	char hex[DIGEST_HEX_LEN + 1] = "";
	bool ok;

	if (!st)
		return false;
	if (w->request)
		digest_hex(w->request, hex);
	sqlite_bind_str(st, 1, w->id);
	sqlite_bind_str(st, 2, w->state);
	sqlite_bind_str(st, 3, w->environment);
	sqlite_bind_str(st, 4, str_from(hex));
	sqlite3_bind_int64(st, 5, w->limit && w->limit < INT64_MAX ? (int64_t)w->limit : -1);
	ok = give_holds(q, st, each, ctx, err);
	sqlite3_finalize(st);
	return ok;
}

/* --- outbox --- */

#define COLUMNS "id, key, target, body, seq, attempts, next_us, claimed_until_us, state, error"

static struct store_message message(sqlite3_stmt *st)
{
	return (struct store_message){ .id = sqlite3_column_int64(st, 0),
				       .key = sqlite_str(st, 1),
				       .target = sqlite_str(st, 2),
				       .body = sqlite_str(st, 3),
				       .seq = (uint64_t)sqlite3_column_int64(st, 4),
				       .attempts = (uint64_t)sqlite3_column_int64(st, 5),
				       .next_us = sqlite3_column_int64(st, 6),
				       .claimed_until_us = sqlite3_column_int64(st, 7),
				       .state = sqlite_str(st, 8),
				       .error = sqlite_str(st, 9) };
}

bool sqlite_queue(struct store *s, const struct store_message *m, bool *ret_new, struct err *err)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = sqlite_prepare(q,
					  "INSERT OR IGNORE INTO outbox(key, target, body, seq, next_us, state) VALUES(?, ?, ?, ?, ?, ?)",
					  err);

	if (!st)
		return false;
	sqlite_bind_str(st, 1, m->key);
	sqlite_bind_str(st, 2, m->target);
	sqlite_bind_str(st, 3, m->body);
	sqlite3_bind_int64(st, 4, (int64_t)m->seq);
	sqlite3_bind_int64(st, 5, m->next_us);
	sqlite_bind_str(st, 6, m->state.len ? m->state : STR("waiting"));
	if (!sqlite_run(q, st, err))
		return false;
	*ret_new = sqlite3_changes(q->db) > 0;
	return true;
}

/* One statement, so that two processes never take the same one. */
bool sqlite_claim(struct store *s, const struct store_claim *c, struct arena *arena, struct store_message *ret, struct err *err)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = sqlite_prepare(q,
					  "UPDATE outbox SET claimed_until_us=?2, attempts=attempts+1 WHERE id=(SELECT id FROM outbox"
					  " WHERE state='waiting' AND next_us<=?1 AND claimed_until_us<=?1 ORDER BY next_us, id LIMIT 1)"
					  " RETURNING " COLUMNS,
					  err);
	struct store_message m = { .id = 0 };
	int code;

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, c->now_us);
	sqlite3_bind_int64(st, 2, c->now_us + c->lease_us);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		m = message(st);
		m.key = arena_str(arena, m.key);
		m.target = arena_str(arena, m.target);
		m.body = arena_str(arena, m.body);
		m.state = arena_str(arena, m.state);
		m.error = arena_str(arena, m.error);
	}
	if (code != SQLITE_DONE)
		sqlite_wrong(q, err);
	sqlite3_finalize(st);
	if (code != SQLITE_DONE)
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "%s: a message too large", q->path);
	*ret = m;
	return true;
}

bool sqlite_done(struct store *s, int64_t id, struct err *err)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = sqlite_prepare(q, "UPDATE outbox SET state='sent', claimed_until_us=0, error='' WHERE id=?", err);

	if (st)
		sqlite3_bind_int64(st, 1, id);
	return sqlite_run(q, st, err);
}

bool sqlite_failed(struct store *s, int64_t id, int64_t next_us, struct str error, struct err *err)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = sqlite_prepare(q,
					  "UPDATE outbox SET state=CASE WHEN ?2=0 THEN 'failed' ELSE 'waiting' END, next_us=?2,"
					  " claimed_until_us=0, error=?3 WHERE id=?1",
					  err);

	if (!st)
		return false;
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int64(st, 2, next_us);
	sqlite_bind_str(st, 3, error);
	return sqlite_run(q, st, err);
}

bool sqlite_list(struct store *s, struct str state, store_each_message each, void *ctx, struct err *err)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = sqlite_prepare(q, "SELECT " COLUMNS " FROM outbox WHERE ?1='' OR state=?1 ORDER BY id DESC", err);
	int code = SQLITE_DONE;

	if (!st)
		return false;
	sqlite_bind_str(st, 1, state);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct store_message m = message(st);

		if (!each(&m, ctx))
			break;
	}
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		sqlite_wrong(q, err);
	sqlite3_finalize(st);
	return code == SQLITE_DONE || code == SQLITE_ROW;
}

bool sqlite_release(struct store *s, bool hurry, struct err *err)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = sqlite_prepare(q,
					  "UPDATE outbox SET claimed_until_us=0, next_us=CASE WHEN ?1 THEN 0 ELSE next_us END"
					  " WHERE state='waiting' AND (claimed_until_us<>0 OR ?1)",
					  err);

	if (st)
		sqlite3_bind_int(st, 1, hurry);
	return sqlite_run(q, st, err);
}

bool sqlite_due(struct store *s, int64_t *ret_us, struct err *err)
{
	return sqlite_number(sqlite_of(s), "SELECT min(next_us) FROM outbox WHERE state='waiting'", INT64_MAX, ret_us, err);
}

bool sqlite_seen(struct store *s, uint64_t *ret_seq, struct err *err)
{
	int64_t seq = 0;

	if (!sqlite_number(sqlite_of(s), "SELECT seq FROM mark WHERE what=2", 0, &seq, err))
		return false;
	*ret_seq = seq > 0 ? (uint64_t)seq : 0;
	return true;
}

bool sqlite_see(struct store *s, uint64_t seq, struct err *err)
{
	struct sqlite *q = sqlite_of(s);
	sqlite3_stmt *st = sqlite_prepare(q, "INSERT OR REPLACE INTO mark(what, seq, chain) VALUES(2, ?, '')", err);

	if (st)
		sqlite3_bind_int64(st, 1, (int64_t)seq);
	return sqlite_run(q, st, err);
}
