/* apply.h -- apply exactly what was approved, from the private copy it was planned in.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_APPLY_H
#define PAWL_CLI_APPLY_H

#include "cli/command.h"

struct apply_ask {
	const char *path;     /* of the saved plan */
	const char *folder;   /* absolute: where it is asked */
	const char *approval; /* file with an approval that travelled; NULL: the holds of this ledger */
	bool stand_in;	      /* asked as `terraform apply`: everything but success is exit status 1 */
	bool made;	      /* the plan was made for this very command: the same words will find it again */
	bool only_granted;    /* do nothing, silently, unless an approval is there: yields APPLY_NOT_GRANTED */
};

#define APPLY_NOT_GRANTED (-1)

/* Judge again, use the approval up, keep the state, apply, record. Yields an exit status. */
int apply_plan(struct cli *c, const struct apply_ask *ask);

#endif
