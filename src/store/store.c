#include "store/driver.h"

static const struct store_driver *const drivers[] = { &store_sqlite };

struct store *store_open(const char *where, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
		if (drivers[i]->takes(where))
			return drivers[i]->open(where, err);
	}
	err_set(err, ERR_INPUT, "%s: no kind of store that is built in", where);
	return NULL;
}

void store_close(struct store *s)
{
	if (s)
		s->driver->close(s);
}

const char *store_note(const struct store *s)
{
	return s->note[0] ? s->note : NULL;
}

bool store_read_only(const struct store *s)
{
	return s->read_only;
}

bool store_begin(struct store *s, struct err *err)
{
	return s->driver->begin(s, err);
}

bool store_commit(struct store *s, struct err *err)
{
	return s->driver->commit(s, err);
}

void store_rollback(struct store *s)
{
	s->driver->rollback(s);
}

bool store_marked(struct store *s, struct store_mark *ret, struct err *err)
{
	return s->driver->marked(s, ret, err);
}

bool store_mark(struct store *s, const struct store_mark *m, struct err *err)
{
	return s->driver->mark(s, m, err);
}

bool store_clear(struct store *s, struct err *err)
{
	return s->driver->clear(s, err);
}

bool store_hold_put(struct store *s, const struct store_hold *h, struct err *err)
{
	return s->driver->hold_put(s, h, err);
}

bool store_holds(struct store *s, const struct store_query *q, store_each each, void *ctx, struct err *err)
{
	return s->driver->holds(s, q, each, ctx, err);
}

bool store_outbox_queue(struct store *s, const struct store_message *m, bool *ret_new, struct err *err)
{
	return s->driver->queue(s, m, ret_new, err);
}

bool store_outbox_claim(struct store *s, int64_t now_us, int64_t lease_us, struct arena *arena, struct store_message *ret,
			struct err *err)
{
	struct store_claim c = { now_us, lease_us };

	return s->driver->claim(s, &c, arena, ret, err);
}

bool store_outbox_done(struct store *s, int64_t id, struct err *err)
{
	return s->driver->done(s, id, err);
}

bool store_outbox_failed(struct store *s, int64_t id, int64_t next_us, struct str error, struct err *err)
{
	return s->driver->failed(s, id, next_us, error, err);
}

bool store_outbox_list(struct store *s, struct str state, store_each_message each, void *ctx, struct err *err)
{
	return s->driver->list(s, state, each, ctx, err);
}

bool store_outbox_release(struct store *s, bool hurry, struct err *err)
{
	return s->driver->release(s, hurry, err);
}

bool store_outbox_due(struct store *s, int64_t *ret_us, struct err *err)
{
	return s->driver->due(s, ret_us, err);
}

bool store_outbox_seen(struct store *s, uint64_t *ret_seq, struct err *err)
{
	return s->driver->seen(s, ret_seq, err);
}

bool store_outbox_see(struct store *s, uint64_t seq, struct err *err)
{
	return s->driver->see(s, seq, err);
}
