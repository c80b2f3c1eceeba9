/* terraform_gate.h -- what is done with a command line that does not simply pass.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_TERRAFORM_GATE_H
#define PAWL_CLI_TERRAFORM_GATE_H

#include "cli/command.h"
#include "read/terraform_argv.h"

/* Plan, hold, apply or refuse as ${a} says. Yields an exit status: 0, terraform's own, or 1 where nothing was done. */
int terraform_gate(struct cli *c, unsigned tool, const struct terraform_argv *a);

#endif
