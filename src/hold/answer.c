#include "hold/answer.h"

#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "hold/alarm.h"
#include "hold/demand.h"
#include "hold/where.h"

#define BODY_MAX ((size_t)256 << 10)

/* --- may it be answered --- */

static bool still_answerable(const struct book_hold *hold, struct err *err)
{
	if (hold->state == HOLD_OPEN || hold->state == HOLD_APPROVED)
		return true;
	return err_set(err, ERR_STATE, "%s is %.*s%s%.*s; it cannot be answered any more", hold->id,
		       STR_ARG(hold_state_name(hold->state)), hold->reason.len ? ": " : "",
		       STR_ARG(str_sub(hold->reason, 0, 200)));
}

static bool cooled(const struct answer *a, const struct book_hold *hold, struct err *err)
{
	int64_t own = hold->demands.cool_off_s, now = a->ask->judgement->demands.cool_off_s;
	int64_t until = hold->opened_us + (own > now ? own : now) * CLOCK_SECOND;
	char text[40], when[TIMESTAMP_LEN + 1];

	if (a->now_us >= until)
		return true;
	timestamp_text(until + CLOCK_SECOND - 1, when);
	duration_text((until - a->now_us) / CLOCK_SECOND + 1, text, sizeof(text));
	return err_set(err, ERR_STATE, "%s: the policy wants time to think: approve it after %s (in %s)", hold->id, when, text);
}

static bool of_the_record(const struct answer *a, const struct book_hold *hold, struct err *err)
{
	struct digest d = request_digest(a->ask->request), changes = statement_changes(&a->ask->request->changes);

	if (!digest_eq(&d, &hold->request) || !digest_eq(&changes, &hold->changes))
		return err_set(err, ERR_BROKEN, "%s: its record does not match its digests, so what is shown may not be what was "
			       "asked. Deny it.", hold->id);
	if (a->ask->judgement->verdict == VERDICT_ALLOW)
		return err_set(err, ERR_STATE, "%s: the policy now allows it without a person; run it again", hold->id);
	if (a->ask->judgement->verdict != VERDICT_HOLD)
		return err_set(err, ERR_DENIED, "%s: the policy now denies it (%.*s); no approval changes that", hold->id,
			       STR_ARG(str_sub(a->ask->judgement->reason, 0, 300)));
	if (a->ask->judgement->missing.len)
		return err_set(err, ERR_DENIED, "%s: evidence that the policy demands is missing, so no approval would count: %.*s",
			       hold->id, STR_ARG(str_sub(a->ask->judgement->missing, 0, 800)));
	return true;
}

/* Only a valid approval is one: a forged entry keeps nobody from answering. */
static bool not_twice(const struct answer *a, const struct book_hold *hold, struct err *err)
{
	struct weigh w;

	if (!weigh_begin(&w, a->host, a->ask, a->now_us, a->arena, err))
		return false;
	for (const struct book_approval *p = hold->approvals; p; p = p->next) {
		if (str_eq(p->statement.approver, a->who->name) && str_is(p->statement.key, a->who->key.fingerprint) &&
		    weigh_approval(&w, hold, p).result == WEIGHED_VALID)
			return err_set(err, ERR_STATE, "%s: '%.*s' has approved it already", hold->id, STR_ARG(a->who->name));
	}
	return true;
}

static bool another_person(const struct answer *a, const struct book_hold *hold, struct err *err)
{
	struct principal me = { .kind = PRINCIPAL_PERSON, .uid = (uint32_t)getuid() };

	if (!a->who)
		return true;
	me.name = a->who->name;
	me.key = str_from(a->who->key.fingerprint);
	if (principal_same(&hold->asker, &me) || principal_same(&a->ask->request->principal, &me))
		return err_set(err, ERR_DENIED, "%s: '%.*s' asked for it; another person must approve", hold->id, STR_ARG(me.name));
	return not_twice(a, hold, err);
}

bool answer_ready(const struct answer *a, struct book *book, const struct book_hold **ret_hold, struct err *err)
{
	const struct book_hold *hold = book_find_id(book, a->id);

	if (!hold)
		return err_set(err, ERR_INPUT, "%.*s: no such hold; `pawl holds --all` lists them", STR_ARG(str_sub(a->id, 0, 60)));
	if (!still_answerable(hold, err) || !of_the_record(a, hold, err) || !another_person(a, hold, err) ||
	    !cooled(a, hold, err))
		return false;
	*ret_hold = hold;
	return true;
}

