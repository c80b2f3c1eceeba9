/* What pgBackRest is not run for: words that did not fit into memory. Without its folder a restore would go to the server's own. */
#include "recovery/pgbackrest.h"
#include "unit.h"

static void a_word_is_missing(void **state)
{
	const struct pgbackrest p = { .stanza = STR_INIT("shop") };
	struct arena arena;
	struct pgbackrest_run run = { .p = &p, .arena = &arena };
	const char *words[] = { "restore", NULL, "--type=none" };

	(void)state;
	assert_true(arena_map(&arena, 1 << 16));
	for (size_t missing = 0; missing < 3; missing++) {
		const char *whole = words[missing];
		struct err err = { 0 };

		words[1] = "--pg1-path=/nonexistent";
		words[missing] = NULL;
		assert_false(pgbackrest_do(&run, words, 3, &err));
		assert_int_equal(err.code, ERR_LIMIT);
		words[missing] = whole;
	}
	arena_unmap(&arena);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_word_is_missing),
};

UNIT_MAIN(tests)
