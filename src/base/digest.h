/* digest.h -- SHA-256, by libcrypto's direct entry points (no EVP: its start-up costs more than a verdict).
 * Room: base. Pure.
 */
#ifndef PAWL_BASE_DIGEST_H
#define PAWL_BASE_DIGEST_H

#include "base/arena.h"

#define DIGEST_LEN 32
#define DIGEST_HEX_LEN 64

struct digest {
	uint8_t b[DIGEST_LEN];
};

/* Running state; opaque, 16-byte aligned, large enough for SHA256_CTX (checked in digest.c). */
struct digest_run {
	uint64_t space[16];
};

void digest_begin(struct digest_run *r);
void digest_add(struct digest_run *r, const void *p, size_t n);
struct digest digest_end(struct digest_run *r);
struct digest digest_of(const void *p, size_t n);
bool digest_eq(const struct digest *a, const struct digest *b); /* constant time */
bool digest_is_zero(const struct digest *a);
/* Lower-case hex, NUL-terminated. */
void digest_hex(const struct digest *d, char ret_hex[DIGEST_HEX_LEN + 1]);
struct str digest_text(const struct digest *d, struct arena *arena); /* the same, in the arena; STR_NONE when it is full */
bool digest_from_hex(struct str hex, struct digest *ret_digest) PAWL_MUST_USE;

/**
 * digest_field(r, name, value):
 * Add one named field to a running digest: u32 big-endian length of name, name, u64 big-endian length of value, value.
 * So no two different lists of fields give the same bytes. Used by every digest that an approval binds to.
 */
void digest_field(struct digest_run *r, struct str name, struct str value);

#endif
