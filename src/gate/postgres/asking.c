#include "gate/postgres/asking.h"

#define STACK ((size_t)1 << 20)

bool asking_init(struct asking *a, unsigned threads, unsigned queue, struct err *err)
{
	*a = (struct asking){ .most_threads = threads, .most_queued = queue };
	a->last = &a->first;
	a->ids = calloc(threads, sizeof(*a->ids));
	if (a->ids && !pthread_mutex_init(&a->lock, NULL) && !pthread_cond_init(&a->some, NULL))
		return true;
	free(a->ids);
	a->ids = NULL;
	return err_set(err, ERR_LIMIT, "no memory for threads");
}

static struct asking_job *take(struct asking *a)
{
	struct asking_job *j;

	pthread_mutex_lock(&a->lock);
	a->idle++;
	while (!a->first && !a->stopping)
		pthread_cond_wait(&a->some, &a->lock);
	a->idle--;
	j = a->first;
	if (j) {
		a->first = j->next;
		if (!a->first)
			a->last = &a->first;
		a->queued--;
	}
	pthread_mutex_unlock(&a->lock);
	return j;
}

static void *work(void *p)
{
	struct asking *a = p;
	struct asking_job *j;

	while ((j = take(a))) {
		struct loop *home = j->home;

		j->work(j);
		if (home)
			loop_post(home, &j->note);
	}
	return NULL;
}

/* Under the lock. */
static void one_more(struct asking *a)
{
	pthread_attr_t attr;

	if (pthread_attr_init(&attr))
		return;
	pthread_attr_setstacksize(&attr, STACK);
	if (!pthread_create(&a->ids[a->threads], &attr, work, a))
		a->threads++;
	pthread_attr_destroy(&attr);
}

bool asking_submit(struct asking *a, struct asking_job *j)
{
	bool ok = true;

	j->next = NULL;
	pthread_mutex_lock(&a->lock);
	if (a->idle <= a->queued && a->threads < a->most_threads)
		one_more(a);
	if (a->stopping || !a->threads || a->queued >= a->most_queued) {
		ok = false;
	} else {
		*a->last = j;
		a->last = &j->next;
		a->queued++;
		pthread_cond_signal(&a->some);
	}
	pthread_mutex_unlock(&a->lock);
	return ok;
}

void asking_free(struct asking *a)
{
	if (!a->ids)
		return;
	pthread_mutex_lock(&a->lock);
	a->stopping = true;
	pthread_cond_broadcast(&a->some);
	pthread_mutex_unlock(&a->lock);
	for (unsigned i = 0; i < a->threads; i++)
		pthread_join(a->ids[i], NULL);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->some);
	free(a->ids);
	a->ids = NULL;
}
