#include "recovery/expand.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <zstd.h>

#define PIECE ((size_t)1 << 20) /* packed */
#define PIECES 4
#define OUT PACK_FRAME /* plain: a frame that is there whole is unpacked where it lies */
#define OUTS 4
#define WORTH ((uint64_t)128 << 10) /* plain bytes after which a thread pays */
#define TABLES ((size_t)256 << 20) /* reserved for their names */

struct piece {
	size_t n;
	char bytes[PIECE];
};

struct out {
	size_t n;
	char bytes[OUT];
};

struct expand {
	const struct unpack_from *from;
	bool (*take)(void *ctx, const void *p, size_t n, struct err *err);
	void *ctx;
	/* The thread's while it runs. */
	ZSTD_DCtx *zstd;
	bool over; /* a frame ended, and no other began */
	uint64_t plain_bytes;
	struct fingerprint *fingerprint;
	struct arena tables; /* of the fingerprint */
	struct err err;
	/* Under the lock: pieces [in_done, in_filled) wait for the thread, outs [out_done, out_filled) for the caller. */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	size_t in_filled, in_done, out_filled, out_done;
	bool threaded, ended, stopped, failed, finished;
	struct piece *in;
	struct out *out;
};

bool expand_changed(const struct unpack_from *f, uint64_t at, const char *what, struct err *err)
{
	const struct manifest *m = f->manifest;

	return err_set(err, ERR_BROKEN, "%.*s/%.*s/%.*s, from byte %llu on: %s", STR_ARG(m->target), STR_ARG(m->id),
		       STR_ARG(m->files->name), (unsigned long long)at, what);
}

/* --- what is computed --- */

/* The out at hand is full; false: nobody takes it. */
static bool give(struct expand *x, struct err *err)
{
	bool go;

	if (!x->threaded)
		return x->take(x->ctx, x->out->bytes, x->out->n, err);
	pthread_mutex_lock(&x->lock);
	x->out_filled++;
	pthread_cond_signal(&x->moved);
	while (x->out_filled - x->out_done == OUTS && !x->stopped)
		pthread_cond_wait(&x->moved, &x->lock);
	go = !x->stopped;
	pthread_mutex_unlock(&x->lock);
	return go;
}

static struct out *next_out(struct expand *x)
{
	return x->threaded ? &x->out[x->out_filled % OUTS] : x->out;
}

static bool expand_piece(struct expand *x, const void *p, size_t n, struct err *err)
{
	ZSTD_inBuffer in = { p, n, 0 };
	bool full = false;

	while (in.pos < in.size || full) {
		struct out *o = next_out(x);
		ZSTD_outBuffer out = { o->bytes, OUT, 0 };
		size_t left = ZSTD_decompressStream(x->zstd, &out, &in);

		if (ZSTD_isError(left))
			return expand_changed(x->from, 0, ZSTD_getErrorName(left), err);
		x->over = left == 0;
		o->n = out.pos;
		full = out.pos == OUT && !x->over; /* it may hold more of what it was given */
		x->plain_bytes += out.pos;
		if (x->plain_bytes > x->from->manifest->plain_bytes)
			return expand_changed(x->from, 0, "it holds more than its manifest says", err);
		if (out.pos && (!fingerprint_add(x->fingerprint, o->bytes, out.pos, err) || !give(x, err)))
			return false;
	}
	return true;
}

static void *work(void *ctx)
{
	struct expand *x = ctx;

	pthread_mutex_lock(&x->lock);
	for (;;) {
		const struct piece *p;
		bool good;

		while (x->in_done == x->in_filled && !x->ended && !x->stopped)
			pthread_cond_wait(&x->moved, &x->lock);
		if (x->in_done == x->in_filled || x->stopped)
			break;
		p = &x->in[x->in_done % PIECES];
		pthread_mutex_unlock(&x->lock);
		good = expand_piece(x, p->bytes, p->n, &x->err);
		pthread_mutex_lock(&x->lock);
		x->in_done++;
		if (!good) {
			x->failed = true;
			break;
		}
		pthread_cond_signal(&x->moved);
	}
	x->finished = true;
	pthread_cond_signal(&x->moved);
	pthread_mutex_unlock(&x->lock);
	return NULL;
}

/* --- the caller's side --- */

/* Signals are the caller's, whose calls they end. */
static bool start(struct expand *x)
{
	sigset_t all, old;

	x->in = malloc(PIECES * sizeof(*x->in));
	if (!x->in)
		return false;
	PAWL_ASSERT(pthread_mutex_init(&x->lock, NULL) == 0 && pthread_cond_init(&x->moved, NULL) == 0);
	sigfillset(&all);
	x->threaded = true;
	pthread_sigmask(SIG_SETMASK, &all, &old);
	x->threaded = pthread_create(&x->thread, NULL, work, x) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return x->threaded;
}

