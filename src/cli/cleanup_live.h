/* cleanup_live.h -- what the cloud says of the clean-up's objects: when they were made, and what else goes by their names.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_CLEANUP_LIVE_H
#define PAWL_CLI_CLEANUP_LIVE_H

#include "cli/cleanup_gather.h"

/* No credentials or no answer: ret->asked is false and not_asked says why. False only when the states are of another account
 * than the credentials', or the arena is full. */
bool cleanup_live(struct cleanup_case *ret, struct err *err) PAWL_MUST_USE;

#endif
