/* The table of subcommands. Compiled twice: with PAWL_SMALL for the static program, where rows of CLI_FULL have no code. */
#include "cli/commands.h"

#ifdef PAWL_SMALL
#define FULL(fn) NULL
#else
#define FULL(fn) fn
#endif

static const struct cli_option none[] = { { NULL, 0, NULL, NULL, false } };

const struct cli_command cli_commands[] = {
	{ "version", "", "print the version", NULL, none, CLI_SMALL, false, cmd_version },
	{ NULL, NULL, NULL, NULL, NULL, 0, false, NULL },
};
