#include "unit.h"

#include "base/digest_beside.h"

static struct digest in_pieces(const unsigned char *p, size_t n, size_t piece)
{
	struct digest_beside *d = digest_beside_begin();

	assert_non_null(d);
	for (size_t at = 0; at < n; at += piece)
		digest_beside_add(d, p + at, n - at < piece ? n - at : piece);
	return digest_beside_end(d);
}

/* Sizes round where the thread starts, where a block is full, and where all blocks are. */
static void it_is_the_same_digest(void **state)
{
	static const size_t sizes[] = { 0,	   1,	    4096,     2097151,	2097152,  2097153,	  2359296,
					2359297,   4194304, 4194305,  9437184,	12582913, (16u << 20) + 77 };
	static const size_t pieces[] = { 65536, 262144, 100003, 1u << 20, 32u << 20 };
	unsigned char *p = malloc(32u << 20);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < (32u << 20); i++)
		p[i] = (unsigned char)(i * 2654435761u >> 13);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct digest want = digest_of(p, sizes[i]);

		for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
			struct digest got = in_pieces(p, sizes[i], pieces[k]);

			assert_true(digest_eq(&got, &want));
		}
	}
	free(p);
}

/* The caller's buffer is its own again at once. */
static void bytes_may_change_after_adding(void **state)
{
	static unsigned char block[70001];
	struct digest_beside *d = digest_beside_begin();
	struct digest_run run;
	struct digest got, want;

	(void)state;
	assert_non_null(d);
	digest_begin(&run);
	for (unsigned i = 0; i < 200; i++) {
		memset(block, (int)i, sizeof(block));
		digest_beside_add(d, block, sizeof(block));
		digest_add(&run, block, sizeof(block));
	}
	memset(block, 0xff, sizeof(block));
	got = digest_beside_end(d);
	want = digest_end(&run);
	assert_true(digest_eq(&got, &want));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_is_the_same_digest),
	cmocka_unit_test(bytes_may_change_after_adding),
};

UNIT_MAIN(tests)
