/* judge.h -- policy × request × evidence → verdict. Strictest rule wins; what nothing matches is held.
 * Room: core. Pure. Cost per change: a few hundred nanoseconds against 1,000 rules (rules are bit sets).
 */
#ifndef PAWL_CORE_JUDGE_H
#define PAWL_CORE_JUDGE_H

#include "core/evidence.h"
#include "core/policy.h"

/* The rule behind an opinion; for `pawl policy explain`, cards and the ledger. */
struct rule_ref {
	struct str name;   /* STR_NONE: nothing matched */
	struct str file;
	unsigned line;
	enum policy_layer layer;
	struct str safer; /* the rule's own words on what to do instead */
	struct str why;
};

struct judged_change {
	const struct change *change;
	enum verdict verdict;
	struct rule_ref rule; /* the strictest one that matched */
	struct environment environment;
	struct judged_change *next;
};

struct judgement {
	enum verdict verdict;
	struct demands demands;	  /* meaningful when held */
	struct rule_ref rule;	  /* behind the verdict */
	struct str reason;	  /* one sentence; never empty unless allowed */
	struct str missing;	  /* evidence demanded and not there; STR_NONE when all is there */
	struct rule_ref missing_rule; /* that demands it; where several do, the first */
	int64_t recovery_within_s; /* how young the drill has to be by what held or refused it; 0: nobody says */
	struct str unproven;	  /* what goes and no drill ever brought back, by name; STR_NONE: nothing, or nothing goes */
	struct str typed_name;	  /* what the person types when demands.confirm is CONFIRM_TYPED */
	struct environment environment; /* the most protected one touched */
	struct judged_change *changes; /* those not allowed, strictest first, then in order; capped at JUDGE_SHOWN */
	size_t n_allowed, n_held, n_denied;
	size_t n_destructive;
	size_t by_kind[CHANGE_KIND_COUNT];
};

#define JUDGE_SHOWN 10000

/**
 * judge(policy, request, evidence, arena, ret):
 * Fill *${ret}; it lives with ${arena}. Total: any request gets a verdict. A full arena is VERDICT_DENY with reason.
 * Frozen: everything but reads is denied. A request with a CHANGE_UNSET or CHANGE_OPAQUE change is never plain allow at
 * this gate unless a rule says so by kind.
 */
void judge(const struct policy *policy, const struct request *request, const struct evidence *evidence,
	   struct arena *arena, struct judgement *ret);
/* One change alone, for explain and the bench. */
struct judged_change judge_change(const struct policy *policy, const struct request *request,
				  const struct evidence *evidence, const struct change *change);

#endif
