#include "hold/book.h"

#include "base/clock.h"
#include "base/timestamp.h"
#include "hold/demand.h"

#define SCRATCH ((size_t)256 << 20) /* address space: one entry as a tree */

enum message { MSG_OPENED, MSG_APPROVAL, MSG_DENIAL, MSG_USED, MSG_REVOKED, MSG_COUNT };

struct event {
	const struct hold_entry *entry;
	const struct json *body;
};

/* --- what a message does to a hold in a state --- */

typedef bool (*handler)(struct book *b, struct book_hold *hold, const struct event *e);

static bool read_approval(struct book *b, const struct event *e, struct book_approval *a)
{
	a->seq = e->entry->seq;
	a->time_us = e->entry->time_us;
	a->text = arena_str(b->arena, json_str(e->body, "statement"));
	a->signature = arena_str(b->arena, json_str(e->body, "signature"));
	return a->signature.len && statement_parse(a->text, b->arena, &a->statement, NULL) &&
	       timestamp_parse(a->statement.signed_at, &a->signed_us) &&
	       timestamp_parse(a->statement.expires, &a->expires_us);
}

/* How many names; whether they are people is for those who verify. */
static unsigned names(const struct book_hold *hold, int64_t after_us)
{
	unsigned n = 0;

	for (const struct book_approval *a = hold->approvals; a; a = a->next) {
		bool again = a->expires_us <= after_us;

		for (const struct book_approval *c = hold->approvals; c != a; c = c->next)
			again = again || str_eq(c->statement.approver, a->statement.approver);
		n += !again;
	}
	return n;
}

static bool on_approval(struct book *b, struct book_hold *hold, const struct event *e)
{
	struct book_approval *a = ARENA_NEW(b->arena, struct book_approval);

	if (!a || hold->n_approvals >= 64 || !read_approval(b, e, a) || a->statement.kind != STATEMENT_APPROVAL)
		return false;
	if (hold->approvals_last)
		hold->approvals_last->next = a;
	else
		hold->approvals = a;
	hold->approvals_last = a;
	hold->n_approvals++;
	hold->changed_us = e->entry->time_us;
	if (a->expires_us > hold->expires_us)
		hold->expires_us = a->expires_us;
	if (names(hold, INT64_MIN) >= demand_people(&hold->demands))
		hold->state = HOLD_APPROVED;
	return true;
}

static bool close_hold(struct book *b, struct book_hold *hold, const struct event *e, enum hold_state state)
{
	hold->state = state;
	hold->changed_us = e->entry->time_us;
	hold->by = arena_str(b->arena, json_str(e->body, "by"));
	hold->reason = arena_str(b->arena, json_str(e->body, "reason"));
	return true;
}

static bool on_denial(struct book *b, struct book_hold *hold, const struct event *e)
{
	return close_hold(b, hold, e, HOLD_DENIED);
}

static bool on_used(struct book *b, struct book_hold *hold, const struct event *e)
{
	return close_hold(b, hold, e, HOLD_USED);
}

static bool on_revoked(struct book *b, struct book_hold *hold, const struct event *e)
{
	return close_hold(b, hold, e, HOLD_REVOKED);
}

/* Opening is no row: it makes the hold. Nothing leads out of denied, used, revoked; a use is recorded even over a
 * denial that came a moment before it, so that no story in the ledger lacks its end. */
static const handler table[MSG_COUNT][HOLD_STATE_COUNT] = {
	[MSG_APPROVAL] = { [HOLD_OPEN] = on_approval, [HOLD_APPROVED] = on_approval },
	[MSG_DENIAL] = { [HOLD_OPEN] = on_denial, [HOLD_APPROVED] = on_denial },
	[MSG_USED] = { [HOLD_OPEN] = on_used, [HOLD_APPROVED] = on_used, [HOLD_DENIED] = on_used, [HOLD_REVOKED] = on_used },
	[MSG_REVOKED] = { [HOLD_OPEN] = on_revoked, [HOLD_APPROVED] = on_revoked },
};

/* --- making holds and elevations --- */

static bool grow(struct book *b)
{
	size_t cap = b->cap_holds ? b->cap_holds * 2 : 64;
	struct book_hold **more = ARENA_ARRAY(b->arena, cap, struct book_hold *);

	if (!more)
		return false;
	if (b->n_holds)
		memcpy(more, b->holds, b->n_holds * sizeof(struct book_hold *));
	b->holds = more;
	b->cap_holds = cap;
	return true;
}

static void read_asker(struct book *b, const struct json *v, struct principal *p)
{
	uint64_t uid = UINT32_MAX;

	if (!principal_kind_from(json_str(v, "kind"), &p->kind) || !json_u64(v, "uid", &uid))
		p->kind = PRINCIPAL_UNKNOWN;
	p->uid = (uint32_t)uid;
	p->name = arena_str(b->arena, json_str(v, "name"));
	p->session = arena_str(b->arena, json_str(v, "session"));
	p->key = arena_str(b->arena, json_str(v, "key"));
}

