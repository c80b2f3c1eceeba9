#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "cli/help.h"
#include "gate/terraform/tool.h"

const struct cli_option cli_common_options[] = {
	{ "json", 0, NULL, "print one JSON object instead of text", false },
	{ "help", 'h', NULL, "say what this command does", false },
	{ NULL, 0, NULL, NULL, false },
};

static size_t count_options(const struct cli_option *o)
{
	size_t n = 0;

	while (o && o[n].name)
		n++;
	return n;
}

/* Index of an option among the command's, or SIZE_MAX. */
static size_t option_index(const struct cli_command *cmd, const char *name)
{
	size_t n = count_options(cmd->options);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(cmd->options[i].name, name) == 0)
			return i;
	}
	return SIZE_MAX;
}

const char *cli_value_nth(const struct cli *c, const char *option, unsigned i)
{
	size_t at = option_index(c->command, option);

	PAWL_ASSERT(at != SIZE_MAX);
	return i < c->n_value[at] ? c->value[at][i] : NULL;
}

const char *cli_value(const struct cli *c, const char *option)
{
	size_t at = option_index(c->command, option);

	PAWL_ASSERT(at != SIZE_MAX);
	return c->n_value[at] ? c->value[at][c->n_value[at] - 1] : NULL;
}

bool cli_flag(const struct cli *c, const char *option)
{
	return cli_value(c, option) != NULL;
}

bool cli_print(const struct buf *b)
{
	return !b->failed && fd_write_all(STDOUT_FILENO, b->ptr, b->len, NULL);
}

int cli_print_json(const char *key, struct str value)
{
	auto_buf b = BUF_MAX((size_t)1 << 24);
	struct json_out o = { .buf = &b };

	json_out_open(&o, '{');
	json_out_kv(&o, key, value);
	json_out_close(&o, '}');
	buf_addc(&b, '\n');
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

int cli_fail(const struct cli *c, const struct err *err)
{
	if (c->json) {
		auto_buf b = BUF_MAX(65536);
		struct json_out o = { .buf = &b };

		json_out_open(&o, '{');
		json_out_kv(&o, "error", str_from(err->msg));
		json_out_close(&o, '}');
		buf_addc(&b, '\n');
		cli_print(&b);
	}
	fprintf(stderr, "pawl: %s\n", err->msg);
	return EXIT_ERROR;
}

int cli_usage(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	fputs("pawl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry: pawl %s%s--help\n", c->command ? c->command->name : "",
		c->command ? " " : "");
	return EXIT_USAGE;
}

static const struct cli_command *find_command(const char *first, const char *second, int *ret_words)
{
	char two[80];

	if (second && (size_t)snprintf(two, sizeof(two), "%s %s", first, second) < sizeof(two)) {
		for (const struct cli_command *c = cli_commands; c->name; c++) {
			if (strcmp(c->name, two) == 0) {
				*ret_words = 2;
				return c;
			}
		}
	}
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (strcmp(c->name, first) == 0) {
			*ret_words = 1;
			return c;
		}
	}
	return NULL;
}

static const struct cli_option *find_option(const struct cli_command *cmd, const char *word, size_t len,
					    char letter, size_t *ret_index)
{
	const struct cli_option *sets[2] = { cmd->options, cli_common_options };

	for (size_t s = 0; s < 2; s++) {
		for (size_t i = 0; sets[s] && sets[s][i].name; i++) {
			const struct cli_option *o = &sets[s][i];
			bool same = letter ? o->letter == letter
					   : strlen(o->name) == len && memcmp(o->name, word, len) == 0;

			if (same) {
				*ret_index = s == 0 ? i : SIZE_MAX;
				return o;
			}
		}
	}
	return NULL;
}

/* Are all options of argv[2] up to argv[${end}] known to ${cmd}, or not to ${other} either? */
static bool takes_options(const struct cli_command *cmd, const struct cli_command *other, char **argv, int end)
{
	for (int i = 2; i < end; i++) {
		const char *word = argv[i];
		bool is_long = word[0] == '-' && word[1] == '-';
		size_t len = is_long ? strcspn(word + 2, "=") : 1, index;

		if (word[0] == '-' && word[1] && !find_option(cmd, word + 2, len, is_long ? 0 : word[1], &index) &&
		    find_option(other, word + 2, len, is_long ? 0 : word[1], &index))
			return false;
	}
	return true;
}

/* "undo --json list" is "undo list --json": options that stand between the words of a command are moved behind them. A word that is an
 * option's value is none of the command's, and behind an option that only the shorter command has, neither is any: in "backup --drill
 * wal" it is a target. */
static const struct cli_command *find_behind_options(char **argv, int *ret_words)
{
	const struct cli_command *first = find_command(argv[1], NULL, ret_words), *both;
	int at = 2;

	while (argv[at] && argv[at][0] == '-' && argv[at][1] && strcmp(argv[at], "--") != 0) {
		const char *word = argv[at];
		bool is_long = word[1] == '-';
		size_t len = is_long ? strcspn(word + 2, "=") : 1, index;
		const struct cli_option *o = first ? find_option(first, word + 2, len, is_long ? 0 : word[1], &index) : NULL;

		at += o && o->arg && !strchr(word, '=') && argv[at + 1] ? 2 : 1;
	}
	both = at > 2 && !(first && first->raw) && argv[at] ? find_command(argv[1], argv[at], ret_words) : NULL;
	if (!both || both == first || (first && !takes_options(both, first, argv, at))) {
		*ret_words = 1;
		return first;
	}
	for (char *second = argv[at]; at > 2; at--) {
		argv[at] = argv[at - 1];
		argv[at - 1] = second;
	}
	return both;
}

