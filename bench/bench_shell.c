/* How fast the shell parser reads, on one core.
 * usage: bench_shell SECONDS FILE…          every file is a text of its own; prints `MB/s N.N` and `worst N.N NAME` (in means per byte)
 *        bench_shell --worst BYTES FILE…    each file's text is repeated up to BYTES first, so that a small one is measured too; the arena
 *                                           is touched before, so that no page is new
 */
#include "base/buf.h"
#include "base/fd.h"
#include "read/shell/tree.h"

#define MAX_FILES 20000
#define ROUNDS 5

static struct arena arena;
static struct buf text[MAX_FILES];
static double cost[MAX_FILES];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds for one reading, memory given back included. */
static double once(struct str s)
{
	struct shell_tree tree;
	double begun = now();

	shell_parse(s, &arena, &tree);
	arena_reset(&arena);
	return now() - begun;
}

static void load(const char *path, struct buf *b, size_t at_least)
{
	struct err err;
	size_t n;

	b->max = (size_t)1 << 24;
	if (!file_read(path, b, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	n = b->len;
	while (n && b->len + n <= at_least)
		buf_add(b, (struct str){ b->ptr, n });
}

int main(int argc, char **argv)
{
	bool worst = argc > 3 && strcmp(argv[1], "--worst") == 0;
	size_t at_least = worst ? (size_t)strtoul(argv[2], NULL, 10) : 0;
	double seconds = worst ? 0 : argc > 2 ? strtod(argv[1], NULL) : 0, spent = 0, mean, most = 0;
	int first = worst ? 3 : 2, n = argc - first, which = 0;
	size_t bytes = 0, total = 0;

	if (n < 1 || n > MAX_FILES || !arena_map(&arena, (size_t)1 << 30)) {
		fputs("usage: bench_shell SECONDS FILE... | --worst BYTES FILE...\n", stderr);
		return 2;
	}
	for (int i = 0; i < n; i++) {
		load(argv[first + i], &text[i], at_least);
		total += text[i].len;
		cost[i] = 1e9;
	}
	for (int round = 0; round < ROUNDS || spent < seconds; round++) {
		for (int i = 0; i < n; i++) {
			double t = once(buf_str(&text[i]));

			cost[i] = t < cost[i] ? t : cost[i];
			spent += t;
			bytes += text[i].len;
		}
	}
	printf("MB/s %.1f (%d texts, %zu bytes)\n", (double)bytes / spent / 1e6, n, total);
	mean = 0;
	for (int i = 0; i < n; i++)
		mean += cost[i];
	mean /= (double)total;
	for (int i = 0; i < n; i++) {
		double per = text[i].len ? cost[i] / (double)text[i].len / mean : 0;

		if (per > most) {
			most = per;
			which = i;
		}
	}
	printf("worst %.2f %s (mean %.2f ns a byte)\n", most, argv[first + which], mean * 1e9);
	return 0;
}
