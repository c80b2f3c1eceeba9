#include "cli/completion.h"

#include <string.h>

#include "cli/commands.h"
#include "cli/groups.h"

#define MAX_SCRIPT ((size_t)1 << 20)

static const struct shell {
	const char *name;
	void (*script)(struct buf *b);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

enum completion_of completion_of(const char *arg)
{
	if (!arg)
		return COMPLETE_NOTHING;
	if (strstr(arg, "FILE") || strstr(arg, "PLAN"))
		return COMPLETE_FILES;
	if (strstr(arg, "DIR"))
		return COMPLETE_FOLDERS;
	if (strchr(arg, '|') && arg[0] >= 'a' && arg[0] <= 'z')
		return COMPLETE_WORDS;
	return COMPLETE_NOTHING;
}

void completion_quote(struct buf *b, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'') {
			buf_adds(b, "'\\''");
			continue;
		}
		if (strchr(special, *text))
			buf_addc(b, '\\');
		buf_addc(b, *text);
	}
}

void completion_words(struct buf *b, const char *alternatives)
{
	for (; *alternatives; alternatives++)
		buf_addc(b, *alternatives == '|' ? ' ' : *alternatives);
}

struct str completion_head(const struct cli_command *cmd)
{
	return str_sub(str_from(cmd->name), 0, strcspn(cmd->name, " "));
}

struct str completion_tail(const struct cli_command *cmd)
{
	return str_trim(str_sub(str_from(cmd->name), strcspn(cmd->name, " "), SIZE_MAX));
}

bool completion_leads(const struct cli_command *cmd)
{
	if (group_internal(cmd))
		return false;
	for (const struct cli_command *c = cli_commands; c != cmd; c++) {
		if (group_first_word(c, completion_head(cmd)))
			return false;
	}
	return true;
}

void completion_first(struct buf *b)
{
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (!completion_leads(c))
			continue;
		buf_add(b, completion_head(c));
		buf_addc(b, ' ');
	}
	buf_adds(b, "help");
}

void completion_second(struct buf *b, struct str first)
{
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		struct str tail = completion_tail(c);

		if (!group_first_word(c, first) || tail.len == 0)
			continue;
		buf_add(b, tail);
		buf_addc(b, ' ');
	}
}

int cmd_completion(struct cli *c)
{
	auto_buf b = BUF_MAX(MAX_SCRIPT);

	for (size_t i = 0; c->n_args == 1 && i < ARRAY_LEN(shells); i++) {
		if (strcmp(shells[i].name, c->args[0]) != 0)
			continue;
		shells[i].script(&b);
		if (!c->json)
			return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
		return cli_print_json(shells[i].name, buf_str(&b));
	}
	return cli_usage(c, "completion: name one shell: bash, zsh or fish");
}
