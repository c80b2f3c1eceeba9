#include "recovery/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

#define CHUNK 65536
#define WORDS_MAX 300

extern char **environ;

static bool start(struct filter *f, char *const argv[], const int to[2], const int from[2])
{
	posix_spawn_file_actions_t a;
	posix_spawnattr_t attr;
	sigset_t none;
	bool good;

	if (posix_spawn_file_actions_init(&a))
		return false;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&a);
		return false;
	}
	sigemptyset(&none);
	good = !posix_spawn_file_actions_adddup2(&a, to[0], 0) &&
	       !posix_spawn_file_actions_adddup2(&a, from[1], 1) &&
	       !posix_spawn_file_actions_adddup2(&a, f->says, 2) &&
	       !posix_spawnattr_setsigmask(&attr, &none) &&
	       !posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK) &&
	       !(errno = posix_spawnp(&f->pid, argv[0], &a, &attr, argv, environ));
	posix_spawn_file_actions_destroy(&a);
	posix_spawnattr_destroy(&attr);
	return good;
}

bool filter_begin(struct filter *f, char *const argv[], struct err *err)
{
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	bool good;

	f->pid = -1;
	f->in = f->out = -1;
	snprintf(f->name, sizeof(f->name), "%s", argv[0]);
	f->says = memfd_create("says", MFD_CLOEXEC);
	good = f->says >= 0 && !pipe2(to, O_CLOEXEC) && !pipe2(from, O_CLOEXEC) &&
	       start(f, argv, to, from) && !fcntl(to[1], F_SETFL, O_NONBLOCK) &&
	       !fcntl(from[0], F_SETFL, O_NONBLOCK);
	if (good) {
		f->in = fd_take(&to[1]);
		f->out = fd_take(&from[0]);
	} else {
		(void)err_sys(err, "%s cannot be started", f->name);
	}
	fd_close(&to[0]);
	fd_close(&to[1]);
	fd_close(&from[0]);
	fd_close(&from[1]);
	if (!good)
		filter_stop(f);
	return good;
}

/* Its first words, and how it ended. */
static bool died(struct filter *f, int status, struct err *err)
{
	char words[WORDS_MAX];
	ssize_t n = pread(f->says, words, sizeof(words), 0);
	struct str said = str_trim((struct str){ words, n > 0 ? (size_t)n : 0 });

	if (WIFSIGNALED(status))
		return err_set(err, ERR_TOOL, "%s was ended by signal %d%s%.*s", f->name,
			       WTERMSIG(status), said.len ? ": " : "", STR_ARG(said));
	return err_set(err, ERR_TOOL, "%s ended with status %d%s%.*s", f->name, WEXITSTATUS(status),
		       said.len ? ": " : "", STR_ARG(said));
}

static bool reap(struct filter *f, struct err *err)
{
	int status;
	pid_t pid;

	do
		pid = waitpid(f->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	f->pid = -1;
	if (pid < 0)
		return err_sys(err, "%s", f->name);
	return status == 0 || died(f, status, err);
}

/* What can be read now. False on failure; *${ret_end} when nothing more will come. */
static bool drain(struct filter *f, bool *ret_end, struct err *err)
{
	char chunk[CHUNK];
	ssize_t n = read(f->out, chunk, sizeof(chunk));

	*ret_end = n == 0;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR || err_sys(err, "%s", f->name);
	return n == 0 || f->take(f->ctx, chunk, (size_t)n, err);
}

bool filter_wait(struct filter *f, bool *ret_end, struct err *err)
{
	struct pollfd fd = { f->out, POLLIN, 0 };

	*ret_end = false;
	if (poll(&fd, 1, -1) < 0 && errno != EINTR)
		return err_sys(err, "%s", f->name);
	return !fd.revents || drain(f, ret_end, err);
}

bool filter_add(struct filter *f, const void *p, size_t n, struct err *err)
{
	const char *at = p;
	bool end = false, shut = false;

	while (n) {
		struct pollfd fds[2] = { { f->in, POLLOUT, 0 }, { f->out, POLLIN, 0 } };
		ssize_t k = 0;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return err_sys(err, "%s", f->name);
		if (fds[1].revents && !drain(f, &end, err))
			return false;
		if (fds[0].revents & (POLLOUT | POLLERR))
			k = write(f->in, at, n);
		if (k < 0 && errno != EAGAIN && errno != EINTR)
			shut = true;
		if (end || shut) { /* it says no more, or reads no more, before it was told all */
			fd_close(&f->in);
			if (!reap(f, err))
				return false;
			f->early = shut;
			return err_set(err, ERR_TOOL, "%s ended before it had read all", f->name);
		}
		at += k > 0 ? k : 0;
		n -= k > 0 ? (size_t)k : 0;
	}
	return true;
}

bool filter_end(struct filter *f, struct err *err)
{
	bool end = false;

	fd_close(&f->in);
	while (!end) {
		struct pollfd fd = { f->out, POLLIN, 0 };

		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return err_sys(err, "%s", f->name);
		if (fd.revents && !drain(f, &end, err))
			return false;
	}
	fd_close(&f->out);
	return reap(f, err);
}

void filter_stop(struct filter *f)
{
	fd_close(&f->in);
	fd_close(&f->out);
	if (f->pid > 0) {
		kill(f->pid, SIGKILL);
		(void)reap(f, NULL);
	}
	f->pid = -1;
	fd_close(&f->says);
}
