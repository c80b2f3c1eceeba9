/* commands.h -- the functions behind the table, one file each.
 * Room: cli. Each returns an exit status (enum cli_exit).
 */
#ifndef PAWL_CLI_COMMANDS_H
#define PAWL_CLI_COMMANDS_H

#include "cli/command.h"

int cmd_version(struct cli *c);

#endif
