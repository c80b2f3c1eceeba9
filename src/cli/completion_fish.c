#include <string.h>

#include "cli/completion.h"
#include "cli/groups.h"

static void described(struct buf *b, const char *help)
{
	buf_adds(b, " -d '");
	for (; *help; help++) {
		if (*help == '\'' || *help == '\\')
			buf_addc(b, '\\');
		buf_addc(b, *help);
	}
	buf_adds(b, "'\n");
}

/* The condition under which words and options of a command are offered. */
static void condition(struct buf *b, const struct cli_command *cmd)
{
	struct str first = completion_head(cmd), second = completion_tail(cmd);

	buf_addf(b, "complete -c pawl -n '__fish_seen_subcommand_from %.*s", STR_ARG(first));
	if (second.len) {
		buf_addf(b, "; and __fish_seen_subcommand_from %.*s", STR_ARG(second));
	} else if (group_is_prefix(first)) {
		buf_adds(b, "; and not __fish_seen_subcommand_from ");
		completion_second(b, first);
	}
	buf_adds(b, "'");
}

static void option(struct buf *b, const struct cli_command *cmd, const struct cli_option *o)
{
	enum completion_of of = completion_of(o->arg);

	condition(b, cmd);
	buf_addf(b, " -l %s", o->name);
	if (o->letter)
		buf_addf(b, " -s %c", o->letter);
	if (of == COMPLETE_FILES)
		buf_adds(b, " -r -F");
	else if (of == COMPLETE_FOLDERS)
		buf_adds(b, " -x -a '(__fish_complete_directories)'");
	else if (o->arg)
		buf_adds(b, " -x");
	described(b, o->help);
}

static void arguments(struct buf *b, const struct cli_command *cmd)
{
	enum completion_of of = completion_of(cmd->args);

	if (cmd->raw || of == COMPLETE_FILES) {
		condition(b, cmd);
		buf_adds(b, " -F\n");
	} else if (of == COMPLETE_FOLDERS) {
		condition(b, cmd);
		buf_adds(b, " -a '(__fish_complete_directories)'\n");
	} else if (of == COMPLETE_WORDS) {
		condition(b, cmd);
		buf_adds(b, " -a '");
		completion_words(b, cmd->args);
		buf_adds(b, "'\n");
	}
}

static void words(struct buf *b, const struct cli_command *cmd)
{
	struct str first = completion_head(cmd), second = completion_tail(cmd);

	if (completion_leads(cmd)) {
		buf_addf(b, "complete -c pawl -n __fish_use_subcommand -a %.*s", STR_ARG(first));
		described(b, second.len ? "a group of commands" : cmd->summary);
	}
	if (!second.len)
		return;
	buf_addf(b, "complete -c pawl -n '__fish_seen_subcommand_from %.*s; and not __fish_seen_subcommand_from ",
		 STR_ARG(first));
	completion_second(b, first);
	buf_addf(b, "' -a %.*s", STR_ARG(second));
	described(b, cmd->summary);
}

void completion_fish(struct buf *b)
{
	buf_adds(b, "# fish completion for pawl; made by `pawl completion fish`.\ncomplete -c pawl -f\n");
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (group_internal(c))
			continue;
		words(b, c);
		for (const struct cli_option *o = c->options; o && o->name; o++)
			option(b, c, o);
		for (const struct cli_option *o = cli_common_options; o->name; o++)
			option(b, c, o);
		arguments(b, c);
	}
}
