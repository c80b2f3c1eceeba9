#include <string.h>

#include "cli/completion.h"
#include "cli/groups.h"

static const char head[] =
	"# bash completion for pawl; made by `pawl completion bash`.\n"
	"_pawl() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal command=${COMP_WORDS[1]} seconds='' options='' takes='' words='' kind=''\n"
	"\tCOMPREPLY=()\n"
	"\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	"\t\tCOMPREPLY=($(compgen -W '";

static const char middle[] =
	" --help --version' -- \"$cur\"))\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tcase $command in\n";

static const char between[] =
	"\tesac\n"
	"\tif [ -n \"$seconds\" ] && [ \"$COMP_CWORD\" -gt 2 ]; then\n"
	"\t\tcase \" $seconds\" in\n"
	"\t\t*\" ${COMP_WORDS[2]} \"*) command=\"$command ${COMP_WORDS[2]}\" ;;\n"
	"\t\tesac\n"
	"\tfi\n"
	"\tcase $command in\n";

static const char tail[] =
	"\tesac\n"
	"\tcase $prev in\n"
	"\t-*)\n"
	"\t\tcase \" $takes \" in\n"
	"\t\t*\" $prev:files \"*) kind=files words='' options='' ;;\n"
	"\t\t*\" $prev:folders \"*) kind=folders words='' options='' ;;\n"
	"\t\t*\" $prev:nothing \"*) return ;;\n"
	"\t\tesac ;;\n"
	"\tesac\n"
	"\tif [ \"$COMP_CWORD\" = 2 ] && [ -n \"$seconds\" ]; then\n"
	"\t\twords=\"$seconds $words\"\n"
	"\tfi\n"
	"\tcase $cur in\n"
	"\t-*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
	"\t*)\n"
	"\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	"\t\tcase $kind in\n"
	"\t\tfiles)\n"
	"\t\t\ttype compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null\n"
	"\t\t\tCOMPREPLY+=($(compgen -f -- \"$cur\")) ;;\n"
	"\t\tfolders)\n"
	"\t\t\ttype compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null\n"
	"\t\t\tCOMPREPLY+=($(compgen -d -- \"$cur\")) ;;\n"
	"\t\tesac ;;\n"
	"\tesac\n"
	"}\n"
	"complete -F _pawl pawl\n";

static const char *kind_word(enum completion_of kind)
{
	switch (kind) {
	case COMPLETE_FILES:
		return "files";
	case COMPLETE_FOLDERS:
		return "folders";
	case COMPLETE_WORDS:
	case COMPLETE_NOTHING:
		break;
	}
	return "nothing";
}

static void options(struct buf *b, const struct cli_option *o)
{
	for (; o && o->name; o++) {
		buf_addf(b, "--%s ", o->name);
		if (o->letter)
			buf_addf(b, "-%c ", o->letter);
	}
}

static void takes(struct buf *b, const struct cli_option *o)
{
	for (; o && o->name; o++) {
		const char *kind = kind_word(completion_of(o->arg));

		if (!o->arg)
			continue;
		buf_addf(b, "--%s:%s ", o->name, kind);
		if (o->letter)
			buf_addf(b, "-%c:%s ", o->letter, kind);
	}
}

static void command(struct buf *b, const struct cli_command *cmd)
{
	enum completion_of of = completion_of(cmd->args);

	buf_addf(b, "\t'%s')\n\t\toptions='", cmd->name);
	options(b, cmd->options);
	options(b, cli_common_options);
	buf_adds(b, "' takes='");
	takes(b, cmd->options);
	buf_adds(b, "' words='");
	if (of == COMPLETE_WORDS)
		completion_words(b, cmd->args);
	buf_addf(b, "' kind=%s ;;\n", cmd->raw ? "files" : kind_word(of));
}

void completion_bash(struct buf *b)
{
	buf_adds(b, head);
	completion_first(b);
	buf_adds(b, middle);
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		struct str first = completion_head(c);

		if (!completion_leads(c))
			continue;
		buf_addf(b, "\t%.*s) seconds='", STR_ARG(first));
		completion_second(b, first);
		buf_adds(b, "' ;;\n");
	}
	buf_adds(b, "\thelp) words='");
	completion_first(b);
	buf_adds(b, "' ;;\n");
	buf_adds(b, between);
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (!group_internal(c))
			command(b, c);
	}
	buf_adds(b, tail);
}
