#include "unit.h"

#include "base/timestamp.h"

static void there_and_back(void **state)
{
	static const char *const cases[] = { "1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2026-11-21T09:15:00Z",
					     "2100-03-01T00:00:00Z" };
	char text[TIMESTAMP_LEN + 1];
	int64_t us;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(timestamp_parse(str_from(cases[i]), &us));
		timestamp_text(us, text);
		assert_string_equal(text, cases[i]);
	}
	assert_true(timestamp_parse(STR("2026-11-21T10:15:00.5+01:00"), &us));
	timestamp_text(us, text);
	assert_string_equal(text, "2026-11-21T09:15:00Z");
	assert_int_equal(us % 1000000, 500000);
	assert_int_equal(timestamp_split(us).weekday, 6);
	assert_false(timestamp_parse(STR("2026-13-21T10:15:00Z"), &us));
	assert_false(timestamp_parse(STR("2026-11-21T10:15:00"), &us));
}

static void durations(void **state)
{
	static const char *const exact[][2] = { { "0s", "0 s" },    { "45s", "45 s" }, { "1m", "1 min" }, { "90m", "90 min" },
						{ "61s", "61 s" },  { "2h", "2 h" },   { "25h", "25 h" }, { "5d", "5 d" } };
	char text[40];
	int64_t s;

	(void)state;
	assert_true(duration_parse(STR("24h"), &s));
	assert_int_equal(s, 86400);
	assert_false(duration_parse(STR("24"), &s));
	assert_false(duration_parse(STR("h"), &s));
	assert_false(duration_parse(STR("99999999999999d"), &s));
	duration_text(3 * 3600 + 240, text, sizeof(text));
	assert_string_equal(text, "3 h 4 min");
	duration_text(59, text, sizeof(text));
	assert_string_equal(text, "59 s");
	for (size_t i = 0; i < ARRAY_LEN(exact); i++) {
		assert_true(duration_parse(str_from(exact[i][0]), &s));
		duration_exact(s, text, sizeof(text));
		assert_string_equal(text, exact[i][1]);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(there_and_back),
	cmocka_unit_test(durations),
};

UNIT_MAIN(tests)
