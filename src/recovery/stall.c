#include "recovery/stall.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "recovery/ending.h"

#define SLOW ((uint64_t)32 << 20) /* bytes a second */

#define HELD 3 /* times as long */

struct stall {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	unsigned seconds;
	int64_t moved, until; /* by stall_clock(); until 0: whenever */
	int fd;
	pid_t pid;
	bool over, late, ended, held, undoes;
};

int64_t stall_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static bool signalled(const struct stall *s)
{
	return !s->undoes && ending_signal();
}

static void give_up(struct stall *s)
{
	s->over = true;
	if (s->fd >= 0)
		shutdown(s->fd, SHUT_RDWR);
	if (s->pid > 0) {
		kill(-s->pid, SIGKILL); /* and the others of its group, where it leads one: no other group has its number */
		kill(s->pid, SIGKILL);
	}
}

static void *watch(void *ctx)
{
	struct stall *s = ctx;

	pthread_mutex_lock(&s->mutex);
	while (!s->ended) {
		struct timespec until = { .tv_sec = stall_clock() + 1 };

		pthread_cond_timedwait(&s->wake, &s->mutex, &until);
		s->late = s->late || (s->until && stall_clock() >= s->until);
		/* Once more each second: what is opened after it was given up is no better. */
		if (!s->ended && (s->over || signalled(s) || s->late ||
				  stall_clock() - s->moved > (int64_t)s->seconds * (s->held ? HELD : 1)))
			give_up(s);
	}
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

bool stall_begin(unsigned seconds, struct stall **ret, struct err *err)
{
	struct stall *s = calloc(1, sizeof(*s));
	pthread_condattr_t clock;
	int bad;

	if (!s)
		return err_set(err, ERR_LIMIT, "no memory to watch for silence");
	*s = (struct stall){ .seconds = seconds, .moved = stall_clock(), .fd = -1, .pid = -1 };
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &clock);
	pthread_condattr_destroy(&clock);
	pthread_mutex_init(&s->mutex, NULL);
	bad = pthread_create(&s->thread, NULL, watch, s);
	if (bad) {
		free(s);
		return err_set(err, ERR_LIMIT, "no thread to watch for silence");
	}
	*ret = s;
	return true;
}

void stall_watch_fd(struct stall *s, int fd)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	s->fd = fd;
	s->moved = stall_clock();
	pthread_mutex_unlock(&s->mutex);
}

void stall_watch_pid(struct stall *s, pid_t pid)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	s->pid = pid;
	s->moved = stall_clock();
	pthread_mutex_unlock(&s->mutex);
}

void stall_moved(struct stall *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	if (s->moved < stall_clock())
		s->moved = stall_clock();
	pthread_mutex_unlock(&s->mutex);
}

int64_t stall_slow(uint64_t bytes)
{
	return (int64_t)(bytes / SLOW);
}

void stall_reads(struct stall *s, uint64_t bytes)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	s->moved = stall_clock() + stall_slow(bytes);
	pthread_mutex_unlock(&s->mutex);
}

void stall_hold(struct stall *s, bool hold)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	s->held = hold;
	s->moved = stall_clock();
	pthread_mutex_unlock(&s->mutex);
}

void stall_until(struct stall *s, int64_t until_s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	s->until = until_s;
	pthread_mutex_unlock(&s->mutex);
}

void stall_undoes(struct stall *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	s->undoes = true;
	pthread_mutex_unlock(&s->mutex);
}

void stall_why(struct stall *s, const char *who, struct err *err)
{
	if (!ending_none(err))
		return;
	if (stall_late(s))
		(void)err_set(err, ERR_TOOL, "it took longer than it may, and was ended");
	else
		(void)err_set(err, ERR_TOOL, "%s said nothing for too long", who);
}

bool stall_late(struct stall *s)
{
	bool late;

	if (!s)
		return false;
	pthread_mutex_lock(&s->mutex);
	late = s->late;
	pthread_mutex_unlock(&s->mutex);
	return late;
}

bool stall_over(struct stall *s)
{
	bool over;

	if (!s)
		return false;
	pthread_mutex_lock(&s->mutex);
	over = s->over || signalled(s);
	pthread_mutex_unlock(&s->mutex);
	return over;
}

void stall_end(struct stall *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	s->ended = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}