static bool opened(struct book *b, const struct event *e)
{
	struct book_hold *hold = ARENA_NEW(b->arena, struct book_hold);
	struct str host = json_str(e->body, "host");

	if (!hold || (b->n_holds == b->cap_holds && !grow(b)))
		return false;
	if (!digest_from_hex(json_str(e->body, "request_digest"), &hold->request) ||
	    !digest_from_hex(json_str(e->body, "changes"), &hold->changes) ||
	    !demand_from_json(json_get(e->body, "demands"), b->arena, &hold->demands, NULL))
		return false;
	hold->seq = e->entry->seq;
	snprintf(hold->id, sizeof(hold->id), "H-%llu", (unsigned long long)hold->seq);
	hold->state = HOLD_OPEN;
	hold->opened_us = hold->changed_us = e->entry->time_us;
	read_asker(b, json_get(e->body, "asker"), &hold->asker);
	snprintf(hold->host, sizeof(hold->host), "%.*s", STR_ARG(str_sub(host, 0, sizeof(hold->host) - 1)));
	hold->gate = arena_str(b->arena, json_str(e->body, "gate"));
	hold->summary = arena_str(b->arena, json_str(e->body, "summary"));
	hold->environment = arena_str(b->arena, json_str(e->body, "environment"));
	hold->folder = arena_str(b->arena, json_str(e->body, json_get(e->body, "folder") ? "folder" : "cwd"));
	hold->typed_name = arena_str(b->arena, json_str(e->body, "typed_name"));
	b->holds[b->n_holds++] = hold;
	return true;
}

static bool elevated(struct book *b, const struct event *e)
{
	struct book_elevation *g = ARENA_NEW(b->arena, struct book_elevation);

	if (!g)
		return false;
	g->seq = e->entry->seq;
	g->time_us = e->entry->time_us;
	snprintf(g->id, sizeof(g->id), "G-%llu", (unsigned long long)g->seq);
	g->text = arena_str(b->arena, json_str(e->body, "statement"));
	g->signature = arena_str(b->arena, json_str(e->body, "signature"));
	if (!statement_parse(g->text, b->arena, &g->statement, NULL) ||
	    !(g->statement.kind & (STATEMENT_ELEVATION | STATEMENT_BREAK_GLASS)) ||
	    !timestamp_parse(g->statement.signed_at, &g->signed_us) ||
	    !timestamp_parse(g->statement.expires, &g->expires_us) || !g->statement.nonce.len)
		return false;
	/* A copy of a signature would outlive the revocation of the first. */
	for (struct book_elevation *old = b->elevations; old; old = old->next)
		g->over = g->over || str_eq(old->statement.nonce, g->statement.nonce);
	if (b->elevations_last)
		b->elevations_last->next = g;
	else
		b->elevations = g;
	b->elevations_last = g;
	return !g->over;
}

static bool keep_use(struct book *b, const struct event *e)
{
	struct book_use *u = ARENA_NEW(b->arena, struct book_use);

	if (!u || !digest_from_hex(json_str(e->body, "request_digest"), &u->request))
		return false;
	u->hold = arena_str(b->arena, json_str(e->body, "hold"));
	u->opened = arena_str(b->arena, json_str(e->body, "opened"));
	u->next = b->uses;
	b->uses = u;
	return true;
}

static bool to_hold(struct book *b, enum message m, const struct event *e)
{
	struct book_hold *hold = book_find_id(b, json_str(e->body, "hold"));
	handler take = hold ? table[m][hold->state] : NULL;

	return take && take(b, hold, e);
}

static bool on_use_entry(struct book *b, const struct event *e)
{
	bool kept = keep_use(b, e), from_afar = json_true(e->body, "file");
	struct book_hold *hold = book_find_id(b, json_str(e->body, "hold"));

	if (from_afar && !(hold && kept && digest_eq(&hold->request, &b->uses->request)))
		return kept;
	return to_hold(b, MSG_USED, e) || (kept && !hold);
}

static bool on_revoke_entry(struct book *b, const struct event *e)
{
	struct book_elevation *g = book_find_grant(b, json_str(e->body, "hold"));

	if (!g)
		return to_hold(b, MSG_REVOKED, e);
	for (struct book_elevation *twin = b->elevations; twin; twin = twin->next)
		twin->over = twin->over || str_eq(twin->statement.nonce, g->statement.nonce);
	return true;
}

static bool on_approval_entry(struct book *b, const struct event *e)
{
	return to_hold(b, MSG_APPROVAL, e);
}

static bool on_denial_entry(struct book *b, const struct event *e)
{
	return to_hold(b, MSG_DENIAL, e);
}