/* --- signing --- */

static struct str when_text(int64_t us, struct arena *arena)
{
	char text[TIMESTAMP_LEN + 1];

	timestamp_text(us, text);
	return arena_str(arena, str_from(text));
}

static void sign_off(struct statement *s, const struct signer *who, int64_t now_us, int64_t seconds, struct arena *arena)
{
	char host[WHERE_LEN + 1];
	int64_t whole = now_us - now_us % CLOCK_SECOND;

	where_host(host);
	s->approver = who->name;
	s->key = str_from(who->key.fingerprint);
	s->host = arena_str(arena, str_from(host));
	s->uid = arena_fmt(arena, "%u", (unsigned)getuid());
	s->signed_at = when_text(whole, arena);
	s->expires = when_text(whole + seconds * CLOCK_SECOND, arena);
}

struct paper {
	struct str text, signature;
};

static bool sign(const struct hold_host *h, const char *key_file, const struct statement *s, struct arena *arena,
		 struct paper *ret, struct err *err)
{
	auto_buf text = BUF_MAX(STATEMENT_MAX + 4096), signature = BUF_MAX(SSHSIG_MAX);

	statement_render(s, &text);
	if (text.failed)
		return err_set(err, ERR_LIMIT, "the statement to be signed is too long");
	if (!keygen_sign(key_file, h->state_dir, buf_str(&text), &signature, err))
		return false;
	ret->text = arena_str(arena, buf_str(&text));
	ret->signature = arena_str(arena, buf_str(&signature));
	return arena->full ? err_set(err, ERR_LIMIT, "out of memory") : true;
}

static void put_paper(const struct paper *p, const struct weighed *v, struct json_out *o)
{
	json_out_kv(o, "approver", v->who->name);
	json_out_kv(o, "key", str_from(v->who->key.fingerprint));
	json_out_kv(o, "level", enforcement_name(v->level));
	json_out_kv(o, "statement", p->text);
	json_out_kv(o, "signature", p->signature);
}

static int64_t life_s(const struct answer *a, const struct book_hold *hold)
{
	int64_t own = demand_life_s(&hold->demands), now = demand_life_s(&a->ask->judgement->demands);

	return own < now ? own : now;
}

/* Sign outside the lock (a person takes time), look again and append inside. */
static bool append_approval(const struct answer *a, const struct paper *p, struct weighed *ret, struct err *err)
{
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };
	const struct book_hold *hold;
	struct book_approval *mine = ARENA_NEW(a->arena, struct book_approval); /* ${ret} points to it */
	struct weigh w;
	struct book book;
	uint64_t seq;

	if (!mine)
		return err_set(err, ERR_LIMIT, "out of memory");
	*mine = (struct book_approval){ .text = p->text, .signature = p->signature, .time_us = a->now_us };
	if (!book_read(&book, a->host, a->now_us, a->arena, err) || !answer_ready(a, &book, &hold, err) ||
	    !statement_parse(p->text, a->arena, &mine->statement, err) ||
	    !timestamp_parse(mine->statement.signed_at, &mine->signed_us) ||
	    !timestamp_parse(mine->statement.expires, &mine->expires_us) ||
	    !weigh_begin(&w, a->host, a->ask, a->now_us, a->arena, err))
		return false;
	*ret = weigh_approval(&w, hold, mine);
	if (ret->result != WEIGHED_VALID)
		return err_set(err, ERR_DENIED, "%s: %.400s", hold->id, ret->why);
	json_out_open(&o, '{');
	json_out_kv(&o, "hold", str_from(hold->id));
	put_paper(p, ret, &o);
	json_out_close(&o, '}');
	if (b.failed)
		return err_set(err, ERR_LIMIT, "the approval is too large");
	return a->host->append(a->host->ctx, STR("approval"), buf_str(&b), &seq, err);
}

