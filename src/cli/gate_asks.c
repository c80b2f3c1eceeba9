#include "cli/gate_asks_inner.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/redact.h"
#include "cli/freeze_marker.h"
#include "cli/frozen.h"
#include "cli/hosts.h"
#include "cli/keeping_database.h"
#include "cli/notify.h"
#include "cli/recovery_look.h"
#include "core/permit.h"

#define BODY_MAX ((size_t)1 << 20)
#define USE_ARENA (2 * BOOK_ARENA)
#define LOOK_ARENA ((size_t)64 << 20)
#define POLL_US 200000
#define RETRY_US (2 * CLOCK_SECOND)

/* One question on its way to an answer. */
struct asking {
	struct gate_asks *a;
	struct database_question *q;
	struct evidence evidence;
	struct judgement judgement;
	char hold[HOLD_ID_LEN];
	struct err why; /* why an approval could not be used */
	struct database_passage *ret;
};

/* --- words --- */

static struct str word(const struct asking *k, const char *text)
{
	return arena_str(k->q->arena, str_from(text));
}

static void refuse(struct asking *k, enum database_refusal why, struct str message, struct str hint)
{
	*k->ret = (struct database_passage){ .answer = DATABASE_REFUSED, .why = why, .message = message, .hint = hint };
	snprintf(k->ret->hold, sizeof(k->ret->hold), "%s", k->hold);
}

/* What to do instead: the rule's word, else that of the first change that is not allowed and has one. */
static struct str safer(const struct asking *k)
{
	struct str says = k->judgement.rule.safer;

	for (const struct judged_change *c = k->judgement.changes; c && !says.len; c = c->next)
		says = c->verdict == k->judgement.verdict ? c->change->safer : STR_NONE;
	return says.len ? arena_fmt(k->q->arena, "Safer: %.*s. ", STR_ARG(str_sub(says, 0, 300))) : STR_NONE;
}

static void refuse_error(struct asking *k, const char *what, const struct err *err)
{
	refuse(k, DATABASE_DENIED, arena_fmt(k->q->arena, "pawl: refused: %s: %.500s", what, err->msg),
	       STR("Nothing was done. Tell the person: pawl could not decide this."));
}

/* --- the record --- */

static bool record(struct asking *k, struct str verdict, struct str rule, struct str reason, struct err *err)
{
	const struct request *r = &k->q->request;
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };
	struct digest d = request_digest(r);
	char hex[DIGEST_HEX_LEN + 1];
	uint64_t seq;

	digest_hex(&d, hex);
	json_out_open(&o, '{');
	json_out_kv(&o, "verdict", verdict);
	json_out_kv(&o, "gate", gate_name(r->gate));
	json_out_kv(&o, "request_sha256", str_from(hex));
	json_out_kv(&o, "summary", str_sub(r->summary, 0, 20000));
	json_out_kv(&o, "environment", k->judgement.environment.name);
	json_out_kv(&o, "database", r->binding.backend);
	json_out_kv(&o, "principal", r->principal.name);
	json_out_kv(&o, "session", r->principal.session);
	json_out_kv(&o, "rule", rule);
	json_out_kv(&o, "reason", reason);
	json_out_close(&o, '}');
	return ledger_append(k->a->o.ledger, STR("request"), buf_str(&b), &seq, err);
}

/* Refused for good: recorded, and its credential may do less from here on. */
static void deny(struct asking *k, struct str rule, struct str reason, bool tighten)
{
	struct err err = { 0 };
	struct str said = arena_fmt(k->q->arena, "pawl: denied: %.*s", STR_ARG(str_sub(reason, 0, 800)));

	refuse(k, DATABASE_DENIED, said,
	       arena_fmt(k->q->arena, "%.*sDo not retry it and do not try another way round: tell the person.", STR_ARG(safer(k))));
	if (!record(k, STR("deny"), rule, reason, &err))
		refuse_error(k, "and not recorded", &err);
	if (tighten && !gate_credentials_tighten(k->a->credentials, k->q->session.id, reason, str_from(k->hold), &err))
		refuse_error(k, "and not recorded", &err);
}

