#include "core/judge.h"

#include "base/timestamp.h"
#include "core/demands.h"
#include "core/match.h"

/* The strictest rule of a set, or NULL. */
static const struct rule *strictest(const struct rules *r, const uint64_t *bits)
{
	for (size_t w = 0; w < r->words; w++) {
		if (bits[w])
			return r->rule[w * 64 + (size_t)__builtin_ctzll(bits[w])];
	}
	return NULL;
}

static struct rule_ref ref_of(const struct rule *rule)
{
	return (struct rule_ref){ rule->name, rule->file, rule->line, rule->layer, rule->safer, rule->why };
}

/* --- what holding takes --- */

/* One thing has a change and what was found of it: it is named once. */
static void note_name(struct str *names, size_t *n, const struct change *c)
{
	struct str name = c->title.len ? c->title : c->name;

	for (size_t i = 0; i < *n && i < MATCH_MISSING_NAMED; i++) {
		if (str_eq(names[i], name))
			return;
	}
	if (*n < MATCH_MISSING_NAMED)
		names[*n] = name;
	++*n;
}

static bool ages_do(struct match_ages a, const struct demands *d)
{
	return (!d->recovery_verified_within_s || a.verified_s <= d->recovery_verified_within_s) &&
	       (!d->recovery_proven_within_s || a.proven_s <= d->recovery_proven_within_s);
}

static void note_missing(struct match *run, const struct change *c, const struct rule *rule)
{
	const struct demands *d = &rule->demands;
	struct match_ages near, counts;
	bool verified;

	if (!change_is_destructive(c) || c->holds_data == HOLDS_DATA_NO)
		return;
	counts = match_recovery(run, c, &near);
	if (ages_do(counts, d))
		return;
	verified = !d->recovery_verified_within_s || counts.verified_s <= d->recovery_verified_within_s;
	run->missing_otherwise = run->missing_otherwise || !ages_do(near, d);
	/* Where it is young enough, and lies in the wrong place: what no fresh one mends. */
	if (near.helps.len && (!d->recovery_verified_within_s || near.verified_s <= d->recovery_verified_within_s))
		run->missing_helps = near.helps;
	if (!run->missing_rule)
		run->missing_rule = rule;
	run->missing_proof = run->missing_proof || verified;
	run->missing_within_s = verified ? d->recovery_proven_within_s : d->recovery_verified_within_s;
	note_name(run->missing, &run->n_missing, c);
}

static void note_wanted(struct match *run, int64_t within_s)
{
	if (within_s && (!run->wanted_within_s || within_s < run->wanted_within_s))
		run->wanted_within_s = within_s;
}

/* What takes data away that no drill ever brought back: for the card, whatever the rules demand. */
static void note_unproven(struct match *run, const struct change *c)
{
	if (!run->evidence->recovery || !change_is_destructive(c) || c->holds_data == HOLDS_DATA_NO || c->kind == CHANGE_STATE_IDENTITY)
		return;
	if (match_recovery(run, c, NULL).verified_s == INT64_MAX)
		note_name(run->unproven, &run->n_unproven, c);
}

/* Remember who held it, from the most demanding rule on. Yields the rule to name: one that wants the name typed first. */
static const struct rule *hold(struct match *run, const struct change *c, const uint64_t *bits)
{
	const struct rules *r = run->r;
	const struct rule *named = NULL;

	for (size_t w = r->n_deny / 64; w < r->words && w * 64 < r->n_deny + r->n_hold; w++) {
		for (uint64_t m = bits[w]; m; m &= m - 1) {
			size_t i = w * 64 + (size_t)__builtin_ctzll(m);
			const struct rule *rule;

			if (i >= r->n_deny + r->n_hold)
				break;
			rule = r->rule[i];
			run->held[w] |= UINT64_C(1) << (i % 64);
			if (!named || (rule->demands.confirm == CONFIRM_TYPED && named->demands.confirm != CONFIRM_TYPED))
				named = rule;
			if (r->recovery[w] >> (i % 64) & 1)
				note_missing(run, c, rule);
		}
	}
	return named;
}

