#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define GRACE_US (5 * CLOCK_SECOND)
#define READ_CHUNK ((size_t)65536)

extern char **environ;

/* Of nobody's to set: a clock that is put right ends nobody early, and lets nobody stay. */
static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * CLOCK_SECOND + t.tv_nsec / 1000;
}

struct child {
	pid_t pid;
	int in, out, err; /* our ends; -1 when closed or not ours */
};

static bool pipe_for(bool wanted, int ret[2], struct err *err)
{
	ret[0] = ret[1] = -1;
	if (wanted && pipe2(ret, O_CLOEXEC) != 0)
		return err_sys(err, "pipe");
	return true;
}

static void close_pair(int p[2])
{
	fd_close(&p[0]);
	fd_close(&p[1]);
}

/* In the child: never returns. */
static void become(char *const argv[], const struct proc_opts *o, int in, int out, int errout)
{
	sigset_t none;

	if (!o->inherit_input && in < 0)
		in = open("/dev/null", O_RDONLY);
	if (!o->inherit_input && dup2(in, 0) < 0)
		_exit(126);
	if ((out >= 0 && dup2(out, 1) < 0) || (errout >= 0 && dup2(errout, 2) < 0))
		_exit(126);
	if (o->cwd && chdir(o->cwd) != 0)
		_exit(126);
	if (!o->inherit_input)
		setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execve(argv[0], argv, o->env ? o->env : environ);
	_exit(127);
}

static bool start(char *const argv[], const struct proc_opts *o, struct child *c, struct err *err)
{
	int in[2], out[2], er[2];
	bool same = o->errout && o->errout == o->out;

	if (!pipe_for(o->input.len > 0, in, err) || !pipe_for(o->out != NULL, out, err) ||
	    !pipe_for(o->errout && !same, er, err))
		return false;
	c->pid = fork();
	if (c->pid == 0)
		become(argv, o, in[0], out[1], same ? out[1] : er[1]);
	if (c->pid < 0) {
		err_sys(err, "fork");
		close_pair(in);
		close_pair(out);
		close_pair(er);
		return false;
	}
	fd_close(&in[0]);
	fd_close(&out[1]);
	fd_close(&er[1]);
	*c = (struct child){ c->pid, in[1], out[0], er[0] };
	if (c->in >= 0)
		fcntl(c->in, F_SETFL, O_NONBLOCK);
	return true;
}

/* Take what is there; false when the buffer is full. */
static bool take(int *fd, struct buf *b)
{
	size_t room = b->max > b->len ? b->max - b->len : 0;
	char *p, probe = 0;
	ssize_t k;

	if (room > READ_CHUNK)
		room = READ_CHUNK;
	p = room ? buf_reserve(b, room) : &probe;
	if (!p)
		return false;
	k = read(*fd, p, room ? room : 1);
	if (k < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (k <= 0) {
		fd_close(fd);
		return true;
	}
	if (!room)
		return false;
	b->len += (size_t)k;
	b->ptr[b->len] = '\0';
	return true;
}

static void give(int *fd, struct str *left)
{
	ssize_t k = write(*fd, left->ptr, left->len);

	if (k < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (k > 0)
		*left = str_sub(*left, (size_t)k, left->len);
	if (k <= 0 || left->len == 0)
		fd_close(fd);
}

static void stop(const struct child *c, const struct proc_opts *o)
{
	pid_t whom = o->inherit_input ? c->pid : -c->pid;
	int64_t until = now_us() + GRACE_US;
	struct timespec nap = { 0, 20000000 };

	kill(whom, SIGTERM);
	while (now_us() < until) {
		if (waitpid(c->pid, NULL, WNOHANG) == c->pid) {
			kill(whom, SIGKILL);
			return;
		}
		nanosleep(&nap, NULL);
	}
	kill(whom, SIGKILL);
	waitpid(c->pid, NULL, 0);
}

/* Milliseconds until ${deadline}, for poll; -1 without one, 0 when past. */
static int left_ms(int64_t deadline)
{
	int64_t d;

	if (deadline == 0)
		return -1;
	d = (deadline - now_us()) / 1000;
	return d < 0 ? 0 : d > 60000 ? 60000 : (int)d;
}

static bool pump(struct child *c, const struct proc_opts *o, int64_t deadline, struct err *err)
{
	struct str left = o->input;

	while (c->out >= 0 || c->err >= 0 || c->in >= 0) {
		struct pollfd p[3] = { { c->out, POLLIN, 0 }, { c->err, POLLIN, 0 }, { c->in, POLLOUT, 0 } };
		int k = poll(p, 3, left_ms(deadline));

		if (k < 0 && errno != EINTR)
			return err_sys(err, "poll");
		if (deadline && now_us() >= deadline)
			return err_set(err, ERR_TOOL, "took longer than %d s and was stopped", o->timeout_s);
		if (k <= 0)
			continue;
		if ((p[0].revents && !take(&c->out, o->out)) || (p[1].revents && !take(&c->err, o->errout)))
			return err_set(err, ERR_LIMIT, "said more than may be kept, and was stopped");
		if (p[2].revents)
			give(&c->in, &left);
	}
	return true;
}

static bool reap(const struct child *c, const struct proc_opts *o, int64_t deadline, int *ret_status,
		 struct err *err)
{
	struct timespec nap = { 0, 2000000 };
	int st;

	for (;;) {
		pid_t k = waitpid(c->pid, &st, deadline ? WNOHANG : 0);

		if (k == c->pid)
			break;
		if (k < 0 && errno != EINTR)
			return err_sys(err, "waitpid");
		if (deadline && now_us() >= deadline) {
			stop(c, o);
			return err_set(err, ERR_TOOL, "took longer than %d s and was stopped",
				       o->timeout_s);
		}
		if (k == 0)
			nanosleep(&nap, NULL);
	}
	*ret_status = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
	return true;
}

bool proc_run(char *const argv[], const struct proc_opts *opts, int *ret_status, struct err *err)
{
	int64_t deadline = opts->timeout_s ? now_us() + opts->timeout_s * CLOCK_SECOND : 0;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	struct child c = { -1, -1, -1, -1 };
	int status = 0;
	bool ok;

	if (access(argv[0], X_OK) != 0)
		return err_sys(err, "%s", argv[0]);
	if (!start(argv, opts, &c, err))
		return err_prefix(err, "%s", argv[0]);
	sigaction(SIGPIPE, &ignore, &old);
	ok = pump(&c, opts, deadline, err);
	if (!ok)
		stop(&c, opts);
	else
		ok = reap(&c, opts, deadline, &status, err);
	sigaction(SIGPIPE, &old, NULL);
	fd_close(&c.in);
	fd_close(&c.out);
	fd_close(&c.err);
	if (!ok)
		return err_prefix(err, "%s", argv[0]);
	*ret_status = status;
	return true;
}

bool proc_find(const char *name, const char *path, const char *skip_dir, char *ret, size_t size)
{
	struct str left = str_from(path);

	while (left.len > 0) {
		size_t colon = str_find_char(left, ':');
		struct str dir = str_sub(left, 0, colon);
		struct stat st;
		int n;

		left = colon == SIZE_MAX ? STR_NONE : str_sub(left, colon + 1, left.len);
		if (dir.len == 0 || (skip_dir && str_is(dir, skip_dir)))
			continue;
		n = snprintf(ret, size, "%.*s/%s", STR_ARG(dir), name);
		if (n > 0 && (size_t)n < size && stat(ret, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(ret, X_OK) == 0)
			return true;
	}
	return false;
}
