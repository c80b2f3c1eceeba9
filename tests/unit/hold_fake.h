/* hold_fake.h -- a ledger in memory, and a request to hold, for the unit tests of room hold. */
#ifndef PAWL_TESTS_HOLD_FAKE_H
#define PAWL_TESTS_HOLD_FAKE_H

#include "unit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "hold/hold.h"

#define FAKE_MAX 64
#define FAKE_START (INT64_C(1763716500) * CLOCK_SECOND) /* 2025-11-21T09:15:00Z, a Friday */

struct fake {
	struct {
		char kind[24], *body;
		int64_t time_us;
	} entry[FAKE_MAX];
	size_t n;
	int64_t now_us;
	bool locked;
	size_t fail_at; /* appending this entry fails; 0 never */
};

static bool fake_append(void *ctx, struct str kind, struct str body, uint64_t *ret_seq, struct err *err)
{
	struct fake *f = ctx;

	if (f->n + 1 == f->fail_at)
		return err_set(err, ERR_IO, "disk full");
	assert_true(f->n < FAKE_MAX && kind.len < sizeof(f->entry[0].kind));
	memcpy(f->entry[f->n].kind, kind.ptr, kind.len);
	f->entry[f->n].kind[kind.len] = '\0';
	f->entry[f->n].body = strndup(body.ptr, body.len);
	f->entry[f->n].time_us = f->now_us;
	*ret_seq = ++f->n;
	return true;
}

static bool fake_lock(void *ctx, struct err *err)
{
	struct fake *f = ctx;

	(void)err;
	assert_false(f->locked);
	f->locked = true;
	return true;
}

static void fake_unlock(void *ctx)
{
	struct fake *f = ctx;

	assert_true(f->locked);
	f->locked = false;
}

static bool fake_walk(void *ctx, uint64_t after, hold_each each, void *each_ctx, struct err *err)
{
	struct fake *f = ctx;

	(void)err;
	for (size_t i = after; i < f->n; i++) {
		struct hold_entry e = { .seq = i + 1, .time_us = f->entry[i].time_us, .kind = str_from(f->entry[i].kind),
					.body = str_from(f->entry[i].body) };

		if (!each(&e, each_ctx))
			break;
	}
	return true;
}

static void fake_free(struct fake *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->entry[i].body);
	*f = (struct fake){ .now_us = FAKE_START };
}

static inline struct hold_host fake_host(struct fake *f, const char *state_dir)
{
	fake_free(f);
	return (struct hold_host){ .ctx = f, .append = fake_append, .lock = fake_lock, .unlock = fake_unlock,
				   .walk = fake_walk, .state_dir = state_dir };
}

#endif
