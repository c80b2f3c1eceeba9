#include "cli/help.h"

#include <stdio.h>
#include <string.h>

static void line(FILE *f, const struct cli_command *cmd)
{
	fprintf(f, "  %-18s %s\n", cmd->name, cmd->summary);
}

int help_all(const struct cli *c, int status)
{
	FILE *f = status ? stderr : stdout;

	(void)c;
	fputs("pawl: nothing irreversible without a person's yes.\n\nusage: pawl COMMAND [OPTION …] [ARGUMENT …]\n\n", f);
	for (const struct cli_command *cmd = cli_commands; cmd->name; cmd++)
		line(f, cmd);
	fputs("\n`pawl COMMAND --help` says more. Exit status: 0 allow, 3 hold, 4 deny, 1 error (treat it as deny),\n"
	      "2 wrong usage.\n", f);
	return status;
}

bool help_group(const struct cli *c, const char *word)
{
	size_t n = strlen(word);
	bool any = false;

	(void)c;
	for (const struct cli_command *cmd = cli_commands; cmd->name; cmd++) {
		if (strncmp(cmd->name, word, n) != 0 || cmd->name[n] != ' ')
			continue;
		if (!any)
			fprintf(stderr, "pawl: '%s' needs one more word:\n\n", word);
		any = true;
		line(stderr, cmd);
	}
	return any;
}

static void option(const struct cli_option *o)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", o->letter ? "-" : " ", o->letter ? o->letter : ' ',
		 o->letter ? ", " : "  ", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
	printf("  %-26s %s%s\n", left, o->help, o->many ? " (may be repeated)" : "");
}

int help_command(const struct cli *c, const struct cli_command *cmd)
{
	(void)c;
	printf("pawl %s: %s\n\nusage: pawl %s%s%s%s\n", cmd->name, cmd->summary, cmd->name,
	       cmd->raw ? "" : " [OPTION …]", *cmd->args ? " " : "", cmd->args);
	if (cmd->help)
		printf("\n%s\n", cmd->help);
	puts("\noptions:");
	for (const struct cli_option *o = cmd->options; o && o->name; o++)
		option(o);
	puts("      --json                 print one JSON object instead of text\n"
	     "  -h, --help                 say what this command does");
	return EXIT_ALLOW;
}