bool answer_approve(const struct answer *a, struct weighed *ret, struct err *err)
{
	struct statement s = { .kind = STATEMENT_APPROVAL, .typed = a->typed };
	const struct book_hold *hold;
	struct book book;
	struct paper paper;
	bool ok;

	if (!book_read(&book, a->host, a->now_us, a->arena, err) || !answer_ready(a, &book, &hold, err))
		return false;
	if (!str_eq(a->typed, weigh_typed(a->ask->judgement)))
		return err_set(err, ERR_DENIED, "%s: '%.*s' is not what dies; nothing was approved", hold->id,
			       STR_ARG(str_sub(a->typed, 0, 100)));
	statement_bind(&s, a->ask->request, a->arena);
	s.hold = str_from(hold->id);
	s.opened = when_text(hold->opened_us, a->arena);
	s.asker = arena_fmt(a->arena, "%.*s %.*s", STR_ARG(principal_kind_name(hold->asker.kind)), STR_ARG(hold->asker.name));
	sign_off(&s, a->who, a->now_us, life_s(a, hold), a->arena);
	if (!sign(a->host, a->key_file, &s, a->arena, &paper, err) || !a->host->lock(a->host->ctx, err))
		return false;
	ok = append_approval(a, &paper, ret, err);
	a->host->unlock(a->host->ctx);
	return ok;
}

/* --- no --- */

/* ${hold}: what it is about, so that a gate knows by this entry alone whom it refuses; NULL: an elevation. */
static bool append_no(const struct hold_host *h, struct str kind, const struct refusal *no, const struct book_hold *hold,
		      struct err *err)
{
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };
	uint64_t seq;

	json_out_open(&o, '{');
	json_out_kv(&o, "hold", no->id);
	json_out_kv(&o, "by", no->by);
	json_out_key(&o, "uid");
	json_out_u64(&o, (uint64_t)getuid());
	json_out_kv(&o, "reason", str_sub(no->reason, 0, 4096));
	if (hold) {
		json_out_kv(&o, "gate", hold->gate);
		json_out_kv(&o, "session", hold->asker.session);
	}
	json_out_close(&o, '}');
	return h->append(h->ctx, kind, buf_str(&b), &seq, err);
}

static bool deny_locked(const struct hold_host *h, const struct refusal *no, struct arena *arena, struct err *err)
{
	const struct book_hold *hold;
	struct book book;

	if (!book_read(&book, h, clock_now_us(), arena, err))
		return false;
	hold = book_find_id(&book, no->id);
	if (!hold)
		return err_set(err, ERR_INPUT, "%.*s: no such hold", STR_ARG(str_sub(no->id, 0, 60)));
	return still_answerable(hold, err) && append_no(h, STR("denial"), no, hold, err);
}

bool answer_deny(const struct hold_host *h, const struct refusal *no, struct arena *arena, struct err *err)
{
	bool ok;

	if (!h->lock(h->ctx, err))
		return false;
	ok = deny_locked(h, no, arena, err);
	h->unlock(h->ctx);
	return ok;
}

static bool revoke_locked(const struct hold_host *h, const struct refusal *no, struct arena *arena, struct err *err)
{
	const struct book_elevation *g;
	const struct book_hold *hold;
	struct book book;

	if (!book_read(&book, h, clock_now_us(), arena, err))
		return false;
	hold = book_find_id(&book, no->id);
	g = book_find_grant(&book, no->id);
	if (!hold && !g)
		return err_set(err, ERR_INPUT, "%.*s: no such hold or grant", STR_ARG(str_sub(no->id, 0, 60)));
	if (hold && !still_answerable(hold, err))
		return false;
	if (!append_no(h, STR("grant.revoked"), no, hold, err))
		return false;
	if (g)
		elevation_unmark(h, g->id);
	return true;
}

bool answer_revoke(const struct hold_host *h, const struct refusal *no, struct arena *arena, struct err *err)
{
	bool ok;

	if (!h->lock(h->ctx, err))
		return false;
	ok = revoke_locked(h, no, arena, err);
	h->unlock(h->ctx);
	return ok;
}

/* --- elevations --- */

static bool fresh_nonce(struct arena *arena, struct str *ret, struct err *err)
{
	struct digest d = { { 0 } };
	char hex[DIGEST_HEX_LEN + 1];

	if (getrandom(d.b, sizeof(d.b), 0) != (ssize_t)sizeof(d.b))
		return err_sys(err, "getrandom");
	digest_hex(&d, hex);
	*ret = arena_str(arena, (struct str){ hex, 32 });
	return true;
}

static bool elevation_length(const struct elevating *e, struct err *err)
{
	int64_t most = e->kind == STATEMENT_BREAK_GLASS ? ELEVATION_GLASS_MAX_S : ELEVATION_MAX_S;
	char text[40];

	if (e->seconds > 0 && e->seconds <= most)
		return true;
	duration_text(most, text, sizeof(text));
	return err_set(err, ERR_INPUT, "an elevation of this kind lasts %s at the most", text);
}

