/* run_dump -- what the shell interpreter makes of a text, as lines, for tests and for people who write cases.
 * usage: run_dump [--cwd DIR] [--env NAME=VALUE]… [--file PATH=TEXT]… [--root DIR] [--nul] [--raw] FILE|-
 * --root: files below DIR are given to the interpreter as the world's when it asks for them (DIR is the workspace).
 * --nul: standard input holds many texts, each ended by a NUL byte; the answer to each ends with a line `.`
 * --raw: records for programs, fields ended by 0x1f, each line an act or opaque: an unknown part is 0x1e.
 * Lines: `act [FLAGS] WORD WORD …`, words quoted where needed, an unknown part as …, a word that may be any number of words
 * behind it `*`; `open MODE PATH`, `opaque WHY`.
 */
#include "base/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include "read/shell/run.h"

#define MAX 64
#define ARENA ((size_t)256 << 20)

struct options {
	struct world_variable env[MAX];
	size_t n_env;
	struct world_file given[MAX];
	size_t n_given;
	const char *root, *cwd, *file;
	bool nul, raw;
};

static void sort_env(struct options *o)
{
	for (size_t i = 1; i < o->n_env; i++) {
		struct world_variable v = o->env[i];
		size_t k = i;

		for (; k > 0 && str_cmp(o->env[k - 1].name, v.name) > 0; k--)
			o->env[k] = o->env[k - 1];
		o->env[k] = v;
	}
}

static bool pair(const char *arg, struct str *a, struct str *b)
{
	const char *eq = strchr(arg, '=');

	if (!eq)
		return false;
	*a = (struct str){ arg, (size_t)(eq - arg) };
	*b = str_from(eq + 1);
	return true;
}

static bool parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		struct str a, b;
		bool more = i + 1 < argc;

		if (strcmp(argv[i], "--nul") == 0) {
			o->nul = true;
		} else if (strcmp(argv[i], "--raw") == 0) {
			o->raw = true;
		} else if (strcmp(argv[i], "--cwd") == 0 && more) {
			o->cwd = argv[++i];
		} else if (strcmp(argv[i], "--root") == 0 && more) {
			o->root = argv[++i];
		} else if (strcmp(argv[i], "--env") == 0 && more && o->n_env < MAX && pair(argv[i + 1], &a, &b)) {
			o->env[o->n_env++] = (struct world_variable){ a, b };
			i++;
		} else if (strcmp(argv[i], "--file") == 0 && more && o->n_given < MAX && pair(argv[i + 1], &a, &b)) {
			o->given[o->n_given++] = (struct world_file){ .path = a, .text = b, .found = true };
			i++;
		} else if (argv[i][0] != '-' || argv[i][1] == '\0') {
			o->file = argv[i];
		} else {
			return false;
		}
	}
	sort_env(o);
	return o->file;
}