/* Does a rule of those that stand above the project's say anything of it? */
static bool answered_above(const struct rules *r, const uint64_t *bits)
{
	for (size_t w = 0; w < r->words; w++) {
		for (uint64_t m = bits[w]; m; m &= m - 1) {
			if (!r->rule[w * 64 + (size_t)__builtin_ctzll(m)]->tightens)
				return true;
		}
	}
	return false;
}

/* What no rule above answers is held, and its name typed where it may not come back. A project's plain hold does not change that. */
static bool typed_unanswered(const struct change *c)
{
	return change_is_destructive(c) || c->kind == CHANGE_OPAQUE || c->kind == CHANGE_STATE_IDENTITY;
}

static struct judged_change judge_one(struct match *run, const struct change *c)
{
	uint64_t bits[RULES_WORDS];
	struct match_where where = match_environment(run, c);
	struct judged_change j = { .change = c };
	const struct rule *rule;

	if (run->n_environment != where.all)
		run->n_environment = match_more_protected(run, run->n_environment, where.all);
	if (run->evidence->frozen && c->kind != CHANGE_READ) {
		j.environment = policy_environment_at(run->p, where.all);
		j.verdict = VERDICT_DENY;
		j.rule.name = STR("frozen");
		j.rule.why = STR("pawl freeze is on: while people recover, nothing but reads passes");
		return j;
	}
	match_change(run, c, where, bits);
	rule = strictest(run->r, bits);
	if (rule && rule->verdict == VERDICT_ALLOW && !run->explain) {
		j.verdict = VERDICT_ALLOW;
		return j; /* the many: no more is asked of them */
	}
	j.environment = policy_environment_at(run->p, where.all);
	j.verdict = rule ? rule->verdict : VERDICT_HOLD;
	note_unproven(run, c);
	if (j.verdict == VERDICT_HOLD && typed_unanswered(c) && !answered_above(run->r, bits))
		run->unmatched_typed = true;
	if (rule && rule->match.recovery_older_s)
		note_wanted(run, rule->match.recovery_older_s);
	if (rule && rule->verdict == VERDICT_HOLD)
		rule = hold(run, c, bits);
	if (rule)
		j.rule = ref_of(rule);
	return j;
}

struct judged_change judge_change(const struct policy *policy, const struct request *request,
				  const struct evidence *evidence, const struct change *change)
{
	struct match run = { .p = policy, .r = &policy->rules, .request = request, .evidence = evidence, .explain = true };

	match_begin(&run);
	return judge_one(&run, change);
}

/* --- the whole --- */

/* What a person should be told first of several. */
static unsigned weight(const struct judged_change *j)
{
	unsigned w = j->verdict == VERDICT_HOLD ? 0 : 16;

	if (j->change->kind == CHANGE_STATE_IDENTITY)
		return w + (j->change->reversible == REVERSIBLE_YES ? 3 : 8);
	if (change_is_destructive(j->change))
		return w + 4 + (j->change->holds_data == HOLDS_DATA_YES);
	return w + (j->change->kind == CHANGE_OPAQUE ? 2 : 1);
}

struct found {
	struct judged_change *deny, **deny_end, *hold, **hold_end;
	size_t n_deny, n_hold; /* kept */
	const struct judged_change *first; /* the weightiest */
	const struct change *dies; /* whose name is typed */
};

static void keep(struct match *run, struct found *f, const struct judged_change *j)
{
	bool denied = j->verdict != VERDICT_HOLD;
	struct judged_change *own;

	if ((denied ? f->n_deny : f->n_hold) >= JUDGE_SHOWN && f->first && weight(j) <= weight(f->first))
		return;
	own = ARENA_NEW(run->arena, struct judged_change);
	if (!own)
		return;
	*own = *j;
	if (!f->first || weight(j) > weight(f->first))
		f->first = own;
	if ((denied ? f->n_deny : f->n_hold) >= JUDGE_SHOWN)
		return;
	if (denied) {
		*f->deny_end = own;
		f->deny_end = &own->next;
		f->n_deny++;
	} else {
		*f->hold_end = own;
		f->hold_end = &own->next;
		f->n_hold++;
	}
}

