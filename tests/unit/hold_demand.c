#include "unit.h"

#include "base/clock.h"
#include "hold/demand.h"

#define FRIDAY (INT64_C(1763716500) * CLOCK_SECOND) /* 2025-11-21T09:15:00Z */
#define HOUR (3600 * CLOCK_SECOND)

static void test_hours(void **state)
{
	struct demands d = { .has_hours = true, .from_minute = 9 * 60, .to_minute = 17 * 60, .weekdays = 0x3e };
	auto_buf text = BUF_MAX(200);

	(void)state;
	assert_true(demand_hour_ok(&d, FRIDAY));
	assert_false(demand_hour_ok(&d, FRIDAY - HOUR));
	assert_true(demand_hour_ok(&d, FRIDAY - 15 * 60 * CLOCK_SECOND));
	assert_false(demand_hour_ok(&d, FRIDAY + 8 * HOUR));
	assert_false(demand_hour_ok(&d, FRIDAY + 24 * HOUR));
	demand_hours_text(&d, &text);
	assert_str(buf_str(&text), "Mon,Tue,Wed,Thu,Fri 09:00-17:00 UTC");
	/* Over midnight: Friday's night reaches into Saturday. */
	d = (struct demands){ .has_hours = true, .from_minute = 22 * 60, .to_minute = 6 * 60, .weekdays = 1u << 5 };
	assert_true(demand_hour_ok(&d, FRIDAY + 14 * HOUR));
	assert_true(demand_hour_ok(&d, FRIDAY + 20 * HOUR));
	assert_false(demand_hour_ok(&d, FRIDAY + 21 * HOUR));
	assert_false(demand_hour_ok(&d, FRIDAY - 5 * HOUR));
	d.has_hours = false;
	assert_true(demand_hour_ok(&d, FRIDAY));
}

static void test_json(void **state)
{
	static char memory[1 << 16];
	struct str_list second = { .item = STR("security") }, first = { .item = STR("dba"), .next = &second };
	struct demands d = { .confirm = CONFIRM_PLAIN, .approvals = 2, .roles = &first, .cool_off_s = 60, .expires_s = 90,
			     .has_hours = true, .from_minute = 1, .to_minute = 2, .weekdays = 3 }, back;
	auto_buf text = BUF_MAX(2000);
	struct json_out o = { .buf = &text };
	struct json *root;
	struct arena a;

	(void)state;
	arena_init(&a, memory, sizeof(memory));
	demand_to_json(&d, &o);
	assert_true(json_parse(buf_str(&text), &a, &root, NULL));
	assert_true(demand_from_json(root, &a, &back, NULL));
	assert_int_equal(back.confirm, CONFIRM_PLAIN);
	assert_int_equal(back.approvals, 2);
	assert_int_equal(back.cool_off_s, 60);
	assert_int_equal(back.expires_s, 90);
	assert_true(back.has_hours && back.from_minute == 1 && back.to_minute == 2 && back.weekdays == 3);
	assert_str(back.roles->next->item, "security");
	/* Without a word on it, the stricter: a name is typed. Without the number of people, no demands at all. */
	assert_true(json_parse(STR("{\"approvals\":1}"), &a, &root, NULL));
	assert_true(demand_from_json(root, &a, &back, NULL));
	assert_int_equal(back.confirm, CONFIRM_TYPED);
	assert_true(json_parse(STR("{\"approvals\":0}"), &a, &root, NULL));
	assert_false(demand_from_json(root, &a, &back, NULL));
}

static void test_roles(void **state)
{
	struct str_list want = { .item = STR("dba") }, other = { .item = STR("dev") }, has = { .item = STR("dba"), .next = &other };
	struct demands d = { .roles = &want };

	(void)state;
	assert_true(demand_role_ok(&d, STR("alice"), &has));
	assert_false(demand_role_ok(&d, STR("alice"), &other));
	assert_false(demand_role_ok(&d, STR("alice"), NULL));
	assert_true(demand_role_ok(&d, STR("dba"), NULL));
	d.roles = NULL;
	assert_true(demand_role_ok(&d, STR("alice"), NULL));
}

static const struct CMUnitTest tests[] = { cmocka_unit_test(test_hours), cmocka_unit_test(test_json), cmocka_unit_test(test_roles) };
UNIT_MAIN(tests)
