/* gate_plans.h -- plans that were rehearsed and held as one: STATE/postgres/plans/H-12.json, and which statement of which comes next.
 * Room: cli, pawl-full. A plan's file permits nothing: the approval of its hold does, once, verified when its first statement comes.
 */
#ifndef PAWL_CLI_GATE_PLANS_H
#define PAWL_CLI_GATE_PLANS_H

#include "cli/places.h"
#include "gate/database/database.h"
#include "hold/hold.h"

#define GATE_PLAN_MOST 5000 /* statements that need a yes */

struct gate_plan {
	struct str upstream;
	uint64_t schema; /* of the real database, when it was rehearsed */
	const struct digest *statements; /* in order */
	size_t n;
};

/* What its hold's request is about. */
struct digest gate_plan_bytes(const struct gate_plan *p);
bool gate_plan_write(const char *state_dir, const char *hold, const struct gate_plan *p, const struct request *r,
		     struct err *err) PAWL_MUST_USE;

struct gate_plans; /* opaque: of a running gate; safe for many threads */
bool gate_plans_open(const struct places *places, const struct hold_host *h, struct gate_plans **ret, struct err *err) PAWL_MUST_USE;
void gate_plans_close(struct gate_plans *g); /* NULL does nothing */
/**
 * gate_plans_next(g, q, evidence, ret_hold):
 * Is ${q} the next statement of an approved plan in its session? The first one uses the approval up, with the plan's backups looked at
 * again; one that is not in its place ends the plan. False: it is to be asked about by itself.
 */
bool gate_plans_next(struct gate_plans *g, const struct database_question *q, const struct evidence *e, char ret_hold[HOLD_ID_LEN]);

#endif
