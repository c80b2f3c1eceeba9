#include "hold/weigh.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "hold/demand.h"
#include "hold/where.h"

#define SKEW_US (120 * CLOCK_SECOND) /* clocks of two machines */

bool weigh_begin(struct weigh *w, const struct hold_host *h, const struct hold_request *ask, int64_t now_us,
		 struct arena *arena, struct err *err)
{
	struct signer *list;

	if (!h->policy)
		return err_set(err, ERR_STATE, "no policy was loaded, so nobody may approve");
	if (!signer_list(h, arena, &list, err))
		return false;
	*w = (struct weigh){ .host = h, .signers = list, .ask = ask, .now_us = now_us, .arena = arena };
	return true;
}

struct str weigh_typed(const struct judgement *j)
{
	return j->demands.confirm == CONFIRM_TYPED && j->typed_name.len ? j->typed_name : STR("yes");
}

static bool PAWL_PRINTF(3, 4) fail(struct weighed *v, enum weighed_result result, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
	v->result = result;
	return false;
}

/* --- of every statement: key, signature, person, time --- */

/* What is common to approvals and elevations. */
struct signed_text {
	const struct statement *s;
	struct str text, signature;
	int64_t signed_us, expires_us, entry_us;
};

static bool right_key(const struct weigh *w, const struct signed_text *t, struct sshsig *sig, struct weighed *v)
{
	struct err why = { 0 };

	if (!sshsig_parse(t->signature, w->arena, sig, &why))
		return fail(v, WEIGHED_FORGED, "%.300s", why.msg);
	if (!str_is(sig->name_space, HOLD_NAMESPACE))
		return fail(v, WEIGHED_FORGED, "the signature was made for another purpose (namespace '%.*s', not '%s')",
			    STR_ARG(str_sub(sig->name_space, 0, 60)), HOLD_NAMESPACE);
	if (!str_is(t->s->key, sig->fingerprint))
		return fail(v, WEIGHED_FORGED, "signed by another key (%s) than the statement names", sig->fingerprint);
	v->who = signer_find(w->signers, t->s->approver, str_from(sig->fingerprint));
	if (!v->who)
		return fail(v, WEIGHED_REFUSED, "'%.*s' with key %s is no approver here (see pawl approvers)",
			    STR_ARG(str_sub(t->s->approver, 0, 60)), sig->fingerprint);
	if (!keygen_verify(v->who, t->text, t->signature, &why))
		return fail(v, WEIGHED_FORGED, "%.300s", why.msg);
	if (sig->hardware && !sig->present)
		return fail(v, WEIGHED_REFUSED, "the hardware key was not touched for it");
	return true;
}

static uint32_t claimed_uid(const struct statement *s)
{
	uint64_t uid;

	return str_to_u64(s->uid, &uid) && uid < UINT32_MAX ? (uint32_t)uid : UINT32_MAX;
}

/* Who asks now, or who asked when the hold was opened: neither may have signed. */
static bool not_the_asker(const struct principal *asker, const struct statement *s, struct weighed *v)
{
	struct principal signer = { .kind = PRINCIPAL_PERSON, .name = s->approver, .key = s->key };

	signer.uid = claimed_uid(s);
	if (principal_same(asker, &signer))
		return fail(v, WEIGHED_REFUSED, "'%.*s' asked for it; another person must approve",
			    STR_ARG(str_sub(asker->name.len ? asker->name : s->approver, 0, 60)));
	return true;
}

/* On the asker's machine, under the asker's uid, or with the private key within our own reach: no boundary. */
static void find_level(const struct weigh *w, const struct statement *s, bool hardware, struct weighed *v)
{
	const struct request *r = w->ask ? w->ask->request : NULL;
	uint32_t asker = r ? r->principal.uid : (uint32_t)getuid();
	char host[WHERE_LEN + 1];

	where_host(host);
	v->level = ENFORCEMENT_OTHER_UID;
	if (hardware) {
		v->level = ENFORCEMENT_HARDWARE;
	} else if (str_is(s->host, host) && claimed_uid(s) == asker) {
		v->level = ENFORCEMENT_SAME_UID;
		snprintf(v->where, sizeof(v->where), "signed under uid %u, which is also the asker's", asker);
	} else if (keygen_reachable(&v->who->key, v->where, sizeof(v->where))) {
		v->level = ENFORCEMENT_SAME_UID;
	}
}

