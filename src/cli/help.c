#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/groups.h"

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

static void line(FILE *f, const struct cli_command *cmd)
{
	fprintf(f, "  %-18s %s\n", cmd->name, cmd->summary);
}

static void heading(FILE *f, const struct cli *c, const char *title)
{
	bool colour = c->colour && f == stdout;

	fprintf(f, "\n%s%s%s\n", colour ? BOLD : "", title, colour ? PLAIN : "");
}

static void group(FILE *f, const struct cli *c, const struct cli_group *g)
{
	const struct cli_command *cmd = group_next(g, NULL);

	if (!cmd)
		return;
	heading(f, c, g ? g->title : "More");
	for (; cmd; cmd = group_next(g, cmd))
		line(f, cmd);
}

int help_all(const struct cli *c, int status)
{
	FILE *f = status ? stderr : stdout;

	fputs("pawl: nothing irreversible without a person's yes.\n\n"
	      "usage: pawl COMMAND [OPTION …] [ARGUMENT …]\n"
	      "start: pawl plan tfplan       what a saved Terraform plan would do, and whether it may\n",
	      f);
	for (const struct cli_group *g = cli_groups; g->title; g++)
		group(f, c, g);
	group(f, c, NULL);
	fputs("\n`pawl COMMAND --help` says more; every command takes --json.\n"
	      "Exit status: 0 allow, 3 hold, 4 deny, 1 error (treat it as deny), 2 wrong usage.\n",
	      f);
	return status;
}

bool help_group(const struct cli *c, const char *word, bool asked)
{
	FILE *f = asked ? stdout : stderr;
	bool any = false;

	(void)c;
	if (!group_is_prefix(str_from(word)))
		return false;
	for (const struct cli_command *cmd = cli_commands; cmd->name; cmd++) {
		if (!group_first_word(cmd, str_from(word)))
			continue;
		if (!any)
			fprintf(f, asked ? "usage: pawl %s WORD [OPTION …] [ARGUMENT …]\n\n" : "pawl: '%s' needs one more word:\n\n",
				word);
		any = true;
		line(f, cmd);
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
	printf("pawl %s: %s\n\nusage: pawl %s%s%s%s\n", cmd->name, cmd->summary, cmd->name,
	       cmd->raw ? "" : " [OPTION …]", *cmd->args ? " " : "", cmd->args);
	if (cmd->help)
		printf("\n%s\n", cmd->help);
	heading(stdout, c, "Options");
	for (const struct cli_option *o = cmd->options; o && o->name; o++)
		option(o);
	puts("      --json                 print one JSON object instead of text\n"
	     "  -h, --help                 say what this command does");
	return EXIT_ALLOW;
}

int help_words(const struct cli *c, char **words)
{
	char name[80];

	if (!words[0])
		return help_all(c, EXIT_ALLOW);
	snprintf(name, sizeof(name), "%s%s%s", words[0], words[1] ? " " : "", words[1] ? words[1] : "");
	for (const struct cli_command *cmd = cli_commands; cmd->name; cmd++) {
		if (strcmp(cmd->name, name) == 0)
			return help_command(c, cmd);
	}
	if (!words[1] && help_group(c, words[0], true))
		return EXIT_ALLOW;
	fprintf(stderr, "pawl: unknown command '%s'\nTry: pawl --help\n", name);
	return EXIT_USAGE;
}

/* Edits (insert, drop, change one letter) from a to b, as far as short words go. */
static size_t distance(const char *a, const char *b)
{
	size_t row[40], n = strlen(b);

	if (strlen(a) >= ARRAY_LEN(row) || n >= ARRAY_LEN(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

int help_unknown(const char *word)
{
	const struct cli_command *nearest = NULL;
	size_t least = 3;

	for (const struct cli_command *cmd = cli_commands; cmd->name; cmd++) {
		char first[40];
		size_t d;

		snprintf(first, sizeof(first), "%.*s", (int)strcspn(cmd->name, " "), cmd->name);
		d = distance(word, first);

		if (d < least && !group_internal(cmd)) {
			least = d;
			nearest = cmd;
		}
	}
	fprintf(stderr, "pawl: unknown command '%s'\n", word);
	if (nearest)
		fprintf(stderr, "Did you mean: pawl %s\n", nearest->name);
	fputs("Try: pawl --help\n", stderr);
	return EXIT_USAGE;
}
