/* Arithmetic after TweetNaCl (public domain): numbers mod 2^255-19 as sixteen limbs of 16 bits, points in extended coordinates. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/ed25519_check.h"

#include <openssl/sha.h>

#define LIMBS 16

struct number {
	int64_t v[LIMBS];
};

struct point {
	struct number x, y, z, t;
};

static const struct number zero = { { 0 } };
static const struct number one = { { 1 } };
static const struct number curve_d = { { 0x78a3, 0x1359, 0x4dca, 0x75eb, 0xd8ab, 0x4141, 0x0a4d, 0x0070, 0xe898, 0x7779, 0x4079, 0x8cc7,
					 0xfe73, 0x2b6f, 0x6cee, 0x5203 } };
static const struct number curve_2d = { { 0xf159, 0x26b2, 0x9b94, 0xebd6, 0xb156, 0x8283, 0x149a, 0x00e0, 0xd130, 0xeef3, 0x80f2, 0x198e,
					  0xfce7, 0x56df, 0xd9dc, 0x2406 } };
static const struct number base_x = { { 0xd51a, 0x8f25, 0x2d60, 0xc956, 0xa7b2, 0x9525, 0xc760, 0x692c, 0xdc5c, 0xfdd6, 0xe231, 0xc0a4,
					0x53fe, 0xcd6e, 0x36d3, 0x2169 } };
static const struct number base_y = { { 0x6658, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666, 0x6666,
					0x6666, 0x6666, 0x6666, 0x6666 } };
static const struct number root_of_minus_one = { { 0xa0b0, 0x4a0e, 0x1b27, 0xc4ee, 0xe478, 0xad2f, 0x1806, 0x2f43, 0xd7a7, 0x3dfb, 0x0099,
						   0x2b4d, 0xdf0b, 0x4fc1, 0x2480, 0x2b83 } };
/* The group's order, least significant byte first. */
static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
				   0,	 0,    0,    0,	   0,	 0,    0,    0,	   0,	 0,    0,    0,	   0,	 0,    0,    0x10 };

/* --- numbers mod 2^255-19 --- */

static void carry(struct number *n)
{
	for (size_t i = 0; i < LIMBS; i++) {
		int64_t c;

		n->v[i] += INT64_C(1) << 16;
		c = n->v[i] >> 16;
		if (i < LIMBS - 1)
			n->v[i + 1] += c - 1;
		else
			n->v[0] += 38 * (c - 1);
		n->v[i] -= c * 65536;
	}
}

static struct number add(const struct number *a, const struct number *b)
{
	struct number r;

	for (size_t i = 0; i < LIMBS; i++)
		r.v[i] = a->v[i] + b->v[i];
	return r;
}

static struct number subtract(const struct number *a, const struct number *b)
{
	struct number r;

	for (size_t i = 0; i < LIMBS; i++)
		r.v[i] = a->v[i] - b->v[i];
	return r;
}

static struct number multiply(const struct number *a, const struct number *b)
{
	int64_t t[2 * LIMBS - 1] = { 0 };
	struct number r;

	for (size_t i = 0; i < LIMBS; i++) {
		for (size_t j = 0; j < LIMBS; j++)
			t[i + j] += a->v[i] * b->v[j];
	}
	for (size_t i = 0; i < LIMBS - 1; i++)
		t[i] += 38 * t[i + LIMBS];
	for (size_t i = 0; i < LIMBS; i++)
		r.v[i] = t[i];
	carry(&r);
	carry(&r);
	return r;
}

/* ${a} to the power of 2^${bits} - 1, but for the bits named as left out. */
static struct number power(const struct number *a, int highest, uint32_t left_out)
{
	struct number r = *a;

	for (int i = highest; i >= 0; i--) {
		r = multiply(&r, &r);
		if (i > 31 || !(left_out >> i & 1))
			r = multiply(&r, a);
	}
	return r;
}

/* To the power of p - 2. */
static struct number invert(const struct number *a)
{
	return power(a, 253, UINT32_C(1) << 2 | UINT32_C(1) << 4);
}

/* To the power of (p - 5) / 8. */
static struct number power_2523(const struct number *a)
{
	return power(a, 250, UINT32_C(1) << 1);
}

static void pack(const struct number *n, uint8_t ret[32])
{
	struct number t = *n, m;

	carry(&t);
	carry(&t);
	carry(&t);
	for (int round = 0; round < 2; round++) {
		bool below;

		m.v[0] = t.v[0] - 0xffed;
		for (size_t i = 1; i < LIMBS - 1; i++) {
			m.v[i] = t.v[i] - 0xffff - (m.v[i - 1] >> 16 & 1);
			m.v[i - 1] &= 0xffff;
		}
		m.v[15] = t.v[15] - 0x7fff - (m.v[14] >> 16 & 1);
		below = m.v[15] >> 16 & 1;
		m.v[14] &= 0xffff;
		if (!below)
			t = m;
	}
	for (size_t i = 0; i < LIMBS; i++) {
		ret[2 * i] = (uint8_t)(t.v[i] & 0xff);
		ret[2 * i + 1] = (uint8_t)(t.v[i] >> 8 & 0xff);
	}
}

static struct number unpack(const uint8_t b[32])
{
	struct number r;

