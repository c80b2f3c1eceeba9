/* groups.h -- in which order and under which headings the commands are shown: help, completion and manual agree.
 * Room: cli. A command is found by its first word; one that no group names is shown last, under "More".
 */
#ifndef PAWL_CLI_GROUPS_H
#define PAWL_CLI_GROUPS_H

#include "base/str.h"
#include "cli/command.h"

struct cli_group {
	const char *title;
	const char *words; /* first words of its commands, blank-separated, in order */
};

extern const struct cli_group cli_groups[]; /* ends with a NULL title */

/* Walk the commands of a group in order: begin with NULL; NULL at the end. ${group} NULL: those that no group names. */
const struct cli_command *group_next(const struct cli_group *group, const struct cli_command *after);
/* Is it for pawl itself (one program of it calls another)? Then no help, completion or manual names it. */
bool group_internal(const struct cli_command *cmd);
/* Has the command this first word? */
bool group_first_word(const struct cli_command *cmd, struct str word);
/* Are there commands of two words that begin with this one? */
bool group_is_prefix(struct str word);

#endif
