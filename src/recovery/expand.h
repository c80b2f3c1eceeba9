/* expand.h -- packed bytes of a backup made plain and digested by a second thread, while the caller's fetches and writes.
 * Room: recovery, inner. Memory does not grow with the data: some megabytes.
 * The thread only computes: it opens, reads and writes nothing, and takes no signal. Where none can be had, or there is little to do, all
 * of it is done in the caller's: slower, never another.
 */
#ifndef PAWL_RECOVERY_EXPAND_H
#define PAWL_RECOVERY_EXPAND_H

#include "recovery/pack.h"

struct expand; /* opaque */

/* ${from} and ${take} as of unpack(); both are the caller's thread's, and stay. NULL with ${err}. */
struct expand *expand_begin(const struct unpack_from *from, bool (*take)(void *ctx, const void *p, size_t n, struct err *err), void *ctx,
			    struct err *err) PAWL_MUST_USE;
/* The next packed bytes, which may change as soon as this returns; what has become plain meanwhile is taken. */
bool expand_add(struct expand *x, const void *p, size_t n, struct err *err) PAWL_MUST_USE;
/* All of them were there: the rest is taken. False as unpack(). */
bool expand_end(struct expand *x, struct fingerprint_found *ret, struct err *err) PAWL_MUST_USE;
/* NULL does nothing. */
void expand_free(struct expand *x);

/* ERR_BROKEN: the stored file is not what its manifest says, from byte ${at} on. */
bool expand_changed(const struct unpack_from *from, uint64_t at, const char *what, struct err *err);

#endif
