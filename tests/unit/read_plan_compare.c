#include "unit.h"

#include "read/plan_compare.h"

static struct arena arena;

static int with_arena(void **state)
{
	(void)state;
	return arena_map(&arena, (size_t)4 << 20) ? 0 : -1;
}

static int without_arena(void **state)
{
	(void)state;
	arena_unmap(&arena);
	return 0;
}

static struct change *put(struct change_list *l, enum change_kind kind, const char *name)
{
	struct change *c = change_add(l, &arena);

	assert_non_null(c);
	c->kind = kind;
	c->name = str_from(name);
	c->holds_data = HOLDS_DATA_YES;
	return c;
}

static struct plan_comparison compare(const struct change_list *here, const struct change_list *there)
{
	struct plan_comparison cmp;

	assert_true(plan_compare(here, there, &arena, &cmp));
	return cmp;
}

static void environment_words_do_not_matter(void **state)
{
	struct change_list here = { 0 }, there = { 0 };
	struct plan_comparison cmp;

	(void)state;
	put(&here, CHANGE_DELETE, "module.prod.aws_db_instance.db[\"prod-1\"]");
	put(&there, CHANGE_DELETE, "module.staging.aws_db_instance.db[\"staging-1\"]");
	put(&here, CHANGE_UPDATE, "aws_s3_bucket.blue")->tag_environment = STR("blue");
	put(&there, CHANGE_UPDATE, "aws_s3_bucket.green")->tag_environment = STR("green");
	put(&here, CHANGE_UPDATE, "aws_lb.product"); /* "prod" is no word of it */
	put(&there, CHANGE_UPDATE, "aws_lb.product");
	cmp = compare(&here, &there);
	assert_int_equal(cmp.n, 0);
	assert_int_equal(cmp.n_same, 3);
}

static void what_nobody_tried_is_told(void **state)
{
	struct change_list here = { 0 }, there = { 0 };
	struct plan_comparison cmp;

	(void)state;
	put(&here, CHANGE_DELETE, "aws_db_instance.db");
	put(&here, CHANGE_REPLACE, "aws_ebs_volume.data")->forced_by = STR("encrypted");
	put(&there, CHANGE_UPDATE, "aws_ebs_volume.data");
	put(&there, CHANGE_CREATE, "aws_sqs_queue.new");
	cmp = compare(&here, &there);
	assert_int_equal(cmp.n, 3);
	assert_int_equal(cmp.n_destructive, 2);
	assert_int_equal(cmp.first->how, PLAN_ONLY_HERE);
	assert_str(cmp.first->text, "deletes aws_db_instance.db; the other plan leaves it alone");
	assert_int_equal(cmp.first->next->how, PLAN_OTHERWISE);
	assert_str(cmp.first->next->text, "replaces aws_ebs_volume.data; the other plan changes aws_ebs_volume.data");
	assert_int_equal(cmp.last->how, PLAN_ONLY_THERE);
	assert_false(cmp.last->destructive);
}

static void the_same_act_for_another_reason_differs(void **state)
{
	struct change_list here = { 0 }, there = { 0 };
	struct plan_comparison cmp;

	(void)state;
	put(&here, CHANGE_REPLACE, "aws_db_instance.db")->forced_by = STR("username");
	put(&there, CHANGE_REPLACE, "aws_db_instance.db")->forced_by = STR("requested");
	cmp = compare(&here, &there);
	assert_int_equal(cmp.n, 1);
	assert_str(cmp.first->text,
		   "replaces aws_db_instance.db, because of username; in the other plan because of requested");
}

/* A finding is a thing of its own; and once is not twice. */
static void findings_and_numbers_count(void **state)
{
	struct change_list here = { 0 }, there = { 0 };
	struct plan_comparison cmp;

	(void)state;
	put(&here, CHANGE_UPDATE, "aws_db_instance.db");
	put(&here, CHANGE_WEAKEN_PROTECTION, "aws_db_instance.db")->finding = STR("protection.retention-zero");
	put(&there, CHANGE_UPDATE, "aws_db_instance.db");
	put(&here, CHANGE_DELETE, "aws_db_instance.prod");
	put(&here, CHANGE_DELETE, "aws_db_instance.live");
	put(&there, CHANGE_DELETE, "aws_db_instance.staging");
	cmp = compare(&here, &there);
	assert_int_equal(cmp.n, 2);
	assert_str(cmp.first->here->finding, "protection.retention-zero");
	assert_str(cmp.last->here->name, "aws_db_instance.live");
	assert_int_equal(cmp.n_same, 2);
}

static void a_full_arena_concludes_nothing(void **state)
{
	static char mem[4096];
	struct change_list here = { 0 }, there = { 0 };
	struct plan_comparison cmp = { .n = 77 };
	struct arena small;

	(void)state;
	put(&here, CHANGE_DELETE, "aws_db_instance.db");
	arena_init(&small, mem, sizeof(mem));
	assert_false(plan_compare(&here, &there, &small, &cmp));
	assert_int_equal(cmp.n, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment_words_do_not_matter),
		cmocka_unit_test(what_nobody_tried_is_told),
		cmocka_unit_test(the_same_act_for_another_reason_differs),
		cmocka_unit_test(findings_and_numbers_count),
		cmocka_unit_test(a_full_arena_concludes_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, with_arena, without_arena);
}
