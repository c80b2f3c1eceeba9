#include "unit.h"

#include <errno.h>
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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(files),
};

UNIT_MAIN(tests)
