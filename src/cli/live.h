/* live.h -- what the cloud says of a plan: who is asking, and what of that which would be created is alive already.
 * Room: cli; for the small program too, which has no TLS: it runs `pawl-full live-check` and reads its JSON.
 * Only questions are asked (docs/cloud.md). What could not be asked is said, never taken for "nothing there".
 */
#ifndef PAWL_CLI_LIVE_H
#define PAWL_CLI_LIVE_H

#include "base/buf.h"
#include "core/change.h"
#include "read/plan.h"

#define LIVE_SECONDS 20 /* all questions together, when the caller has no wish of its own */

/* One thing that would be created and is there. */
struct live_alive {
	struct str address, type;
	struct str identity, id, title; /* of what is alive */
	int64_t created_us;		/* 0: the cloud does not say */
	bool unique; /* its name can be had once: the create would fail, or adopt it */
	struct live_alive *next;
};

struct live_report {
	bool known; /* false: why says why nothing is known; all else is empty */
	struct str why;
	struct str account, arn, region, source;
	struct live_alive *alive;
	size_t n_asked, n_alive, n_absent,
		n_unknown;  /* of the creates; n_alive counts creates, not found things */
	struct str unknown; /* the first reason why something could not be asked */
};

/**
 * live_ask(creates, seconds, arena, ret, err):
 * Ask. ${creates} may be NULL: then only who is asking. No credentials, no answer, a dead helper: ret->known is false and
 * why says so; that is no error of ours. False only when the arena is full.
 */
bool live_ask(const struct plan_create *creates, unsigned seconds, struct arena *arena,
	      struct live_report *ret, struct err *err) PAWL_MUST_USE;

/* Add the finding state.alive, one for all that is alive, when something is. ${n_creates}: of the plan. */
void live_findings(const struct live_report *report, size_t n_creates, struct arena *arena,
		   struct change_list *list);

/* The question as live-check reads it, and its answer; for tests. */
void live_question(const struct plan_create *creates, unsigned seconds, struct buf *out);
bool live_answer(struct str json, struct arena *arena, struct live_report *ret,
		 struct err *err) PAWL_MUST_USE;

#endif
