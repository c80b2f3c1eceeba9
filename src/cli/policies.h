/* policies.h -- the policy in force here: the machine's, the user's and the project's file, in layers.
 * Room: cli.
 */
#ifndef PAWL_CLI_POLICIES_H
#define PAWL_CLI_POLICIES_H

#include "cli/places.h"
#include "core/policy.h"

/* Files that stand in for those of the places, to try one; NULL: the one in force. "" is none. */
struct policies_files {
	const char *machine, *user, *project;
};

/* False, with ${err} naming the file, when one cannot be read or is no policy. A file that does not exist says nothing. */
bool policies_load(const struct places *pl, struct arena *a, const struct policy **ret, struct err *err) PAWL_MUST_USE;
bool policies_load_files(const struct places *pl, const struct policies_files *instead, struct arena *a,
			 const struct policy **ret, struct err *err) PAWL_MUST_USE;
/* One file alone, as the policy of ${layer}. */
bool policies_load_one(const char *path, enum policy_layer layer, struct arena *a, const struct policy **ret, struct err *err) PAWL_MUST_USE;

#endif
