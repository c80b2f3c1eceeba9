/* ledger.h -- the append-only, hash-chained record of every request, verdict, approval and change.
 * Room: ledger. Stands on base and core. On disk: docs/ledger.md.
 * Invariant: an entry is acknowledged (its seq returned) only once it is on disk. A full disk, a broken chain or a lock
 * that cannot be had is an error, never a skipped entry.
 * Order is by seq. Times are what the clock said, and a clock may jump back: nothing here relies on it.
 */
#ifndef PAWL_LEDGER_LEDGER_H
#define PAWL_LEDGER_LEDGER_H

#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"

#define LEDGER_MAX_ENTRY ((size_t)4 << 20)
#define LEDGER_LOCK_WAIT_S 10

struct ledger; /* an open ledger; safe for many threads and many processes */

/**
 * ledger_open(dir, err):
 * Open (making it if it is not there) the ledger in folder ${dir}. NULL with ${err}. An unfinished write at the end is
 * set aside and the place made clean; nothing acknowledged is ever in one. Where the folder cannot be written to, the
 * ledger opens for reading and every append is an error.
 * Cost:  reads the last segment only (about 1 MiB at the most, unless one entry is larger).
 */
struct ledger *ledger_open(const char *dir, struct err *err) PAWL_MUST_USE;
void ledger_close(struct ledger *l); /* NULL does nothing */

/**
 * ledger_append(l, kind, body, ret_seq, err):
 * One entry: ${kind} is a short word such as "request", "hold.opened", "approval", "grant.used", "apply.started"; ${body}
 * is a JSON object in UTF-8. Secrets in it are redacted (base/redact.h) but for the members named there. Returns once it
 * is durable (group commit with other writers). After false the entry is not in the ledger, or, when the disk failed in the
 * middle, may be: it was not acknowledged and nothing may rest on it.
 */
bool ledger_append(struct ledger *l, struct str kind, struct str body, uint64_t *ret_seq, struct err *err) PAWL_MUST_USE;

/* Hold the ledger alone, over processes and threads, for read-decide-append; appends inside go through. Not recursive.
 * Waits LEDGER_LOCK_WAIT_S at the most, then names the process that has it. */
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

/* Walk acknowledged entries with seq > ${after}, checking the chain as it goes; false with ${err} at the first broken
 * one. Segments wholly before ${after} are not read. */
bool ledger_walk(struct ledger *l, uint64_t after, ledger_each each, void *ctx, struct err *err) PAWL_MUST_USE;
/* The last entry's seq and chain, as of now. */
bool ledger_head(struct ledger *l, uint64_t *ret_seq, struct digest *ret_chain, struct err *err) PAWL_MUST_USE;

struct ledger_report {
	uint64_t entries, bytes, segments, checkpoints;
	uint64_t first_bad; /* 0: none */
	uint64_t bad_segment, bad_offset; /* where that is: NNNNNNNN.seg, byte */
	uint64_t clock_back; /* entries whose time is before that of the entry before them */
	struct digest head;
	char id[33]; /* of the ledger, hex */
	bool torn_tail; /* an unfinished batch at the end: a power cut, not tampering; nothing acknowledged is in it */
	bool truncated; /* shorter than a checkpoint says */
	char what[400];
};
/* Verify a ledger folder without opening it for writing. ${checkpoint} is the path of one copied elsewhere, or NULL.
 * False with ${err} when it is not intact (*${ret} is filled all the same) or cannot be read (then entries is 0). */
bool ledger_verify(const char *dir, const char *checkpoint, struct ledger_report *ret, struct err *err) PAWL_MUST_USE;

#endif
