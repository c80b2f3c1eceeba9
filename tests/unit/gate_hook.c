#include "unit.h"

#include "gate/hook/frame.h"
#include "gate/hook/guard.h"
#include "gate/hook/hook.h"
#include "gate/hook/tools.h"

static size_t characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
	return n;
}

static struct str repeat(struct buf *b, const char *what, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_adds(b, what);
	return buf_str(b);
}

static void words_fit(void **state)
{
	static const char *const letters[] = { "a", "ä", "\xf0\x9f\x98\x80", "\xe2\x80\xae", "\x01", "\xff", "\"", "\\" };
	static const size_t lengths[] = { 0, 1, 100, 220, 221, 599, 600, 601, 5000 };

	(void)state;
	for (size_t l = 0; l < ARRAY_LEN(letters); l++) {
		for (size_t r = 0; r < ARRAY_LEN(lengths); r++) {
			for (size_t s = 0; s < ARRAY_LEN(lengths); s++) {
				auto_buf reason = BUF_MAX(1 << 20), safer = BUF_MAX(1 << 20), out = BUF_MAX(1 << 20);
				struct hook_verdict v = { .verdict = VERDICT_HOLD,
							  .hold = STR("H-123456"),
							  .reason = repeat(&reason, letters[l], lengths[r]),
							  .safer = repeat(&safer, letters[l], lengths[s]) };

				hook_words(&v, &out);
				assert_true(characters(buf_str(&out)) <= HOOK_MAX_TEXT);
				assert_true(str_is_utf8(buf_str(&out)));
				assert_true(str_starts(buf_str(&out), STR("pawl HELD H-123456: ")));
				assert_true(str_ends(buf_str(&out), STR("then exactly this passes once.")));
				assert_true(str_find(buf_str(&out), STR("Do not retry")) != SIZE_MAX);
				assert_true((lengths[s] > 0) == (str_find(buf_str(&out), STR(" Safer: ")) != SIZE_MAX));
			}
		}
	}
}

static void words_hide_nothing(void **state)
{
	auto_buf out = BUF_MAX(1 << 16);
	struct hook_verdict v = { .verdict = VERDICT_DENY,
				  .reason = STR("a\xe2\x80\xae"
						"b\xe2\x80\x8b"
						"c\nd") };

	(void)state;
	hook_words(&v, &out);
	assert_true(str_starts(buf_str(&out), STR("pawl DENIED: a\\u{202e}b\\u{200b}c\\u{a}d Do not retry it")));
}

/* A verdict that nobody gave, or that has flipped bits, refuses. */
static void unset_refuses(void **state)
{
	static const uint32_t values[] = { 0, 1, VERDICT_ALLOW ^ 1, VERDICT_ALLOW ^ 0x80000000, VERDICT_HOLD, VERDICT_DENY };

	(void)state;
	for (int h = HOOK_HOST_NONE + 1; h < HOOK_HOST_COUNT; h++) {
		for (size_t i = 0; i < ARRAY_LEN(values); i++) {
			struct hook_call call = { .host = (enum hook_host)h, .event = HOOK_EVENT_TOOL };
			struct hook_verdict v = { .verdict = VERDICT_UNSET };
			struct hook_answer a;

			memcpy(&v.verdict, &values[i], sizeof(values[i]));
			assert_true(hook_answer_write(&call, &v, &a));
			assert_true(a.exit == 2 ? a.err.len > 0 : a.out.len > 0);
			assert_false(str_eq(buf_str(&a.out), str_from(hook_host_row(call.host)->allow)) && a.exit == 0);
			hook_answer_free(&a);
		}
	}
}

static void dead_answers_are_short(void **state)
{
	char out[GUARD_MAX_ANSWER], err[GUARD_MAX_ANSWER];

	(void)state;
	for (int h = HOOK_HOST_NONE + 1; h < HOOK_HOST_COUNT; h++) {
		guard_dead_answer((enum hook_host)h, "pawl was told to stop before it had an answer", out, err, sizeof(out));
		assert_true(strlen(err) <= HOOK_MAX_TEXT);
		assert_true((out[0] == '\0') == (hook_host_row((enum hook_host)h)->deny.piece[0] == NULL));
	}
}

static void names_say(void **state)
{
	struct str tool = STR_NONE;

	(void)state;
	assert_true(tools_destructive(STR("delete_project")));
	assert_true(tools_destructive(STR("projectDelete")));
	assert_true(tools_destructive(STR("DropTable2")));
	assert_true(tools_destructive(STR("reset_database")));
	assert_true(tools_destructive(STR("removeBucket")));
	assert_false(tools_destructive(STR("delete_comment")));
	assert_false(tools_destructive(STR("remove_label")));
	assert_false(tools_destructive(STR("browser_clear")));
	assert_false(tools_destructive(STR("undeleted")));
	assert_false(tools_destructive(STR("dropdown_values")));
	assert_true(tools_looks(STR("list_tables")));
	assert_true(tools_looks(STR("getUser")));
	assert_false(tools_looks(STR("get_and_delete")));
	assert_false(tools_looks(STR("write_file")));
	assert_true(tools_like_sql(STR("  DROP TABLE x")));
	assert_true(tools_like_sql(STR("/* a */ drop table x")));
	assert_false(tools_like_sql(STR("how to drop a table")));
	assert_str(tools_server(STR("mcp__a_b__c__d"), &tool), "a_b");
	assert_str(tool, "c__d");
	assert_int_equal(tools_server(STR("mcp____x"), &tool).len, 0);
	assert_int_equal(tools_field(STR("filePath")), TOOLS_FIELD_PATH);
	assert_int_equal(tools_field(STR("file_path")), TOOLS_FIELD_PATH);
	assert_int_equal(tools_field(STR("")), TOOLS_FIELD_NONE);
	assert_int_equal(tools_kind(STR("bash")), HOOK_TOOL_SHELL);
	assert_int_equal(tools_kind(STR("bas")), HOOK_TOOL_UNKNOWN);
	assert_int_equal(hook_host_from(STR("claude-cod")), HOOK_HOST_NONE);
	assert_int_equal(hook_host_from(STR("")), HOOK_HOST_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_fit),	 cmocka_unit_test(words_hide_nothing),
		cmocka_unit_test(unset_refuses), cmocka_unit_test(dead_answers_are_short),
		cmocka_unit_test(names_say),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
