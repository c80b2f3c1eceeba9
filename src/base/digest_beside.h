/* digest_beside.h -- SHA-256 of what somebody else reads at the same time, by a second thread once it is worth one.
 * Room: base, not pure. Made for large plans: hashing 100 MB costs as much as reading them.
 * Where no thread can be had the digest is made in the caller's: slower, never another.
 */
#ifndef PAWL_BASE_DIGEST_BESIDE_H
#define PAWL_BASE_DIGEST_BESIDE_H

#include "base/digest.h"

struct digest_beside; /* opaque */

/* NULL when out of memory. Whatever is begun must be ended. */
struct digest_beside *digest_beside_begin(void) PAWL_MUST_USE;
/* The next bytes; they may change as soon as this returns. */
void digest_beside_add(struct digest_beside *d, const void *p, size_t n);
/* Waits for the thread, frees ${d}. */
struct digest digest_beside_end(struct digest_beside *d);

#endif