struct expand *expand_begin(const struct unpack_from *from, bool (*take)(void *ctx, const void *p, size_t n, struct err *err), void *ctx,
			    struct err *err)
{
	bool worth = from->manifest->plain_bytes >= WORTH;
	struct expand *x = calloc(1, sizeof(*x));

	if (x) {
		*x = (struct expand){ .from = from, .take = take, .ctx = ctx, .zstd = ZSTD_createDCtx() };
		x->out = malloc((worth ? OUTS : 1) * sizeof(*x->out));
		x->fingerprint = arena_map(&x->tables, TABLES) ? fingerprint_new(from->form, &x->tables) : NULL;
	}
	if (!x || !x->zstd || !x->out || !x->fingerprint) {
		expand_free(x);
		(void)err_set(err, ERR_LIMIT, "no memory to unpack a backup");
		return NULL;
	}
	if (worth)
		(void)start(x);
	return x;
}

/* What is plain is taken: until there is room for a piece, or ${all} of it was. */
static bool taken(struct expand *x, bool all, struct err *err)
{
	bool good = true;

	pthread_mutex_lock(&x->lock);
	for (;;) {
		const struct out *o = &x->out[x->out_done % OUTS];

		if (x->out_done < x->out_filled) {
			pthread_mutex_unlock(&x->lock);
			good = x->take(x->ctx, o->bytes, o->n, err);
			pthread_mutex_lock(&x->lock);
			x->out_done++;
			x->stopped = !good;
			pthread_cond_signal(&x->moved);
			if (!good)
				break;
		} else if (x->failed || (all ? x->finished : x->in_filled - x->in_done < PIECES)) {
			break;
		} else {
			pthread_cond_wait(&x->moved, &x->lock);
		}
	}
	if (good && x->failed) {
		good = false;
		if (err)
			*err = x->err;
	}
	pthread_mutex_unlock(&x->lock);
	return good;
}

bool expand_add(struct expand *x, const void *p, size_t n, struct err *err)
{
	const char *at = p;

	if (!x->threaded)
		return expand_piece(x, p, n, err);
	while (n) {
		struct piece *to = &x->in[x->in_filled % PIECES];

		if (!taken(x, false, err))
			return false;
		to->n = n < PIECE ? n : PIECE;
		memcpy(to->bytes, at, to->n);
		at += to->n;
		n -= to->n;
		pthread_mutex_lock(&x->lock);
		x->in_filled++;
		pthread_cond_signal(&x->moved);
		pthread_mutex_unlock(&x->lock);
	}
	return true;
}

/* Where they stay. */
static bool keep(const struct fingerprint_found *found, struct arena *arena, struct fingerprint_found *ret)
{
	struct fingerprint_table *first = NULL, **end = &first;

	for (const struct fingerprint_table *t = found->tables; t; t = t->next) {
		struct fingerprint_table *mine = ARENA_NEW(arena, struct fingerprint_table);

		if (!mine)
			return false;
		*mine = *t;
		mine->name = arena_str(arena, t->name);
		mine->columns = t->columns.ptr ? arena_str(arena, t->columns) : STR_NONE;
		mine->next = NULL;
		*end = mine;
		end = &mine->next;
	}
	*ret = *found;
	ret->tables = first;
	return !arena->full;
}

static bool ended_well(struct expand *x, struct fingerprint_found *ret, struct err *err)
{
	const struct manifest *m = x->from->manifest;
	struct fingerprint_found found;

	if (!x->over || x->plain_bytes != m->plain_bytes)
		return expand_changed(x->from, 0, "it holds less than its manifest says", err);
	if (!fingerprint_end(x->fingerprint, &found, err))
		return false;
	if (!digest_eq(&found.plain, &m->plain))
		return expand_changed(x->from, 0, "what it holds is not what its manifest says", err);
	return keep(&found, x->from->arena, ret) || err_set(err, ERR_LIMIT, "more tables than can be remembered");
}

bool expand_end(struct expand *x, struct fingerprint_found *ret, struct err *err)
{
	if (x->threaded) {
		pthread_mutex_lock(&x->lock);
		x->ended = true;
		pthread_cond_signal(&x->moved);
		pthread_mutex_unlock(&x->lock);
		if (!taken(x, true, err))
			return false;
	}
	return ended_well(x, ret, err);
}

void expand_free(struct expand *x)
{
	if (!x)
		return;
	if (x->threaded) {
		pthread_mutex_lock(&x->lock);
		x->stopped = true;
		pthread_cond_signal(&x->moved);
		pthread_mutex_unlock(&x->lock);
		PAWL_ASSERT(pthread_join(x->thread, NULL) == 0);
	}
	fingerprint_free(x->fingerprint);
	arena_unmap(&x->tables);
	ZSTD_freeDCtx(x->zstd);
	free(x->in);
	free(x->out);
	free(x);
}
