/* full.h -- where the full program is: beside this one, or this one itself.
 * Room: cli; for both programs.
 */
#ifndef PAWL_CLI_FULL_H
#define PAWL_CLI_FULL_H

#include "base/base.h"

bool full_path(char *ret, size_t size) PAWL_MUST_USE;

#endif
