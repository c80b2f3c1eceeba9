/* Paths by text, lookups and the needs they leave. */
#include "unit.h"

#include "read/world.h"

static char mem[1 << 20];

static void test_absolute(void **state)
{
	static const struct {
		const char *cwd, *path, *is;
	} rows[] = {
		{ "/w", "a", "/w/a" },	      { "/w", "/a//b/./c", "/a/b/c" }, { "/w/x", "../y", "/w/y" },
		{ "/w", "../../..", "/" },    { "/w", "", "/w" },	       { "/", "a/../b/", "/b" },
		{ "/w", "/a/b/../../..", "/" }, { "", "a", "/a" },
	};
	struct arena a;

	(void)state;
	arena_init(&a, mem, sizeof(mem));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_true(str_is(world_absolute(str_from(rows[i].cwd), str_from(rows[i].path), &a), rows[i].is));
	arena_reset(&a);
}

static void test_within(void **state)
{
	(void)state;
	assert_true(world_within(STR("/w/a"), STR("/w")));
	assert_true(world_within(STR("/w"), STR("/w")));
	assert_true(world_within(STR("/a"), STR("/")));
	assert_false(world_within(STR("/wx"), STR("/w")));
	assert_false(world_within(STR("/w"), STR("")));
}

static void test_needs(void **state)
{
	static const struct world_variable env[] = { { STR_INIT("A"), STR_INIT("1") }, { STR_INIT("B"), STR_INIT("") }, { STR_INIT("Z"), STR_INIT("3") } };
	struct world_file f = { .path = STR("/w/x"), .found = true };
	struct arena a;
	struct world w = { .env = env, .n_env = 3, .files = &f, .arena = &a };
	struct str v;

	(void)state;
	arena_init(&a, mem, sizeof(mem));
	assert_ptr_equal(world_file(&w, STR("/w/./y/../x")), &f);
	assert_int_equal(w.n_needs, 0);
	assert_null(world_file(&w, STR("/w/other")));
	assert_null(world_file(&w, STR("/w/sub/../other")));
	assert_int_equal(w.n_needs, 1);
	assert_null(world_path(&w, STR("/w/other")));
	assert_null(world_repository(&w, STR("/w")));
	assert_null(world_program(&w, STR("git")));
	assert_int_equal(w.n_needs, 4);
	assert_null(world_file(&w, STR("relative")));
	assert_null(world_file(&w, STR("/nul\0byte")));
	assert_int_equal(w.n_needs, 4);
	assert_true(world_env(&w, STR("B"), &v) && v.len == 0);
	assert_true(world_env(&w, STR("Z"), &v) && str_is(v, "3"));
	assert_false(world_env(&w, STR("C"), &v));
	for (unsigned i = 0; i < 2 * WORLD_MAX_NEEDS; i++)
		world_file(&w, arena_fmt(&a, "/f/%u", i));
	assert_int_equal(w.n_needs, WORLD_MAX_NEEDS);
	arena_reset(&a);
}

static void test_vaults(void **state)
{
	struct world_vault v = { .path = STR("/v") };
	struct arena a;
	struct world w = { .arena = &a };

	(void)state;
	arena_init(&a, mem, sizeof(mem));
	world_file(&w, STR("/w/x"));
	world_path(&w, STR("/w/x"));
	world_program(&w, STR("git"));
	assert_false(w.vaults_wanted);
	/* Its answer says what of it holds a vault. */
	world_repository(&w, STR("/w"));
	assert_true(w.vaults_wanted);
	w.vaults_wanted = false;
	assert_null(world_vaults(&w));
	assert_true(w.vaults_wanted);
	w.vaults = &v;
	assert_ptr_equal(world_vaults(&w), &v);
	arena_reset(&a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_absolute),
	cmocka_unit_test(test_within),
	cmocka_unit_test(test_needs),
	cmocka_unit_test(test_vaults),
};

UNIT_MAIN(tests)
