/* The table of subcommands. Compiled twice: with PAWL_SMALL for the static program, where rows of CLI_FULL have no code. */
#include "cli/commands.h"

#ifdef PAWL_SMALL
#define FULL(fn) NULL
#else
#define FULL(fn) fn
#endif

static const struct cli_option none[] = { { NULL, 0, NULL, NULL, false } };

static const char completion_help[] =
	"The script is made from the same table as this help. To try it in the shell at hand:\n"
	"\n"
	"    bash: source <(pawl completion bash)\n"
	"    zsh:  source <(pawl completion zsh)     (after compinit)\n"
	"    fish: pawl completion fish | source\n"
	"\n"
	"`make install` puts all three where the shells look.";

static const struct cli_option shim_options[] = {
	{ "dir", 0, "DIR", "folder of the links (default: $XDG_DATA_HOME/pawl/shim)", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char terraform_help[] =
	"Give this to an agent in place of terraform. What only reads runs untouched. `plan -out=FILE` is made by pawl in\n"
	"a private copy of the configuration, so that `pawl apply FILE` can act on it. `apply`, `destroy` and `refresh` become a\n"
	"plan, a verdict and, where the verdict is hold, a hold that a person answers. What goes round the plan (state rm, import,\n"
	"-lock=false, init -migrate-state …, also from TF_CLI_ARGS) is refused with the safer way. Exit status: terraform's own\n"
	"where it ran, 1 for everything that did not pass. A convenience, not a boundary: docs/apply.md.";

const struct cli_command cli_commands[] = {
	{ "version", "", "print the version", NULL, none, CLI_SMALL, false, cmd_version },
	{ "completion", "bash|zsh|fish", "print a completion script for a shell", completion_help, none, CLI_SMALL, false, cmd_completion },
	{ "man", "", "print the manual page pawl(1), in mdoc", NULL, none, CLI_SMALL, false, cmd_man },
	{ "terraform", "WORDS …", "terraform, with pawl in the way", terraform_help, none, CLI_SMALL, true, cmd_terraform },
	{ "tofu", "WORDS …", "OpenTofu, with pawl in the way", terraform_help, none, CLI_SMALL, true, cmd_terraform },
	{ "terragrunt", "WORDS …", "terragrunt, with pawl in the way: reads pass, the rest is refused", terraform_help, none, CLI_SMALL, true, cmd_terraform },
	{ "shim install", "", "put links named terraform, tofu and terragrunt to pawl into a folder for PATH", NULL, shim_options, CLI_FULL, false, FULL(cmd_shim_install) },
	{ "shim uninstall", "", "take the links away", NULL, shim_options, CLI_FULL, false, FULL(cmd_shim_uninstall) },
	{ "shim status", "", "say whether the links are there and met first on PATH", NULL, shim_options, CLI_FULL, false, FULL(cmd_shim_status) },
	{ "live-check", "", "for pawl itself: asks the cloud what is alive, JSON in and out", NULL, none, CLI_FULL, true, FULL(cmd_live_check) },
	{ NULL, NULL, NULL, NULL, NULL, 0, false, NULL },
};
