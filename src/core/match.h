/* match.h -- which rules take a change: sets of rules, one bit each, and'ed over every question a rule may ask.
 * Room: core, private to judge.c. Pure.
 * What one request's judging remembers lies in struct match; without an arena nothing is kept from change to change.
 */
#ifndef PAWL_CORE_MATCH_H
#define PAWL_CORE_MATCH_H

#include "core/policy_inner.h"

#define MATCH_MISSING_NAMED 3

/* The set of rules for a text, kept for the next change with the same one. */
struct match_memo {
	struct str key;
	uint64_t *bits;
};

/* Where something is: as the policy's owner names it, and with what the project names besides, which only adds protection. */
struct match_where {
	size_t own, all;
};
struct match_tag {
	struct str tag;
	struct match_where where;
	bool known;
};

struct match {
	const struct policy *p;
	const struct rules *r;
	const struct request *request;
	const struct evidence *evidence;
	struct arena *arena; /* NULL: nothing is kept */
	struct match_memo *types, *findings;
	struct match_tag *tags;
	const struct recovery_point **points; /* by resource, open addressing */
	size_t points_mask;
	struct match_where place;
	bool placed;
	bool explain; /* name the rule behind an allow as well */
	uint64_t base[RULES_WORDS]; /* rules that take the request as such */
	/* What the judge gathers over the changes. */
	uint64_t held[RULES_WORDS]; /* rules that held one */
	size_t n_environment;	    /* most protected one so far; SIZE_MAX none */
	bool unmatched_typed;
	size_t n_missing;
	struct str missing[MATCH_MISSING_NAMED];
	size_t n_unproven;
	struct str unproven[MATCH_MISSING_NAMED];
	bool missing_otherwise; /* for one of them there is nothing that would count but for its blast radius */
	struct str missing_helps; /* against that radius */
	const struct rule *missing_rule; /* the first that demands it */
	int64_t missing_within_s;
	int64_t wanted_within_s; /* the youngest drill that a rule which held or refused asks for */
	bool missing_proof;
};

void match_begin(struct match *run);
/* Room in the arena for what is kept; false when it is full. Before match_begin. */
bool match_memory(struct match *run) PAWL_MUST_USE;
struct match_where match_environment(struct match *run, const struct change *c);
/* Of two environments the more protected one; SIZE_MAX is none. */
size_t match_more_protected(const struct match *run, size_t a, size_t b);
/* Ages of the newest recovery point for it, in seconds; INT64_MAX when there is none. */
struct match_ages {
	int64_t verified_s, proven_s;
	struct str helps; /* of those in the blast radius: what puts one elsewhere */
};
/* ${ret_near}: of those in the blast radius, which count for nothing; NULL: nobody asks. */
struct match_ages match_recovery(const struct match *run, const struct change *c, struct match_ages *ret_near);
/* The rules that take ${c}, into ${ret_bits} of rules->words words. */
void match_change(struct match *run, const struct change *c, struct match_where where, uint64_t *ret_bits);

#endif
