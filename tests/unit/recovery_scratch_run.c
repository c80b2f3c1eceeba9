/* A program whose status is its answer: one that was ended, or never ran, gave none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recovery/physical.h"
#include "unit.h"

static struct scratch *as_ourselves;

static int begin(void **state)
{
	struct err err = { 0 };

	(void)state;
	as_ourselves = scratch_new(&err);
	return as_ourselves ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	scratch_stop(as_ourselves);
	return 0;
}

static bool shell(const char *text, int timeout_s, int *ret_status, struct err *err)
{
	char *argv[SCRATCH_WORDS + 4] = { (char[]){ "sh" }, (char[]){ "-c" }, (char *)(uintptr_t)text, NULL };

	return scratch_run_for(as_ourselves, argv, timeout_s, ret_status, err);
}

static void a_status_is_an_answer(void **state)
{
	struct err err = { 0 };
	int status = -1;

	(void)state;
	assert_true(shell("exit 0", 300, &status, &err));
	assert_int_equal(status, 0);
	assert_true(shell("echo a file is missing; exit 1", 300, &status, &err));
	assert_int_equal(status, 1);
	assert_non_null(strstr(err.msg, "a file is missing"));
}

static void an_end_is_none(void **state)
{
	struct err err = { 0 };
	int status = -1;

	(void)state;
	assert_false(shell("kill -9 $$", 300, &status, &err));
	assert_false(shell("exec sleep 30", 1, &status, &err));
	assert_non_null(strstr(err.msg, "took longer"));
	assert_false(shell("exit 127", 300, &status, &err));
	assert_int_equal(status, -1);
}

/* Neither is ready, nor says a word, nor ends when it is told to. */
static void a_silent_recovery(void **state)
{
	char folder[] = "/tmp/pawl-run-XXXXXX", path[64];
	int64_t began = stall_clock();
	struct err err = { 0 };
	struct stall *stall;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(as_ourselves->folder, sizeof(as_ourselves->folder), "%s", folder);
	snprintf(as_ourselves->binaries, sizeof(as_ourselves->binaries), "%s", folder);
	snprintf(path, sizeof(path), "%s/postgres", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("#!/bin/sh\ntrap '' INT\nwhile :; do sleep 1; done\n", f);
	fclose(f);
	assert_int_equal(chmod(path, 0700), 0);
	assert_true(stall_begin(1, &stall, &err));
	assert_false(physical_start(as_ourselves, stall, &err));
	assert_true(scratch_alive(as_ourselves));
	assert_false(physical_stop(as_ourselves, stall, &err));
	assert_non_null(strstr(err.msg, "does not end"));
	assert_in_range(stall_clock() - began, 1, 300);
	stall_end(stall);
}

/* It may be silent for as long as a slow disk needs, and not for ever. */
static void who_reads_may_be_silent(void **state)
{
	struct stall *s;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(stall_slow(0), 0);
	assert_in_range(stall_slow((uint64_t)1 << 40), 3600, 24 * 3600);
	assert_true(stall_begin(1, &s, &err));
	stall_reads(s, (uint64_t)1 << 30);
	sleep(3);
	assert_false(stall_over(s));
	stall_moved(s);
	assert_false(stall_over(s));
	stall_reads(s, 0);
	for (int i = 0; i < 1200 && !stall_over(s); i++)
		usleep(100000);
	assert_true(stall_over(s));
	stall_end(s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(a_status_is_an_answer, begin, end),
	cmocka_unit_test_setup_teardown(an_end_is_none, begin, end),
	cmocka_unit_test_setup_teardown(a_silent_recovery, begin, end),
	cmocka_unit_test(who_reads_may_be_silent),
};

UNIT_MAIN(tests)
