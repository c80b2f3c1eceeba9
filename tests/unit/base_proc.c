#include "unit.h"

#include "base/proc.h"

static bool run(const char *script, struct proc_opts o, int *status, struct err *err)
{
	char sh[] = "/bin/sh", c[] = "-c", text[400];
	char *argv[] = { sh, c, text, NULL };

	snprintf(text, sizeof(text), "%s", script);
	return proc_run(argv, &o, status, err);
}

static void talks(void **state)
{
	auto_buf out = BUF_MAX(1000), er = BUF_MAX(1000);
	struct err err = { 0 };
	int st = -1;

	(void)state;
	assert_true(run("cat; echo oops >&2; exit 3",
			(struct proc_opts){ .input = STR("hi"), .out = &out, .errout = &er }, &st, &err));
	assert_int_equal(st, 3);
	assert_str(buf_str(&out), "hi");
	assert_str(buf_str(&er), "oops\n");
	assert_true(run("kill -9 $$", (struct proc_opts){ 0 }, &st, &err));
	assert_int_equal(st, 137);
}

static void is_bounded(void **state)
{
	auto_buf out = BUF_MAX(1000);
	struct err err = { 0 };
	int st = -1;

	(void)state;
	assert_false(run("sleep 30", (struct proc_opts){ .out = &out, .timeout_s = 1 }, &st, &err));
	assert_non_null(strstr(err.msg, "longer than 1 s"));
	assert_false(run("yes", (struct proc_opts){ .out = &out }, &st, &err));
	assert_non_null(strstr(err.msg, "more than may be kept"));
	assert_int_equal(st, -1);
}

static void says_what_is_missing(void **state)
{
	char none[] = "/no/such/program";
	char *argv[] = { none, NULL };
	struct err err = { 0 };
	char at[100];
	int st;

	(void)state;
	assert_false(proc_run(argv, &(struct proc_opts){ 0 }, &st, &err));
	assert_non_null(strstr(err.msg, "/no/such/program"));
	assert_true(proc_find("sh", "/nowhere::/bin", NULL, at, sizeof(at)));
	assert_string_equal(at, "/bin/sh");
	assert_false(proc_find("sh", "/bin", "/bin", at, sizeof(at)));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(talks),
	cmocka_unit_test(is_bounded),
	cmocka_unit_test(says_what_is_missing),
};

UNIT_MAIN(tests)
