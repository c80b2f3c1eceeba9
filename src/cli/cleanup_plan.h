/* cleanup_plan.h -- the plan of clean-up: made in a folder of its own, checked, recorded, weighed like any other plan.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_CLEANUP_PLAN_H
#define PAWL_CLI_CLEANUP_PLAN_H

#include "cli/cleanup_gather.h"
#include "gate/terraform/cleanup_folder.h"

struct cleanup_plan_made {
	bool made;
	struct cleanup_folder folder;
	size_t proven, deletes;
	struct buf weighed; /* what `pawl plan --json` said */
	int status;	    /* its exit status */
};

void cleanup_plan_free(struct cleanup_plan_made *p);
#define auto_cleanup_plan __attribute__((cleanup(cleanup_plan_free))) struct cleanup_plan_made

/* A folder, its plan -destroy, and the check that it deletes only what is proven; the folder goes when that fails. */
bool cleanup_plan_make(const struct cleanup_case *c, struct cleanup_plan_made *ret,
		       struct err *err) PAWL_MUST_USE;
/* The ledger's entry "cleanup.planned": what was proven, how, and which plan came of it. */
bool cleanup_plan_record(const struct cleanup_case *c, const struct cleanup_plan_made *p,
			 struct err *err) PAWL_MUST_USE;
/* `pawl plan` on it: the verdict, and the hold. ${out} NULL: the card goes to standard output; else JSON goes into it. */
bool cleanup_plan_weigh(struct cleanup_plan_made *p, struct buf *out,
			struct err *err) PAWL_MUST_USE;

#endif
