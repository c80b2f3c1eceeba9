#include "unit.h"

#include "cli/live.h"

static char memory[1 << 20] __attribute__((aligned(16)));
static struct arena arena;

static int setup(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	arena_init(&arena, memory, sizeof(memory));
	return 0;
}

static void test_question(void **state)
{
	struct plan_create second = { .address = STR("aws_vpc.main"),
				      .type = STR("aws_vpc"),
				      .tag_name = STR("a\"b") };
	struct plan_create first = { .address = STR("aws_db_instance.db"),
				     .type = STR("aws_db_instance"),
				     .title = STR("db"),
				     .next = &second };
	auto_buf b = BUF_MAX(65536);

	(void)state;
	live_question(&first, 7, &b);
	assert_str(buf_str(&b), "{\"seconds\":7,\"creates\":[{\"address\":\"aws_db_instance.db\","
				"\"type\":\"aws_db_instance\",\"title\":\"db\","
				"\"tag_name\":\"\",\"region\":\"\"},{\"address\":\"aws_vpc.main\","
				"\"type\":\"aws_vpc\",\"title\":\"\","
				"\"tag_name\":\"a\\\"b\",\"region\":\"\"}]}");
}

static void test_finding(void **state)
{
	struct change_list list = { .n = 0 };
	struct live_report r;
	const struct change *c;

	(void)state;
	assert_true(live_answer(STR("{\"account\":\"123456789012\",\"arn\":\"arn:aws:sts::"
				    "123456789012:user/x\",\"region\":\"eu-west-1\","
				    "\"source\":\"environment\",\"alive\":[{\"address\":\"aws_vpc."
				    "main\",\"type\":\"aws_vpc\",\"title\":\"v\","
				    "\"id\":\"vpc-1\",\"identity\":\"arn:aws:ec2:eu-west-1:"
				    "123456789012:vpc/vpc-1\",\"unique\":false},"
				    "{\"address\":\"aws_db_instance.db\",\"type\":\"aws_db_"
				    "instance\",\"title\":\"courses-prod-db\",\"id\":\"db-X\","
				    "\"identity\":\"arn:db\",\"unique\":true,\"created\":\"2026-11-"
				    "21T04:01:30Z\"}],"
				    "\"asked\":3,\"n_alive\":2,\"n_absent\":1,\"n_unknown\":0,"
				    "\"first_unknown\":\"\"}"),
				&arena, &r, NULL));
	assert_true(r.known);
	live_findings(&r, 29, &arena, &list);
	assert_int_equal(list.n, 1);
	c = change_nth(&list, 0);
	assert_int_equal(c->kind, CHANGE_STATE_IDENTITY);
	assert_str(c->finding, "state.alive");
	assert_true(str_starts(c->reason, STR("2 of the 29 things this plan would create are alive "
					      "already in account 123456789012: "
					      "aws_db_instance courses-prod-db (db-X) since "
					      "2026-11-21T04:01:30Z, aws_vpc v (vpc-1).")));
	assert_true(c->safer.len > 0);
}

static void test_nothing_alive_is_no_finding(void **state)
{
	struct change_list list = { .n = 0 };
	struct live_report r;

	(void)state;
	assert_true(
		live_answer(STR("{\"account\":\"1\",\"alive\":[],\"asked\":1}"), &arena, &r, NULL));
	live_findings(&r, 1, &arena, &list);
	assert_int_equal(list.n, 0);
}

static void test_not_known(void **state)
{
	struct change_list list = { .n = 0 };
	struct live_report r;
	struct err err;

	(void)state;
	assert_true(live_answer(STR("{\"error\":\"no AWS credentials\"}"), &arena, &r, &err));
	assert_false(r.known);
	assert_str(r.why, "no AWS credentials");
	live_findings(&r, 1, &arena, &list);
	assert_int_equal(list.n, 0);
	assert_false(live_answer(STR("{}"), &arena, &r, &err));
	assert_false(live_answer(STR(""), &arena, &r, &err));
	assert_false(live_answer(STR("{\"account\":"), &arena, &r, &err));
}

/* There is no pawl-full beside a test: nothing is known, and that is said. */
static void test_no_helper(void **state)
{
	struct live_report r = { .known = true };
	struct err err;

	(void)state;
	assert_true(live_ask(NULL, 1, &arena, &r, &err));
	assert_false(r.known);
	assert_true(r.why.len > 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(test_question, setup),
	cmocka_unit_test_setup(test_finding, setup),
	cmocka_unit_test_setup(test_nothing_alive_is_no_finding, setup),
	cmocka_unit_test_setup(test_not_known, setup),
	cmocka_unit_test_setup(test_no_helper, setup),
};

UNIT_MAIN(tests)
