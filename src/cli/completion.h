/* completion.h -- shell completion made from the table of commands; one generator a shell.
 * Room: cli.
 */
#ifndef PAWL_CLI_COMPLETION_H
#define PAWL_CLI_COMPLETION_H

#include "cli/command.h"

/* What stands behind an option or as an argument: read off the word shown in the help. */
enum completion_of {
	COMPLETE_NOTHING = 0, /* a name or number that only the person knows */
	COMPLETE_FILES,	      /* FILE, PLAN */
	COMPLETE_FOLDERS,     /* DIR */
	COMPLETE_WORDS,	      /* "bash|zsh|fish" */
};
enum completion_of completion_of(const char *arg);

/* ${text} with a backslash before each character of ${special}; a single quote as '\'' . */
void completion_quote(struct buf *b, const char *text, const char *special);
/* The words of "a|b|c", blank-separated. */
void completion_words(struct buf *b, const char *alternatives);
/* First words of all commands, each once, blank-separated. */
void completion_first(struct buf *b);
/* Second words of commands that begin with ${first}, blank-separated. */
void completion_second(struct buf *b, struct str first);
/* The first word of a command, and what is behind it (empty for one word). */
struct str completion_head(const struct cli_command *cmd);
struct str completion_tail(const struct cli_command *cmd);
/* Is it the first row that begins with its first word? */
bool completion_leads(const struct cli_command *cmd);

void completion_bash(struct buf *b);
void completion_zsh(struct buf *b);
void completion_fish(struct buf *b);

#endif
