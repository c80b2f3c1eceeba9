/* The digest of a stream is what its recipe says, by both kinds of lanes, however the stream is cut and whatever passes beside it. */
#include <stdio.h>

#include "base/digest_tree.h"
#include "unit.h"

#define MOST ((size_t)3 << 20)

static unsigned char *bytes;

static void fill(void)
{
	bytes = malloc(MOST);
	assert_non_null(bytes);
	for (size_t i = 0; i < MOST; i++)
		bytes[i] = (unsigned char)(i * 2654435761u >> 13);
}

/* As docs/backup.md has it, by other means. */
static struct digest recipe(const unsigned char *p, size_t n)
{
	static char text[1 << 16], hex[DIGEST_HEX_LEN + 1];
	size_t at = (size_t)snprintf(text, sizeof(text), "pawl-digest-1\n");

	for (size_t i = 0; i < n; i += 16384) {
		struct digest d = digest_of(p + i, n - i < 16384 ? n - i : 16384);

		digest_hex(&d, hex);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s\n", hex);
	}
	at += (size_t)snprintf(text + at, sizeof(text) - at, "%zu\n", n);
	return digest_of(text, at);
}

static struct digest in_pieces(enum digest_lanes_kind kind, size_t n, size_t piece)
{
	struct digest_lanes *l = digest_lanes_new(kind);
	struct digest_tree *t = l ? digest_tree_begin(l, NULL) : NULL;
	struct digest d = { { 0 } };

	assert_non_null(t);
	for (size_t at = 0; at < n; at += piece)
		digest_tree_add(t, bytes + at, n - at < piece ? n - at : piece);
	digest_tree_end(t, &d);
	digest_lanes_wait(l);
	digest_lanes_free(l);
	return d;
}

static void as_its_recipe_says(void **state)
{
	static const size_t sizes[] = { 0,	1,	55,	56,	  64,	   16383,	16384,	     16385, 32768,
					262143, 262144, 262145, 278528, 655360, 655361, 1048576, MOST - 1, MOST };
	static const size_t pieces[] = { 100003, 16384, 131072, MOST };

	(void)state;
	fill();
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct digest want = recipe(bytes, sizes[i]), whole = digest_tree_of(bytes, sizes[i]);

		assert_true(digest_eq(&want, &whole));
		for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
			struct digest one = in_pieces(DIGEST_LANES_ONE, sizes[i], pieces[k]);
			struct digest many = in_pieces(DIGEST_LANES_MANY, sizes[i], pieces[k]);

			assert_true(digest_eq(&one, &want));
			assert_true(digest_eq(&many, &want));
		}
	}
	free(bytes);
}

/* As sha256sum says it of "", "a" and a file of 16,385 times "a". */
static void known_ones(void **state)
{
	static const struct {
		size_t n;
		const char *hex;
	} known[] = {
		{ 0, "43a3e6a6ba927a1608e02ac7878ad162ec893d8d1e291ab7d9e218a1cbc445ee" },
		{ 1, "62e5a2aebdc9dfc58d3a47871d54beb7fbd0ef25091559dac83e274d5350b065" },
		{ 16385, "c9de9cbc6b6faa2c9de91bf18f5b711e7e67c6f4b7459c5c36f5d4d9f0e34459" },
	};

	(void)state;
	fill();
	memset(bytes, 'a', 16385);
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct digest d = in_pieces(DIGEST_LANES_MANY, known[i].n, 4096);
		char hex[DIGEST_HEX_LEN + 1];

		digest_hex(&d, hex);
		assert_string_equal(hex, known[i].hex);
	}
	free(bytes);
}

/* Hundreds of small streams, some open at once, share the lanes; each gets its own digest. */
static void many_streams(void **state)
{
	struct digest_lanes *l = digest_lanes_new(DIGEST_LANES_MANY);
	struct digest_tree *big;
	static struct digest small[500];
	struct digest of_big;
	size_t n = 0;

	(void)state;
	fill();
	assert_non_null(l);
	big = digest_tree_begin(l, NULL);
	assert_non_null(big);
	for (size_t i = 0; i < ARRAY_LEN(small); i++) {
		struct digest_tree *t = digest_tree_begin(l, NULL);

		assert_non_null(t);
		digest_tree_add(t, bytes + i, i * 37 % 40000);
		digest_tree_add(big, bytes + n, 5000);
		n += 5000;
		digest_tree_end(t, &small[i]);
	}
	digest_tree_end(big, &of_big);
	digest_lanes_wait(l);
	for (size_t i = 0; i < ARRAY_LEN(small); i++) {
		struct digest want = recipe(bytes + i, i * 37 % 40000);

		assert_true(digest_eq(&small[i], &want));
	}
	assert_true(n <= MOST);
	{
		struct digest want = recipe(bytes, n);

		assert_true(digest_eq(&of_big, &want));
	}
	digest_lanes_free(l);
	free(bytes);
}

/* A whole and its parts, each byte hashed once. */
static void parts(void **state)
{
	static const size_t part = 131072, sizes[] = { 0, 1, 131071, 131072, 131073, MOST - 5, MOST };

	(void)state;
	fill();
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct digest_lanes *l = digest_lanes_new(DIGEST_LANES_MANY);
		struct digest_tree *whole = digest_tree_begin(l, NULL);
		struct digest of_part[MOST / 131072 + 1], of_whole, want = recipe(bytes, sizes[i]);

		assert_non_null(whole);
		for (size_t at = 0; at < sizes[i]; at += part) {
			struct digest_tree *t = digest_tree_begin(l, whole);

			assert_non_null(t);
			digest_tree_add(t, bytes + at, sizes[i] - at < part ? sizes[i] - at : part);
			digest_tree_end(t, &of_part[at / part]);
		}
		digest_tree_end(whole, &of_whole);
		digest_lanes_wait(l);
		assert_true(digest_eq(&of_whole, &want));
		for (size_t at = 0; at < sizes[i]; at += part) {
			want = recipe(bytes + at, sizes[i] - at < part ? sizes[i] - at : part);
			assert_true(digest_eq(&of_part[at / part], &want));
		}
		digest_lanes_free(l);
	}
	free(bytes);
}

/* Every single bit counts, and so does what is cut off at an end of a chunk. */
static void every_bit(void **state)
{
	static const size_t n = 32768 + 10;
	struct digest was;

	(void)state;
	fill();
	was = in_pieces(DIGEST_LANES_MANY, n, n);
	for (size_t bit = 0; bit < n * 8; bit += 4099) {
		struct digest now;

		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		now = in_pieces(DIGEST_LANES_MANY, n, n);
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_false(digest_eq(&was, &now));
	}
	for (size_t less = 1; less <= n; less += 4681) {
		struct digest now = in_pieces(DIGEST_LANES_MANY, n - less, n);

		assert_false(digest_eq(&was, &now));
	}
	free(bytes);
}

/* What was begun and not ended is gone with its lanes: the sanitizer looks. */
static void broken_off(void **state)
{
	struct digest_lanes *l = digest_lanes_new(DIGEST_LANES_MANY);
	struct digest_tree *a = digest_tree_begin(l, NULL), *b = digest_tree_begin(l, a);

	(void)state;
	fill();
	assert_non_null(a);
	assert_non_null(b);
	digest_tree_add(b, bytes, 100000);
	digest_lanes_free(l);
	digest_lanes_free(NULL);
	free(bytes);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(as_its_recipe_says), cmocka_unit_test(known_ones), cmocka_unit_test(many_streams),
	cmocka_unit_test(parts),	      cmocka_unit_test(every_bit),  cmocka_unit_test(broken_off),
};

UNIT_MAIN(tests)
