#include "gate/hook/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gate/hook/frame.h"
#include "gate/hook/judging.h"

#define REAP_TRIES 50
#define DEAD_HEAD "pawl DENIED: the command could not be judged: "
#define DEAD_TAIL                                                                                                              \
	". So it was not run. Do not retry it more than once and do not go round it: tell the person; `pawl doctor hooks` "    \
	"says what is wrong."

/* Everything the signal handler needs; set before any handler is. */
static enum hook_host dead_host;
static volatile sig_atomic_t answering;
static volatile sig_atomic_t judging; /* the child, once there is one */

static struct iovec piece(const char *text)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text) };
}

/* Standard output of a refusal by the guard itself, as pieces; the number of them. Async-signal-safe. */
static size_t dead_out(const struct hook_host_row *row, const char *why, struct iovec ret[12])
{
	size_t n = 0;

	if (!row->deny.piece[0])
		return 0;
	ret[n++] = piece(row->deny.piece[0]);
	for (size_t i = 1; i < ARRAY_LEN(row->deny.piece) && row->deny.piece[i]; i++) {
		ret[n++] = piece(DEAD_HEAD);
		ret[n++] = piece(why);
		ret[n++] = piece(DEAD_TAIL);
		ret[n++] = piece(row->deny.piece[i]);
	}
	return n;
}

static size_t dead_err(const char *why, struct iovec ret[12])
{
	ret[0] = piece(DEAD_HEAD);
	ret[1] = piece(why);
	ret[2] = piece(DEAD_TAIL "\n");
	return 3;
}

static void join(const struct iovec *v, size_t n, char *ret, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		PAWL_ASSERT(at + v[i].iov_len < size);
		memcpy(ret + at, v[i].iov_base, v[i].iov_len);
		at += v[i].iov_len;
	}
	ret[at] = '\0';
}

void guard_dead_answer(enum hook_host host, const char *why, char *ret_out, char *ret_err, size_t size)
{
	struct iovec v[12];

	join(v, dead_out(hook_host_row(host), why, v), ret_out, size);
	join(v, dead_err(why, v), ret_err, size);
}

/* Say no by ourselves and end. Async-signal-safe: writev and _exit alone. */
static void __attribute__((noreturn)) refuse(const char *why)
{
	const struct hook_host_row *row = hook_host_row(dead_host);
	struct iovec v[12];
	size_t n = dead_out(row, why, v);
	ssize_t done = n ? writev(STDOUT_FILENO, v, (int)n) : 0;
	bool lost = done < 0;

	n = dead_err(why, v);
	done = writev(STDERR_FILENO, v, (int)n);
	/* Where the host wants its refusal on a stream that is not there, no status is left but one that is not success. */
	_exit(lost && row->dead_exit == 0 ? 1 : done < 0 && lost ? 2 : row->dead_exit);
}

/* So that no dead process is left behind; never waits long. Async-signal-safe. */
static void end_child(pid_t child)
{
	kill(child, SIGKILL);
	for (int i = 0; i < REAP_TRIES; i++) {
		pid_t got = waitpid(child, NULL, WNOHANG);

		if (got == child || (got < 0 && errno != EINTR))
			return;
		poll(NULL, 0, 1);
	}
}

static void on_signal(int number)
{
	(void)number;
	if (answering)
		return;
	answering = 1;
	if (judging > 0)
		end_child((pid_t)judging);
	refuse("pawl was told to stop before it had an answer");
}

static const int caught[] = { SIGTERM,	 SIGINT,  SIGHUP,  SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU,
			      SIGVTALRM, SIGPROF, SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGABRT };

static void catch_signals(sigset_t *ret_before)
{
	struct sigaction act = { .sa_handler = on_signal };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, ret_before);
	sigfillset(&act.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(caught); i++)
		sigaction(caught[i], &act, NULL);
	act.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &act, NULL);
	sigaction(SIGXFSZ, &act, NULL);
	/* Were it ignored (a host may), the child could not be reaped. */
	act.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &act, NULL);
}

/* In the child: as if nothing had been caught. */
static void release_signals(void)
{
	struct sigaction act = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (size_t i = 0; i < ARRAY_LEN(caught); i++)
		sigaction(caught[i], &act, NULL);
	sigaction(SIGPIPE, &act, NULL);
	sigaction(SIGXFSZ, &act, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What the child says, up to one whole frame; NULL, or why not. */
static const char *listen_to(int fd, int64_t until, char bytes[GUARD_MAX_ANSWER], size_t *ret_n)
{
	size_t n = 0, want = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - now_ms();
		ssize_t got;

		if (left <= 0)
			return "pawl's judge took too long";
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		got = read(fd, bytes + n, GUARD_MAX_ANSWER - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return n ? "pawl's judge broke off in its answer" : "pawl's judge died";
		n += (size_t)got;
		want = frame_size(bytes, n, GUARD_MAX_ANSWER);
		if (want == SIZE_MAX || (want && n > want) || n == GUARD_MAX_ANSWER)
			return "pawl's judge answered garbage";
		if (want && n == want)
			break;
	}
	*ret_n = n;
	return NULL;
}

static bool write_whole(int fd, struct str s)
{
	while (s.len) {
		ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = str_sub(s, (size_t)n, SIZE_MAX);
	}
	return true;
}

static int parent(const struct guard *g, int fd, pid_t child, int64_t until)
{
	static char bytes[GUARD_MAX_ANSWER];
	struct frame_view answer = { .exit = 0 };
	size_t n = 0;
	const char *why = listen_to(fd, until, bytes, &n);

	if (!why && !frame_open(g->host, bytes, n, &answer))
		why = "pawl's judge answered garbage";
	/* From here on a signal comes too late: what is being said is whole. */
	answering = 1;
	if (why) {
		end_child(child);
		refuse(why);
	}
	if (!write_whole(STDOUT_FILENO, answer.out) || !write_whole(STDERR_FILENO, answer.err))
		answer.exit = answer.exit ? answer.exit : 1;
	end_child(child);
	return answer.exit;
}

int guard_run(const struct guard *g)
{
	int64_t until = now_ms() + (g->deadline_ms > 0 ? g->deadline_ms : GUARD_DEADLINE_MS);
	int ends[2];
	sigset_t before;
	pid_t self = getpid(), child;

	dead_host = g->host;
	catch_signals(&before);
	if (pipe2(ends, O_CLOEXEC) != 0)
		refuse("pawl had no file descriptor left");
	child = fork();
	if (child < 0)
		refuse("pawl could not start its judge (no process left)");
	if (child == 0) {
		close(ends[0]);
		release_signals();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != self)
			_exit(1);
		judging_run(g, ends[1]);
	}
	judging = child;
	close(ends[1]);
	/* Only what the host itself keeps from us stays kept: a blocked SIGTERM would make us deaf to it. */
	sigemptyset(&before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return parent(g, ends[0], child, until);
}
