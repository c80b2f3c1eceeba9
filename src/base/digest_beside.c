#include "base/digest_beside.h"

#include <pthread.h>

#define WORTH ((size_t)2 << 20) /* bytes after which a thread is started */
#define BLOCK ((size_t)256 << 10)
#define BLOCKS 8

struct block {
	size_t n;
	unsigned char bytes[BLOCK];
};

struct digest_beside {
	struct digest_run run; /* the worker's while it runs */
	size_t inline_bytes;
	bool threaded, refused;
	pthread_t worker;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	/* Under the lock: blocks [done, filled) wait for the worker; `filled` is the caller's to fill. */
	size_t filled, done;
	bool ended;
	struct block *block; /* BLOCKS of them */
};

struct digest_beside *digest_beside_begin(void)
{
	struct digest_beside *d = calloc(1, sizeof(*d));

	if (d)
		digest_begin(&d->run);
	return d;
}

static void *work(void *ctx)
{
	struct digest_beside *d = ctx;

	pthread_mutex_lock(&d->lock);
	for (;;) {
		const struct block *b;

		while (d->done == d->filled && !d->ended)
			pthread_cond_wait(&d->moved, &d->lock);
		if (d->done == d->filled)
			break;
		b = &d->block[d->done % BLOCKS];
		pthread_mutex_unlock(&d->lock);
		digest_add(&d->run, b->bytes, b->n);
		pthread_mutex_lock(&d->lock);
		d->done++;
		pthread_cond_signal(&d->moved);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

static bool start(struct digest_beside *d)
{
	d->block = malloc(BLOCKS * sizeof(*d->block));
	if (!d->block)
		return false;
	d->block[0].n = 0;
	PAWL_ASSERT(pthread_mutex_init(&d->lock, NULL) == 0 && pthread_cond_init(&d->moved, NULL) == 0);
	d->threaded = pthread_create(&d->worker, NULL, work, d) == 0;
	return d->threaded;
}

/* Give the filled block to the worker and wait until the next is free. */
static void hand_over(struct digest_beside *d)
{
	pthread_mutex_lock(&d->lock);
	d->filled++;
	pthread_cond_signal(&d->moved);
	while (d->filled - d->done == BLOCKS)
		pthread_cond_wait(&d->moved, &d->lock);
	pthread_mutex_unlock(&d->lock);
	d->block[d->filled % BLOCKS].n = 0;
}

static void add_threaded(struct digest_beside *d, const unsigned char *p, size_t n)
{
	while (n > 0) {
		struct block *b = &d->block[d->filled % BLOCKS];
		size_t room = BLOCK - b->n, take = n < room ? n : room;

		memcpy(b->bytes + b->n, p, take);
		b->n += take;
		p += take;
		n -= take;
		if (b->n == BLOCK)
			hand_over(d);
	}
}

void digest_beside_add(struct digest_beside *d, const void *p, size_t n)
{
	if (!d->threaded && !d->refused && d->inline_bytes >= WORTH)
		d->refused = !start(d);
	if (d->threaded) {
		add_threaded(d, p, n);
		return;
	}
	d->inline_bytes += n;
	digest_add(&d->run, p, n);
}

struct digest digest_beside_end(struct digest_beside *d)
{
	struct digest digest;

	if (d->threaded) {
		if (d->block[d->filled % BLOCKS].n > 0)
			hand_over(d);
		pthread_mutex_lock(&d->lock);
		d->ended = true;
		pthread_cond_signal(&d->moved);
		pthread_mutex_unlock(&d->lock);
		PAWL_ASSERT(pthread_join(d->worker, NULL) == 0);
	}
	digest = digest_end(&d->run);
	free(d->block);
	free(d);
	return digest;
}
