/* Where a folder is within its project: what an approval that travels binds to; and which pin is met from a folder. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
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

static void pin_is_not_hidden(void **state)
{
	char top[] = "placesXXXXXX", real[PLACES_MAX], path[2 * PLACES_MAX];
	struct places pl;
	struct err err;

	(void)state;
	setenv("HOME", "/", 1);
	assert_non_null(mkdtemp(top));
	assert_non_null(realpath(top, real));
	snprintf(path, sizeof(path), "%s/pawl.pin.yaml", real);
	assert_true(file_replace(path, STR("version: 1\n"), 0600, &err));
	snprintf(path, sizeof(path), "%s/infra", real);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/infra/pawl.yaml", real);
	assert_true(file_replace(path, STR("version: 1\n"), 0600, &err));
	snprintf(path, sizeof(path), "%s/infra", real);
	assert_true(places_find(path, &pl, &err));
	assert_string_equal(pl.project, path); /* its policy counts … */
	snprintf(path, sizeof(path), "%s/pawl.pin.yaml", real);
	assert_string_equal(pl.project_pin, path); /* … and the pin above it still does */
}

/* A home is asked for only where it is needed; without it no policy is left out unseen. */
static void no_home(void **state)
{
	struct places pl;
	struct err err = { 0 };

	(void)state;
	unsetenv("HOME");
	setenv("PAWL_STATE", "/tmp/state", 1);
	unsetenv("XDG_CONFIG_HOME");
	assert_false(places_find("/", &pl, &err));
	assert_non_null(strstr(err.msg, "XDG_CONFIG_HOME"));
	setenv("XDG_CONFIG_HOME", "/tmp/config", 1);
	assert_true(places_find("/", &pl, &err));
	assert_string_equal(pl.state, "/tmp/state");
	assert_string_equal(pl.user_policy, "/tmp/config/pawl/policy.yaml");
	unsetenv("PAWL_STATE");
	unsetenv("XDG_STATE_HOME");
	assert_false(places_find("/", &pl, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(within), cmocka_unit_test(outside), cmocka_unit_test(pin_is_not_hidden),
					  cmocka_unit_test(no_home) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