enum parse { PARSE_GO, PARSE_HELP, PARSE_WRONG };

static enum parse take_option(struct cli *c, char **argv, int *at)
{
	const char *word = argv[*at], *value = NULL;
	bool is_long = word[1] == '-';
	size_t len = is_long ? strcspn(word + 2, "=") : 1, index;
	const struct cli_option *o = find_option(c->command, word + 2, len, is_long ? 0 : word[1], &index);

	if (!o || (!is_long && word[2])) {
		cli_usage(c, "unknown option '%s'", word);
		return PARSE_WRONG;
	}
	if (is_long && word[2 + len] == '=')
		value = word + 3 + len;
	if (o->arg && !value)
		value = argv[*at + 1] ? argv[++*at] : NULL;
	if ((o->arg != NULL) != (value != NULL)) {
		cli_usage(c, o->arg ? "--%s needs %s" : "--%s takes no value", o->name, o->arg);
		return PARSE_WRONG;
	}
	if (index == SIZE_MAX) {
		c->json = c->json || strcmp(o->name, "json") == 0;
		return strcmp(o->name, "help") == 0 ? PARSE_HELP : PARSE_GO;
	}
	if (c->n_value[index] == ARRAY_LEN(c->value[index]) || (c->n_value[index] && !o->many)) {
		cli_usage(c, "--%s given too often", o->name);
		return PARSE_WRONG;
	}
	c->value[index][c->n_value[index]++] = value ? value : "";
	return PARSE_GO;
}

static enum parse parse(struct cli *c, char **argv, int at)
{
	bool plain = false;

	c->args = argv + at;
	while (argv[at]) {
		enum parse p;

		if (!plain && strcmp(argv[at], "--") == 0) {
			plain = c->dashes = true;
			at++;
			continue;
		}
		if (plain || argv[at][0] != '-' || !argv[at][1]) {
			c->args[c->n_args++] = argv[at++];
			continue;
		}
		p = take_option(c, argv, &at);
		if (p != PARSE_GO)
			return p;
		at++;
	}
	c->args[c->n_args] = NULL;
	return PARSE_GO;
}

static void look_at_terminal(struct cli *c)
{
	const char *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE"), *term = getenv("TERM");
	struct winsize w;
	bool tty = isatty(STDOUT_FILENO);

	c->colour = tty && !(term && strcmp(term, "dumb") == 0);
	if (force && *force && strcmp(force, "0") != 0)
		c->colour = true;
	if (no && *no)
		c->colour = false;
	c->width = tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40 ? w.ws_col : 100;
}

int cli_exec_full(char **argv)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - sizeof("-full"));

	if (n <= 0) {
		fprintf(stderr, "pawl: cannot find its own program file through /proc\n");
		return EXIT_ERROR;
	}
	memcpy(self + n, "-full", sizeof("-full"));
	execv(self, argv);
	fprintf(stderr, "pawl: %s: cannot be run; it belongs beside pawl (install both)\n", self);
	return EXIT_ERROR;
}

/* Started under the name of a tool that pawl stands in for (`pawl shim install`): all words are that tool's. */
static const struct cli_command *stood_in_for(const char *self)
{
	const char *slash = self ? strrchr(self, '/') : NULL, *name = slash ? slash + 1 : self;
	int words;

	return name && tool_from_name(name) ? find_command(name, NULL, &words) : NULL;
}

static int help_without_command(const struct cli *c, const char *word, const char *next)
{
	bool asked = next && (strcmp(next, "--help") == 0 || strcmp(next, "-h") == 0);

	if (!help_group(c, word, asked))
		return help_unknown(word);
	return asked ? EXIT_ALLOW : EXIT_USAGE;
}

int cli_main(int argc, char **argv)
{
	struct cli c = { .argv = argv };
	int words = 0;

	look_at_terminal(&c);
	c.command = stood_in_for(argv[0]);
	if (c.command) {
		c.args = argv + 1;
		c.n_args = argc - 1;
		return c.command->run(&c);
	}
	if (argc < 2)
		return help_all(&c, EXIT_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
		return help_words(&c, argv + 2);
	if (strcmp(argv[1], "--version") == 0) {
		puts("pawl " PAWL_VERSION);
		return EXIT_ALLOW;
	}
	c.command = argv[2] && argv[2][0] == '-' ? find_behind_options(argv, &words) : find_command(argv[1], argv[2], &words);
	if (!c.command)
		return help_without_command(&c, argv[1], argv[2]);
	if (c.command->raw && !(argv[1 + words] && strcmp(argv[1 + words], "--help") == 0)) {
		c.args = argv + 1 + words;
		c.n_args = argc - 1 - words;
		return c.command->run ? c.command->run(&c) : cli_exec_full(argv);
	}
	if (!c.command->run)
		return cli_exec_full(argv); /* parsed again, whole, over there */
	switch (parse(&c, argv, 1 + words)) {
	case PARSE_HELP:
		return help_command(&c, c.command);
	case PARSE_WRONG:
		return EXIT_USAGE;
	case PARSE_GO:
		return c.command->run(&c);
	}
	return EXIT_ERROR;
}