static bool right_time(const struct weigh *w, const struct signed_text *t, struct weighed *v)
{
	char when[TIMESTAMP_LEN + 1];

	if (t->signed_us > w->now_us + SKEW_US) {
		timestamp_text(t->signed_us, when);
		return fail(v, WEIGHED_REFUSED, "signed in the future (%s); did a clock go back?", when);
	}
	if (t->expires_us <= w->now_us) {
		timestamp_text(t->expires_us, when);
		return fail(v, WEIGHED_REFUSED, "it expired at %s", when);
	}
	return true;
}

static bool common(const struct weigh *w, const struct signed_text *t, struct weighed *v)
{
	struct sshsig sig = { 0 };

	if (!right_key(w, t, &sig, v) || !right_time(w, t, v))
		return false;
	if (w->ask && !not_the_asker(&w->ask->request->principal, t->s, v))
		return false;
	find_level(w, t->s, sig.hardware, v);
	if (v->level == ENFORCEMENT_SAME_UID && !policy_allows_same_uid(w->host->policy))
		return fail(v, WEIGHED_REFUSED,
			    "the policy refuses keys within the asker's reach (%s); use a hardware key or another unix user",
			    v->where);
	return true;
}

/* --- approvals --- */

static bool same_moment(struct str text, int64_t us)
{
	char want[TIMESTAMP_LEN + 1];

	timestamp_text(us, want);
	return str_is(text, want);
}

static bool right_hold(const struct weigh *w, const struct book_hold *hold, const struct statement *s, struct weighed *v)
{
	char hex[DIGEST_HEX_LEN + 1];
	struct err why = { 0 };

	digest_hex(&hold->request, hex);
	if (!str_is(s->hold, hold->id))
		return fail(v, WEIGHED_FORGED, "the signature is over another hold (%.*s)", STR_ARG(str_sub(s->hold, 0, 40)));
	if (!same_moment(s->opened, hold->opened_us))
		return fail(v, WEIGHED_FORGED, "the signature is over a hold of the same number opened at another time");
	if (!str_is(s->request, hex))
		return fail(v, WEIGHED_FORGED, "the signature is over another request");
	if (w->ask && !statement_binds(s, w->ask->request, w->arena, &why))
		return fail(v, WEIGHED_REFUSED, "%.380s", why.msg);
	if (w->ask && !str_eq(s->typed, weigh_typed(w->ask->judgement)))
		return fail(v, WEIGHED_REFUSED, "the person typed '%.*s', but '%.*s' is asked for", STR_ARG(str_sub(s->typed, 0, 80)),
			    STR_ARG(str_sub(weigh_typed(w->ask->judgement), 0, 80)));
	return true;
}

struct principal weigh_asker(const struct statement *s)
{
	struct principal p = { .kind = PRINCIPAL_PERSON, .name = s->asker, .uid = UINT32_MAX };
	size_t blank = str_find_char(s->asker, ' ');

	if (blank != SIZE_MAX && principal_kind_from(str_sub(s->asker, 0, blank), &p.kind))
		p.name = str_sub(s->asker, blank + 1, SIZE_MAX);
	return p;
}

static bool asked_by(const struct book_hold *hold, const struct statement *s, struct weighed *v)
{
	struct principal asker = hold->asker;

	if (!not_the_asker(&asker, s, v))
		return false;
	/* A file from elsewhere brings no hold; its statement names who asked there. */
	asker = weigh_asker(s);
	return not_the_asker(&asker, s, v);
}

static bool short_enough(const struct book_hold *hold, const struct signed_text *t, struct weighed *v)
{
	if (t->signed_us + SKEW_US < hold->opened_us)
		return fail(v, WEIGHED_REFUSED, "signed before the hold was opened; did a clock go back?");
	if (t->expires_us - t->signed_us > demand_life_s(&hold->demands) * CLOCK_SECOND)
		return fail(v, WEIGHED_REFUSED, "it would live longer than the policy allows");
	return true;
}

struct weighed weigh_approval(const struct weigh *w, const struct book_hold *hold, const struct book_approval *a)
{
	struct weighed v = { .approval = a };
	struct signed_text t = { .s = &a->statement, .text = a->text, .signature = a->signature,
				 .signed_us = a->signed_us, .expires_us = a->expires_us, .entry_us = a->time_us };

	if (right_hold(w, hold, &a->statement, &v) && common(w, &t, &v) && asked_by(hold, &a->statement, &v) &&
	    short_enough(hold, &t, &v))
		v.result = WEIGHED_VALID;
	return v;
}

struct weighed *weigh_all(const struct weigh *w, const struct book_hold *hold)
{
	struct weighed *first = NULL, **at = &first;

