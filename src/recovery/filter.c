#include "recovery/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/ending.h"

#define CHUNK 65536
#define WORDS_MAX 300
#define LOOK_MS 1000
#define PAUSE_NS 1000000
#define PAUSE_MAX_NS 128000000

extern char **environ;

bool filter_signals(posix_spawnattr_t *attr)
{
	sigset_t none, ours;
	short flags = 0;

	sigemptyset(&none);
	sigemptyset(&ours);
	sigaddset(&ours, SIGPIPE);
	sigaddset(&ours, SIGXFSZ);
	return !posix_spawnattr_getflags(attr, &flags) && !posix_spawnattr_setsigmask(attr, &none) &&
	       !posix_spawnattr_setsigdefault(attr, &ours) &&
	       !posix_spawnattr_setflags(attr, (short)(flags | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
}

static bool start(struct filter *f, char *const argv[], const int to[2], const int from[2])
{
	posix_spawn_file_actions_t a;
	posix_spawnattr_t attr;
	bool good;

	if (posix_spawn_file_actions_init(&a))
		return false;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&a);
		return false;
	}
	good = !posix_spawn_file_actions_adddup2(&a, to[0], 0) &&
	       !posix_spawn_file_actions_adddup2(&a, from[1], 1) &&
	       !posix_spawn_file_actions_adddup2(&a, f->says, 2) &&
	       filter_signals(&attr) && !(errno = posix_spawnp(&f->pid, argv[0], &a, &attr, argv, environ));
	posix_spawn_file_actions_destroy(&a);
	posix_spawnattr_destroy(&attr);
	return good;
}

static bool output(const struct filter *f, int ret[2])
{
	if (f->take)
		return !pipe2(ret, O_CLOEXEC);
	ret[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return ret[1] >= 0;
}

bool filter_begin(struct filter *f, char *const argv[], struct err *err)
{
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	bool good;

	f->pid = -1;
	f->status = 0;
	f->in = f->out = -1;
	snprintf(f->name, sizeof(f->name), "%s", argv[0]);
	f->says = memfd_create("says", MFD_CLOEXEC);
	good = f->says >= 0 && !pipe2(to, O_CLOEXEC) && output(f, from) && start(f, argv, to, from) &&
	       !fcntl(to[1], F_SETFL, O_NONBLOCK) && (from[0] < 0 || !fcntl(from[0], F_SETFL, O_NONBLOCK));
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

/* --- how long it may be silent --- */

/* Ended here, and waited for by whoever stops it. ${since} by stall_clock(). */
static bool too_long(struct filter *f, int64_t since, struct err *err)
{
	unsigned most = f->silent_s || f->stall ? f->silent_s : FILTER_SILENT_S;
	bool over = stall_over(f->stall) || ending_signal();

	if (!over && (!most || stall_clock() - since <= (int64_t)most))
		return false;
	if (f->pid > 0)
		kill(f->pid, SIGKILL);
	if (!ending_none(err))
		return true;
	if (stall_late(f->stall))
		(void)err_set(err, ERR_TOOL, "%s was ended: it took longer than it may", f->name);
	else
		(void)err_set(err, ERR_TOOL, "%s said nothing for too long and was ended", f->name);
	return true;
}

static bool ready(struct filter *f, struct pollfd *fds, nfds_t n, struct err *err)
{
	int64_t since = stall_clock();

	while (!too_long(f, since, err)) {
		int k = poll(fds, n, LOOK_MS);

		if (k > 0)
			return true;
		if (k < 0 && errno != EINTR)
			return err_sys(err, "%s", f->name);
	}
	return false;
}

/* It ended, and is still there to be waited for. */
static bool ended(struct filter *f, struct err *err)
{
	struct timespec pause = { 0, PAUSE_NS };
	int64_t since = stall_clock();
	siginfo_t end;

	for (;;) {
		end.si_pid = 0;
		if (waitid(P_PID, (id_t)f->pid, &end, WEXITED | WNOHANG | WNOWAIT) < 0 && errno != EINTR)
			return true; /* who waits for it says why */
		if (end.si_pid)
			return true;
		if (too_long(f, since, err))
			return false;
		(void)nanosleep(&pause, NULL);
		pause.tv_nsec = pause.tv_nsec < PAUSE_MAX_NS ? 2 * pause.tv_nsec : PAUSE_MAX_NS;
	}
}

/* --- its end --- */

static bool reap(struct filter *f, struct err *err)
{
	int status = 0;
	pid_t pid;

	do
		pid = waitpid(f->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	f->pid = -1;
	if (pid < 0)
		return err_sys(err, "%s", f->name);
	f->status = status;
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

bool filter_ready(struct filter *f, struct err *err)
{
	return ready(f, &(struct pollfd){ f->out, POLLIN, 0 }, 1, err);
}

bool filter_wait(struct filter *f, bool *ret_end, struct err *err)
{
	*ret_end = false;
	return filter_ready(f, err) && drain(f, ret_end, err);
}

bool filter_add(struct filter *f, const void *p, size_t n, struct err *err)
{
	const char *at = p;
	bool end = false, shut = false;

	while (n) {
		struct pollfd fds[2] = { { f->in, POLLOUT, 0 }, { f->out, POLLIN, 0 } };
		ssize_t k = 0;

		if (!ready(f, fds, 2, err))
			return false;
		if (fds[1].revents && !drain(f, &end, err))
			return false;
		if (fds[0].revents & (POLLOUT | POLLERR))
			k = write(f->in, at, n);
		if (k < 0 && errno != EAGAIN && errno != EINTR)
			shut = true;
		if (end || shut) { /* it says no more, or reads no more, before it was told all */
			fd_close(&f->in);
			if (!ended(f, err) || !reap(f, err))
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
	while (!end && f->out >= 0) {
		if (!filter_wait(f, &end, err))
			return false;
	}
	fd_close(&f->out);
	return ended(f, err) && reap(f, err);
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
