/* wal_archive.h -- pieces of WAL into a vault, and from there into the pg_wal of a restored base.
 * Room: recovery. I/O. Memory does not grow with the WAL, but for the list of pieces.
 */
#ifndef PAWL_RECOVERY_WAL_ARCHIVE_H
#define PAWL_RECOVERY_WAL_ARCHIVE_H

#include "base/buf.h"
#include "recovery/physical.h"
#include "recovery/wal.h"

struct wal_archive {
	struct vault *vault;
	struct str target; /* with WAL_ENDING */
	const uint8_t *key; /* ED25519_KEY_LEN: whose pieces are believed */
	char *const *encrypt, *const *decrypt; /* NULL: in clear, no key to it here */
	struct str encrypted_to, pem; /* to put */
	bool lock;
	struct arena *arena;
	struct wal_piece *pieces; /* sorted */
	size_t n;
};

/* Reads the listing alone. */
bool wal_archive_list(struct wal_archive *a, struct err *err) PAWL_MUST_USE;
/* The manifest of a piece, its signature checked. ERR_BROKEN: altered; ERR_STATE, ERR_INPUT: of another piece, or none. */
bool wal_archive_said(const struct wal_archive *a, const struct wal_piece *p, struct manifest *ret_manifest, struct wal_said *ret,
		      struct err *err) PAWL_MUST_USE;

/* s->piece.id is made here. ${notes}, which may be NULL, hears of what did not go as it should and is no reason to stop (no lock). */
bool wal_archive_put(const struct wal_archive *a, struct wal_said *s, struct str server, struct str host, struct str bytes,
		     struct buf *notes, struct err *err) PAWL_MUST_USE;
/* What a run that died left half done, in a folder: it holds nothing that the server does not hold yet. */
void wal_archive_sweep(const struct wal_archive *a);

/* --- the physical backups that it goes on from --- */

struct wal_bases {
	struct wal_base *list;
	size_t n;
	size_t unknown; /* whole, and nobody can say where they end: signed by nobody, of an older kind */
	struct wal_base *known; /* manifests that were read before: each is read once */
	size_t n_known;
};
/* Of ${target}, the whole ones; again when there may be more. Starts as zeros. */
bool wal_bases(struct vault *v, struct str target, const uint8_t key[ED25519_KEY_LEN], struct arena *arena, struct wal_bases *b,
	       struct err *err) PAWL_MUST_USE;
/* Removes what no base needs any more, the oldest first, and stops at the first that will not go. How many went. */
size_t wal_archive_let_go(const struct wal_archive *a, const struct wal_bases *b, int64_t now_us, struct err *err);

/* --- into a restored base --- */

struct wal_lay {
	const struct wal_archive *archive;
	const struct wal_base *base;
	const struct physical_unpack *into; /* its folder, and whose the files are */
	int64_t until_us; /* the first piece that is as of this or later ends it; 0: all of the chain */
	uint64_t until;	  /* … that goes to here; 0: all of it */
	struct stall *stall;
};
struct wal_laid {
	uint64_t to;
	int64_t as_of_us; /* of the last piece that says one; 0: none does */
	size_t pieces;
	uint64_t segment; /* 0: there was no piece */
	bool foreign; /* on failure: of another cluster */
};
/* Each piece of the chain checked (signature, digests, cluster) and written where it belongs. */
bool wal_lay(const struct wal_lay *l, struct wal_laid *ret, struct err *err) PAWL_MUST_USE;

/* The last WAL_TAIL bytes of what was laid, read back. False where they cannot be; empty where no piece was laid. Free bytes. */
#define WAL_TAIL ((uint64_t)16 << 20)
bool wal_tail_read(const struct wal_lay *l, const struct wal_laid *laid, struct wal_tail *ret, struct err *err) PAWL_MUST_USE;

/* Is ${page} (the first bytes of a segment) of that cluster and that position? */
#define WAL_PAGE_HEAD 40
bool wal_page_good(const void *page, uint64_t at, struct str system, struct err *err) PAWL_MUST_USE;

#endif
