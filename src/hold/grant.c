#include <unistd.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "hold/alarm.h"
#include "hold/demand.h"
#include "hold/elevation.h"
#include "hold/record.h"
#include "hold/ticket.h"

#define BACKWARDS_US (60 * CLOCK_SECOND)
#define BODY_MAX ((size_t)1 << 20)

/* One use in the making. */
struct use {
	const struct hold_host *host;
	const struct hold_request *ask;
	struct book book;
	struct weigh weigh;
	struct arena *arena;
	struct digest request;
	char hex[DIGEST_HEX_LEN + 1];
	int64_t now_us; /* never before the newest entry */
	struct err *err;
};

/* --- writing it down --- */

struct ground {
	struct str id;	   /* "H-42", "G-7" */
	const char *via;   /* "approval", "file", "elevation", "break-glass" */
	const struct book_hold *hold; /* NULL for elevations */
	const struct weighed *list;
	struct str grant; /* "G-7" or STR_NONE */
	int64_t expires_us;
	bool file;
};

static void put_people(const struct weighed *list, struct json_out *o)
{
	json_out_key(o, "approvers");
	json_out_open(o, '[');
	for (const struct weighed *v = list; v; v = v->next) {
		if (v->result != WEIGHED_VALID)
			continue;
		json_out_open(o, '{');
		json_out_kv(o, "name", v->who->name);
		json_out_kv(o, "key", str_from(v->who->key.fingerprint));
		json_out_kv(o, "level", enforcement_name(v->level));
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

static bool write_use(struct use *u, const struct ground *g, struct grant_use *ret)
{
	const struct request *r = u->ask->request;
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };
	char opened[TIMESTAMP_LEN + 1] = "", bytes[DIGEST_HEX_LEN + 1];
	struct grant_use use = { .hold = arena_str(u->arena, g->id), .request = u->request, .expires_us = g->expires_us };

	if (g->hold)
		timestamp_text(g->hold->opened_us, opened);
	digest_hex(&r->bytes, bytes);
	json_out_open(&o, '{');
	json_out_kv(&o, "hold", g->id);
	json_out_kv(&o, "opened", str_from(opened));
	json_out_kv(&o, "request_digest", str_from(u->hex));
	json_out_kv(&o, "bytes", str_from(bytes));
	json_out_kv(&o, "via", str_from(g->via));
	if (g->grant.len)
		json_out_kv(&o, "grant", g->grant);
	json_out_key(&o, "file");
	json_out_bool(&o, g->file);
	json_out_kv(&o, "by", r->principal.name);
	json_out_key(&o, "uid");
	json_out_u64(&o, r->principal.uid);
	put_people(g->list, &o);
	json_out_key(&o, "expires_us");
	json_out_i64(&o, g->expires_us);
	json_out_close(&o, '}');
	if (b.failed || u->arena->full)
		return err_set(u->err, ERR_LIMIT, "%.*s: too large to be recorded, so it is not used", STR_ARG(g->id));
	if (!u->host->append(u->host->ctx, STR("grant.used"), buf_str(&b), &use.ledger_seq, u->err))
		return err_prefix(u->err, "%.*s: its use could not be recorded, so it is not used", STR_ARG(g->id));
	PAWL_ASSERT(use.ledger_seq != 0);
	*ret = use;
	return true;
}

/* --- approvals of this very request --- */

static int64_t first_expiry(const struct weighed *list)
{
	int64_t at = INT64_MAX;

	for (const struct weighed *v = list; v; v = v->next) {
		if (v->result == WEIGHED_VALID && v->approval->expires_us < at)
			at = v->approval->expires_us;
	}
	return at;
}

static bool evidence_there(struct use *u, const char *id)
{
	struct str missing = u->ask->judgement->missing;

	if (missing.len)
		return err_set(u->err, ERR_DENIED, "%s: approved, but evidence that the policy demands is missing: %.*s", id,
			       STR_ARG(str_sub(missing, 0, 800)));
	return true;
}

/* A person said yes to what the card showed: backups that were good then must still be. Ages are the policy's, looked at above. */
static bool evidence_holds(struct use *u, const struct book_hold *hold)
{
	struct record shown;
	struct str why;

	if (!record_get(u->host, hold->seq, u->arena, &shown, u->err))
		return err_prefix(u->err, "what the approver was shown cannot be looked at again");
	why = evidence_fallen(&shown.evidence, u->ask->evidence, u->arena);
	return !why.len || err_set(u->err, ERR_DENIED, "%s: the approval is void: %.*s", hold->id, STR_ARG(why));
}

static bool use_hold(struct use *u, const struct book_hold *hold, bool file, struct grant_use *ret)
{
	struct weighed *list = weigh_all(&u->weigh, hold);
	struct ground g = { .id = str_from(hold->id), .via = file ? "file" : "approval", .hold = hold, .list = list, .file = file };

	for (const struct weighed *v = list; v; v = v->next) {
		if (v->result == WEIGHED_FORGED)
			alarm_approval(u->host, &u->book, hold, v, file);
	}
	if (!weigh_demands(&u->weigh, &hold->demands, hold, list, u->err) ||
	    !weigh_demands(&u->weigh, &u->ask->judgement->demands, hold, list, u->err) || !evidence_there(u, hold->id) ||
	    (hold->seq && !evidence_holds(u, hold)))
		return false;
	g.expires_us = first_expiry(list);
	return write_use(u, &g, ret);
}

/* --- elevations --- */

/* A person's no to this very request weighs more than a yes given before it. */
static const struct book_hold *refused_since(const struct use *u, int64_t since_us)
{
	for (size_t i = u->book.n_holds; i > 0; i--) {
		const struct book_hold *hold = u->book.holds[i - 1];

		if (digest_eq(&hold->request, &u->request) && hold->changed_us >= since_us &&
		    (hold->state == HOLD_DENIED || hold->state == HOLD_REVOKED))
			return hold;
	}
	return NULL;
}

static bool use_elevation(struct use *u, const struct book_elevation *e, struct grant_use *ret)
{
	const struct book_hold *no = refused_since(u, e->time_us), *open;
	struct weighed v;
	struct ground g = { .grant = str_from(e->id), .list = &v, .expires_us = e->expires_us };

	if (no)
		return err_set(u->err, ERR_DENIED, "%s: this very request was refused by a person (%s)", e->id, no->id);
	if (!elevation_allows(&u->weigh, e, &v, u->err)) {
		if (v.result == WEIGHED_FORGED)
			alarm_grant(u->host, &u->book, e, v.why);
		return false;
	}
	open = book_find_request(&u->book, &u->request, HOLD_OPEN);
	g.id = open ? str_from(open->id) : g.grant;
	g.hold = open;
	g.via = e->statement.kind == STATEMENT_BREAK_GLASS ? "break-glass" : "elevation";
	if (!write_use(u, &g, ret))
		return false;
	alarm_page(u->host, g.grant, STR("used"), u->ask->request->summary);
	return true;
}

static bool use_any_elevation(struct use *u, bool *ret_tried, struct grant_use *ret)
{
	for (const struct book_elevation *e = u->book.elevations; e; e = e->next) {
		if (e->over || e->expires_us <= u->now_us)
			continue;
		*ret_tried = true;
		if (use_elevation(u, e, ret))
			return true;
	}
	return false;
}

/* --- why not --- */

static bool explain_state(const struct use *u, const struct book_hold *hold)
{
	char when[TIMESTAMP_LEN + 1];

	timestamp_text(hold->changed_us, when);
	switch (hold->state) {
	case HOLD_OPEN:
		return err_set(u->err, ERR_DENIED, "%s waits for a person: pawl approve %s", hold->id, hold->id);
	case HOLD_USED:
		return err_set(u->err, ERR_DENIED, "%s was used at %s; an approval is good for one use. Ask again.", hold->id, when);
	case HOLD_DENIED:
		return err_set(u->err, ERR_DENIED, "%s was denied at %s%s%.*s", hold->id, when, hold->reason.len ? ": " : "",
			       STR_ARG(str_sub(hold->reason, 0, 300)));
	case HOLD_REVOKED:
		return err_set(u->err, ERR_DENIED, "%s was revoked at %s%s%.*s", hold->id, when, hold->reason.len ? ": " : "",
			       STR_ARG(str_sub(hold->reason, 0, 300)));
	case HOLD_EXPIRED:
		return err_set(u->err, ERR_DENIED, "%s expired unused. Ask again.", hold->id);
	case HOLD_NONE:
	case HOLD_APPROVED:
	case HOLD_STATE_COUNT:
		break;
	}
	return err_set(u->err, ERR_DENIED, "%s: refused", hold->id);
}

/* Something much like it was approved: say what changed. */
static bool explain_near(const struct use *u)
{
	const struct request *r = u->ask->request;

	for (size_t i = u->book.n_holds; i > 0; i--) {
		const struct book_hold *hold = u->book.holds[i - 1];
		struct err what = { 0 };

		if (hold->state != HOLD_APPROVED || !hold->approvals)
			continue;
		if (statement_binds(&hold->approvals->statement, r, u->arena, &what))
			continue;
		/* Without a folder nothing says that they are about the same. */
		if (hold->folder.len && str_eq(hold->folder, r->place.path.len ? r->place.path : r->binding.cwd))
			return err_set(u->err, ERR_DENIED, "%s is approved, but for something else: %.600s. Plan and ask again.",
				       hold->id, what.msg);
	}
	return err_set(u->err, ERR_DENIED, "nobody has approved this request");
}

static bool explain(const struct use *u)
{
	for (size_t i = u->book.n_holds; i > 0; i--) {
		if (digest_eq(&u->book.holds[i - 1]->request, &u->request))
			return explain_state(u, u->book.holds[i - 1]);
	}
	return explain_near(u);
}

/* --- the whole --- */

static bool may_be_held(const struct hold_request *q, struct err *err)
{
	if (q->evidence->frozen)
		return err_set(err, ERR_DENIED, "frozen%s%.*s: nothing but a restore until `pawl unfreeze`",
			       q->evidence->frozen_why.len ? ", " : "", STR_ARG(str_sub(q->evidence->frozen_why, 0, 300)));
	if (q->judgement->verdict != VERDICT_HOLD)
		return err_set(err, ERR_DENIED, "no approval can let pass what the policy does not hold but denies");
	return true;
}

/* The ledger's newest time is the floor: a clock put back brings nothing expired to life. */
static bool begin(struct use *u)
{
	int64_t now = u->ask->evidence->now_us;
	char then[TIMESTAMP_LEN + 1];

	if (!book_read(&u->book, u->host, now, u->arena, u->err))
		return false;
	if (u->book.last_us != INT64_MIN && now + BACKWARDS_US < u->book.last_us) {
		timestamp_text(u->book.last_us, then);
		return err_set(u->err, ERR_STATE,
			       "the clock went back: the ledger's newest entry is of %s. Set the clock right, then try again.", then);
	}
	u->now_us = now > u->book.last_us ? now : u->book.last_us;
	u->request = request_digest(u->ask->request);
	digest_hex(&u->request, u->hex);
	alarm_index(u->host, &u->book, &u->request);
	return weigh_begin(&u->weigh, u->host, u->ask, u->now_us, u->arena, u->err);
}

static bool use_locked(struct use *u, struct grant_use *ret)
{
	const struct book_hold *hold;
	bool tried = false;

	if (!begin(u))
		return false;
	hold = book_find_request(&u->book, &u->request, HOLD_APPROVED);
	if (hold && use_hold(u, hold, false, ret))
		return true;
	if (use_any_elevation(u, &tried, ret))
		return true;
	return hold || tried ? false : explain(u);
}

static bool use_file_locked(struct use *u, struct str file, struct grant_use *ret)
{
	const struct book_hold *local;
	struct book_hold hold;
	char opened[TIMESTAMP_LEN + 1];

	if (!begin(u) || !ticket_parse(file, u->arena, &hold, u->err))
		return false;
	hold.demands = u->ask->judgement->demands;
	timestamp_text(hold.opened_us, opened);
	if (book_used(&u->book, str_from(hold.id), str_from(opened), &hold.request))
		return err_set(u->err, ERR_DENIED, "%s was used here before; an approval is good for one use", hold.id);
	local = book_find_id(&u->book, str_from(hold.id));
	if (local && digest_eq(&local->request, &hold.request) && local->state != HOLD_OPEN && local->state != HOLD_APPROVED)
		return explain_state(u, local);
	return use_hold(u, &hold, true, ret);
}

bool hold_use(const struct hold_host *h, const struct request *r, const struct judgement *j, const struct evidence *e,
	      struct arena *arena, struct grant_use *ret, struct err *err)
{
	struct hold_request q = { .request = r, .judgement = j, .evidence = e };
	struct use u = { .host = h, .ask = &q, .arena = arena, .err = err };
	bool ok;

	if (!may_be_held(&q, err) || !h->lock(h->ctx, err))
		return false;
	ok = use_locked(&u, ret);
	h->unlock(h->ctx);
	return ok;
}

bool hold_use_file(const struct hold_host *h, const struct hold_request *q, struct str approval_file, struct arena *arena,
		   struct grant_use *ret, struct err *err)
{
	struct use u = { .host = h, .ask = q, .arena = arena, .err = err };
	bool ok;

	if (!may_be_held(q, err) || !h->lock(h->ctx, err))
		return false;
	ok = use_file_locked(&u, approval_file, ret);
	h->unlock(h->ctx);
	return ok;
}
