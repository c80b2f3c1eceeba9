#include "unit.h"

#include "base/err.h"

static void lines(void **state)
{
	static const char *const cases[][2] = {
		{ "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n"
		  "\tbefore or while processing the request.\n",
		  "server closed the connection unexpectedly. This probably means the server terminated abnormally before or while "
		  "processing the request." },
		{ "ERROR:  relation \"x\" does not exist\nLINE 1: SELECT 1 FROM x\n", "ERROR: relation \"x\" does not exist. LINE 1: SELECT 1 FROM x" },
		{ "failed: Connection refused\n\tIs the server running on that host?\n", "failed: Connection refused. Is the server running on that host?" },
		{ "it ends.\r\n\r\nThen more:\nThat", "it ends. Then more: That" },
		{ " \n one ", "one" },
		{ "one", "one" },
		{ "\n\t \n", "" },
		{ "", "" },
	};
	char said[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		err_line(cases[i][0], said, sizeof(said));
		assert_string_equal(said, cases[i][1]);
	}
}

/* Whatever the room: NUL-terminated, and the beginning of the whole. */
static void cut(void **state)
{
	static const char text[] = "one\nTwo\nthree four\nFive";
	char whole[64], said[64];

	(void)state;
	err_line(text, whole, sizeof(whole));
	assert_string_equal(whole, "one. Two three four. Five");
	for (size_t size = 1; size < sizeof(said); size++) {
		memset(said, 'x', sizeof(said));
		err_line(text, said, size);
		assert_true(strlen(said) < size);
		assert_memory_equal(said, whole, strlen(said));
	}
}

static void words(void **state)
{
	struct err err;

	(void)state;
	assert_false(err_said(&err, ERR_TOOL, "it cannot be asked", "FATAL:  no\nHINT:  Do.\n"));
	assert_int_equal(err.code, ERR_TOOL);
	assert_string_equal(err.msg, "it cannot be asked: FATAL: no. HINT: Do.");
	assert_false(err_said(&err, ERR_TOOL, NULL, "no\n"));
	assert_string_equal(err.msg, "no");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(lines),
	cmocka_unit_test(cut),
	cmocka_unit_test(words),
};

UNIT_MAIN(tests)
