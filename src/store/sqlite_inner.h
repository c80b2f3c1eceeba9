/* sqlite_inner.h -- what the files of the SQLite driver share.
 * Room: store; nobody else includes it.
 */
#ifndef PAWL_STORE_SQLITE_INNER_H
#define PAWL_STORE_SQLITE_INNER_H

#include <sqlite3.h>

#include "store/driver.h"

struct sqlite {
	struct store store; /* first */
	sqlite3 *db;
	char path[4096];
};

static inline struct sqlite *sqlite_of(struct store *s)
{
	return (struct sqlite *)(void *)s;
}

/* The last error of the database as ours; yields false. */
bool sqlite_wrong(struct sqlite *q, struct err *err);
/* One statement of a fixed text, its parameters bound by the caller; NULL with ${err}. */
sqlite3_stmt *sqlite_prepare(struct sqlite *q, const char *sql, struct err *err);
/* Run it to its end and drop it; takes NULL (then false). */
bool sqlite_run(struct sqlite *q, sqlite3_stmt *st, struct err *err);
void sqlite_bind_str(sqlite3_stmt *st, int at, struct str s);
struct str sqlite_str(sqlite3_stmt *st, int column);

bool sqlite_queue(struct store *s, const struct store_message *m, bool *ret_new, struct err *err);
bool sqlite_claim(struct store *s, const struct store_claim *c, struct arena *arena, struct store_message *ret, struct err *err);
bool sqlite_done(struct store *s, int64_t id, struct err *err);
bool sqlite_failed(struct store *s, int64_t id, int64_t next_us, struct str error, struct err *err);
bool sqlite_list(struct store *s, struct str state, store_each_message each, void *ctx, struct err *err);
bool sqlite_release(struct store *s, bool hurry, struct err *err);
bool sqlite_due(struct store *s, int64_t *ret_us, struct err *err);
bool sqlite_seen(struct store *s, uint64_t *ret_seq, struct err *err);
bool sqlite_see(struct store *s, uint64_t seq, struct err *err);
/* First column of the first row, as a number; ${none} when there is no row or it is NULL. */
bool sqlite_number(struct sqlite *q, const char *sql, int64_t none, int64_t *ret, struct err *err);
bool sqlite_hold_put(struct store *s, const struct store_hold *h, struct err *err);
bool sqlite_holds(struct store *s, const struct store_query *q, store_each each, void *ctx, struct err *err);

#endif
