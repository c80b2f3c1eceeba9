#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest.h"

#include <openssl/sha.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct digest_run), "digest_run too small");

void digest_begin(struct digest_run *r)
{
	SHA256_Init((SHA256_CTX *)(void *)r);
}

void digest_add(struct digest_run *r, const void *p, size_t n)
{
	if (n)
		SHA256_Update((SHA256_CTX *)(void *)r, p, n);
}

struct digest digest_end(struct digest_run *r)
{
	struct digest d;

	SHA256_Final(d.b, (SHA256_CTX *)(void *)r);
	return d;
}

struct digest digest_of(const void *p, size_t n)
{
	struct digest_run r;

	digest_begin(&r);
	digest_add(&r, p, n);
	return digest_end(&r);
}

bool digest_eq(const struct digest *a, const struct digest *b)
{
	unsigned d = 0;

	for (size_t i = 0; i < DIGEST_LEN; i++)
		d |= (unsigned)(a->b[i] ^ b->b[i]);
	return d == 0;
}

bool digest_is_zero(const struct digest *a)
{
	const struct digest zero = { { 0 } };

	return digest_eq(a, &zero);
}

void digest_hex(const struct digest *d, char ret_hex[DIGEST_HEX_LEN + 1])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_LEN; i++) {
		ret_hex[2 * i] = hex[d->b[i] >> 4];
		ret_hex[2 * i + 1] = hex[d->b[i] & 15];
	}
	ret_hex[DIGEST_HEX_LEN] = '\0';
}

struct str digest_text(const struct digest *d, struct arena *arena)
{
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(d, hex);
	return arena_str(arena, (struct str){ hex, DIGEST_HEX_LEN });
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool digest_from_hex(struct str hex, struct digest *ret_digest)
{
	struct digest d;

	if (hex.len != DIGEST_HEX_LEN)
		return false;
	for (size_t i = 0; i < DIGEST_LEN; i++) {
		int hi = nibble(hex.ptr[2 * i]), lo = nibble(hex.ptr[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		d.b[i] = (uint8_t)(hi * 16 + lo);
	}
	*ret_digest = d;
	return true;
}

static void add_be(struct digest_run *r, uint64_t v, size_t bytes)
{
	uint8_t b[8];

	for (size_t i = 0; i < bytes; i++)
		b[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
	digest_add(r, b, bytes);
}

void digest_field(struct digest_run *r, struct str name, struct str value)
{
	add_be(r, name.len, 4);
	digest_add(r, name.ptr, name.len);
	add_be(r, value.len, 8);
	digest_add(r, value.ptr, value.len);
}
