#include "cli/hold_index.h"

#include "hold/alarm.h"

struct wanted {
	enum hold_state state;
};

static bool take_state(const struct store_hold *h, void *ctx)
{
	struct wanted *w = ctx;

	if (!hold_state_from(h->state, &w->state))
		w->state = HOLD_NONE;
	return false;
}

static bool indexed(void *ctx, const char *id, enum hold_state *ret_state, struct err *err)
{
	struct store_query q = { .id = str_from(id), .limit = 1 };
	struct wanted w = { HOLD_NONE };

	if (!store_holds(ctx, &q, take_state, &w, err))
		return false;
	*ret_state = w.state;
	return true;
}

void hold_index_open(struct hold_index *ix, const struct places *places, struct hold_host *host)
{
	char path[PLACES_MAX + 16];

	*ix = (struct hold_index){ 0 };
	snprintf(path, sizeof(path), "%s/index.db", places->state);
	ix->store = store_open(path, &ix->why);
	host->index_ctx = ix->store;
	host->indexed = ix->store ? indexed : NULL;
}

void hold_index_close(struct hold_index *ix)
{
	store_close(ix->store);
	ix->store = NULL;
}

/* --- rows that the ledger does not bear out --- */

struct check {
	const struct hold_host *host;
	struct book *book;
	char forged[32][HOLD_ID_LEN]; /* alarms are raised after the query: it holds the store */
	bool known[32];
	size_t n;
};

static bool check_row(const struct store_hold *h, void *ctx)
{
	struct check *c = ctx;
	const struct book_hold *hold = book_find_id(c->book, h->id);

	if (hold && hold->n_approvals)
		return true;
	snprintf(c->forged[c->n], HOLD_ID_LEN, "%.*s", STR_ARG(str_sub(h->id, 0, HOLD_ID_LEN - 1)));
	c->known[c->n] = hold;
	return ++c->n < ARRAY_LEN(c->forged);
}

static bool find_forged(struct hold_index *ix, const struct hold_host *host, struct book *book, struct err *err)
{
	struct store_query q = { .state = STR("approved") };
	struct check c = { .host = host, .book = book };

	if (!store_holds(ix->store, &q, check_row, &c, err))
		return false;
	for (size_t i = 0; i < c.n; i++)
		alarm_row(host, book, c.forged[i], c.known[i]);
	return true;
}

/* --- making it --- */

static bool put(struct hold_index *ix, const struct book_hold *hold, struct err *err)
{
	struct store_hold row = { .id = str_from(hold->id), .request = hold->request, .state = hold_state_name(hold->state),
				  .environment = hold->environment, .summary = hold->summary, .opened_us = hold->opened_us,
				  .expires_us = hold->expires_us, .json = STR("{}") };

	return store_hold_put(ix->store, &row, err);
}

static bool put_all(struct hold_index *ix, const struct book *book, struct err *err)
{
	for (size_t i = 0; i < book->n_holds; i++) {
		if (!put(ix, book->holds[i], err))
			return false;
	}
	return true;
}

bool hold_index_make(struct hold_index *ix, const struct hold_host *host, struct book *book, struct err *err)
{
	if (!ix->store) {
		if (err)
			*err = ix->why;
		return false;
	}
	if (!find_forged(ix, host, book, err))
		return false;
	if (store_read_only(ix->store))
		return true;
	if (!store_begin(ix->store, err))
		return false;
	if (store_clear(ix->store, err) && put_all(ix, book, err) && store_commit(ix->store, err))
		return true;
	store_rollback(ix->store);
	return false;
}
