#include "gate/database/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

#define EVENTS 256

bool loop_init(struct loop *l, struct err *err)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };

	*l = (struct loop){ .epoll = epoll_create1(EPOLL_CLOEXEC), .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	l->notes_end = &l->notes;
	l->again_end = &l->again;
	l->scratch = malloc(LOOP_SCRATCH);
	l->made = malloc(LOOP_MADE);
	l->now_us = clock_now_us();
	if (l->epoll >= 0 && l->wake >= 0 && l->scratch && l->made && !pthread_mutex_init(&l->lock, NULL) &&
	    !epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wake, &e))
		return true;
	err_sys(err, "cannot wait for sockets");
	loop_free(l);
	return false;
}

void loop_free(struct loop *l)
{
	if (l->epoll >= 0)
		close(l->epoll);
	if (l->wake >= 0)
		close(l->wake);
	l->epoll = l->wake = -1;
	free(l->scratch);
	free(l->made);
	l->scratch = l->made = NULL;
}

static void wake(struct loop *l)
{
	uint64_t one = 1;
	ssize_t n;

	do
		n = write(l->wake, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
}

void loop_post(struct loop *l, struct loop_note *n)
{
	bool first;

	n->next = NULL;
	pthread_mutex_lock(&l->lock);
	first = !l->notes;
	*l->notes_end = n;
	l->notes_end = &n->next;
	pthread_mutex_unlock(&l->lock);
	if (first)
		wake(l);
}

void loop_stop(struct loop *l)
{
	__atomic_store_n(&l->stopping, true, __ATOMIC_SEQ_CST);
	wake(l);
}

void loop_again(struct loop *l, struct loop_note *n)
{
	n->next = NULL;
	*l->again_end = n;
	l->again_end = &n->next;
}

static void run_notes(struct loop *l)
{
	struct loop_note *n, *next;
	uint64_t count;

	while (read(l->wake, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	pthread_mutex_lock(&l->lock);
	n = l->notes;
	l->notes = NULL;
	l->notes_end = &l->notes;
	pthread_mutex_unlock(&l->lock);
	for (; n; n = next) {
		next = n->next;
		n->run(n);
	}
}

static void run_again(struct loop *l)
{
	struct loop_note *n = l->again, *next;

	l->again = NULL;
	l->again_end = &l->again;
	for (; n; n = next) {
		next = n->next;
		n->run(n);
	}
}

void loop_settle(struct loop *l)
{
	run_notes(l);
}

static void turn(struct loop *l, const struct epoll_event *e, int n)
{
	bool posted = false;

	for (int i = 0; i < n; i++) {
		struct loop_watch *w = e[i].data.ptr;
		uint32_t got = e[i].events;

		if (!w)
			posted = true;
		else if (w->fd >= 0) /* -1: removed earlier in this turn */
			w->ready(w, got & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR), got & (EPOLLOUT | EPOLLERR | EPOLLHUP),
				 got & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
	}
	if (posted)
		run_notes(l);
	if (l->again)
		run_again(l);
	if (l->turned)
		l->turned(l);
}

bool loop_turn(struct loop *l, int wait_ms)
{
	struct epoll_event e[EVENTS];
	bool again = l->again != NULL;
	int n = epoll_wait(l->epoll, e, EVENTS, again ? 0 : wait_ms);

	l->now_us = clock_now_us();
	turn(l, e, n > 0 ? n : 0);
	return n > 0 || again;
}

void loop_run(struct loop *l)
{
	int64_t ticked = clock_now_us();

	while (!__atomic_load_n(&l->stopping, __ATOMIC_SEQ_CST)) {
		loop_turn(l, 1000);
		if (l->now_us - ticked >= CLOCK_SECOND) {
			ticked = l->now_us;
			if (l->tick)
				l->tick(l);
		}
	}
}

static bool add(struct loop *l, struct loop_watch *w, uint32_t events, struct err *err)
{
	struct epoll_event e = { .events = events, .data.ptr = w };

	return !epoll_ctl(l->epoll, EPOLL_CTL_ADD, w->fd, &e) || err_sys(err, "cannot watch a socket");
}

bool loop_add(struct loop *l, struct loop_watch *w, struct err *err)
{
	return add(l, w, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, err);
}

bool loop_add_listener(struct loop *l, struct loop_watch *w, struct err *err)
{
	return add(l, w, EPOLLIN, err);
}

void loop_remove(struct loop *l, struct loop_watch *w)
{
	if (w->fd >= 0)
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
}
