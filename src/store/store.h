/* store.h -- an index over the ledger's holds and grants, and the outbox of notifications.
 * Room: store. Stands on base and core. One interface; SQLite behind it today, others behind the same table of functions
 * (store/driver.h).
 * Nothing here permits anything: the ledger is the truth, and all of this can be thrown away and made again from it.
 * A damaged file is set aside and made anew; store_note says so, once. Errors: ERR_STATE locked for too long, or made by a
 * newer pawl; ERR_IO full, read-only, the disk; ERR_BROKEN damaged while open (open it again: it is then set aside).
 * Not for several threads at once; several processes are fine.
 */
#ifndef PAWL_STORE_STORE_H
#define PAWL_STORE_STORE_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"

struct store;

/* Open ${where}: the path of an SQLite file (made if it is not there, 0600). NULL with ${err}. */
struct store *store_open(const char *where, struct err *err) PAWL_MUST_USE;
void store_close(struct store *s); /* NULL does nothing */
/* What a person should know of how it opened, or NULL: "the index was damaged …". */
const char *store_note(const struct store *s);
bool store_read_only(const struct store *s);

/* Several changes at once: all or none. Each change outside is one of its own. */
bool store_begin(struct store *s, struct err *err) PAWL_MUST_USE;
bool store_commit(struct store *s, struct err *err) PAWL_MUST_USE;
void store_rollback(struct store *s);

/* --- the index --- */

/* The ledger's entry up to which the index is made, 0 for none, and that entry's chain: another chain, another ledger. */
struct store_mark {
	uint64_t seq;
	struct digest chain;
};
bool store_marked(struct store *s, struct store_mark *ret, struct err *err) PAWL_MUST_USE;
bool store_mark(struct store *s, const struct store_mark *m, struct err *err) PAWL_MUST_USE;
/* Forget the index (not the outbox), to make it anew. */
bool store_clear(struct store *s, struct err *err) PAWL_MUST_USE;

/* A hold ("H-42") or an elevation ("G-7"), whose approvals stand in its json. */
struct store_hold {
	struct str id;
	struct digest request;
	struct str state, environment, summary;
	int64_t opened_us, expires_us;
	struct str json;
};
/* Put in, or in place of the one with the same id. */
bool store_hold_put(struct store *s, const struct store_hold *h, struct err *err) PAWL_MUST_USE;

struct store_query {
	struct str id, state, environment; /* STR_NONE: any */
	const struct digest *request;	   /* NULL: any */
	uint64_t limit;			   /* 0: all */
};
/* False stops. Strings live only during the call. */
typedef bool (*store_each)(const struct store_hold *h, void *ctx);
/* Newest first. */
bool store_holds(struct store *s, const struct store_query *q, store_each each, void *ctx, struct err *err) PAWL_MUST_USE;

/* --- the outbox --- */

struct store_message {
	int64_t id;
	struct str key;	   /* what it is about: "H-42 opened"; with target, only one is ever queued */
	struct str target; /* how to tell: JSON, by the policy's notify */
	struct str body;   /* JSON */
	uint64_t seq;	   /* of the ledger's notify.queued */
	uint64_t attempts;
	int64_t next_us;   /* not before */
	int64_t claimed_until_us; /* somebody is at it, or died at it once this is over */
	struct str state;  /* "waiting", "sent", "failed" */
	struct str error;  /* of the last attempt */
};

/* Is there one of this key and target already? Then *${ret_new} is false and nothing is done. ${m->state} "sent": it is only
 * remembered as told (an outbox made anew from the ledger). */
bool store_outbox_queue(struct store *s, const struct store_message *m, bool *ret_new, struct err *err) PAWL_MUST_USE;
/* Take a waiting one that is due and that nobody is at, for ${lease_us}. *${ret}'s id is 0 when there is none. Strings live
 * with ${arena}. Counts as an attempt. */
bool store_outbox_claim(struct store *s, int64_t now_us, int64_t lease_us, struct arena *arena, struct store_message *ret,
			struct err *err) PAWL_MUST_USE;
bool store_outbox_done(struct store *s, int64_t id, struct err *err) PAWL_MUST_USE;
/* It failed: again at ${next_us}, or never when that is 0. */
bool store_outbox_failed(struct store *s, int64_t id, int64_t next_us, struct str error, struct err *err) PAWL_MUST_USE;
/* Nobody else is at any of them (the caller knows): what a dead one had claimed is free again. ${hurry}: and all are due. */
bool store_outbox_release(struct store *s, bool hurry, struct err *err) PAWL_MUST_USE;
/* When the next waiting one is due; INT64_MAX when none waits. */
bool store_outbox_due(struct store *s, int64_t *ret_us, struct err *err) PAWL_MUST_USE;
typedef bool (*store_each_message)(const struct store_message *m, void *ctx);
/* Newest first; ${state} STR_NONE: all. */
bool store_outbox_list(struct store *s, struct str state, store_each_message each, void *ctx, struct err *err) PAWL_MUST_USE;
/* The ledger's entry up to which it was looked at for what to tell; 0: never. */
bool store_outbox_seen(struct store *s, uint64_t *ret_seq, struct err *err) PAWL_MUST_USE;
bool store_outbox_see(struct store *s, uint64_t seq, struct err *err) PAWL_MUST_USE;

#endif
