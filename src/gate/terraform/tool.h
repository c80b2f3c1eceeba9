/* tool.h -- where the real terraform is: the first of that name on PATH that is not pawl in disguise.
 * Room: gate/terraform. Not pure. Light: the small program uses it before it steps aside for a reading command.
 */
#ifndef PAWL_GATE_TERRAFORM_TOOL_H
#define PAWL_GATE_TERRAFORM_TOOL_H

#include "base/err.h"

#define TOOL_PATH_MAX 4096

/* One TERRAFORM_TOOL_ bit for "terraform", "tofu", "terragrunt" (a path's last part counts); 0 for anything else. */
unsigned tool_from_name(const char *name);
const char *tool_name(unsigned tool);

/* Is that file pawl itself, under whatever name? */
bool tool_is_pawl(const char *path);
/* Into ret; false, saying what to do, when there is none. */
bool tool_find(const char *name, char ret[TOOL_PATH_MAX], struct err *err) PAWL_MUST_USE;

#endif
