/* permit.h -- an allowed request's exact bytes, the only thing a gate may forward.
 * Room: core. Pure. Opaque: only permit.c makes one.
 */
#ifndef PAWL_CORE_PERMIT_H
#define PAWL_CORE_PERMIT_H

#include "core/judge.h"

struct permit; /* never built by hand: tests/nocompile proves it */

/* What an approved hold allows; made by room hold after it verified signatures and used the grant up. */
struct grant_use {
	struct str hold;      /* "H-42" */
	struct digest request; /* request_digest it was given for */
	uint64_t ledger_seq;  /* the entry that recorded the use, on disk before this struct exists; never 0 */
	int64_t expires_us;
};

/**
 * permit_mint(request, judgement, use, now, arena, err):
 * A permit for ${request}: when the judgement is VERDICT_ALLOW and ${allow_seq} names the ledger entry of it, or when it
 * is VERDICT_HOLD and ${use} is for exactly this request_digest, unexpired, in the ledger. NULL with ${err} otherwise.
 */
const struct permit *permit_mint(const struct request *request, const struct judgement *judgement,
				 uint64_t allow_seq, const struct grant_use *use, int64_t now_us,
				 struct arena *arena, struct err *err) PAWL_MUST_USE;

/* Digest of the bytes judged, and of the bytes to be emitted (the same here). */
struct digest permit_judged(const struct permit *p);
struct digest permit_emitted(const struct permit *p);
/* Are these the bytes? Forward nothing for which this is false. */
bool permit_covers(const struct permit *p, const struct digest *bytes);

#endif
