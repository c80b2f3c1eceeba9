/* budget.h -- how many rows may be changed, by a statement, a transaction, a credential in an hour.
 * Room: gate/database. Pure: counts in, verdict out; time is an argument. The rows of docs/policy.md's `budgets`.
 * Every limit that fits counts; the smallest is what binds. A budget never permits what a rule holds.
 */
#ifndef PAWL_GATE_DATABASE_BUDGET_H
#define PAWL_GATE_DATABASE_BUDGET_H

#include "core/policy.h"

enum budget_span { BUDGET_STATEMENT, BUDGET_TRANSACTION, BUDGET_HOUR, BUDGET_SPANS };

/* Rows of one relation changed so far. */
struct budget_count {
	struct str relation; /* "schema.name" */
	uint64_t deleted, updated, inserted;
	bool critical; /* in the owner's list */
};

struct budget_passed {
	bool is;
	enum budget_span span;
	struct str relation, where; /* "FILE:LINE" of the limit */
	uint64_t limit, count;
};

struct budget_ledger; /* opaque: counts of an hour, by credential and relation; one for all threads, locked inside */

bool budget_ledger_new(struct budget_ledger **ret) PAWL_MUST_USE;
void budget_ledger_free(struct budget_ledger *l);

/**
 * budget_check(policy, environment, span, counts, n):
 * The first limit that ${counts} of one statement or transaction pass. Linear in counts × limits.
 */
struct budget_passed budget_check(const struct policy *p, struct str environment, enum budget_span span,
				  const struct budget_count *counts, size_t n);
/**
 * budget_reserve(l, policy, environment, session, counts, n, now_us):
 * Add what a transaction is about to commit to the hour of ${session}, unless a limit would be passed: then nothing is added.
 * Atomic, so that connections of one credential cannot pass it together. budget_give_back when the commit failed.
 */
struct budget_passed budget_reserve(struct budget_ledger *l, const struct policy *p, struct str environment, struct str session,
				    const struct budget_count *counts, size_t n, int64_t now_us);
void budget_give_back(struct budget_ledger *l, struct str session, const struct budget_count *counts, size_t n, int64_t now_us);

#endif
