/* wal.h -- archived WAL: pieces of one server's stream, each a small signed object of its own in the vault, and the chain they make.
 * Room: recovery. Pure.
 * A piece is the bytes from one position of a timeline to another; it need not end where a segment does, so an open segment is kept too and
 * what follows begins where the piece ended: nothing is stored twice, nothing superseded. It lies as the backup TARGET.wal/ID, of kind
 * BACKUP_WAL, and its id says timeline and positions ("00000001-0000000003000000-0000000004000000-5f3a9c01"): listings sort as the WAL
 * runs, and a gap is seen without reading anything. What is believed of a piece is its signed manifest alone.
 * Invariant: whatever is promised (a chain, a window) is without a gap from a base on, by bytes.
 */
#ifndef PAWL_RECOVERY_WAL_H
#define PAWL_RECOVERY_WAL_H

#include "recovery/vault.h"

#define WAL_ENDING ".wal"
#define WAL_PIECE_MAX ((size_t)16 << 20)

struct wal_piece {
	uint32_t timeline;
	uint64_t from, to; /* bytes [from, to) */
	struct str id;
	bool whole, hidden;
	int64_t locked_until_us;
};

/* "shop.wal" */
struct str wal_target(struct str target, struct arena *arena);
struct str wal_id(const struct wal_piece *p, uint32_t random, struct arena *arena);
/* Sets timeline, from, to, id. False: no id of a piece. */
bool wal_id_read(struct str id, struct wal_piece *ret) PAWL_MUST_USE;
/* "0/3000148" */
struct str wal_position(uint64_t at, struct arena *arena);

#define WAL_SLOT_MAX 63
/* "pawl_shop": what a slot may be called. */
void wal_slot_name(struct str target, char ret[WAL_SLOT_MAX + 1]);
bool wal_slot_good(struct str slot);

/* --- what a piece says of itself --- */

struct wal_said {
	struct wal_piece piece;
	struct str system;  /* the cluster's identifier */
	uint64_t segment;   /* size of one of its WAL files */
	int64_t as_of_us;   /* by the server's clock: what it had acknowledged by then is in the WAL up to here; 0: not known */
};
/* Into m->invariants and the rest, but for files and their digests. False when the arena is full. */
bool wal_say(const struct wal_said *s, struct arena *arena, struct manifest *m) PAWL_MUST_USE;
/* False with ERR_INPUT: signed, and no piece of WAL, or that of another place. */
bool wal_said(const struct manifest *m, struct wal_said *ret, struct err *err) PAWL_MUST_USE;

/* --- a base that WAL goes on from --- */

struct wal_base {
	struct str id, system;
	uint32_t timeline; /* 0: the backup does not say: no WAL can be put behind it */
	uint64_t position; /* it has all before */
	int64_t taken_us;
};
/* The answer of a physical backup that says where it ends. */
#define WAL_BASE_POSITION "recovered to "
#define WAL_BASE_TIMELINE " of timeline "
#define WAL_BASE_SYSTEM "system identifier"
/* False: the manifest is of no physical backup, or says no position. */
bool wal_base(const struct manifest *m, struct wal_base *ret) PAWL_MUST_USE;

/* --- the chain --- */

enum wal_end {
	WAL_UNSET = 0,
	WAL_ENDS,     /* nothing lies behind */
	WAL_GAP,      /* something does, from `next` on */
	WAL_HIDDEN,   /* the piece that should follow is behind a delete marker, or not whole */
	WAL_TIMELINE, /* what lies behind is of a later timeline */
	WAL_NONE,     /* nothing at all follows the base, not even far behind */
};

struct wal_chain {
	const struct wal_piece *first; /* of the array: pieces of the chain are those up to `last` that are wanted (wal_wanted) */
	const struct wal_piece *last;
	size_t n;
	uint64_t to;
	enum wal_end why;
	uint64_t next; /* WAL_GAP, WAL_HIDDEN: where the next whole one begins; 0: none */
};

/* By timeline and position; n log n. */
void wal_sort(struct wal_piece *pieces, size_t n);
/* From ${from} on; ${pieces} sorted. Linear. */
void wal_chain(const struct wal_piece *pieces, size_t n, uint32_t timeline, uint64_t from, struct wal_chain *ret);
/* Is ${p} part of the chain, with bytes behind ${at}? */
bool wal_wanted(const struct wal_piece *p, uint32_t timeline, uint64_t at);

/* --- any moment between --- */

struct wal_window {
	const struct wal_base *base;   /* the oldest whose chain has the same end as the newest one's; NULL: none has one */
	const struct wal_base *newest; /* of those with a known place; NULL: there is none */
	struct wal_chain chain;	       /* of the newest */
};
/* ${bases} in any order. Bases × pieces. */
void wal_window(const struct wal_piece *pieces, size_t n, const struct wal_base *bases, size_t n_bases, struct wal_window *ret);

/* Where the newest timeline of a server's history file left the one before it; false: it says none. */
bool wal_switch(struct str history, uint64_t *ret) PAWL_MUST_USE;

/* --- its end --- */

/* The last bytes of an archive, as recovery saw them: [from, to). */
struct wal_tail {
	const char *bytes;
	uint64_t from, to, segment;
};
/* Recovery went to ${end}: does a whole record begin there? Then it should have gone on, and so it should where what begins there is
 * no record at all. False also for a record that is cut by the end of the archive, as an archive may end, and for nothing but zeros. */
bool wal_tail_goes_on(const struct wal_tail *t, uint64_t end);

/* --- which pieces may go --- */

/* Of ${pieces}, sorted: how many from the first on no base needs. ${bases}: all that stay; one of them whose place is not known, or none
 * at all, and nothing goes. */
size_t wal_spare(const struct wal_piece *pieces, size_t n, const struct wal_base *bases, size_t n_bases);

#endif