/* --- judging --- */

static void fill_request(struct asking *k)
{
	struct database_question *q = k->q;
	const struct database_upstream *u = q->upstream;
	struct request *r = &q->request;

	r->principal = (struct principal){
		.kind = PRINCIPAL_AGENT, .name = q->session.name, .uid = (uint32_t)getuid(), .session = q->session.id
	};
	if (r->gate == GATE_UNSET)
		r->gate = GATE_POSTGRES;
	database_locate(u, r);
	r->binding.backend = arena_fmt(q->arena, "%.*s:%.*s/%.*s/%.*s", STR_ARG(gate_name(r->gate)), STR_ARG(u->name),
				       STR_ARG(u->place.host), STR_ARG(u->place.database));
	if (!r->summary.len)
		r->summary = redact_str(str_sub(q->text, 0, 2000), q->arena);
	request_redact(r, q->arena);
}

static void judge_all(struct asking *k)
{
	struct database_question *q = k->q;
	struct digest evidence;

	fill_request(k);
	k->evidence.now_us = clock_now_us();
	for (const struct evidence_note *n = q->notes; n; n = n->next)
		evidence_note_add(&k->evidence, q->arena, n->bad, redact_str(n->text, q->arena));
	freeze_marker_look(k->a->o.places, q->arena, &k->evidence);
	if (!k->evidence.frozen && atomic_load(&k->a->frozen)) {
		k->evidence.frozen = true;
		k->evidence.frozen_why = STR("frozen by the ledger");
	}
	recovery_look(k->a->o.places, &q->request, q->upstream->name, q->arena, &k->evidence);
	evidence_redact(&k->evidence, q->arena);
	judge(k->a->o.policy, &q->request, &k->evidence, q->arena, &k->judgement);
	evidence = evidence_digest(&k->evidence);
	q->request.binding.environment = redact_str(k->judgement.environment.name, q->arena);
	q->request.binding.evidence = digest_text(&evidence, q->arena);
}

/* --- holds --- */

struct hold_seen {
	enum hold_state state;
	char by[100], reason[400];
};

/* What the ledger says of that hold now. Reads its tail only. */
static bool look_at_hold(struct asking *k, uint64_t seq, struct hold_seen *ret, struct err *err)
{
	const struct book_hold *hold;
	struct arena arena;
	struct book book;
	bool ok;

	if (!arena_map(&arena, LOOK_ARENA))
		return err_set(err, ERR_LIMIT, "no memory to read the ledger with");
	ok = book_read_after(&book, &k->a->holds, seq - 1, clock_now_us(), &arena, err);
	if (ok) {
		hold = book_find(&book, seq);
		*ret = (struct hold_seen){ .state = hold ? hold->state : HOLD_NONE };
		if (hold) {
			snprintf(ret->by, sizeof(ret->by), "%.*s", STR_ARG(hold->by));
			snprintf(ret->reason, sizeof(ret->reason), "%.*s", STR_ARG(hold->reason));
		}
	}
	arena_unmap(&arena);
	return ok;
}

/* An approval, or an elevation in force: every signature is looked at. False: k->why says why not. */
static bool use(struct asking *k)
{
	const struct request *r = &k->q->request;
	struct grant_use use;
	struct arena arena;
	bool ok;

	k->why = (struct err){ .code = ERR_NONE };
	if (!arena_map(&arena, USE_ARENA))
		return err_set(&k->why, ERR_LIMIT, "no memory to read the ledger with");
	ok = frozen_agree(&k->a->holds, k->evidence.frozen, &arena, &k->why) &&
	     hold_use(&k->a->holds, r, &k->judgement, &k->evidence, &arena, &use, &k->why) &&
	     permit_mint(r, &k->judgement, 0, &use, clock_now_us(), &arena, &k->why);
	if (ok) {
		*k->ret = (struct database_passage){ .answer = DATABASE_PASSED };
		snprintf(k->ret->hold, sizeof(k->ret->hold), "%.*s", STR_ARG(use.hold));
	}
	arena_unmap(&arena);
	return ok;
}

