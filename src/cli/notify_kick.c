/* Starting the delivery in the background. */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/full.h"
#include "cli/notify.h"

static void become_flush(const char *program)
{
	char *argv[] = { (char[]){ "pawl" }, (char[]){ "notify" }, (char[]){ "flush" }, (char[]){ "--wait" }, (char[]){ "10m" }, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(1);
	setsid();
	execv(program, argv);
	_exit(127);
}

/* Forked twice: nobody has to wait for it, and it is no job of the terminal's. */
void notify_kick(const struct policy *policy)
{
	char program[PLACES_MAX];
	pid_t child;

	if ((policy && !policy_notify(policy)) || !full_path(program, sizeof(program)))
		return;
	child = fork();
	if (child == 0) {
		if (fork() == 0)
			become_flush(program);
		_exit(0);
	}
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The last flush left a note when something still waits: the time it is due. */
void notify_kick_due(void)
{
	auto_buf b = BUF_MAX(64);
	struct places places;
	char path[PLACES_MAX + 16];
	uint64_t due;

	if (!places_find(NULL, &places, NULL))
		return;
	snprintf(path, sizeof(path), "%s/notify.due", places.state);
	if (!file_exists(path) || !file_read(path, &b, NULL) || !str_to_u64(str_trim(buf_str(&b)), &due))
		return;
	if ((int64_t)due <= clock_now_us())
		notify_kick(NULL);
}
