/* bench_sql.c -- how long the SQL reader takes for statements of pgbench and for joins of 1 KB, as a gate asks it, beside
 * PostgreSQL's parser alone on the same texts in the same run, and how it grows with the text. Prints: NAME VALUE for bench/sql.sh.
 */
#include <postgres.h>
#include <pg_query.h>
#include <pg_query/pg_query_internal.h>
#include <time.h>

#include "read/sql/sql.h"

#define ROUNDS 7

static struct arena arena;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool ours(struct str text)
{
	struct sql_input in = { .text = text, .shape = true };
	struct sql_answer a;

	arena_reset(&arena);
	sql_read(&in, &arena, &a);
	return a.n == 1 && a.statements->shape;
}

static bool theirs(struct str text)
{
	MemoryContext memory = pg_query_enter_memory_context();
	PgQueryInternalParsetreeAndError p = pg_query_raw_parse(text.ptr);
	bool ok = !p.error && p.tree;

	free(p.stderr_buffer);
	pg_query_exit_memory_context(memory);
	return ok;
}

/* Seconds for one, the best of some rounds; below 0 when it went wrong. */
static double measure(bool (*reads)(struct str), struct str text, unsigned n)
{
	double best = 1e9;

	for (int r = 0; r < ROUNDS; r++) {
		double t = seconds();

		for (unsigned i = 0; i < n; i++) {
			if (!reads(text))
				return -1;
		}
		t = (seconds() - t) / n;
		best = t < best ? t : best;
	}
	return best;
}

static bool both(const char *name, struct str text, unsigned n)
{
	double own = measure(ours, text, n), parser = measure(theirs, text, n);

	printf("%s %.0f %.0f\n", name, own * 1e9, parser * 1e9);
	return own > 0 && parser > 0;
}

/* A join with conditions until it has ${len} bytes. */
static struct str join(char *space, size_t size, size_t len, bool calls)
{
	size_t n = (size_t)snprintf(space, size,
				   "SELECT a.id, a.name, b.total FROM accounts a JOIN balances b ON b.account_id = a.id WHERE 1 = 1");

	for (size_t i = n; n < len; i = n)
		n += (size_t)(calls ? snprintf(space + n, size - n, " AND (lower(a.c%zu) = '%zu'::text OR b.c%zu ILIKE 'x%zu')", i, i, i, i)
				    : snprintf(space + n, size - n, " AND (a.col%zu = %zu OR b.col%zu LIKE 'x%zu')", i, i, i, i));
	return (struct str){ space, n };
}

int main(void)
{
	static char space[4][1 << 20];
	struct str k1 = join(space[0], sizeof(space[0]), 1000, false), k1_calls = join(space[1], sizeof(space[1]), 1000, true);
	struct str k64 = join(space[2], sizeof(space[2]), 64000, true), k640 = join(space[3], sizeof(space[3]), 640000, true);
	double small, large;

	if (!arena_map(&arena, (size_t)1 << 28))
		return 1;
	if (!both("pgbench-select", STR("SELECT abalance FROM pgbench_accounts WHERE aid = 4711;"), 50000) ||
	    !both("pgbench-update", STR("UPDATE pgbench_accounts SET abalance = abalance + 12 WHERE aid = 34;"), 50000) ||
	    !both("join", k1, 5000) || !both("join-with-calls", k1_calls, 5000))
		return 1;
	small = measure(ours, k64, 20);
	large = measure(ours, k640, 2);
	printf("growth %.2f\n", large / (double)k640.len / (small / (double)k64.len));
	return small > 0 && large > 0 ? 0 : 1;
}
