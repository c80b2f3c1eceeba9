#include <string.h>

#include "cli/completion.h"
#include "cli/groups.h"

static const char head[] =
	"#compdef pawl\n"
	"# zsh completion for pawl; made by `pawl completion zsh`.\n"
	"_pawl() {\n"
	"\tlocal -a commands\n"
	"\tlocal command=$words[2]\n"
	"\tif (( CURRENT == 2 )); then\n"
	"\t\tcommands=(\n";

static const char between[] =
	"\t\t)\n"
	"\t\t_describe -t commands 'command' commands\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tif (( CURRENT == 3 )); then\n"
	"\t\tcase $command in\n";

static const char before_options[] =
	"\t\tesac\n"
	"\tfi\n"
	"\tcase \"$words[2] $words[3]\" in\n";

static const char after_two[] =
	"\t\tcommand=\"$words[2] $words[3]\"\n"
	"\t\tshift 2 words\n"
	"\t\t(( CURRENT -= 2 )) ;;\n"
	"\t*)\n"
	"\t\tshift words\n"
	"\t\t(( CURRENT -= 1 )) ;;\n"
	"\tesac\n"
	"\tcase $command in\n";

static const char tail[] =
	"\tesac\n"
	"}\n"
	"if [ \"$funcstack[1]\" = _pawl ]; then _pawl \"$@\"; else compdef _pawl pawl; fi\n";

static void described(struct buf *b, struct str word, const char *summary)
{
	buf_addf(b, "\t\t\t'%.*s:", STR_ARG(word));
	completion_quote(b, summary, ":");
	buf_adds(b, "'\n");
}

static const char *action(const char *arg)
{
	switch (completion_of(arg)) {
	case COMPLETE_FILES:
		return "_files";
	case COMPLETE_FOLDERS:
		return "_files -/";
	case COMPLETE_WORDS:
	case COMPLETE_NOTHING:
		break;
	}
	return " ";
}

static void argument(struct buf *b, const char *arg)
{
	buf_addc(b, ':');
	completion_quote(b, arg, ":");
	if (completion_of(arg) == COMPLETE_WORDS) {
		buf_adds(b, ":(");
		completion_words(b, arg);
		buf_addc(b, ')');
	} else {
		buf_addf(b, ":%s", action(arg));
	}
}

static void option(struct buf *b, const struct cli_option *o)
{
	for (int form = 0; form < 2; form++) {
		if (form == 1 && !o->letter)
			return;
		buf_addf(b, " \\\n\t\t\t'%s", o->many ? "*" : "");
		if (form == 0)
			buf_addf(b, "--%s%s[", o->name, o->arg ? "=" : "");
		else
			buf_addf(b, "-%c[", o->letter);
		completion_quote(b, o->help, "[]:");
		buf_addc(b, ']');
		if (o->arg)
			argument(b, o->arg);
		buf_addc(b, '\'');
	}
}

static void command(struct buf *b, const struct cli_command *cmd)
{
	buf_addf(b, "\t'%s')\n\t\t_arguments -s", cmd->name);
	for (const struct cli_option *o = cmd->options; o && o->name; o++)
		option(b, o);
	for (const struct cli_option *o = cli_common_options; o->name; o++)
		option(b, o);
	if (cmd->raw) {
		buf_adds(b, " \\\n\t\t\t'*:word:_files'");
	} else if (*cmd->args) {
		buf_adds(b, " \\\n\t\t\t'*");
		argument(b, cmd->args);
		buf_addc(b, '\'');
	}
	buf_adds(b, " ;;\n");
}

static void second_words(struct buf *b, struct str first)
{
	if (!group_is_prefix(first))
		return;
	buf_addf(b, "\t\t%.*s)\n\t\t\tcommands=(\n", STR_ARG(first));
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (group_first_word(c, first) && completion_tail(c).len)
			described(b, completion_tail(c), c->summary);
	}
	buf_adds(b, "\t\t\t)\n\t\t\t_describe -t commands 'command' commands ;;\n");
}

void completion_zsh(struct buf *b)
{
	bool any = false;

	buf_adds(b, head);
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (completion_leads(c))
			described(b, completion_head(c), c->summary);
	}
	buf_adds(b, between);
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (completion_leads(c))
			second_words(b, completion_head(c));
	}
	buf_adds(b, before_options);
	buf_adds(b, "\t");
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (!completion_tail(c).len)
			continue;
		buf_addf(b, "%s'%s'", any ? "|" : "", c->name);
		any = true;
	}
	buf_adds(b, any ? ")\n" : "'')\n");
	buf_adds(b, after_two);
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (!group_internal(c))
			command(b, c);
	}
	buf_adds(b, tail);
}
