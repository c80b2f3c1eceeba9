/* A child that becomes somebody. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "recovery/prove_inner.h"

#define SAYS_MAX 4000

extern char **environ;

static bool take_capabilities(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)caps, (uint32_t)caps, (uint32_t)caps },
		{ (uint32_t)(caps >> 32), (uint32_t)(caps >> 32), (uint32_t)(caps >> 32) }
	};

	if (syscall(SYS_capset, &head, data) != 0)
		return false;
	for (unsigned long c = 0; c < 64; c++) {
		if (caps >> c & 1)
			(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0);
	}
	return true;
}

static bool become(const struct prove_agent *who)
{
	const struct rlimit none = { 0, 0 }, file = { (rlim_t)65 << 20, (rlim_t)65 << 20 },
			    cpu = { PROVE_WAY_S, PROVE_WAY_S };

	if (geteuid() == 0) {
		if (setgroups(who->n_groups, who->groups) != 0 ||
		    (who->capabilities && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) ||
		    setresgid(who->gid, who->gid, who->gid) != 0 ||
		    setresuid(who->uid, who->uid, who->uid) != 0 ||
		    (who->capabilities && !take_capabilities(who->capabilities)))
			return false;
	}
	if (getuid() != who->uid || geteuid() != who->uid)
		return false;
	if (who->env)
		environ = (char **)(uintptr_t)who->env;
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	/* As a program of its own would be: after a change of user nobody could look into it else. */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	       setrlimit(RLIMIT_FSIZE, &file) == 0 && setrlimit(RLIMIT_CPU, &cpu) == 0 &&
	       chdir("/") == 0;
}

static void child(int out, const struct prove_agent *who,
		  enum prove_result (*job)(const void *ctx, struct buf *says), const void *ctx)
{
	auto_buf says = BUF_MAX(SAYS_MAX);
	enum prove_result r;
	char code;

	(void)setsid();
	if (!become(who)) {
		buf_addf(&says, "user %u could not be become: %s", (unsigned)who->uid,
			 strerror(errno));
		r = PROVE_UNSET;
	} else {
		r = job(ctx, &says);
	}
	code = (char)r;
	if (fd_write_all(out, &code, 1, NULL) && says.len &&
	    fd_write_all(out, says.ptr, says.len, NULL))
		_exit(0);
	_exit(0);
}

/* All that the child says until it ends, or until it is time. */
static bool listen_to(int fd, char *ret, size_t size, size_t *ret_n)
{
	int64_t end = clock_now_us() + PROVE_WAY_S * CLOCK_SECOND;
	struct pollfd p = { fd, POLLIN, 0 };
	size_t n = 0;

	for (;;) {
		int64_t left = (end - clock_now_us()) / 1000;
		ssize_t k;

		if (left <= 0 || n == size)
			return false;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		k = read(fd, ret + n, size - n);
		if (k == 0)
			break;
		n += k > 0 ? (size_t)k : 0;
	}
	*ret_n = n;
	return n > 0;
}

enum prove_result prove_as(const struct prove_agent *who,
			   enum prove_result (*job)(const void *ctx, struct buf *says),
			   const void *ctx, struct buf *says)
{
	char said[SAYS_MAX + 2];
	size_t n = 0;
	int ends[2];
	pid_t pid;
	bool good;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		buf_adds(says, strerror(errno));
		return PROVE_UNSET;
	}
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child(ends[1], who, job, ctx);
	}
	close(ends[1]);
	good = pid > 0 && listen_to(ends[0], said, sizeof(said), &n);
	close(ends[0]);
	if (pid > 0) {
		(void)kill(-pid, SIGKILL);
		(void)kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (!good) {
		buf_adds(says, "it did not come to an end");
		return PROVE_UNSET;
	}
	buf_add(says, (struct str){ said + 1, n - 1 });
	return (enum prove_result)said[0];
}

pid_t prove_standin(const struct prove_agent *who, const char *path)
{
	char ready = 0;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (setsid() < 0 || !become(who) ||
		    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
		    open(path, O_RDONLY | O_CLOEXEC) < 0 || write(ends[1], "r", 1) != 1)
			_exit(1);
		close(ends[1]);
		for (;;)
			pause();
	}
	close(ends[1]);
	if (pid > 0 && read(ends[0], &ready, 1) != 1)
		prove_standin_end(&pid);
	close(ends[0]);
	return pid;
}

void prove_standin_end(pid_t *pid)
{
	if (*pid <= 0)
		return;
	(void)kill(*pid, SIGKILL);
	while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
		;
	*pid = -1;
}
