/* command.h -- the command line as a table: one row a subcommand; help, completion and man page are made from it.
 * Room: cli.
 * Two programs share the table: `pawl` (small, static: what a verdict needs) runs the rows marked CLI_SMALL and execs
 * `pawl-full` beside it for the rest.
 */
#ifndef PAWL_CLI_COMMAND_H
#define PAWL_CLI_COMMAND_H

#include "base/buf.h"
#include "base/err.h"

#define CLI_MAX_OPTIONS 24

enum cli_program { CLI_SMALL = 1, CLI_FULL };

/* Exit status of pawl, everywhere but in hooks and the shim. */
enum cli_exit { EXIT_ALLOW = 0, EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_HOLD = 3, EXIT_DENY = 4 };

struct cli_option {
	const char *name; /* without dashes: "json" */
	char letter;	  /* 0: none */
	const char *arg;  /* "FILE", "DURATION"; NULL: a flag. FILE and DIR complete as such. */
	const char *help;
	bool many; /* may be given several times */
};

struct cli;

struct cli_command {
	const char *name; /* one or two words: "plan", "policy check" */
	const char *args; /* "FILE|-", "" */
	const char *summary;
	const char *help; /* paragraphs, lines up to 100 columns; for --help and the man page */
	const struct cli_option *options; /* ends with a NULL name; --help and --json are everywhere */
	enum cli_program program;
	bool raw; /* all words behind the name go to run untouched: `pawl terraform …` */
	int (*run)(struct cli *c); /* NULL in the small program for CLI_FULL rows */
};

struct cli {
	const struct cli_command *command;
	char **args; /* positional; NULL-terminated */
	int n_args;
	const char *value[CLI_MAX_OPTIONS][16];
	unsigned n_value[CLI_MAX_OPTIONS];
	bool json;
	bool dashes; /* `--` stood among the words */
	bool colour; /* a terminal, no NO_COLOR, no TERM=dumb; or CLICOLOR_FORCE */
	unsigned width;
	char **argv; /* as the program was started */
};

extern const struct cli_command cli_commands[]; /* ends with a NULL name */
extern const struct cli_option cli_common_options[]; /* --json and --help, as every command has them */

int cli_main(int argc, char **argv);
/* Become pawl-full with the same words; yields EXIT_ERROR when it is not there. */
int cli_exec_full(char **argv);

/* Last value of an option, or NULL. */
const char *cli_value(const struct cli *c, const char *option);
/* Value i of an option given several times, or NULL. */
const char *cli_value_nth(const struct cli *c, const char *option, unsigned i);
bool cli_flag(const struct cli *c, const char *option);

/* "pawl: …" on standard error (with --json: {"error":…} on standard output); yields EXIT_ERROR. */
int cli_fail(const struct cli *c, const struct err *err);
/* The same for wrong usage, with a hint at --help; yields EXIT_USAGE. */
int cli_usage(const struct cli *c, const char *fmt, ...) PAWL_PRINTF(2, 3);
/* Write the buffer to standard output; false when that fails. */
bool cli_print(const struct buf *b);
/* {"key": "value"} to standard output; yields an exit status. */
int cli_print_json(const char *key, struct str value);

#endif
