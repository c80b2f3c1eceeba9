#include "cli/groups.h"

#include <string.h>

const struct cli_group cli_groups[] = {
	{ "Judge a plan, and apply what was approved", "plan apply cleanup" },
	{ "Judge a command", "check explain" },
	{ "Answer what waits", "holds show approve deny grant grants revoke" },
	{ "Stop everything, look back", "undo scars freeze unfreeze break-glass log notify" },
	{ "Set up a project", "init pin policy approvers doctor shim" },
	{ "In place of the tool itself", "terraform tofu terragrunt hook" },
	{ "Before a database", "gate postgres" },
	{ "Have a backup", "backup drill status schedule restore scratch vault" },
	{ "About pawl", "version completion man" },
	{ NULL, NULL },
};

static const char *const internal[] = { "live-check", "command-use" };

bool group_internal(const struct cli_command *cmd)
{
	for (size_t i = 0; i < ARRAY_LEN(internal); i++) {
		if (strcmp(internal[i], cmd->name) == 0)
			return true;
	}
	return false;
}

bool group_first_word(const struct cli_command *cmd, struct str word)
{
	return strncmp(cmd->name, word.ptr, word.len) == 0 &&
	       (cmd->name[word.len] == '\0' || cmd->name[word.len] == ' ');
}

bool group_is_prefix(struct str word)
{
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (group_first_word(c, word) && c->name[word.len] == ' ')
			return true;
	}
	return false;
}

/* Takes the next word off the front of ${rest}; empty at the end. */
static struct str next_word(struct str *rest)
{
	struct str word = str_trim(*rest);
	size_t end = str_find_char(word, ' ');

	if (end == SIZE_MAX)
		end = word.len;
	*rest = str_sub(word, end, SIZE_MAX);
	return str_sub(word, 0, end);
}

static bool in_group(const struct cli_group *g, const struct cli_command *cmd)
{
	struct str rest = str_from(g->words), word;

	while ((word = next_word(&rest)).len > 0) {
		if (group_first_word(cmd, word))
			return true;
	}
	return false;
}

static bool in_any_group(const struct cli_command *cmd)
{
	for (const struct cli_group *g = cli_groups; g->title; g++) {
		if (in_group(g, cmd))
			return true;
	}
	return false;
}

static const struct cli_command *next_ungrouped(const struct cli_command *after)
{
	const struct cli_command *c = after ? after + 1 : cli_commands;

	while (c->name && (group_internal(c) || in_any_group(c)))
		c++;
	return c->name ? c : NULL;
}

const struct cli_command *group_next(const struct cli_group *group, const struct cli_command *after)
{
	struct str rest = STR_NONE, word;
	bool passed = after == NULL;

	if (!group)
		return next_ungrouped(after);
	rest = str_from(group->words);
	while ((word = next_word(&rest)).len > 0) {
		for (const struct cli_command *c = cli_commands; c->name; c++) {
			if (!group_first_word(c, word))
				continue;
			if (passed)
				return c;
			passed = c == after;
		}
	}
	return NULL;
}
