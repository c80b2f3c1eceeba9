#include "unit.h"

#include "base/digest.h"

static void known_answer(void **state)
{
	char hex[DIGEST_HEX_LEN + 1];
	struct digest d = digest_of("abc", 3), back;

	(void)state;
	digest_hex(&d, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(digest_from_hex(str_from(hex), &back));
	assert_true(digest_eq(&d, &back));
	assert_false(digest_from_hex(STR("BA"), &back));
}

static void fields_do_not_run_together(void **state)
{
	struct digest_run r;
	struct digest a, b;

	(void)state;
	digest_begin(&r);
	digest_field(&r, STR("x"), STR("ab"));
	digest_field(&r, STR("y"), STR(""));
	a = digest_end(&r);
	digest_begin(&r);
	digest_field(&r, STR("x"), STR("a"));
	digest_field(&r, STR("y"), STR("b"));
	b = digest_end(&r);
	assert_false(digest_eq(&a, &b));
	assert_false(digest_is_zero(&a));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(known_answer),
	cmocka_unit_test(fields_do_not_run_together),
};

UNIT_MAIN(tests)
