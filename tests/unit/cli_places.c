/* Where a folder is within its project: what an approval that travels binds to. */
#include "unit.h"

#include "cli/places.h"

static void within(void **state)
{
	(void)state;
	assert_string_equal(places_within("/srv/infra", "/srv/infra"), ".");
	assert_string_equal(places_within("/srv/infra", "/srv/infra/live/prod"), "live/prod");
	assert_string_equal(places_within("/", "/srv"), "srv");
	assert_string_equal(places_within("/", "/"), ".");
}

static void outside(void **state)
{
	(void)state;
	assert_string_equal(places_within("/srv/infra", "/srv/infra2/prod"), "/srv/infra2/prod");
	assert_string_equal(places_within("/srv/infra/live", "/srv/infra"), "/srv/infra");
	assert_string_equal(places_within("/srv/infra", "/srv"), "/srv");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(within), cmocka_unit_test(outside) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