static bool on_alarm_entry(struct book *b, const struct event *e)
{
	struct str_list *l = ARENA_NEW(b->arena, struct str_list);

	if (!l)
		return false;
	l->item = arena_str(b->arena, json_str(e->body, "about"));
	l->next = b->alarms;
	b->alarms = l;
	return true;
}

/* clang-format off */
static const struct {
	const char *kind;
	bool (*take)(struct book *b, const struct event *e);
} entries[] = {
	{ "hold.opened",   opened },
	{ "approval",      on_approval_entry },
	{ "denial",        on_denial_entry },
	{ "grant.used",    on_use_entry },
	{ "grant.revoked", on_revoke_entry },
	{ "elevation",     elevated },
	{ "break-glass",   elevated },
	{ "alarm",         on_alarm_entry },
};
/* clang-format on */

/* --- feeding --- */

bool book_begin(struct book *b, struct arena *arena, struct err *err)
{
	*b = (struct book){ .arena = arena, .last_us = INT64_MIN };
	if (!arena_map(&b->scratch, SCRATCH))
		return err_set(err, ERR_LIMIT, "no memory to read the ledger with");
	return true;
}

void book_end(struct book *b)
{
	arena_unmap(&b->scratch);
}

static void odd(struct book *b, const struct hold_entry *e)
{
	if (!b->odd++)
		snprintf(b->first_odd, sizeof(b->first_odd), "entry %llu (%.*s)", (unsigned long long)e->seq,
			 STR_ARG(str_sub(e->kind, 0, 40)));
}

bool book_feed(const struct hold_entry *e, void *book)
{
	struct book *b = book;
	struct json *root = NULL;
	struct event event = { .entry = e };

	if (e->time_us > b->last_us)
		b->last_us = e->time_us;
	b->last_seq = e->seq;
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		if (!str_is(e->kind, entries[i].kind))
			continue;
		arena_reset(&b->scratch);
		if (!json_parse(e->body, &b->scratch, &root, NULL)) {
			odd(b, e);
			return true;
		}
		event.body = root;
		if (!entries[i].take(b, &event))
			odd(b, e);
		return !b->arena->full;
	}
	return true;
}

static void settle(struct book_hold *hold, int64_t now_us)
{
	bool late = hold->state == HOLD_OPEN && hold->opened_us + HOLD_OPEN_LIFE_S * CLOCK_SECOND <= now_us;

	if (hold->state == HOLD_APPROVED)
		late = names(hold, now_us) < demand_people(&hold->demands);
	if (late)
		hold->state = HOLD_EXPIRED;
}

void book_settle(struct book *b, int64_t now_us)
{
	for (size_t i = 0; i < b->n_holds; i++)
		settle(b->holds[i], now_us);
}

bool book_read_after(struct book *b, const struct hold_host *h, uint64_t after, int64_t now_us, struct arena *arena, struct err *err)
{
	bool ok;

	if (!book_begin(b, arena, err))
		return false;
	ok = h->walk(h->ctx, after, book_feed, b, err);
	book_end(b);
	if (ok)
		book_settle(b, now_us > b->last_us ? now_us : b->last_us);
	return ok;
}

bool book_read(struct book *b, const struct hold_host *h, int64_t now_us, struct arena *arena, struct err *err)
{
	if (!book_read_after(b, h, 0, now_us, arena, err))
		return false;
	return !arena->full || err_set(err, ERR_LIMIT, "the ledger holds more than fits in memory");
}

/* --- finding --- */

struct book_hold *book_find(struct book *b, uint64_t seq)
{
	size_t low = 0, high = b->n_holds;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (b->holds[mid]->seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low < b->n_holds && b->holds[low]->seq == seq ? b->holds[low] : NULL;
}

struct book_hold *book_find_id(struct book *b, struct str id)
{
	uint64_t seq;

	if (!str_starts(id, STR("H-")) || !str_to_u64(str_sub(id, 2, SIZE_MAX), &seq))
		return NULL;
	return book_find(b, seq);
}

struct book_elevation *book_find_grant(struct book *b, struct str id)
{
	for (struct book_elevation *g = b->elevations; g; g = g->next) {
		if (str_is(id, g->id))
			return g;
	}
	return NULL;
}

struct book_hold *book_find_request(struct book *b, const struct digest *request, enum hold_state state)
{
	for (size_t i = b->n_holds; i > 0; i--) {
		struct book_hold *hold = b->holds[i - 1];

		if (hold->state == state && digest_eq(&hold->request, request))
			return hold;
	}
	return NULL;
}

bool book_used(const struct book *b, struct str hold, struct str opened_at, const struct digest *request)
{
	for (const struct book_use *u = b->uses; u; u = u->next) {
		if (str_eq(u->hold, hold) && str_eq(u->opened, opened_at) && digest_eq(&u->request, request))
			return true;
	}
	return false;
}