	for (size_t i = 0; i < LIMBS; i++)
		r.v[i] = b[2 * i] + ((int64_t)b[2 * i + 1] << 8);
	r.v[15] &= 0x7fff;
	return r;
}

static bool same(const struct number *a, const struct number *b)
{
	uint8_t x[32], y[32];

	pack(a, x);
	pack(b, y);
	return memcmp(x, y, sizeof(x)) == 0;
}

static bool odd(const struct number *a)
{
	uint8_t b[32];

	pack(a, b);
	return b[0] & 1;
}

/* --- points --- */

static struct point sum(const struct point *p, const struct point *q)
{
	struct number a = subtract(&p->y, &p->x), b = add(&p->x, &p->y), c, d, e, f, g, h, t;
	struct point r;

	t = subtract(&q->y, &q->x);
	a = multiply(&a, &t);
	t = add(&q->x, &q->y);
	b = multiply(&b, &t);
	c = multiply(&p->t, &q->t);
	c = multiply(&c, &curve_2d);
	d = multiply(&p->z, &q->z);
	d = add(&d, &d);
	e = subtract(&b, &a);
	f = subtract(&d, &c);
	g = add(&d, &c);
	h = add(&b, &a);
	r.x = multiply(&e, &f);
	r.y = multiply(&h, &g);
	r.z = multiply(&g, &f);
	r.t = multiply(&e, &h);
	return r;
}

static struct point times(const struct point *p, const uint8_t n[32])
{
	struct point r = { zero, one, one, zero };

	for (int i = 255; i >= 0; i--) {
		r = sum(&r, &r);
		if (n[i / 8] >> (i & 7) & 1)
			r = sum(&r, p);
	}
	return r;
}

static void point_pack(const struct point *p, uint8_t ret[32])
{
	struct number z = invert(&p->z), x = multiply(&p->x, &z), y = multiply(&p->y, &z);

	pack(&y, ret);
	ret[31] = (uint8_t)(ret[31] ^ (odd(&x) ? 0x80 : 0));
}

/* The point's negative; false when the bytes are none. */
static bool unpack_negative(const uint8_t b[32], struct point *ret)
{
	struct number y = unpack(b), y2 = multiply(&y, &y), u = subtract(&y2, &one), v = multiply(&y2, &curve_d), v3, x, t;

	v = add(&v, &one);
	v3 = multiply(&v, &v);
	v3 = multiply(&v3, &v);
	t = multiply(&v3, &v3); /* v^6 */
	t = multiply(&t, &v);
	t = multiply(&t, &u);
	t = power_2523(&t);
	x = multiply(&t, &u);
	x = multiply(&x, &v3); /* u v^3 (u v^7)^((p-5)/8) */
	t = multiply(&x, &x);
	t = multiply(&t, &v);
	if (!same(&t, &u))
		x = multiply(&x, &root_of_minus_one);
	t = multiply(&x, &x);
	t = multiply(&t, &v);
	if (!same(&t, &u))
		return false;
	if (odd(&x) == (b[31] >> 7))
		x = subtract(&zero, &x);
	*ret = (struct point){ x, y, one, multiply(&x, &y) };
	return true;
}

/* --- numbers mod the order --- */

static bool below_order(const uint8_t s[32])
{
	for (size_t i = 32; i-- > 0;) {
		if (s[i] != order[i])
			return s[i] < order[i];
	}
	return false;
}

/* 512 bits mod the order, bit by bit: there is one such number a signature. */
static void reduce(const uint8_t n[64], uint8_t ret[32])
{
	uint8_t r[33] = { 0 };

	for (int bit = 511; bit >= 0; bit--) {
		unsigned carried = n[bit / 8] >> (bit & 7) & 1;

		for (size_t i = 0; i < sizeof(r); i++) {
			unsigned v = (unsigned)r[i] << 1 | carried;

			r[i] = (uint8_t)(v & 0xff);
			carried = v >> 8;
		}
		if (r[32] || !below_order(r)) {
			int borrow = 0;

			for (size_t i = 0; i < sizeof(r); i++) {
				int v = r[i] - (i < 32 ? order[i] : 0) - borrow;

				borrow = v < 0;
				r[i] = (uint8_t)(v & 0xff);
			}
		}
	}
	memcpy(ret, r, 32);
}

bool ed25519_check(const uint8_t key[ED25519_KEY_LEN], const uint8_t signature[ED25519_SIGNATURE_LEN], struct str text)
{
	const struct point base = { base_x, base_y, one, multiply(&base_x, &base_y) };
	uint8_t hash[SHA512_DIGEST_LENGTH], h[32], r[32];
	struct point a, left, right;
	SHA512_CTX run;

	if (!below_order(signature + 32) || !unpack_negative(key, &a))
		return false;
	SHA512_Init(&run);
	SHA512_Update(&run, signature, 32);
	SHA512_Update(&run, key, ED25519_KEY_LEN);
	SHA512_Update(&run, text.ptr, text.len);
	SHA512_Final(hash, &run);
	reduce(hash, h);
	left = times(&base, signature + 32);
	right = times(&a, h);
	left = sum(&left, &right);
	point_pack(&left, r);
	return memcmp(r, signature, sizeof(r)) == 0;
}
