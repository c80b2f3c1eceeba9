/* The SQL reader on several threads at the same time, each on a stack of 8 MB, as the database gate runs it. */
#include <pthread.h>

#include "unit.h"

#include "read/sql/sql.h"

#define THREADS 6
#define ROUNDS 40
#define DEEP 100000
#define ARENA_SIZE ((size_t)256 << 20)

struct text {
	struct str text;
	size_t statements, changes;
	bool reads;
};

static char parentheses[2 * DEEP + 16], additions[2 * DEEP + 16], unions[16 * 10000];
static struct text texts[] = {
	{ .text = STR_INIT("SELECT abalance FROM pgbench_accounts WHERE aid = 1") },
	{ .text = STR_INIT("UPDATE t SET a = a + 1 WHERE id = $1 RETURNING a") },
	{ .text = STR_INIT("SELECT lower(a)::text FROM (SELECT * FROM b) c; DROP TABLE x; DELETE FROM y") },
	{ .text = STR_INIT("DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'b'; END $$") },
	{ .text = STR_INIT("SELEC 1") },
	{ .text = { parentheses, 0 } },
	{ .text = { additions, 0 } },
	{ .text = { unions, 0 } },
};

static void fill(void)
{
	size_t n = 0;

	n += (size_t)snprintf(parentheses, sizeof(parentheses), "SELECT ");
	memset(parentheses + n, '(', DEEP);
	parentheses[n + DEEP] = '1';
	memset(parentheses + n + DEEP + 1, ')', DEEP);
	texts[5].text.len = n + 2 * DEEP + 1;
	n = (size_t)snprintf(additions, sizeof(additions), "SELECT 1");
	for (size_t i = 0; i < DEEP; i++, n += 2)
		memcpy(additions + n, "+1", 2);
	texts[6].text.len = n;
	n = (size_t)snprintf(unions, sizeof(unions), "SELECT 1");
	for (size_t i = 0; i < 9000; i++, n += 15)
		memcpy(unions + n, " UNION SELECT 1", 15);
	texts[7].text.len = n;
}

static void *reads(void *failed)
{
	struct arena arena;

	if (!arena_map(&arena, ARENA_SIZE)) {
		*(bool *)failed = true;
		return NULL;
	}
	for (unsigned r = 0; r < ROUNDS; r++) {
		for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
			const struct text *t = &texts[(i + r) % ARRAY_LEN(texts)];
			struct sql_input in = { .text = t->text };
			struct sql_answer a;

			/* The deep ones take long: a few times will do. */
			if (t->text.len > 1000 && r % 10)
				continue;
			arena_reset(&arena);
			sql_read(&in, &arena, &a);
			if (a.n != t->statements || a.changes.n != t->changes || a.reads_only != t->reads)
				*(bool *)failed = true;
		}
	}
	arena_unmap(&arena);
	return NULL;
}

static void threads(void **state)
{
	struct arena arena;
	pthread_t thread[THREADS];
	bool failed[THREADS] = { false };
	pthread_attr_t attr;

	(void)state;
	fill();
	assert_true(arena_map(&arena, ARENA_SIZE));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct sql_input in = { .text = texts[i].text };
		struct sql_answer a;

		arena_reset(&arena);
		sql_read(&in, &arena, &a);
		texts[i].statements = a.n;
		texts[i].changes = a.changes.n;
		texts[i].reads = a.reads_only;
	}
	arena_unmap(&arena);
	/* What is too deep is refused, not read as harmless. */
	assert_false(texts[5].reads);
	assert_int_equal(texts[2].statements, 3);
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstacksize(&attr, (size_t)8 << 20), 0);
	/* Twice: threads that end take the parser's memory with them, and others come after them. */
	for (int twice = 0; twice < 2; twice++) {
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&thread[i], &attr, reads, &failed[i]), 0);
		for (int i = 0; i < THREADS; i++) {
			assert_int_equal(pthread_join(thread[i], NULL), 0);
			assert_false(failed[i]);
		}
	}
	pthread_attr_destroy(&attr);
}

static const struct CMUnitTest tests[] = { cmocka_unit_test(threads) };

UNIT_MAIN(tests)
