/* Silence that is ours is no one else's; and an error of the vault's is told as that, whatever came of it. */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/backup_inner.h"
#include "unit.h"

/* Is it shut down within so long? */
static bool shut(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, ms) == 1;
}

static void held(void **state)
{
	struct stall *ours, *ever;
	struct err err = { 0 };
	int a[2], b[2];

	(void)state;
	assert_true(!socketpair(AF_UNIX, SOCK_STREAM, 0, a) && !socketpair(AF_UNIX, SOCK_STREAM, 0, b));
	assert_true(stall_begin(4, &ours, &err) && stall_begin(4, &ever, &err));
	stall_watch_fd(ours, a[0]);
	stall_watch_fd(ever, b[0]);
	stall_hold(ours, true);
	stall_hold(ever, true);
	assert_false(shut(a[1], 5000)); /* a third of how silent it may be is 12 s */
	assert_false(stall_over(ours));
	stall_hold(ours, false);
	assert_true(shut(b[1], 120000)); /* not for ever, whatever the vault does */
	assert_true(shut(a[1], 120000) && stall_over(ours));
	stall_end(ours);
	stall_end(ever);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

static bool fails_late(void *ctx, const void *p, size_t n, struct err *err)
{
	(void)p;
	(void)n;
	while (!stall_over(ctx))
		usleep(50000);
	return err_set(err, ERR_IO, "the vault is full");
}

static void first_error(void **state)
{
	char *argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c", (char *)(uintptr_t)"echo one; exec sleep 60", NULL };
	struct backup_reader r = { .take = fails_late };
	struct err err = { 0 };

	(void)state;
	assert_true(stall_begin(1, &r.stall, &err));
	r.ctx = r.stall;
	assert_false(backup_read(argv, NULL, &r, &err));
	assert_string_equal(err.msg, "the vault is full");
	stall_end(r.stall);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held),
		cmocka_unit_test(first_error),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