/* Whose name should a person type? What holds data and takes its own backups along, before what only holds data. */
static unsigned dying_weight(const struct change *c)
{
	if (c->kind == CHANGE_STATE_IDENTITY)
		return 0; /* a finding dies of nothing: its name is typed where there is no other */
	return (c->holds_data == HOLDS_DATA_YES ? 16U : c->holds_data == HOLDS_DATA_NO ? 0U : 8U) +
	       (c->reversible == REVERSIBLE_NO ? 4U : 0U) + (c->n_dies_with ? 2U : 0U) + (c->title.len ? 1U : 0U) + 1U;
}

static void note_dying(struct found *f, const struct change *c)
{
	if (!f->dies || dying_weight(c) > dying_weight(f->dies))
		f->dies = c;
}

static bool typable(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < 0x20 || s.ptr[i] > 0x7e)
			return false;
	}
	return s.len > 0 && s.len <= 200 && str_eq(s, str_trim(s));
}

static struct str typed_name(const struct match *run, const struct found *f)
{
	if (f->dies && typable(f->dies->title))
		return f->dies->title;
	if (f->dies && typable(f->dies->name))
		return f->dies->name;
	return policy_environment_at(run->p, run->n_environment).name;
}

/* The first few by name. */
static void put_names(const struct str *names, size_t count, char *list, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < count && i < MATCH_MISSING_NAMED && n < size; i++)
		n += (size_t)snprintf(list + n, size - n, "%s%.*s", i ? ", " : "", STR_ARG(str_sub(names[i], 0, 150)));
}

static void tell_missing(struct match *run, struct judgement *ret)
{
	char list[600] = "", within[40];

	put_names(run->unproven, run->n_unproven, list, sizeof(list));
	if (run->n_unproven)
		ret->unproven = arena_fmt(run->arena, "%s%s", list, run->n_unproven > MATCH_MISSING_NAMED ? " and more" : "");
	if (!run->n_missing)
		return;
	put_names(run->missing, run->n_missing, list, sizeof(list));
	duration_exact(run->missing_within_s, within, sizeof(within));
	ret->missing_rule = ref_of(run->missing_rule);
	ret->missing = arena_fmt(run->arena, "no backup %s within %s for %s%s%s%s%.*s",
				 run->missing_proof ? "whose vault withstood every try to harm it" : "restored in a drill", within, list,
				 run->n_missing > MATCH_MISSING_NAMED ? " and more" : "",
				 run->missing_otherwise ? ""
							: " that lies out of the blast radius: what destroys it could destroy that "
							  "backup too",
				 run->missing_helps.len ? "; what helps: " : "", STR_ARG(run->missing_helps));
}

/* All who held a change speak; where no approver would do for all, nobody can say yes to the whole. */
static bool join_demands(struct match *run, struct judgement *ret)
{
	const struct rules *r = run->r;

	ret->demands = (struct demands){ .approvals = 1, .confirm = run->unmatched_typed ? CONFIRM_TYPED : CONFIRM_PLAIN };
	for (size_t w = 0; w < r->words; w++) {
		for (uint64_t m = run->held[w]; m; m &= m - 1) {
			const struct rule *rule = r->rule[w * 64 + (size_t)__builtin_ctzll(m)];

			if (!demands_join(run->p, &rule->demands, run->arena, &ret->demands))
				return false;
		}
	}
	return true;
}

/* Why the rule that matched first speaks as it does. */
static struct str rule_why(const struct match *run, const struct rule_ref *rule)
{
	if (rule->why.len)
		return rule->why;
	return rule->name.len ? arena_fmt(run->arena, "rule %.*s says so", STR_ARG(rule->name))
			      : STR("no rule speaks of it, so a person is asked");
}

