#include "gate/terraform/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void become(char *const argv[], const struct run_opts *o, const sigset_t *mask)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || (o->quiet && dup2(null, 1) < 0) || (o->to_stderr && dup2(2, 1) < 0) ||
	    (o->errout && dup2(o->errout, 2) < 0))
		_exit(126);
	if (null > 2)
		close(null);
	if (o->cwd && chdir(o->cwd) != 0)
		_exit(126);
	setpgid(0, 0);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execve(argv[0], argv, o->env);
	_exit(127);
}

/* Until the child is gone. */
static bool mind(pid_t pid, const sigset_t *waited, struct run_result *r, struct err *err)
{
	for (;;) {
		int st, sig;
		pid_t k = waitpid(pid, &st, WNOHANG);

		if (k == pid) {
			r->status = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
			return true;
		}
		if (k < 0 && errno != EINTR)
			return err_sys(err, "waitpid");
		sig = sigwaitinfo(waited, NULL);
		if (sig <= 0 || sig == SIGCHLD)
			continue;
		if (!r->asked)
			kill(pid, SIGINT);
		r->asked = r->asked ? r->asked : sig;
	}
}

bool run_streaming(char *const argv[], const struct run_opts *opts, struct run_result *ret, struct err *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	struct run_result r = { 0, 0 };
	sigset_t waited, old;
	pid_t pid;
	bool ok;

	if (access(argv[0], X_OK) != 0)
		return err_sys(err, "%s", argv[0]);
	sigemptyset(&waited);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaddset(&waited, signals[i]);
	sigprocmask(SIG_BLOCK, &waited, &old);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become(argv, opts, &old);
	ok = pid > 0 ? mind(pid, &waited, &r, err) : err_sys(err, "fork");
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (ok)
		*ret = r;
	return ok;
}