static bool elevated(const struct gate_asks *a)
{
	auto_buf banner = BUF_MAX(4096);

	hold_banner(a->o.places->state, clock_now_us(), &banner);
	return banner.len > 0;
}

static void still_held(struct asking *k)
{
	refuse(k, DATABASE_HELD,
	       arena_fmt(k->q->arena, "pawl: held as %s, nothing was done: %.*s%s%.300s", k->hold,
			 STR_ARG(str_sub(k->judgement.reason, 0, 800)), k->why.msg[0] ? "; approved, but " : "", k->why.msg),
	       arena_fmt(k->q->arena,
			 "%.*sDo not retry it and do not try another way round: ask the person to answer %s (pawl show %s). "
			 "Once it is approved, send exactly this statement again.",
			 STR_ARG(safer(k)), k->hold, k->hold));
}

/* Answered with anything but a yes. */
static void answered_no(struct asking *k, const struct hold_seen *seen)
{
	struct str reason = arena_fmt(k->q->arena, "%s was %.*s%s%s%s%s", k->hold, STR_ARG(hold_state_name(seen->state)),
				      seen->by[0] ? " by " : "", seen->by, seen->reason[0] ? ": " : "", seen->reason);

	deny(k, STR("person"), reason, seen->state == HOLD_DENIED);
}

/* True: it is decided. */
static bool settled(struct asking *k, uint64_t seq)
{
	struct hold_seen seen;
	struct err err = { 0 };

	if (!look_at_hold(k, seq, &seen, &err)) {
		refuse_error(k, "the ledger cannot be read", &err);
		return true;
	}
	switch (seen.state) {
	case HOLD_OPEN:
		return false;
	case HOLD_APPROVED:
		return use(k);
	case HOLD_USED:
		still_held(k); /* by another of the same words, just now */
		return true;
	case HOLD_NONE:
	case HOLD_DENIED:
	case HOLD_EXPIRED:
	case HOLD_REVOKED:
	case HOLD_STATE_COUNT:
		break;
	}
	answered_no(k, &seen);
	return true;
}

/* A person at the client knows what it waits for, and one that gives up first still has the number. */
static void begins_to_wait(struct asking *k)
{
	struct database_question *q = k->q;

	if (!q->waits)
		return;
	q->waits(q->waits_ctx, arena_fmt(q->arena, "pawl: held as %s, waiting up to %u s for an answer", k->hold, k->a->o.wait_s),
		 arena_fmt(q->arena, "Nothing was done yet. A person answers: pawl show %s, then pawl approve %s or pawl deny %s.", k->hold,
			   k->hold, k->hold));
}

/* Until it is answered, the time is up or the client is gone: looks at the ledger when something was written to it. */
static void wait_for_answer(struct asking *k, bool (*gone)(void *gone_ctx), void *gone_ctx)
{
	int64_t until = clock_now_us() + (int64_t)k->a->o.wait_s * CLOCK_SECOND, again = 0;
	uint64_t seq = 0, seen = 0, now;
	bool told = !k->a->o.wait_s;

	if (!str_to_u64(str_from(k->hold + 2), &seq) || !seq) {
		still_held(k);
		return;
	}
	for (;;) {
		struct digest head;

		/* Before the answer: it is not used up for somebody who hears nothing of it. */
		if ((gone && gone(gone_ctx)) || atomic_load(&k->a->over))
			break;
		if (!ledger_head(k->a->o.ledger, &now, &head, NULL))
			now = seen + 1; /* the look itself will say */
		if (now != seen || (again && clock_now_us() >= again)) {
			seen = now;
			if (settled(k, seq))
				return;
			again = k->why.msg[0] ? clock_now_us() + RETRY_US : 0;
		}
		if (!told)
			begins_to_wait(k);
		told = true;
		if (clock_now_us() >= until)
			break;
		usleep(POLL_US);
	}
	still_held(k);
}

