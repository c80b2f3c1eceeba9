/* cleanup_gather.h -- what speaks for and against each object: states, plan, CloudTrail, the cloud itself.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_CLEANUP_GATHER_H
#define PAWL_CLI_CLEANUP_GATHER_H

#include "cli/command.h"
#include "gate/terraform/cleanup.h"

struct cleanup_case {
	struct arena arena; /* everything below lives here */
	char config[4096];  /* absolute: the root module */
	struct cleanup_state mine;
	struct cleanup_evidence evidence;
	struct cloudtrail trail;
	struct cleanup_list found; /* alive under names of this plan */
	bool asked;		   /* the cloud was asked */
	struct str not_asked;	   /* why not, or what could not be asked */
	struct str account, region;
	size_t questions;
};

/* Read everything the options name, ask the cloud, classify. */
bool cleanup_gather(struct cli *c, struct cleanup_case *ret, struct err *err) PAWL_MUST_USE;
void cleanup_case_free(struct cleanup_case *c);
#define auto_cleanup_case __attribute__((cleanup(cleanup_case_free))) struct cleanup_case

#endif
