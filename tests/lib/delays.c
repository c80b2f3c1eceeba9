/* delays.c -- pawl's own programs, slowed down at random: `meson setup -Ddelays=true` links it into each and hands it their calls
 * to files, sockets and processes. A test that takes for granted what it should wait for fails with it soon, and by
 * chance without it. What it makes of a call is only late, never wrong.
 *	PAWL_TEST_DELAYS=N  N times as long (1; 0: none)
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000L

static uint64_t next(void)
{
	static _Thread_local uint64_t x;
	struct timespec t;

	while (!x) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		x = (uint64_t)t.tv_nsec * 0x9e3779b97f4a7c15ULL ^ ((uint64_t)syscall(SYS_gettid) << 32) ^ 1;
	}
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 * MS + t.tv_nsec;
}

/* No process is late for more than a second and a third of its time: one that makes calls by the thousand would never end. */
static bool spend(int64_t ns)
{
	static _Atomic int64_t began, spent;
	int64_t none = 0;

	atomic_compare_exchange_strong(&began, &none, now());
	if (atomic_load(&spent) > 1000 * MS + (now() - atomic_load(&began)) / 3)
		return false;
	atomic_fetch_add(&spent, ns);
	return true;
}

/* One call in ${of} is late by up to ${most_ms}; one in a hundred of these, ten times that. */
static void late(unsigned of, unsigned most_ms)
{
	uint64_t r = next();
	const char *n;
	struct timespec t;
	long ns;

	if (r % of)
		return;
	n = getenv("PAWL_TEST_DELAYS");
	ns = (long)((r >> 20) % most_ms) * MS * ((r >> 50) % 100 ? 1 : 10) * (n ? strtol(n, NULL, 10) : 1);
	if (!spend(ns))
		return;
	t = (struct timespec){ .tv_sec = ns / (1000 * MS), .tv_nsec = ns % (1000 * MS) };
	syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
}

#define SLOW(of, most_ms, type, name, params, args)   \
	type __real_##name params;                    \
	type __wrap_##name params;                    \
	type __wrap_##name params                     \
	{                                             \
		late(of, most_ms);                    \
		return __real_##name args;            \
	}

SLOW(4, 120, int, rename, (const char *a, const char *b), (a, b))
SLOW(4, 120, int, renameat, (int a, const char *b, int c, const char *d), (a, b, c, d))
SLOW(4, 120, int, renameat2, (int a, const char *b, int c, const char *d, unsigned e), (a, b, c, d, e))
SLOW(4, 120, int, unlink, (const char *a), (a))
SLOW(4, 120, int, unlinkat, (int a, const char *b, int c), (a, b, c))
SLOW(4, 120, int, fsync, (int a), (a))
SLOW(4, 120, int, fdatasync, (int a), (a))
SLOW(4, 120, int, flock, (int a, int b), (a, b))
SLOW(5, 100, int, connect, (int a, const struct sockaddr *b, socklen_t c), (a, b, c))
SLOW(5, 100, int, accept4, (int a, struct sockaddr *b, socklen_t *c, int d), (a, b, c, d))
SLOW(200, 30, int, epoll_wait, (int a, struct epoll_event *b, int c, int d), (a, b, c, d))
SLOW(50, 60, int, poll, (struct pollfd *a, nfds_t b, int c), (a, b, c))
SLOW(500, 30, ssize_t, send, (int a, const void *b, size_t c, int d), (a, b, c, d))
SLOW(500, 30, ssize_t, sendmsg, (int a, const struct msghdr *b, int c), (a, b, c))
SLOW(100, 30, ssize_t, write, (int a, const void *b, size_t c), (a, b, c))
SLOW(100, 30, ssize_t, writev, (int a, const struct iovec *b, int c), (a, b, c))
SLOW(3, 200, pid_t, fork, (void), ())
SLOW(1, 200, int, execv, (const char *a, char *const *b), (a, b))
SLOW(1, 200, int, execve, (const char *a, char *const *b, char *const *c), (a, b, c))
SLOW(3, 200, int, posix_spawnp,
     (pid_t *a, const char *b, const posix_spawn_file_actions_t *c, const posix_spawnattr_t *d, char *const *e, char *const *f),
     (a, b, c, d, e, f))
SLOW(500, 30, int, pthread_rwlock_wrlock, (pthread_rwlock_t *a), (a))
SLOW(2, 100, int, pthread_join, (pthread_t a, void **b), (a, b))

#define SLOW_OPEN(name, params, args)           \
	int __real_##name params;               \
	int __wrap_##name params;               \
	int __wrap_##name params                \
	{                                       \
		va_list more;                   \
		mode_t mode;                    \
						\
		va_start(more, flags);          \
		mode = va_arg(more, mode_t);    \
		va_end(more);                   \
		late(2000, 40);                 \
		return __real_##name args;      \
	}

SLOW_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
SLOW_OPEN(openat64, (int at, const char *path, int flags, ...), (at, path, flags, mode))
