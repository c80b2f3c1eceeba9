/* shell_dump -- what the shell parser makes of a text, for test_shell_tree and for people who write cases.
 * usage: shell_dump [--verdict] [FILE]…   (none: standard input; `-` too)
 * --verdict prints a line `ok` or `broken LINE WHY` for each file instead of the tree.
 * --frames: standard input holds texts, each behind a line with its length; an answer ends with a line that is a dot.
 */
#include "base/fd.h"

#include <unistd.h>

#include "shell_print.h"

#define ARENA_BYTES ((size_t)1 << 30)

static struct arena arena;

static void show(struct str text, bool verdict)
{
	struct buf b = BUF_MAX((size_t)1 << 28);
	struct shell_tree tree;

	arena_reset(&arena);
	shell_parse(text, &arena, &tree);
	if (verdict && tree.broken)
		buf_addf(&b, "broken %u %.*s\n", tree.line, STR_ARG(tree.why));
	else if (verdict)
		buf_adds(&b, "ok\n");
	else
		shell_print_tree(&b, &tree);
	fwrite(b.ptr, 1, b.len, stdout);
	buf_free(&b);
}

static bool frames(bool verdict)
{
	char line[32];
	size_t n;

	while (fgets(line, sizeof(line), stdin)) {
		char *text;

		n = (size_t)strtoul(line, NULL, 10);
		text = malloc(n ? n : 1);
		PAWL_ASSERT(text);
		if (fread(text, 1, n, stdin) != n) {
			free(text);
			return false;
		}
		show((struct str){ text, n }, verdict);
		puts(".");
		free(text);
	}
	fflush(stdout);
	return true;
}

static bool file(const char *path, bool verdict)
{
	struct buf b = BUF_MAX((size_t)1 << 28);
	struct err err;
	bool ok = strcmp(path, "-") == 0 ? fd_read_all(0, &b, &err) : file_read(path, &b, &err);

	if (ok)
		show(buf_str(&b), verdict);
	else
		fprintf(stderr, "%s\n", err.msg);
	buf_free(&b);
	return ok;
}

int main(int argc, char **argv)
{
	bool verdict = argc > 1 && strcmp(argv[1], "--verdict") == 0;
	int i = 1 + verdict;
	bool ok = true;

	if (!arena_map(&arena, ARENA_BYTES))
		return 1;
	if (argc > i && strcmp(argv[i], "--frames") == 0)
		return frames(verdict) ? 0 : 1;
	if (i == argc)
		return file("-", verdict) ? 0 : 1;
	for (; i < argc; i++)
		ok = file(argv[i], verdict) && ok;
	return ok ? 0 : 1;
}
