/* What libcrypto signs, libsodium checks. */
#include "base/ed25519.h"
#include "unit.h"

#include <stdlib.h>

static void from_hex(const char *hex, uint8_t *ret, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char two[3] = { hex[2 * i], hex[2 * i + 1], 0 };

		ret[i] = (uint8_t)strtoul(two, NULL, 16);
	}
}

/* RFC 8032, 7.1: tests 1, 2, 3. */
static void of_the_rfc(void **state)
{
	static const struct {
		const char *key, *signature, *text;
	} rows[] = {
		{ "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
		  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e"
		  "7a100b",
		  "" },
		{ "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
		  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612"
		  "bb0c00",
		  "72" },
		{ "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
		  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea"
		  "1ec40a",
		  "af82" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t key[32], signature[64], text[8];
		size_t n = strlen(rows[i].text) / 2;

		from_hex(rows[i].key, key, 32);
		from_hex(rows[i].signature, signature, 64);
		from_hex(rows[i].text, text, n);
		assert_true(ed25519_verify(key, signature, (struct str){ (const char *)text, n }));
		text[0] ^= 1;
		assert_false(ed25519_verify(key, signature, (struct str){ (const char *)text, n ? n : 1 }));
	}
}

static void of_libcrypto(void **state)
{
	char pem[ED25519_PEM_MAX], text[200];
	uint8_t key[32], signature[64];
	size_t len;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		struct str t = { text, i * 5 };

		memset(text, (int)('a' + i), sizeof(text));
		assert_true(ed25519_make(pem, &len));
		assert_true(ed25519_sign((struct str){ pem, len }, t, key, signature));
		assert_true(ed25519_verify(key, signature, t));
		/* Any bit of the signature, or of the key. */
		for (unsigned bit = i; bit < 512; bit += 97) {
			signature[bit / 8] ^= (uint8_t)(1U << (bit % 8));
			assert_false(ed25519_verify(key, signature, t));
			signature[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		}
		key[i % 32] ^= 4;
		assert_false(ed25519_verify(key, signature, t));
	}
}

/* S + L says the same to a reader who does not look: here it is refused. */
static void not_twice(void **state)
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
					   0,	 0,    0,    0,	   0,	 0,    0,    0,	   0,	 0,    0,    0,	   0,	 0,    0,    0x10 };
	char pem[ED25519_PEM_MAX];
	uint8_t key[32], signature[64];
	unsigned carry = 0;
	size_t len;

	(void)state;
	assert_true(ed25519_make(pem, &len));
	assert_true(ed25519_sign((struct str){ pem, len }, STR("x"), key, signature));
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)signature[32 + i] + order[i];
		signature[32 + i] = (uint8_t)(carry & 0xff);
		carry >>= 8;
	}
	assert_false(ed25519_verify(key, signature, STR("x")));
}

static const struct CMUnitTest tests[] = { cmocka_unit_test(of_the_rfc), cmocka_unit_test(of_libcrypto), cmocka_unit_test(not_twice) };

UNIT_MAIN(tests)
