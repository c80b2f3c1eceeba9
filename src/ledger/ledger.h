/* ledger.h -- the append-only, hash-chained record of every request, verdict, approval and change.
 * Room: ledger. Stands on base and core. On disk: docs/ledger.md.
 * Invariant: an entry is acknowledged (its seq returned) only once it is on disk. A full disk, a broken chain or a lock
 * that cannot be had is an error, never a skipped entry.
 */
#ifndef PAWL_LEDGER_LEDGER_H
#define PAWL_LEDGER_LEDGER_H

#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"

#define LEDGER_MAX_ENTRY ((size_t)4 << 20)

struct ledger; /* an open ledger; safe for many threads and many processes */

/* Open (making it if it is not there) the ledger in folder ${dir}. NULL with ${err}. */
struct ledger *ledger_open(const char *dir, struct err *err) PAWL_MUST_USE;
void ledger_close(struct ledger *l); /* NULL does nothing */

/**
 * ledger_append(l, kind, body, ret_seq, err):
 * One entry: ${kind} is a short word such as "request", "hold.opened", "approval", "grant.used", "apply.started"; ${body}
 * is a JSON object, secrets already redacted. Returns once it is durable (group commit with other writers).
 */
bool ledger_append(struct ledger *l, struct str kind, struct str body, uint64_t *ret_seq, struct err *err) PAWL_MUST_USE;

/* Hold the ledger alone, over processes and threads, for read-decide-append; appends inside go through. */
bool ledger_lock(struct ledger *l, struct err *err) PAWL_MUST_USE;
void ledger_unlock(struct ledger *l);

struct ledger_entry {
	uint64_t seq; /* from 1 */
	int64_t time_us;
	struct str kind;
	struct str body;
	struct digest chain; /* of this entry, over the one before */
};

/* Called for each; false stops. Strings live only during the call. */
typedef bool (*ledger_each)(const struct ledger_entry *e, void *ctx);

/* Walk entries with seq > ${after}, checking the chain as it goes; false with ${err} at the first broken one. */
bool ledger_walk(struct ledger *l, uint64_t after, ledger_each each, void *ctx, struct err *err) PAWL_MUST_USE;
/* The last entry's seq and chain. */
bool ledger_head(struct ledger *l, uint64_t *ret_seq, struct digest *ret_chain, struct err *err) PAWL_MUST_USE;

struct ledger_report {
	uint64_t entries, bytes, checkpoints;
	uint64_t first_bad; /* 0: none */
	bool torn_tail; /* an unfinished batch at the end: a power cut, not tampering; nothing acknowledged is in it */
	bool truncated; /* shorter than a checkpoint says */
	char what[400];
};
/* Verify a ledger folder without opening it for writing. ${checkpoint} is the path of one copied elsewhere, or NULL. */
bool ledger_verify(const char *dir, const char *checkpoint, struct ledger_report *ret, struct err *err) PAWL_MUST_USE;

#endif
