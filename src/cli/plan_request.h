/* plan_request.h -- from a plan (a saved plan file, or plan JSON) to a judged request. The one way: `pawl plan`, `pawl apply`
 * and the stand-in for terraform all ask here, so that what was shown, held and approved is what is applied.
 * Room: cli.
 */
#ifndef PAWL_CLI_PLAN_REQUEST_H
#define PAWL_CLI_PLAN_REQUEST_H

#include "cli/places.h"
#include "cli/plan_origin.h"
#include "core/judge.h"
#include "read/plan.h"
#include "read/planfile.h"

struct plan_ask {
	const char *path;   /* "-": standard input */
	const char *folder; /* absolute; where it is asked. A plan that pawl made counts as asked where it was made. */
	char *const *env;   /* the asker's */
	/* Plan JSON that `terraform show -json` made of this plan elsewhere; NULL: run it here. Taken at its word, so no hold may be
	 * opened for what is weighed with it: an approval would be of the plan's bytes, and they may do something else. */
	const char *shown;
	struct str account; /* by GetCallerIdentity, where it is known already; a plan that pawl made knows its own */
};

struct plan_request {
	struct arena arena; /* everything below lives here */
	struct buf bytes;   /* of a saved plan; empty for JSON */
	bool saved;	    /* a saved plan file: it can be applied */
	struct planfile file; /* when saved */
	struct plan_origin origin; /* when saved and made by pawl */
	struct plan_summary summary;
	struct plan_create *creates;
	struct request request;
	struct evidence evidence;
	const struct policy *policy;
	struct judgement judgement;
};

/**
 * plan_request_read(ask, places, ret, err):
 * Read the plan: decode a saved one, have `terraform show -json` say what it would do (in the private copy for plans of
 * pawl's own, else in ${ask->folder}), and fill request, summary and creates. Findings about the state's identity may then
 * be added to request.changes and evidence, before plan_request_judge.
 */
bool plan_request_read(const struct plan_ask *ask, const struct places *places, struct plan_request *ret, struct err *err) PAWL_MUST_USE;

/* Load the policies, name the environment, weigh. Completes the binding: after this request_digest() is what holds are about. */
bool plan_request_judge(const struct places *places, struct plan_request *p, struct err *err) PAWL_MUST_USE;

void plan_request_free(struct plan_request *p);
#define auto_plan_request __attribute__((cleanup(plan_request_free))) struct plan_request

#endif