	for (const struct book_approval *a = hold->approvals; a; a = a->next) {
		struct weighed *v = ARENA_NEW(w->arena, struct weighed);

		if (!v)
			return NULL;
		*v = weigh_approval(w, hold, a);
		*at = v;
		at = &v->next;
	}
	return first;
}

struct weighed weigh_elevation(const struct weigh *w, const struct book_elevation *g)
{
	struct weighed v = { 0 };
	struct signed_text t = { .s = &g->statement, .text = g->text, .signature = g->signature,
				 .signed_us = g->signed_us, .expires_us = g->expires_us, .entry_us = g->time_us };
	char host[WHERE_LEN + 1];

	where_host(host);
	if (g->over)
		fail(&v, WEIGHED_REFUSED, "it was revoked");
	else if (!str_is(g->statement.host, host))
		fail(&v, WEIGHED_FORGED, "it was signed for another machine");
	else if (common(w, &t, &v))
		v.result = WEIGHED_VALID;
	return v;
}

struct weighed weigh_unfreeze(const struct weigh *w, const struct book_elevation *u)
{
	struct weigh then = *w;
	struct weighed v = { 0 };
	struct signed_text t = { .s = &u->statement, .text = u->text, .signature = u->signature,
				 .signed_us = u->signed_us, .expires_us = u->expires_us, .entry_us = u->time_us };
	char host[WHERE_LEN + 1];

	then.now_us = u->time_us;
	where_host(host);
	if (!str_is(u->statement.host, host))
		fail(&v, WEIGHED_FORGED, "it was signed for another machine");
	else if (common(&then, &t, &v))
		v.result = WEIGHED_VALID;
	return v;
}

/* --- demands --- */

static bool counts(const struct demands *d, const struct book_hold *hold, const struct weighed *v)
{
	const struct book_approval *a = v->approval;
	int64_t when = a->time_us < a->signed_us ? a->time_us : a->signed_us;

	return v->result == WEIGHED_VALID && demand_role_ok(d, v->who->name, v->who->roles) &&
	       when + CLOCK_SECOND > hold->opened_us + d->cool_off_s * CLOCK_SECOND;
}

unsigned weigh_people(const struct demands *d, const struct book_hold *hold, const struct weighed *list)
{
	unsigned n = 0;

	for (const struct weighed *v = list; v; v = v->next) {
		bool again = !counts(d, hold, v);

		for (const struct weighed *old = list; old != v && !again; old = old->next)
			again = counts(d, hold, old) && (str_eq(old->who->name, v->who->name) ||
							 str_eq(old->who->key.blob, v->who->key.blob));
		n += !again;
	}
	return n;
}

static const struct weighed *first_refused(const struct weighed *list)
{
	while (list && list->result == WEIGHED_VALID)
		list = list->next;
	return list;
}

static bool too_few(const struct demands *d, const struct book_hold *hold, const struct weighed *list, struct err *err)
{
	const struct weighed *bad = first_refused(list);
	struct demands calm = *d, anybody = *d;
	unsigned have = weigh_people(d, hold, list), want = demand_people(d);

	calm.cool_off_s = 0;
	anybody.roles = NULL;
	if (weigh_people(&calm, hold, list) >= want) {
		char text[40];

		duration_text(d->cool_off_s, text, sizeof(text));
		return err_set(err, ERR_DENIED, "%s: approved too soon; the policy wants %s between asking and approving",
			       hold->id, text);
	}
	if (weigh_people(&anybody, hold, list) >= want)
		return err_set(err, ERR_DENIED, "%s: approved by people without the role that the policy demands", hold->id);
	if (bad)
		return err_set(err, ERR_DENIED, "%s: an approval does not count: %.400s", hold->id, bad->why);
	return err_set(err, ERR_DENIED, "%s: %u of %u people have approved", hold->id, have, want);
}

bool weigh_demands(const struct weigh *w, const struct demands *d, const struct book_hold *hold, const struct weighed *list,
		   struct err *err)
{
	auto_buf hours = BUF_MAX(200);

	if (weigh_people(d, hold, list) < demand_people(d))
		return too_few(d, hold, list, err);
	for (const struct weighed *v = list; v; v = v->next) {
		if (v->result == WEIGHED_VALID && v->approval->signed_us + demand_life_s(d) * CLOCK_SECOND <= w->now_us)
			return err_set(err, ERR_DENIED, "%s: it expired: the policy now gives approvals a shorter life", hold->id);
	}
	if (demand_hour_ok(d, w->now_us))
		return true;
	demand_hours_text(d, &hours);
	return err_set(err, ERR_DENIED, "%s: approved, but allowed only %.*s", hold->id, STR_ARG(buf_str(&hours)));
}
