/* plan_account.h -- which AWS account the credentials at hand open, for plans that need to know.
 * Room: cli.
 */
#ifndef PAWL_CLI_PLAN_ACCOUNT_H
#define PAWL_CLI_PLAN_ACCOUNT_H

#include "read/planfile.h"

struct plan_account {
	bool needed;	    /* the plan locks the AWS provider: then unknown counts as changed */
	struct str account; /* by sts GetCallerIdentity; STR_NONE: not known, why says why */
	struct str region; /* of the environment or profile; a configuration that names its own does not care */
	struct str why;
};

/* One question to the cloud, and only where it is needed. Strings live in ${arena}. */
struct plan_account plan_account(const struct planfile *file, struct arena *arena);

#endif
