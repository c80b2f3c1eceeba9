/* A run that sweeps takes nothing from one that begins at that moment, and leaves nothing of one that died. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/scratch_inner.h"
#include "unit.h"

#define ROUNDS 3000

static char folder[] = "/tmp/pawl-sweep-XXXXXX";

static pid_t sweeper;

/* One sweeps until it is killed. */
static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || (sweeper = fork()) < 0)
		return -1;
	if (sweeper == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (sweeper == 0) {
		scratch_sweep(str_from(folder), geteuid());
		scratch_sweep_halves(folder, geteuid());
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	kill(sweeper, SIGKILL);
	return waitpid(sweeper, NULL, 0) == sweeper ? 0 : -1;
}

static void one_that_begins(void **state)
{
	struct err err = { 0 };
	char path[200];

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		auto_fd fd = -1, half = -1;

		snprintf(path, sizeof(path), "%s/pawl-scratch-%d", folder, i);
		assert_int_equal(mkdir(path, 0700), 0);
		fd = scratch_own(path, &err);
		if (fd < 0)
			print_error("%s\n", err.msg);
		assert_true(fd >= 0);
		assert_int_equal(access(path, F_OK), 0);
		assert_true(dir_remove(path, &err));
		snprintf(path, sizeof(path), "%s/scratch-one.%d", folder, i);
		half = scratch_half(path);
		assert_true(half >= 0);
		assert_int_equal(access(path, F_OK), 0);
		assert_int_equal(rmdir(path), 0);
	}
}

static void one_that_died(void **state)
{
	char path[200], template[200];
	struct err err = { 0 };
	int fd, half;

	(void)state;
	snprintf(path, sizeof(path), "%s/pawl-scratch-dead", folder);
	snprintf(template, sizeof(template), "%s/scratch-dead.1", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	fd = scratch_own(path, &err);
	half = scratch_half(template);
	assert_true(fd >= 0 && half >= 0);
	scratch_sweep(str_from(folder), geteuid());
	scratch_sweep_halves(folder, geteuid());
	assert_int_equal(access(path, F_OK) | access(template, F_OK), 0);
	close(fd);
	close(half);
	scratch_sweep(str_from(folder), geteuid());
	scratch_sweep_halves(folder, geteuid());
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(template, F_OK), -1);
}

static int remove_all(void **state)
{
	(void)state;
	return rmdir(folder);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(one_that_begins, begin, end),
	cmocka_unit_test_setup_teardown(one_that_died, NULL, remove_all),
};

UNIT_MAIN(tests)
