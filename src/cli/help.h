/* help.h -- --help, made from the table of commands.
 * Room: cli.
 */
#ifndef PAWL_CLI_HELP_H
#define PAWL_CLI_HELP_H

#include "cli/command.h"

/* All commands, grouped; yields ${status}. */
int help_all(const struct cli *c, int status);
/* One command; yields EXIT_ALLOW. */
int help_command(const struct cli *c, const struct cli_command *cmd);
/* Commands whose first word is ${word}, on standard error, or ${asked} for on standard output; false: none. */
bool help_group(const struct cli *c, const char *word, bool asked);
/* `pawl help [WORD [WORD]]`. */
int help_words(const struct cli *c, char **words);
/* Says so on standard error, with the nearest command there is; yields EXIT_USAGE. */
int help_unknown(const char *word);

#endif
