/* asker.h -- who asks, as far as this process can tell.
 * Room: cli. The unix uid is certain; the rest is what the environment claims, and an agent can claim anything. So
 * everything that is not certainly a pipeline counts as an agent: a person proves to be one by signing.
 */
#ifndef PAWL_CLI_ASKER_H
#define PAWL_CLI_ASKER_H

#include "core/principal.h"

/* Strings live as long as the process. */
struct principal asker_find(void);

#endif
