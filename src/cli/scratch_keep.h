/* scratch_keep.h -- the process that holds one scratch copy.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_SCRATCH_KEEP_H
#define PAWL_CLI_SCRATCH_KEEP_H

#include "cli/scratch_copy.h"

struct scratch_keep_ask {
	const char *target, *vault; /* vault NULL: the first */
	int64_t for_s;
};

/* Starts the keeper and waits until the copy can be worked on. Its texts live with ${arena}. */
bool scratch_keep(const struct scratch_keep_ask *ask, struct arena *arena, struct scratch_copy *ret, struct err *err) PAWL_MUST_USE;

#endif