static void put_word(const struct shell_value *v)
{
	bool plain = v->text.len > 0;

	for (size_t i = 0; i < v->text.len; i++)
		plain &= v->text.ptr[i] > ' ' && v->text.ptr[i] < 127 && !strchr("'\\*", v->text.ptr[i]);
	putchar(' ');
	if (!plain)
		putchar('\'');
	for (size_t i = 0; i < v->text.len; i++) {
		unsigned char c = (unsigned char)v->text.ptr[i];

		if (c == 0)
			fputs("…", stdout);
		else if (c == '\'' || c == '\\')
			printf("\\%c", c);
		else if (c == '\n')
			fputs("\\n", stdout);
		else if (c < ' ' || c == 127)
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	if (!plain)
		putchar('\'');
	if (v->glob)
		putchar('?');
	else if (v->many)
		putchar('*');
}

/* flags, then each word behind a letter: = one word, * any number, ? a pattern. */
static void put_raw(const struct shell_act *a)
{
	printf("act\x1f%s%s%s\x1f", a->maybe ? "m" : "", a->background ? "b" : "", a->remote ? "r" : "");
	for (size_t i = 0; i < a->n_argv; i++) {
		const struct shell_value *v = &a->argv[i];

		putchar(v->glob ? '?' : v->many ? '*' : '=');
		for (size_t k = 0; k < v->text.len; k++)
			putchar(v->text.ptr[k] == 0 ? 0x1e : v->text.ptr[k]);
		putchar(0x1f);
	}
	putchar(0);
}

static void put_act(const struct shell_act *a)
{
	static const char *const modes[] = { "read", "write", "append", "both" };
	struct str via = a->via;

	fputs("act [", stdout);
	if (a->maybe)
		fputs("maybe ", stdout);
	if (a->background)
		fputs("background ", stdout);
	if (a->remote)
		fputs("remote ", stdout);
	if (a->env_cleared)
		fputs("cleared ", stdout);
	if (a->yes_piped)
		fputs("yes ", stdout);
	if (a->user.len)
		printf("user=%.*s ", STR_ARG(a->user));
	if (via.len)
		printf("via=%.*s ", STR_ARG(via));
	putchar(']');
	for (size_t i = 0; i < a->n_argv; i++)
		put_word(&a->argv[i]);
	putchar('\n');
	for (const struct shell_opening *o = a->opens; o; o = o->next) {
		printf("open %s", modes[o->mode]);
		put_word(&o->path);
		putchar('\n');
	}
}

/* Answer the needs of a round from --file and --root. */
static bool answer(struct world *w, struct options *o, struct arena *a)
{
	bool any = false;

	for (const struct need *n = w->needs; n; n = n->next) {
		struct world_file *f = ARENA_NEW(a, struct world_file);

		if (n->kind != NEED_FILE || !f)
			continue;
		*f = (struct world_file){ .path = n->name, .next = w->files };
		for (size_t i = 0; i < o->n_given; i++) {
			if (str_eq(o->given[i].path, n->name))
				*f = (struct world_file){ .path = n->name, .text = o->given[i].text, .found = true,
						.next = w->files };
		}
		if (!f->found && o->root && world_within(n->name, str_from(o->root))) {
			struct str name = arena_str(a, n->name);
			int fd = open(name.ptr, O_RDONLY | O_CLOEXEC);
			char *text = fd >= 0 ? arena_alloc(a, WORLD_MAX_FILE) : NULL;
			ssize_t len = text ? read(fd, text, WORLD_MAX_FILE) : -1;

			if (len >= 0) {
				f->text = (struct str){ text, (size_t)len };
				f->found = true;
			}
			if (fd >= 0)
				close(fd);
		} else if (!f->found && (!o->root || !world_within(n->name, str_from(o->root)))) {
			f->outside = o->root != NULL;
		}
		w->files = f;
		any = true;
	}
	w->needs = NULL;
	w->n_needs = 0;
	return any;
}

static void tell(struct str text, struct options *o, struct arena *a, struct arena *kept)
{
	struct shell_answer ans;
	struct world w = { .cwd = str_from(o->cwd ? o->cwd : "/w"), .home = STR("/home/me"),
			.workspace = str_from(o->root ? o->root : "/w"),
			   .user = STR("me"), .uid = 1000, .env = o->env, .n_env = o->n_env, .arena = kept };

	for (unsigned round = 0; round < WORLD_MAX_ROUNDS; round++) {
		arena_reset(a);
		shell_run(text, &w, a, &ans);
		if (!answer(&w, o, kept))
			break;
	}
	for (const struct shell_act *act = ans.acts; act; act = act->next)
		(o->raw ? put_raw : put_act)(act);
	for (const struct shell_opaque *q = ans.opaque; q; q = q->next)
		printf("%s%c%.*s%c", q->part ? "part" : "opaque", o->raw ? 0x1f : ' ', STR_ARG(q->why), o->raw ? 0 : 10);
	if (ans.tree.broken && !o->raw)
		printf("broken %.*s\n", STR_ARG(ans.tree.why));
	if (a->full)
		fputs("opaque out of memory\n", stdout);
}

int main(int argc, char **argv)
{
	static struct options o;
	struct arena input, a, kept;
	char *text;
	size_t len = 0;
	int fd;

	if (!parse(argc, argv, &o) || !arena_map(&input, (size_t)64 << 20) || !arena_map(&a, ARENA) || !arena_map(&kept, ARENA)) {
		fputs("usage: run_dump [--cwd DIR] [--env NAME=VALUE] [--file PATH=TEXT] [--root DIR] [--nul] [--raw] FILE|-\n", stderr);
		return 2;
	}
	text = arena_alloc(&input, (size_t)32 << 20);
	fd = strcmp(o.file, "-") == 0 ? 0 : open(o.file, O_RDONLY | O_CLOEXEC);
	for (ssize_t n; fd >= 0 && (n = read(fd, text + len, ((size_t)32 << 20) - len)) > 0;)
		len += (size_t)n;
	if (!o.nul) {
		tell((struct str){ text, len }, &o, &a, &kept);
		return 0;
	}
	for (size_t from = 0; from < len;) {
		const char *end = memchr(text + from, '\0', len - from);
		size_t n = end ? (size_t)(end - text) - from : len - from;

		arena_reset(&kept);
		tell((struct str){ text + from, n }, &o, &a, &kept);
		if (o.raw)
			printf("end%c", 0);
		else
			puts(".");
		from += n + 1;
	}
	return 0;
}
