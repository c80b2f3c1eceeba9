#include "facts/sql_functions.h"

#include "unit.h"

static void test_findings(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < SQL_MEANS_COUNT; i++) {
		const struct sql_finding *f = sql_finding((enum sql_meaning)i);

		assert_true(str_starts(f->code, STR("sql.")));
		assert_ptr_equal(sql_finding_by_code(f->code), f);
		assert_true(f->reason.len > 0 && f->kind != CHANGE_UNSET);
		/* What a preset may allow is never what cannot be brought back. */
		assert_true(f->rank == SQL_RANK_HOLDS || f->reversible != REVERSIBLE_NO);
	}
	assert_null(sql_finding_by_code(STR("sql.nosuch")));
}

static void test_functions(void **unused)
{
	size_t n = 0;

	(void)unused;
	for (; sql_function_at(n); n++) {
		const struct sql_function *f = sql_function_at(n);

		assert_true(n == 0 || str_cmp(sql_function_at(n - 1)->name, f->name) < 0);
		assert_int_equal(sql_function(f->name).means, f->means);
		assert_true(f->text_from <= f->text_to);
	}
	assert_true(n > 200);
	for (n = 0; sql_builtin_at(n).len; n++)
		assert_true(n == 0 || str_cmp(sql_builtin_at(n - 1), sql_builtin_at(n)) < 0);
	assert_true(n > 2000);
	assert_int_equal(sql_function(STR("lower")).means, SQL_MEANS_READ);
	assert_int_equal(sql_function(STR("purge")).means, SQL_MEANS_FUNCTION);
	assert_int_equal(sql_function(STR("")).means, SQL_MEANS_FUNCTION);
	assert_int_equal(sql_function(STR("pg_read_file")).means, SQL_MEANS_SERVER_FILE);
}

static void test_names(void **unused)
{
	(void)unused;
	assert_true(sql_operator_known(STR("=")) && sql_operator_known(STR("<=>")) && sql_operator_known(STR("->>")));
	assert_false(sql_operator_known(STR("===")) || sql_operator_known(STR("")) || sql_operator_known(STR(" ")));
	assert_int_equal(sql_setting(STR("ROLE")), SQL_MEANS_ROLE);
	assert_int_equal(sql_setting(STR("session_preload_libraries")), SQL_MEANS_PROGRAM);
	assert_int_equal(sql_setting(STR("statement_timeout")), SQL_MEANS_READ);
	assert_int_equal(sql_relation(STR("pg_authid")), SQL_MEANS_SECRET);
	assert_int_equal(sql_relation(STR("pg_class")), SQL_MEANS_READ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
