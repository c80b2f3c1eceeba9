#include "unit.h"

#include "facts/terraform_types.h"

#define EACH_ROW(row) for (const struct terraform_type *row = NULL; (row = next_row(row));)

static const struct terraform_type *next_row(const struct terraform_type *row)
{
	const struct terraform_type *first = terraform_type_nth(0);

	return row ? terraform_type_nth((size_t)(row - first) + 1) : first;
}

static void rows_are_sorted_and_found(void **state)
{
	const struct terraform_type *last = NULL;
	size_t n = 0;

	(void)state;
	EACH_ROW(row) {
		if (last)
			assert_true(str_cmp(last->type, row->type) < 0);
		assert_ptr_equal(terraform_type_find(row->type), row);
		last = row;
		n++;
	}
	assert_true(n > 400);
	assert_null(terraform_type_nth(n));
}

/* A longer or shorter name is another type, and of another type nothing is known. */
static void near_misses_are_not_found(void **state)
{
	char name[200];

	(void)state;
	EACH_ROW(row) {
		const struct terraform_type *hit;

		snprintf(name, sizeof(name), "%.*s_x", STR_ARG(row->type));
		assert_null(terraform_type_find(str_from(name)));
		hit = terraform_type_find(str_sub(row->type, 0, row->type.len - 1));
		assert_true(!hit || hit->type.len < row->type.len);
	}
	assert_null(terraform_type_find(STR_NONE));
	assert_null(terraform_type_find(STR("AWS_DB_INSTANCE")));
}

static void rows_say_what_they_must(void **state)
{
	(void)state;
	EACH_ROW(row) {
		assert_true(str_starts(row->type, row->provider) && row->type.ptr[row->provider.len] == '_');
		assert_true(row->note.len > 3 && row->source.len > 3);
		assert_true(row->recoverable != REVERSIBLE_WINDOW || row->window.len > 0);
		assert_true((row->protection_attribute.len > 0) == (row->safe_value.len > 0));
		assert_true((row->recoverable_if.len > 0) == (row->recoverable_value.len > 0));
		assert_true(row->recoverable_if.len == 0 || row->recoverable == REVERSIBLE_WINDOW);
		assert_true((row->kept_if.len > 0) == (row->kept_value.len > 0));
		assert_true(row->kept_if.len == 0 || row->automated_backups.len > 0);
		assert_true(row->source_attribute.len == 0 || row->is_backup);
		/* What holds data is not simply made again; its compute may be. */
		assert_false(row->holds_data == HOLDS_DATA_YES && row->recoverable == REVERSIBLE_YES);
		for (size_t i = 0; i < row->n_hazards; i++)
			assert_true(row->hazards[i].attribute.len > 0 && row->hazards[i].value.len > 0);
	}
}

static void no_hazard_is_the_safe_value(void **state)
{
	(void)state;
	EACH_ROW(row) {
		for (size_t i = 0; i < row->n_hazards; i++) {
			assert_false(str_eq(row->hazards[i].attribute, row->protection_attribute) &&
				     str_eq(row->hazards[i].value, row->safe_value));
		}
	}
}

static void the_story_is_in_the_table(void **state)
{
	const struct terraform_type *db = terraform_type_find(STR("aws_db_instance"));
	const struct terraform_type *task = terraform_type_find(STR("aws_ecs_task_definition"));

	(void)state;
	assert_non_null(db);
	assert_int_equal(db->holds_data, HOLDS_DATA_YES);
	assert_str(db->protection_attribute, "deletion_protection");
	assert_str(db->automated_backups, "backup_retention_period");
	assert_non_null(task);
	assert_int_equal(task->holds_data, HOLDS_DATA_NO);
	assert_int_equal(task->recoverable, REVERSIBLE_YES);
	assert_true(terraform_type_find(STR("aws_db_snapshot"))->is_backup);
	assert_str(terraform_type_find(STR("aws_s3_bucket_versioning"))->protects, "protection.versioning-suspended");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sorted_and_found),  cmocka_unit_test(near_misses_are_not_found),
		cmocka_unit_test(rows_say_what_they_must),    cmocka_unit_test(no_hazard_is_the_safe_value),
		cmocka_unit_test(the_story_is_in_the_table),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
