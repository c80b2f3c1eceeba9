/* plan_weigh.h -- everything between a plan and its verdict, in one order: read, state identity, what is alive, judge, hold.
 * Room: cli; for both programs. `pawl plan`, `pawl apply`, the stand-in for terraform and `pawl cleanup` all weigh here, so
 * that what was shown, held and approved is what is applied.
 */
#ifndef PAWL_CLI_PLAN_WEIGH_H
#define PAWL_CLI_PLAN_WEIGH_H

#include "cli/plan_request.h"
#include "hold/hold.h"

enum plan_live {
	PLAN_LIVE_AUTO = 0, /* ask the cloud when something would be created and credentials are at hand */
	PLAN_LIVE_YES,
	PLAN_LIVE_NO,
};

struct plan_weigh_opts {
	enum plan_live live;
	bool no_hold; /* only say the verdict: open no hold, write no record */
	bool fresh; /* a fresh backup of all that goes; else only where the owner lets one be taken, and a hold may come of it */
	const char *compare; /* path of another environment's plan, to say what it did not do; NULL: none */
};

struct plan_weighed {
	struct plan_request plan;
	char hold[HOLD_ID_LEN]; /* when the verdict is hold and one was opened; else "" */
	const struct evidence_note *before; /* what was refused before, for the card alone; NULL: nothing, or not looked for */
	char banner[1024];	/* elevations and break-glass in force; else "" */
};

/* False when it could not be weighed: callers refuse. */
bool plan_weigh(const struct plan_ask *ask, const struct plan_weigh_opts *opts, const struct places *places,
		struct plan_weighed *ret, struct err *err) PAWL_MUST_USE;
void plan_weighed_free(struct plan_weighed *w);
#define auto_plan_weighed __attribute__((cleanup(plan_weighed_free))) struct plan_weighed

/* The card, or its JSON, on standard output; yields the exit status of the verdict (EXIT_ERROR when it cannot be shown). */
struct cli;
int plan_weighed_show(const struct cli *c, const struct plan_weighed *w, bool full);

#endif
