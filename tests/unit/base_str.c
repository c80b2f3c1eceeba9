#include "unit.h"

#include "base/str.h"

static void glob(void **state)
{
	(void)state;
	assert_true(str_glob(STR("aws_db_*"), STR("aws_db_instance")));
	assert_true(str_glob(STR("*"), STR("")));
	assert_true(str_glob(STR("a?c*"), STR("abcdef")));
	assert_false(str_glob(STR("a?c"), STR("ac")));
	assert_false(str_glob(STR(""), STR("x")));
	assert_true(str_glob(STR("*a*a*a*b"), STR("aaaaaaaaaaaaaaaab")));
	assert_false(str_glob(STR("*a*a*a*b"), STR("aaaaaaaaaaaaaaaac")));
}

static void utf8(void **state)
{
	(void)state;
	assert_true(str_is_utf8(STR("gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x92")));
	assert_false(str_is_utf8(STR("\xc0\xaf")));
	assert_false(str_is_utf8(STR("\xed\xa0\x80")));
	assert_false(str_is_utf8(STR("\xf4\x90\x80\x80")));
	assert_false(str_is_utf8(STR("\xe2\x82")));
	assert_int_equal(str_characters(STR("gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x92")), 6);
	assert_int_equal(str_characters(STR_NONE), 0);
	assert_int_equal(str_characters(STR("\x80")), 0);
}

static void numbers(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_true(str_to_u64(STR("18446744073709551615"), &v));
	assert_true(v == UINT64_MAX);
	assert_false(str_to_u64(STR("18446744073709551616"), &v));
	assert_false(str_to_u64(STR("-1"), &v));
	assert_false(str_to_u64(STR(""), &v));
	assert_true(v == UINT64_MAX);
}

static void parts(void **state)
{
	(void)state;
	assert_true(str_ends(STR("a.tfstate"), STR(".tfstate")));
	assert_false(str_starts(STR("ab"), STR("abc")));
	assert_int_equal(str_find(STR("hello"), STR("ll")), 2);
	assert_true(str_find(STR("hello"), STR("z")) == SIZE_MAX);
	assert_str(str_trim(STR(" \tx y\n")), "x y");
	assert_str(str_sub(STR("abc"), 1, SIZE_MAX), "bc");
	assert_int_equal(str_sub(STR("abc"), 9, 1).len, 0);
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_int_equal(str_rfind_char(STR("a/b/c"), '/'), 3);
	assert_true(str_is(str_base_name(STR("/usr/bin/rm")), "rm"));
	assert_true(str_is(str_base_name(STR("rm")), "rm"));
	assert_int_equal(str_base_name(STR("a/b/")).len, 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(glob),
	cmocka_unit_test(utf8),
	cmocka_unit_test(numbers),
	cmocka_unit_test(parts),
};

UNIT_MAIN(tests)
