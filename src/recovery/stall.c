#include "recovery/stall.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

struct stall {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	unsigned seconds;
	int64_t moved, until; /* by stall_clock(); until 0: whenever */
	int fd;
	pid_t pid;
	bool over, late, ended;
};

int64_t stall_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void give_up(struct stall *s)
{
	s->over = true;
	if (s->fd >= 0)
		shutdown(s->fd, SHUT_RDWR);
	if (s->pid > 0)
		kill(s->pid, SIGKILL);
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
		if (!s->ended && (s->over || s->late || stall_clock() - s->moved > (int64_t)s->seconds))
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
	over = s->over;
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
