/* The manual page pawl(1) in mdoc, made from the table of commands. */
#include <string.h>

#include "cli/commands.h"
#include "cli/groups.h"

#define MAX_PAGE ((size_t)1 << 20)
#define PAGE_DATE "November 21, 2026"

static const char head[] =
	".\\\" Made by `pawl man` from the table of commands.\n"
	".Dd " PAGE_DATE "\n"
	".Dt PAWL 1\n"
	".Os\n"
	".Sh NAME\n"
	".Nm pawl\n"
	".Nd nothing irreversible without a person's yes\n"
	".Sh SYNOPSIS\n"
	".Nm\n"
	".Ar command\n"
	".Op Fl -json\n"
	".Op Ar option ...\n"
	".Op Ar argument ...\n"
	".Nm\n"
	".Ar command\n"
	".Fl -help\n"
	".Sh DESCRIPTION\n"
	".Nm\n"
	"stands between whoever changes infrastructure (a coding agent, a script, a tired person) and everything that\n"
	"could be destroyed.\n"
	"It reads what a change would really do, judges it by a policy, and answers allow, hold or deny.\n"
	"What is held waits for a person's signed approval of exactly those bytes; what was approved is applied and\n"
	"nothing else.\n"
	"Every request, verdict, approval and change is in a ledger that shows tampering.\n"
	".Pp\n"
	"Every command takes\n"
	".Fl -json ,\n"
	"which prints one JSON object instead of text, and\n"
	".Fl -help .\n"
	".Sh COMMANDS\n";

static const char tail[] =
	".Sh ENVIRONMENT\n"
	".Bl -tag -width XDG_CONFIG_HOME\n"
	".It Ev PAWL_STATE\nwhere ledger, holds and copies lie; default\n.Pa $XDG_STATE_HOME/pawl\n"
	".It Ev XDG_CONFIG_HOME , XDG_STATE_HOME\nas in the XDG base directories\n"
	".It Ev NO_COLOR\nwhen not empty: no colour\n"
	".It Ev CLICOLOR_FORCE\nwhen not empty and not 0: colour even when the output is no terminal\n"
	".El\n"
	".Sh FILES\n"
	".Bl -tag -width pawl.pin.yaml\n"
	".It Pa pawl.yaml\nthe project's policy; may only tighten what stands above it\n"
	".It Pa pawl.pin.yaml\nthe recorded identity of the project's Terraform states\n"
	".It Pa ~/.config/pawl/policy.yaml\nthe user's policy\n"
	".It Pa /etc/pawl/policy.yaml\nthe machine's policy\n"
	".It Pa ~/.local/state/pawl\nledger, holds, kept states, last-seen records\n"
	".El\n"
	".Sh EXIT STATUS\n"
	".Bl -tag -width 3n -compact\n"
	".It 0\nallowed, or done\n"
	".It 3\nheld: a person must approve\n"
	".It 4\ndenied\n"
	".It 1\nan error; treat it as denied\n"
	".It 2\nwrong usage\n"
	".El\n"
	".Pp\n"
	"A command that stands in for a tool passes that tool's own exit status through, and refuses with 1.\n"
	".Sh SEE ALSO\n"
	".Xr ssh-keygen 1 ,\n"
	".Xr pawl-policy 5\n";

/* One line as mdoc text: what roff would take for a request or an escape is made harmless; sentences begin on new lines. */
static void text_line(struct buf *b, struct str line, bool literal)
{
	if (line.len && (line.ptr[0] == '.' || line.ptr[0] == '\''))
		buf_adds(b, "\\&");
	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] == '\\')
			buf_adds(b, "\\e");
		else if (line.ptr[i] == ' ' && i > 0 && strchr(".!?", line.ptr[i - 1]) && !literal)
			buf_addc(b, '\n');
		else
			buf_addc(b, line.ptr[i]);
	}
	buf_addc(b, '\n');
}

/* Paragraphs; indented lines are shown as they stand. */
static void paragraphs(struct buf *b, const char *help)
{
	bool literal = false;

	while (*help) {
		struct str line = { help, strcspn(help, "\n") };
		bool indented = line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t');

		help += line.len + (help[line.len] == '\n');
		if (indented != literal && (indented || line.len)) {
			buf_adds(b, indented ? ".Bd -literal -offset indent\n" : ".Ed\n.Pp\n");
			literal = indented;
		}
		if (line.len)
			text_line(b, literal ? str_trim(line) : line, literal);
		else if (*help && *help != ' ' && *help != '\t' && !literal)
			buf_adds(b, ".Pp\n");
	}
	if (literal)
		buf_adds(b, ".Ed\n");
}

static void option(struct buf *b, const struct cli_option *o)
{
	buf_adds(b, ".It ");
	if (o->letter)
		buf_addf(b, "Fl %c , ", o->letter);
	buf_addf(b, "Fl -%s", o->name);
	if (o->arg)
		buf_addf(b, " Ar %s", o->arg);
	buf_addc(b, '\n');
	text_line(b, str_from(o->help), false);
	if (o->many)
		buf_adds(b, "May be repeated.\n");
}

/* The command before this one in the table that has the same help, or NULL. */
static const struct cli_command *same_help(const struct cli_command *cmd)
{
	for (const struct cli_command *c = cli_commands; c != cmd; c++) {
		if (c->help && c->help == cmd->help)
			return c;
	}
	return NULL;
}

static void command(struct buf *b, const struct cli_command *cmd)
{
	const struct cli_command *same;

	buf_addf(b, ".It Xo\n.Cm %s\n", cmd->name);
	if (!cmd->raw)
		buf_adds(b, ".Op Ar option ...\n");
	if (*cmd->args)
		buf_addf(b, ".Ar %s\n", cmd->args);
	buf_adds(b, ".Xc\n");
	text_line(b, str_from(cmd->summary), false);
	same = same_help(cmd);
	if (same) {
		buf_addf(b, ".Pp\nAs\n.Cm %s .\n", same->name);
	} else if (cmd->help) {
		buf_adds(b, ".Pp\n");
		paragraphs(b, cmd->help);
	}
	if (!cmd->options || !cmd->options->name)
		return;
	buf_adds(b, ".Bl -tag -width Ds\n");
	for (const struct cli_option *o = cmd->options; o->name; o++)
		option(b, o);
	buf_adds(b, ".El\n");
}

static void group(struct buf *b, const struct cli_group *g)
{
	const struct cli_command *cmd = group_next(g, NULL);

	if (!cmd)
		return;
	/* A title may begin with a word that mdoc takes for a macro ("In"). */
	buf_addf(b, ".Ss \\&%s\n.Bl -tag -width Ds\n", g ? g->title : "More");
	for (; cmd; cmd = group_next(g, cmd))
		command(b, cmd);
	buf_adds(b, ".El\n");
}

int cmd_man(struct cli *c)
{
	auto_buf b = BUF_MAX(MAX_PAGE);

	if (c->n_args)
		return cli_usage(c, "man takes no argument");
	buf_adds(&b, head);
	for (const struct cli_group *g = cli_groups; g->title; g++)
		group(&b, g);
	group(&b, NULL);
	buf_adds(&b, tail);
	if (c->json)
		return cli_print_json("man", buf_str(&b));
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}
