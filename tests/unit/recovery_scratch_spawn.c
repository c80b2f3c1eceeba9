/* What we have open is not the server's: code that a backup brings along may run there. */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/scratch_inner.h"
#include "unit.h"

static void inherits_nothing(void **state)
{
	char *argv[3 + SCRATCH_WORDS] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
					  (char *)(uintptr_t)"if (: <&9) 2>/dev/null; then echo open; else echo shut; fi" };
	char path[PATH_LEN + 16];
	auto_buf said = BUF_MAX(4096);
	struct err err = { 0 };
	struct scratch *s = scratch_new(&err);
	int status;

	(void)state;
	assert_non_null(s);
	assert_int_equal(dup2(socket(AF_UNIX, SOCK_STREAM, 0), 9), 9);
	snprintf(s->folder, sizeof(s->folder), "/tmp/pawl-spawn-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	assert_true(scratch_spawn(s, argv, &err));
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	s->pid = -1;
	snprintf(path, sizeof(path), "%s/log", s->folder);
	assert_true(file_read(path, &said, &err));
	assert_str(str_trim(buf_str(&said)), "shut");
	scratch_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inherits_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
