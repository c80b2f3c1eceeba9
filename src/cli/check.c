/* pawl check, pawl explain: the card for any command, and what every part of it was read as. Neither runs or keeps anything. */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/command_show.h"
#include "cli/commands.h"

#define SHOW_MAX ((size_t)64 << 20)

extern char **environ;

struct asked {
	struct command_ask ask;
	struct str words[1024];
	struct buf text;
	char cwd[PATH_MAX];
};

/* Yields an exit status, or -1 to go on. */
static int take_words(const struct cli *c, struct asked *ret)
{
	struct err err = { .code = ERR_NONE };

	if (!c->n_args)
		return cli_usage(c, "give shell text in quotes, `-` to read it from standard input, or words behind --");
	if (c->dashes) { /* an argv; else the one word is shell text */
		if ((size_t)c->n_args > ARRAY_LEN(ret->words))
			return cli_usage(c, "more than %zu words", ARRAY_LEN(ret->words));
		for (int i = 0; i < c->n_args; i++)
			ret->words[i] = str_from(c->args[i]);
		ret->ask.words = ret->words;
		ret->ask.n_words = (size_t)c->n_args;
		return -1;
	}
	if (c->n_args != 1)
		return cli_usage(c, "shell text is one word: put it in quotes; an argv goes behind --");
	ret->ask.text = str_from(c->args[0]);
	if (!str_is(ret->ask.text, "-"))
		return -1;
	ret->text = BUF_MAX(SHELL_MAX_BYTES);
	if (!fd_read_all(STDIN_FILENO, &ret->text, &err))
		return cli_fail(c, &err);
	ret->ask.text = buf_str(&ret->text);
	return -1;
}

static int weigh(const struct cli *c, struct asked *a, struct command_weighed *ret)
{
	const char *folder = cli_value(c, "folder");
	struct err err = { .code = ERR_NONE };
	int status = take_words(c, a);

	if (status >= 0)
		return status;
	if (!str_trim(a->ask.text).len && !(a->ask.n_words && a->ask.words[0].len)) {
		buf_free(&a->text);
		return cli_usage(c, "there is no command in what was given");
	}
	if (!realpath(folder ? folder : ".", a->cwd)) {
		err_sys(&err, "%s", folder ? folder : ".");
		return cli_fail(c, &err);
	}
	a->ask.cwd = a->cwd;
	a->ask.env = environ;
	a->ask.gate = GATE_HOOK;
	if (!command_weigh(&a->ask, &(struct command_weigh_opts){ .only_say = true }, ret, &err))
		return cli_fail(c, &err);
	return -1;
}

static int show(struct cli *c, bool explain)
{
	static struct asked a;
	auto_command_weighed w = { 0 };
	struct card_style style = { .colour = c->colour, .width = c->width, .full = cli_flag(c, "full") };
	auto_buf b = BUF_MAX(SHOW_MAX);
	int status = weigh(c, &a, &w);

	if (status >= 0) {
		buf_free(&a.text);
		return status;
	}
	if (c->json)
		command_show_json(&a.ask, &w, &b);
	else if (explain)
		command_show_readings(a.ask.text, &w.answer, c->colour, &b);
	else
		command_show_card(&a.ask, &w, &style, &b);
	buf_free(&a.text);
	if (!cli_print(&b))
		return EXIT_ERROR;
	return explain ? EXIT_ALLOW : verdict_exit(w.verdict);
}

int cmd_check(struct cli *c)
{
	return show(c, false);
}

int cmd_explain(struct cli *c)
{
	return show(c, true);
}