/* A person said no to this very statement when it waited no longer. Once lifted, it may be asked anew. */
static bool was_denied(struct asking *k)
{
	enum hold_state state = HOLD_NONE;
	char id[HOLD_ID_LEN] = "";
	uint64_t seq = 0;

	if (!hold_last(&k->a->holds, &k->q->request, k->evidence.now_us, id, &state, NULL) || state != HOLD_DENIED ||
	    !str_to_u64(str_from(id + 2), &seq))
		return false;
	snprintf(k->hold, sizeof(k->hold), "%s", id);
	return settled(k, seq);
}

static void hold(struct asking *k, bool tight, bool (*gone)(void *gone_ctx), void *gone_ctx)
{
	const struct request *r = &k->q->request;
	enum hold_state state = HOLD_NONE;
	struct err err = { 0 };

	if (!hold_waiting(&k->a->holds, r, k->evidence.now_us, k->hold, &state, &err)) {
		refuse_error(k, "the ledger cannot be read", &err);
		return;
	}
	if ((state == HOLD_APPROVED || (!tight && elevated(k->a))) && use(k))
		return;
	if (tight && was_denied(k))
		return;
	if (tight) {
		struct str why = STR("this credential was refused before, or passed a budget: until a person lifts that it may read and "
				     "make bounded writes, nothing else");

		refuse(k, DATABASE_TIGHTENED, arena_fmt(k->q->arena, "pawl: refused: %.*s", STR_ARG(why)),
		       arena_fmt(k->q->arena, "Stop here and tell the person, who may say: pawl postgres keys --lift %.*s",
				 STR_ARG(k->q->session.id)));
		if (!record(k, STR("deny"), STR("tightened"), why, &err))
			refuse_error(k, "and not recorded", &err);
		return;
	}
	if (!hold_open(&k->a->holds, r, &k->judgement, &k->evidence, k->hold, &err)) {
		refuse_error(k, "no hold could be opened", &err);
		return;
	}
	notify_kick(k->a->o.policy);
	wait_for_answer(k, gone, gone_ctx);
}

/* --- the host's functions --- */

/* The next of a plan that a person approved as a whole. */
static bool planned(struct asking *k)
{
	/* What a person said yes to is the plan, with what was known then. */
	struct evidence bare = { .now_us = k->evidence.now_us, .frozen = k->evidence.frozen, .frozen_why = k->evidence.frozen_why };
	struct err err = { 0 };
	char hold[HOLD_ID_LEN] = "";

	if (!gate_plans_next(k->a->plans, k->q, &bare, hold))
		return false;
	snprintf(k->hold, sizeof(k->hold), "%s", hold);
	if (!record(k, STR("allow"), arena_fmt(k->q->arena, "rehearsed, %s", hold), STR_NONE, &err)) {
		refuse_error(k, "no verdict without a record", &err);
		return true;
	}
	*k->ret = (struct database_passage){ .answer = DATABASE_PASSED };
	snprintf(k->ret->hold, sizeof(k->ret->hold), "%s", hold);
	return true;
}

static void allow(struct asking *k)
{
	struct err err = { 0 };

	if (k->judgement.n_destructive && !record(k, STR("allow"), k->judgement.rule.name, STR_NONE, &err)) {
		refuse_error(k, "no verdict without a record", &err);
		return;
	}
	*k->ret = (struct database_passage){ .answer = DATABASE_PASSED };
}

