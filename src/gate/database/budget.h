/* budget.h -- how many rows may be changed, by a statement, a transaction, a credential in an hour.
 * Room: gate/database. The rows of docs/policy.md's `budgets`.
 * A limit is on the rows deleted or updated, together, in all tables it is for; inserted rows are free. Every limit that fits counts; the
 * smallest binds (core/policy_budget.h says when a preset's gives way). A budget never permits what a rule holds.
 */
#ifndef PAWL_GATE_DATABASE_BUDGET_H
#define PAWL_GATE_DATABASE_BUDGET_H

#include "core/policy_budget.h"

/* Rows of one relation changed so far. */
struct budget_count {
	struct str relation; /* "schema.name" */
	uint64_t deleted, updated, inserted;
	bool critical; /* in the owner's list */
	uint32_t id;   /* of what the rows were counted in; several may be parts of one relation. 0: not said */
};

struct budget_passed {
	bool is;
	enum budget_span span;
	struct str relation; /* the one with most rows; borrowed from the counts */
	struct str where;    /* "FILE:LINE" of the limit */
	uint64_t limit, count;
};

/* Opaque: counts of an hour, by session, environment and relation; one for all threads, locked inside. */
struct budget_ledger;

/* Is any limit for this environment? Without one, nothing need be counted. */
bool budget_any(const struct policy *p, struct str environment);
/* Must each statement of a transaction be counted by itself, for a limit on it is smaller than the transaction's? */
bool budget_by_statement(const struct policy *p, struct str environment);

bool budget_ledger_new(struct budget_ledger **ret) PAWL_MUST_USE;
void budget_ledger_free(struct budget_ledger *l);
/**
 * budget_ledger_keep(l, path, now_us, err):
 * Go on with the hour's counts in ${path}, where there are any, and write every change of them there before budget_reserve() says yes: so
 * a gate that is started again, or was killed, knows what was done before. Written, not synced: the last seconds before the machine itself
 * lost power may be missing. False: it is no file of pawl's, or another gate has it.
 * Bounded: rewritten with what the last hour holds whenever it has grown to twice that, and to more than BUDGET_KEEP_BYTES.
 */
bool budget_ledger_keep(struct budget_ledger *l, const char *path, int64_t now_us, struct err *err) PAWL_MUST_USE;
#define BUDGET_KEEP_BYTES ((size_t)4 << 20)

/**
 * budget_check(policy, environment, span, counts, n):
 * The first limit that ${counts} of one statement or transaction pass. Linear in counts × limits.
 */
struct budget_passed budget_check(const struct policy *p, struct str environment, enum budget_span span,
				  const struct budget_count *counts, size_t n);
struct budget_asker {
	const struct policy *policy;
	struct str environment, session; /* session: the key's id; what it did in several upstreams of one environment adds up */
};

#define BUDGET_SESSIONS 1024 /* with rows in the last hour; more are refused */
#define BUDGET_RELATIONS 256 /* of a session; the rows of more count for every limit */
/**
 * budget_reserve(l, who, counts, n, now_us):
 * Add what a transaction is about to commit to the hour of ${who->session}, unless a limit would be passed: then nothing is added.
 * Atomic, so that connections of one credential cannot pass it together. budget_give_back, with the same time, when the commit failed.
 * The window is of whole minutes: the one that runs and the sixty before it, so no hour ever holds more.
 * Memory: at most BUDGET_SESSIONS × BUDGET_RELATIONS counts of 600 bytes, as they are used.
 */
struct budget_passed budget_reserve(struct budget_ledger *l, const struct budget_asker *who, const struct budget_count *counts, size_t n,
				    int64_t now_us);
void budget_give_back(struct budget_ledger *l, const struct budget_asker *who, const struct budget_count *counts, size_t n, int64_t now_us);

#endif
