/* keeping.h -- the keep with what the policy allows it and what the ledger must know of it.
 * Room: cli, both programs.
 */
#ifndef PAWL_CLI_KEEPING_H
#define PAWL_CLI_KEEPING_H

#include "cli/places.h"
#include "core/policy.h"
#include "keep/keep.h"
#include "ledger/ledger.h"

#define KEEPING_TIME_US INT64_C(4000000) /* of taking one: shorter than any host waits for its hook */

/* ${policy} NULL: the usual bounds. */
struct keep_bounds keeping_bounds(const struct policy *policy);

struct keeping_words {
	struct str command, session, folder;
};
/**
 * keeping_take(k, ledger, wishes, n, words, ret_id, err):
 * keep_take, then keep.taken (and keep.pruned, when older items had to go) in the ledger. False: the discard must not run unasked.
 */
bool keeping_take(struct keep *k, struct ledger *ledger, const struct keep_wish *wishes, size_t n, const struct keeping_words *words,
		  char ret_id[24], struct err *err) PAWL_MUST_USE;
/* keep.taken. */
bool keeping_taken(struct ledger *ledger, const char *id, const struct keeping_words *words, struct err *err) PAWL_MUST_USE;
/* keep.pruned, when anything went. */
bool keeping_pruned(struct ledger *ledger, const struct keep_pruned *gone, struct err *err) PAWL_MUST_USE;

#endif
