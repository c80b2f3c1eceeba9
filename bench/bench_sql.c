/* bench_sql.c -- how long the SQL reader takes for a statement of pgbench and for a join of 1 KB. Prints: NAME NANOSECONDS. */
#include <time.h>

#include "read/sql/sql.h"

#define ROUNDS 5

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool measure(const char *name, struct str text, unsigned n, struct arena *arena)
{
	struct sql_input in = { .text = text };
	struct sql_answer a;
	double best = 1e9;

	for (int r = 0; r < ROUNDS; r++) {
		double t = seconds();

		for (unsigned i = 0; i < n; i++) {
			arena_reset(arena);
			sql_read(&in, arena, &a);
			if (!a.reads_only || a.n != 1 || !a.statements->parsed)
				return false;
		}
		t = (seconds() - t) / n;
		best = t < best ? t : best;
	}
	printf("%s %.0f\n", name, best * 1e9);
	return true;
}

int main(void)
{
	static char join[1100];
	struct arena arena;
	size_t n;

	if (!arena_map(&arena, (size_t)1 << 26))
		return 1;
	n = (size_t)snprintf(join, sizeof(join),
			     "SELECT a.id, a.name, b.total FROM accounts a JOIN balances b ON b.account_id = a.id WHERE 1 = 1");
	while (n < 1000)
		n += (size_t)snprintf(join + n, sizeof(join) - n, " AND (a.col%zu = %zu OR b.col%zu LIKE 'x%zu')", n, n, n, n);
	return measure("pgbench", STR("SELECT abalance FROM pgbench_accounts WHERE aid = 4711;"), 100000, &arena) &&
		       measure("join", (struct str){ join, n }, 10000, &arena)
		       ? 0
		       : 1;
}