static void decide(void *ctx, struct database_question *q, bool (*gone)(void *gone_ctx), void *gone_ctx,
		   struct database_passage *ret)
{
	struct asking k = { .a = ctx, .q = q, .ret = ret };
	struct err err = { 0 };
	bool tight;

	*ret = (struct database_passage){ .answer = DATABASE_REFUSED, .why = DATABASE_DENIED };
	judge_all(&k);
	if (q->arena->full) {
		refuse(&k, DATABASE_OPAQUE, STR("pawl: refused: the statement is larger than pawl holds in memory"), STR_NONE);
		return;
	}
	if (!gate_credentials_alive(k.a->credentials, q->session.id)) {
		deny(&k, STR("key"), word(&k, "the session key has expired or was revoked"), false);
		return;
	}
	if (k.judgement.verdict == VERDICT_DENY) {
		deny(&k, k.judgement.rule.name, k.judgement.reason, !k.evidence.frozen);
		return;
	}
	if (!gate_credentials_follow(k.a->credentials, &err)) {
		refuse_error(&k, "the ledger cannot be read", &err);
		return;
	}
	tight = gate_credentials_tightened(k.a->credentials, q->session.id);
	if (k.judgement.verdict == VERDICT_ALLOW && !(tight && k.judgement.n_destructive)) {
		allow(&k);
		return;
	}
	if (planned(&k))
		return;
	if (k.judgement.verdict == VERDICT_ALLOW)
		k.judgement.verdict = VERDICT_HOLD;
	hold(&k, tight, gone, gone_ctx);
}

static bool tightened(void *ctx, const struct database_session *s)
{
	return gate_credentials_tightened(((struct gate_asks *)ctx)->credentials, s->id);
}

static bool is_frozen(void *ctx)
{
	return atomic_load_explicit(&((struct gate_asks *)ctx)->frozen, memory_order_relaxed);
}

static bool keep(void *ctx, const struct database_keeping *what, char ret_id[24], struct err *err)
{
	const struct gate_asks *a = ctx;

	return keeping_database(a->o.places, a->o.policy, a->o.ledger, what, ret_id, err);
}

static bool key(void *ctx, struct str user, struct database_key *ret)
{
	return gate_credentials_key(((struct gate_asks *)ctx)->credentials, user, ret);
}

/* --- open, close --- */

bool gate_asks_open(const struct gate_asks_opts *o, struct gate_asks **ret, struct err *err)
{
	struct gate_asks *a = calloc(1, sizeof(*a));

	if (!a)
		return err_set(err, ERR_LIMIT, "no memory");
	a->o = *o;
	a->holds = hosts_hold(o->ledger, o->places, o->policy);
	a->host = (struct database_host){
		.ctx = a, .policy = o->policy, .decide = decide, .breach = gate_asks_breach, .tightened = tightened, .frozen = is_frozen,
		.keep = keep, .key = key
	};
	atomic_store(&a->frozen, true); /* until the ledger was asked */
	if (!gate_credentials_open(o->places->state, o->ledger, &a->credentials, err)) {
		free(a);
		return false;
	}
	gate_asks_look(a);
	if (!gate_plans_open(o->places, &a->holds, &a->plans, err)) {
		gate_credentials_close(a->credentials);
		free(a);
		return false;
	}
	if (pthread_create(&a->watcher, NULL, gate_asks_watch, a) != 0) {
		gate_plans_close(a->plans);
		gate_credentials_close(a->credentials);
		free(a);
		return err_set(err, ERR_LIMIT, "no thread to be had");
	}
	*ret = a;
	return true;
}

void gate_asks_close(struct gate_asks *a)
{
	if (!a)
		return;
	atomic_store(&a->over, true);
	pthread_join(a->watcher, NULL);
	gate_plans_close(a->plans);
	gate_credentials_close(a->credentials);
	free(a);
}

const struct database_host *gate_asks_host(const struct gate_asks *a)
{
	return &a->host;
}
