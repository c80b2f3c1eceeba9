/* policies.h -- the policy in force here: the machine's, the user's and the project's file, in layers.
 * Room: cli.
 */
#ifndef PAWL_CLI_POLICIES_H
#define PAWL_CLI_POLICIES_H

#include "cli/places.h"
#include "core/policy.h"

/* False, with ${err} naming the file, when one cannot be read or is no policy. A file that does not exist says nothing. */
bool policies_load(const struct places *pl, struct arena *a, const struct policy **ret, struct err *err) PAWL_MUST_USE;
/* One file alone, over the preset it names: as a project's where it is called pawl.yaml, else as a user's. */
bool policies_load_one(const char *path, struct arena *a, const struct policy **ret, struct err *err) PAWL_MUST_USE;

#endif