static bool append_elevation(const struct elevating *e, const struct paper *p, struct book_elevation *g,
			     const struct weighed *v, struct err *err)
{
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };
	struct str kind = statement_kind_name(e->kind);

	json_out_open(&o, '{');
	json_out_kv(&o, "scope", e->scope);
	json_out_kv(&o, "reason", e->reason);
	json_out_kv(&o, "expires", g->statement.expires);
	put_paper(p, v, &o);
	json_out_close(&o, '}');
	if (b.failed)
		return err_set(err, ERR_LIMIT, "the elevation is too large");
	if (!e->host->append(e->host->ctx, kind, buf_str(&b), &g->seq, err))
		return false;
	snprintf(g->id, sizeof(g->id), "G-%llu", (unsigned long long)g->seq);
	elevation_mark(e->host, g);
	alarm_page(e->host, str_from(g->id), kind, e->reason.len ? e->reason : e->scope);
	return true;
}

static bool weigh_own(const struct elevating *e, struct book_elevation *g, const struct paper *p, struct weighed *ret,
		      struct err *err)
{
	struct weigh w;

	g->text = p->text;
	g->signature = p->signature;
	g->time_us = e->now_us;
	if (!statement_parse(p->text, e->arena, &g->statement, err) ||
	    !timestamp_parse(g->statement.signed_at, &g->signed_us) ||
	    !timestamp_parse(g->statement.expires, &g->expires_us) ||
	    !weigh_begin(&w, e->host, NULL, e->now_us, e->arena, err))
		return false;
	*ret = weigh_elevation(&w, g);
	return ret->result == WEIGHED_VALID ? true : err_set(err, ERR_DENIED, "%.400s", ret->why);
}

bool answer_elevate(const struct elevating *e, char ret_id[HOLD_ID_LEN], struct weighed *ret, struct err *err)
{
	struct statement s = { .kind = e->kind, .scope = e->scope, .reason = e->reason };
	struct book_elevation g = { 0 };
	struct paper paper;

	if (!elevation_length(e, err) || !fresh_nonce(e->arena, &s.nonce, err))
		return false;
	sign_off(&s, e->who, e->now_us, e->seconds, e->arena);
	if (!sign(e->host, e->key_file, &s, e->arena, &paper, err) || !weigh_own(e, &g, &paper, ret, err) ||
	    !append_elevation(e, &paper, &g, ret, err))
		return false;
	memcpy(ret_id, g.id, HOLD_ID_LEN);
	return true;
}

/* --- the end of a freeze --- */

bool answer_unfreeze(const struct thawing *t, struct weighed *ret, struct err *err)
{
	struct statement s = { .kind = STATEMENT_UNFREEZE, .reason = t->reason };
	struct principal me = { .kind = PRINCIPAL_PERSON, .name = t->who->name, .uid = (uint32_t)getuid() };
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };
	struct book_elevation u = { .time_us = clock_now_us() };
	struct paper paper;
	uint64_t seq;

	me.key = str_from(t->who->key.fingerprint);
	if (principal_same(&t->freeze.asker, &me))
		return err_set(err, ERR_DENIED, "'%.*s' froze it; another person must unfreeze", STR_ARG(me.name));
	s.freeze = arena_fmt(t->arena, "%llu", (unsigned long long)t->freeze.seq);
	s.opened = when_text(t->freeze.time_us, t->arena);
	sign_off(&s, t->who, u.time_us, THAW_LIFE_S, t->arena);
	if (!sign(t->host, t->key_file, &s, t->arena, &paper, err))
		return false;
	u.text = paper.text;
	u.signature = paper.signature;
	u.time_us = clock_now_us();
	if (!thaw_weigh(t->host, &t->freeze, &u, t->arena, ret))
		return err_set(err, ERR_DENIED, "it stays frozen: %.400s", ret->why);
	json_out_open(&o, '{');
	json_out_kv(&o, "freeze", s.freeze);
	json_out_kv(&o, "why", s.reason);
	json_out_kv(&o, "by", t->who->name);
	put_paper(&paper, ret, &o);
	json_out_close(&o, '}');
	if (b.failed)
		return err_set(err, ERR_LIMIT, "the reason is too long");
	return t->host->append(t->host->ctx, STR("unfreeze"), buf_str(&b), &seq, err);
}