static struct str say_why(const struct match *run, const struct judgement *j, const struct found *f)
{
	const struct change *c = f->first->change;
	struct str what = rule_why(run, &f->first->rule), name = str_sub(c->title.len ? c->title : c->name, 0, 150);
	struct str frozen = str_sub(run->evidence->frozen_why, 0, 200);
	char more[40] = "";

	if (str_is(f->first->rule.name, "frozen"))
		return frozen.len ? arena_fmt(run->arena, "%.*s (%.*s)", STR_ARG(what), STR_ARG(frozen)) : what;
	if (c->kind == CHANGE_STATE_IDENTITY && c->reason.len)
		return c->reason;
	if (c->kind == CHANGE_OPAQUE && c->reason.len)
		what = c->reason;
	if (j->n_held + j->n_denied > 1)
		snprintf(more, sizeof(more), " and %zu more", j->n_held + j->n_denied - 1);
	if (c->kind == CHANGE_OPAQUE)
		return arena_fmt(run->arena, "not understood%s: %.*s", more, STR_ARG(what));
	return arena_fmt(run->arena, "%.*s %.*s%s: %.*s", STR_ARG(change_words(c)), STR_ARG(name), more,
			 STR_ARG(what));
}

static void conclude(struct match *run, struct found *f, struct judgement *ret)
{
	ret->verdict = ret->n_denied ? VERDICT_DENY : ret->n_held ? VERDICT_HOLD : VERDICT_ALLOW;
	if (run->n_environment == SIZE_MAX)
		run->n_environment = run->place.all;
	ret->environment = policy_environment_at(run->p, run->n_environment);
	*f->deny_end = f->hold;
	ret->changes = f->deny;
	if (ret->verdict == VERDICT_ALLOW)
		return;
	ret->recovery_within_s = run->wanted_within_s;
	if (f->first) {
		ret->rule = f->first->rule;
		ret->reason = say_why(run, ret, f);
	}
	if (!ret->reason.len)
		ret->reason = STR("too large to judge within the memory it may take");
	if (ret->verdict != VERDICT_HOLD)
		return;
	if (!join_demands(run, ret)) {
		ret->verdict = VERDICT_DENY;
		ret->reason = STR("its changes need approvers that no one person is: split it into requests that one can approve");
		return;
	}
	tell_missing(run, ret);
	if (ret->demands.confirm == CONFIRM_TYPED)
		ret->typed_name = typed_name(run, f);
}

static void judge_all(struct match *run, struct judgement *ret)
{
	struct found f = { 0 };

	f.deny_end = &f.deny;
	f.hold_end = &f.hold;
	CHANGE_EACH(c, &run->request->changes) {
		struct judged_change j = judge_one(run, c);

		ret->by_kind[(unsigned)c->kind < CHANGE_KIND_COUNT ? c->kind : CHANGE_OPAQUE]++;
		if (change_is_destructive(c)) {
			ret->n_destructive++;
			if (j.verdict != VERDICT_ALLOW)
				note_dying(&f, c);
		}
		if (j.verdict == VERDICT_ALLOW) {
			ret->n_allowed++;
			continue;
		}
		if (j.verdict == VERDICT_HOLD)
			ret->n_held++;
		else
			ret->n_denied++;
		keep(run, &f, &j);
	}
	conclude(run, &f, ret);
}

void judge(const struct policy *policy, const struct request *request, const struct evidence *evidence,
	   struct arena *arena, struct judgement *ret)
{
	struct match run = { .p = policy, .r = &policy->rules, .request = request, .evidence = evidence, .arena = arena };
	struct judgement j = { .verdict = VERDICT_DENY };

	if (match_memory(&run)) {
		match_begin(&run);
		judge_all(&run, &j);
	}
	if (arena->full) {
		j = (struct judgement){ .verdict = VERDICT_DENY, .n_denied = request->changes.n };
		j.environment = policy_environment(policy, &request->place, STR_NONE);
		j.reason = STR("too large to judge within the memory it may take; split it");
	}
	*ret = j;
}
