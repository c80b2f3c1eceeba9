/* policy_budget.h -- the keys `budgets` and `trash` of a policy: how many rows may be changed, and where what a gate destroys goes first.
 * Room: core. Pure. Who counts is gate/database/budget.h.
 * Layers: limits of the machine, the user and the project all count, the smallest binds, so that a project's can only tighten. The
 * preset's are for what the machine and the user say nothing about: a table for which they name a limit of that span has that limit.
 */
#ifndef PAWL_CORE_POLICY_BUDGET_H
#define PAWL_CORE_POLICY_BUDGET_H

#include "core/policy.h"

#define POLICY_MAX_BUDGETS 256 /* in a file */

enum budget_span { BUDGET_STATEMENT, BUDGET_TRANSACTION, BUDGET_HOUR, BUDGET_SPANS };

/* At most so many rows deleted or updated, together, in all tables it is for. */
struct policy_budget {
	const struct str_list *environments; /* names or kinds; NULL: every one */
	const struct str_list *tables;	     /* globs over "schema.name"; NULL: every one */
	bool critical;			     /* only those of the owner's list */
	bool has[BUDGET_SPANS];
	uint64_t limit[BUDGET_SPANS]; /* 0: none at all */
	bool gives_way;		      /* of the owner's preset, not of one that a project asked for */
	bool own;		      /* of the machine or the user */
	unsigned line;
	struct str where; /* "FILE:LINE" */
	struct policy_budget *next;
};

/* All layers', in order: preset, machine, user, project. */
const struct policy_budget *policy_budgets(const struct policy *p);
/* Is it for this environment (by name; one that no policy names is production)? */
bool policy_budget_in(const struct policy *p, const struct policy_budget *b, struct str environment);

struct policy_budget_ask {
	const struct policy *policy;
	struct str environment;
	enum budget_span span;
};
/* Has it a limit of this span, for this environment? */
bool policy_budget_in_force(const struct policy_budget_ask *a, const struct policy_budget *b);
/* Of one in force: is it for this table, and not one of the preset's that gives way there? */
bool policy_budget_binds(const struct policy_budget_ask *a, const struct policy_budget *b, struct str relation, bool critical);
/* "statement", "transaction", "hour" */
struct str budget_span_name(enum budget_span span);

/* What a database gate keeps before it destroys. */
struct policy_trash {
	bool on;
	int64_t expires_s;
	uint64_t rows; /* of a DELETE or UPDATE, captured; more is dumped or held */
	bool bounded;  /* rows that a bounded DELETE or UPDATE changes within its budget are kept too, at the price of speed */
};
struct policy_trash policy_trash(const struct policy *p);

#endif
