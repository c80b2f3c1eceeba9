#include "cli/gate_expire.h"

#include <pthread.h>

#include "base/clock.h"
#include "cli/keeping.h"
#include "core/policy_budget.h"
#include "gate/postgres/keeping.h"

#define ARENA_SIZE ((size_t)256 << 20)
#define PERIOD_MAX_S 600

struct gate_expire {
	const struct gate_run *run;
	int64_t period_s;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ending;
	bool over; /* under lock */
};

static bool over(struct gate_expire *e)
{
	bool is;

	pthread_mutex_lock(&e->lock);
	is = e->over;
	pthread_mutex_unlock(&e->lock);
	return is;
}

static void in_database(const struct database_upstream *u)
{
	struct postgres_aside *a;
	uint64_t gone;

	if (!aside_open(u, &a, NULL))
		return;
	(void)!keeping_expire(a, clock_now_us(), &gone, NULL);
	aside_close(a);
}

/* Numbers and dumps. */
static void in_keep(const struct gate_run *r)
{
	struct keep_bounds bounds = keeping_bounds(r->policy);
	struct keep_pruned gone;
	struct arena arena;
	struct keep *k;

	if (!arena_map(&arena, ARENA_SIZE))
		return;
	if (keep_open(str_from(r->places.state), &bounds, &k, NULL)) {
		(void)!(keep_prune(k, &arena, &gone, NULL) && keeping_pruned(r->ledger, &gone, NULL));
		keep_close(k);
	}
	arena_unmap(&arena);
}

static bool wait_a_period(struct gate_expire *e)
{
	struct timespec until;
	bool is;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += e->period_s;
	pthread_mutex_lock(&e->lock);
	while (!e->over && pthread_cond_timedwait(&e->ending, &e->lock, &until) == 0)
		;
	is = !e->over;
	pthread_mutex_unlock(&e->lock);
	return is;
}

static void *work(void *arg)
{
	struct gate_expire *e = arg;

	do {
		for (size_t i = 0; i < e->run->config.n_upstreams && !over(e); i++)
			in_database(&e->run->config.upstreams[i]);
		in_keep(e->run);
	} while (wait_a_period(e));
	return NULL;
}

bool gate_expire_start(const struct gate_run *r, struct gate_expire **ret, struct err *err)
{
	struct gate_expire *e = calloc(1, sizeof(*e));
	int64_t tenth = policy_trash(r->policy).expires_s / 10;

	if (!e)
		return err_set(err, ERR_LIMIT, "no memory");
	e->run = r;
	e->period_s = tenth < 1 ? 1 : tenth > PERIOD_MAX_S ? PERIOD_MAX_S : tenth;
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->ending, NULL);
	if (pthread_create(&e->thread, NULL, work, e) != 0) {
		free(e);
		return err_set(err, ERR_LIMIT, "no thread to be had");
	}
	*ret = e;
	return true;
}

void gate_expire_stop(struct gate_expire *e)
{
	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	e->over = true;
	pthread_cond_signal(&e->ending);
	pthread_mutex_unlock(&e->lock);
	pthread_join(e->thread, NULL);
	pthread_mutex_destroy(&e->lock);
	pthread_cond_destroy(&e->ending);
	free(e);
}
