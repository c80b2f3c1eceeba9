#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static void files(void **state)
{
	char dir[] = "/tmp/pawl-unit-XXXXXX", path[100], copy[100];
	auto_buf b = BUF_MAX(10);
	struct err err = { 0 };
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a/b", dir);
	assert_true(dir_make(path, 0700, &err));
	snprintf(path, sizeof(path), "%s/a/b/f", dir);
	snprintf(copy, sizeof(copy), "%s/a/b/g", dir);
	assert_true(file_replace(path, STR("0123456789"), 0640, &err));
	assert_true(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640);
	assert_true(file_read(path, &b, &err));
	assert_str(buf_str(&b), "0123456789");
	assert_true(file_copy(path, copy, 0600, &err));
	assert_false(file_copy(path, copy, 0600, &err));
	assert_int_equal(err.sys, EEXIST);
	buf_clear(&b);
	assert_true(file_replace(path, STR("0123456789+"), 0640, &err));
	assert_false(file_read(path, &b, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_false(file_read(dir, &b, &err));
	assert_non_null(strstr(err.msg, "not a regular file"));
	assert_true(dir_remove(dir, &err));
	assert_false(file_exists(dir));
}

static void prunes_what_is_old(void **state)
{
	char dir[] = "/tmp/pawl-fd-XXXXXX", old[64], fresh[64], below[64];
	const struct timespec long_ago[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(old, sizeof(old), "%s/old", dir);
	snprintf(fresh, sizeof(fresh), "%s/fresh", dir);
	snprintf(below, sizeof(below), "%s/folder", dir);
	assert_true(file_replace(old, STR("1"), 0600, &err));
	assert_true(file_replace(fresh, STR("1"), 0600, &err));
	assert_true(dir_make(below, 0700, &err));
	assert_int_equal(utimensat(AT_FDCWD, old, long_ago, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, below, long_ago, 0), 0);
	dir_prune(dir, 3600);
	assert_false(file_exists(old));
	assert_true(file_exists(fresh));
	assert_true(file_exists(below));
	dir_prune("/nonexistent/pawl", 3600);
	assert_true(dir_remove(dir, &err));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(files),
	cmocka_unit_test(prunes_what_is_old),
};

UNIT_MAIN(tests)
