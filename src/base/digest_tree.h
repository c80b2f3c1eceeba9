/* digest_tree.h -- an ordered SHA-256 of a stream that many lanes of a processor can work on at once.
 * Room: base, not pure (memory).
 * The stream is cut into chunks of 16 KiB, the last one shorter, none of them empty. The digest of it is the plain SHA-256 of this text:
 *	the line "pawl-digest-1"
 *	for each chunk, in order, a line: the SHA-256 of its bytes in lower-case hex
 *	a line: how many bytes the stream has, in decimal
 * each line ended by \n. So whoever has a file and sha256sum can say it (docs/backup.md, "Digests"). Nothing but SHA-256 is trusted: two
 * streams of one digest have the same lines, so the same length and the same chunks.
 * Where there are no lanes to be had (no library for it, another processor) the chunks are digested one by one: slower, never another.
 */
#ifndef PAWL_BASE_DIGEST_TREE_H
#define PAWL_BASE_DIGEST_TREE_H

#include "base/digest.h"

#define DIGEST_CHUNK ((size_t)16 << 10)

struct digest_lanes; /* opaque: one thread's; any number of streams pass through at once, so small ones fill the lanes too */
struct digest_tree;  /* opaque: one stream; the lanes own it */

enum digest_lanes_kind {
	DIGEST_LANES_MANY = 1, /* as many as there are */
	DIGEST_LANES_ONE,      /* libcrypto alone */
};

/* NULL when out of memory. */
struct digest_lanes *digest_lanes_new(enum digest_lanes_kind kind) PAWL_MUST_USE;
/* And every stream that was not ended. NULL does nothing. */
void digest_lanes_free(struct digest_lanes *l);
/* Every digest that is due is there when this returns. */
void digest_lanes_wait(struct digest_lanes *l);

/* ${also}: a stream of the same lanes that gets the same bytes, at a multiple of DIGEST_CHUNK, without hashing them twice; or NULL.
 * NULL when out of memory. */
struct digest_tree *digest_tree_begin(struct digest_lanes *l, struct digest_tree *also) PAWL_MUST_USE;
/* The next bytes; they may change as soon as this returns. */
void digest_tree_add(struct digest_tree *t, const void *p, size_t n);
/* *${ret} is there after digest_lanes_wait(), perhaps sooner; it must stay where it is until then. ${t} is gone. Streams that have this
 * one as their ${also} end before it. */
void digest_tree_end(struct digest_tree *t, struct digest *ret);

/* One stream that is there whole. */
struct digest digest_tree_of(const void *p, size_t n);

#endif
