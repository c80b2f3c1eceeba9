#include "unit.h"

#include "base/arena.h"

static void fills_and_stays_full(void **state)
{
	_Alignas(16) static char mem[64];
	struct arena a;

	(void)state;
	arena_init(&a, mem, sizeof(mem));
	assert_non_null(arena_alloc(&a, 40));
	assert_null(arena_alloc(&a, 40));
	assert_true(a.full);
	assert_null(arena_alloc(&a, 1));
	assert_null(arena_array(&a, SIZE_MAX, 2));
	arena_reset(&a);
	assert_false(a.full);
	assert_non_null(arena_alloc(&a, 1));
}

static void zeroed_after_reset(void **state)
{
	struct arena a;
	char *p;

	(void)state;
	assert_true(arena_map(&a, 1 << 20));
	p = arena_alloc(&a, 100);
	memset(p, 'x', 100);
	arena_reset(&a);
	p = arena_alloc(&a, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	assert_str(arena_fmt(&a, "%s-%d", "a", 7), "a-7");
	assert_str(arena_join(&a, STR("ab"), STR("cd")), "abcd");
	arena_unmap(&a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(fills_and_stays_full),
	cmocka_unit_test(zeroed_after_reset),
};

UNIT_MAIN(tests)
