#include "unit.h"

#include "gate/postgres/witness.h"

/* A snapshot of one relation: what the witness asks of it. */
struct catalogue {
	struct catalogue_relation r;
};

const struct catalogue_relation *catalogue_by_oid(const struct catalogue *c, uint32_t oid)
{
	return c->r.oid == oid ? &c->r : NULL;
}

static struct catalogue snapshot = { { .oid = 100, .schema = STR_INIT("public"), .name = STR_INIT("orders"), .kind = 'r', .rows = 5001 } };
static struct arena arena;
static struct witness_saw saw;
static struct str critical[] = { STR_INIT("public.pay*") };
static const struct database_upstream upstream = { .critical = critical, .n_critical = 1 };

static int setup(void **state)
{
	(void)state;
	return arena_map(&arena, 1 << 20) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_unmap(&arena);
	return 0;
}

/* Cells parted by blanks; "-" is NULL. */
static void row(const char *line)
{
	struct str cells[16], rest = arena_str(&arena, str_from(line));
	size_t n = 0;

	while (rest.len && n < ARRAY_LEN(cells)) {
		size_t blank = str_find_char(rest, ' ');

		cells[n] = str_sub(rest, 0, blank);
		if (str_is(cells[n], "-"))
			cells[n] = STR_NONE;
		n++;
		rest = blank == SIZE_MAX ? STR_NONE : str_sub(rest, blank + 1, rest.len);
	}
	witness_row(&saw, cells, n);
}

static bool look(const struct witness_expected *e, bool known, const char *const *rows)
{
	arena_reset(&arena);
	witness_begin(&saw, &upstream, known ? &snapshot : NULL, e, &arena);
	for (; *rows; rows++)
		row(*rows);
	return witness_end(&saw);
}
#define ROWS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define END "e - - on - - - - 0 0 1 0"

static void counts_rows(void **state)
{
	(void)state;
	assert_true(look(NULL, true, ROWS("r 100 public orders r p - RowExclusiveLock 3 2 1 4", "r 101 public orders_pkey i p - RowExclusiveLock 0 0 0 9",
					  "r 102 public payments r p - RowExclusiveLock 5 0 0 1", END)));
	assert_int_equal(saw.n_counts, 2);
	assert_str(saw.counts[0].relation, "public.orders");
	assert_int_equal(saw.counts[0].deleted, 3);
	assert_int_equal(saw.counts[0].updated, 2);
	assert_int_equal(saw.counts[0].inserted, 1);
	assert_false(saw.counts[0].critical);
	assert_true(saw.counts[1].critical);
	assert_int_equal(saw.unannounced.n, 0);
}

static void partitions_count_as_their_root(void **state)
{
	(void)state;
	assert_true(look(NULL, true, ROWS("r 1 public e1 r p public.e RowExclusiveLock 3 0 0 1", "r 2 public e2 r p public.e RowExclusiveLock 4 0 1 1", END)));
	assert_int_equal(saw.n_counts, 2);
	assert_str(saw.counts[0].relation, "public.e");
	assert_str(saw.counts[1].relation, "public.e");
	assert_int_equal(saw.counts[0].deleted + saw.counts[1].deleted, 7);
	assert_true(look(NULL, true, ROWS("r 1 \"A\"\"b\" e1 r p \"A\"\"b\".\"E.\" RowExclusiveLock 3 0 0 1",
					  "r 2 \"X.\" e2 r p - RowExclusiveLock 4 0 1 1", END)));
	assert_str(saw.counts[0].relation, "A\"b.E.");
	assert_str(saw.counts[1].relation, "X..e2");
}

static void what_is_temporary_does_not_count(void **state)
{
	(void)state;
	assert_true(look(NULL, true, ROWS("r 9 pg_temp_3 t r t - RowExclusiveLock 3000 0 0 1", "r 9 pg_temp_3 t r t - AccessExclusiveLock 0 0 0 0",
					  "c 1259 - - - - - - 1 0 2 0", END)));
	assert_int_equal(saw.n_counts, 0);
	assert_int_equal(saw.unannounced.n, 0);
}

static void an_unannounced_lock_is_told(void **state)
{
	static const struct str named[] = { STR_INIT("public.orders") };
	struct witness_expected e = { .relations = named, .n = 1, .catalogue = true };
	const char *const *rows = ROWS("r 100 public orders r p - AccessExclusiveLock 0 0 0 0", "c 1259 - - - - - - 0 1 0 0", END);

	(void)state;
	assert_true(look(NULL, true, rows));
	assert_int_equal(saw.unannounced.n, 1);
	assert_str(change_nth(&saw.unannounced, 0)->finding, "witness.locked");
	assert_str(change_nth(&saw.unannounced, 0)->name, "public.orders");
	assert_int_equal(change_nth(&saw.unannounced, 0)->rows, 5001);
	assert_true(look(&e, true, rows));
	assert_int_equal(saw.unannounced.n, 0);
	/* LOCK TABLE leaves nothing in the catalogue. */
	assert_true(look(NULL, true, ROWS("r 100 public orders r p - AccessExclusiveLock 0 0 0 0", END)));
	assert_int_equal(saw.unannounced.n, 0);
}

static void a_dropped_one_has_the_name_it_had(void **state)
{
	(void)state;
	assert_true(look(NULL, true, ROWS("r 100 - - - - - AccessExclusiveLock 0 0 0 0", "c 1259 - - - - - - 1 0 0 0", END)));
	assert_str(change_nth(&saw.unannounced, 0)->name, "public.orders");
	assert_true(look(NULL, false, ROWS("r 100 - - - - - AccessExclusiveLock 0 0 0 0", "c 1259 - - - - - - 1 0 0 0", END)));
	assert_str(change_nth(&saw.unannounced, 0)->name, "(dropped)");
}

static void what_the_snapshot_does_not_know_is_looked_up(void **state)
{
	const char *const *rows = ROWS("r 200 public new r p - AccessExclusiveLock 0 0 0 0", "r 201 - - - - - AccessExclusiveLock 0 0 0 0",
				       "c 1259 - - - - - - 1 0 1 0", END);
	const struct str was[] = { STR_INIT("201"), STR_INIT("public"), STR_INIT("old"), STR_INIT("r"), STR_INIT("p") };
	const struct str temporary[] = { STR_INIT("201"), STR_INIT("pg_temp_1"), STR_INIT("old"), STR_INIT("r"), STR_INIT("t") };

	(void)state;
	assert_true(look(NULL, true, rows));
	assert_int_equal(saw.n_unknown, 2);
	assert_int_equal(saw.unannounced.n, 0);
	witness_lookup_row(&saw, was, 5);
	witness_looked_up(&saw);
	assert_int_equal(saw.n_unknown, 0);
	assert_int_equal(saw.unannounced.n, 1);
	assert_str(change_nth(&saw.unannounced, 0)->name, "public.old");
	assert_true(look(NULL, true, rows));
	witness_lookup_row(&saw, temporary, 5);
	witness_looked_up(&saw);
	assert_int_equal(saw.unannounced.n, 0);
}

static void catalogues_without_a_lock(void **state)
{
	struct witness_expected e = { .catalogue = true };

	(void)state;
	assert_true(look(NULL, true, ROWS("c 1259 - - - - - - 0 1 0 0", END))); /* GRANT */
	assert_str(change_nth(&saw.unannounced, 0)->finding, "witness.catalogue");
	assert_true(look(&e, true, ROWS("c 1259 - - - - - - 0 1 0 0", END)));
	assert_int_equal(saw.unannounced.n, 0);
	assert_true(look(NULL, true, ROWS("c 1260 - - - - - - 0 1 0 0", END))); /* ALTER ROLE */
	assert_str(change_nth(&saw.unannounced, 0)->finding, "witness.permissions");
	assert_true(look(NULL, true, ROWS("c 1259 - - - - - - 0 0 1 0", "c 1249 - - - - - - 0 0 9 0", END))); /* CREATE */
	assert_int_equal(saw.unannounced.n, 0);
	assert_int_equal(saw.catalogue, 10);
	assert_true(look(NULL, true, ROWS("c 2995 - - - - - - 2 0 0 0", END))); /* lo_unlink */
	assert_int_equal(saw.counts[0].deleted, 2);
}

static void foreign_rows_cannot_be_counted(void **state)
{
	(void)state;
	assert_true(look(NULL, true, ROWS("r 7 public f f p - RowExclusiveLock 0 0 0 0", END)));
	assert_str(change_nth(&saw.unannounced, 0)->finding, "witness.foreign");
}

static void what_is_kept_is_the_gates_own(void **state)
{
	struct witness_expected asked = { .any = true };

	(void)state;
	assert_true(look(NULL, true, ROWS("r 7 pawl_trash steps r p - RowExclusiveLock 1 0 0 1", END)));
	assert_str(change_nth(&saw.unannounced, 0)->finding, "witness.kept");
	assert_str(change_nth(&saw.unannounced, 0)->name, "pawl_trash.steps");
	assert_true(look(NULL, true, ROWS("r 7 \"pawl_trash.K-1\" rows r p - RowExclusiveLock 0 0 1 0", END)));
	assert_str(change_nth(&saw.unannounced, 0)->finding, "witness.kept");
	assert_true(look(&asked, true, ROWS("r 7 pawl_trash steps r p - RowExclusiveLock 0 0 1 0", END)));
	assert_int_equal(saw.unannounced.n, 0);
	assert_true(look(NULL, true, ROWS("r 7 pawl_trashed steps r p - RowExclusiveLock 1 0 0 1", END)));
	assert_int_equal(saw.unannounced.n, 0);
}

/* A temporary table beside it hides nothing that is not its own. */
static void a_temporary_table_hides_no_function(void **state)
{
	(void)state;
	assert_true(look(NULL, true, ROWS("r 7 pg_temp_3 x r t - AccessExclusiveLock 0 0 0 0", "c 1255 - - - - - - 0 1 0 0", END)));
	assert_int_equal(saw.unannounced.n, 1);
	assert_true(look(NULL, true, ROWS("r 7 pg_temp_3 x r t - AccessExclusiveLock 0 0 0 0", "c 1259 - - - - - - 1 1 0 0", END)));
	assert_int_equal(saw.unannounced.n, 0);
}

static void what_is_no_answer_breaks(void **state)
{
	static const char *const bad[] = {
		"r 100 public orders r p - RowExclusiveLock 3 2 1", /* a cell less */
		"r 100 public orders r p - RowExclusiveLock 3 2 1 0 0", "r x public orders r p - RowExclusiveLock 3 2 1 0",
		"r 100 public orders r p - RowExclusiveLock -3 2 1 0", "q 100 public orders r p - RowExclusiveLock 3 2 1 0",
		"c 4711 - - - - - - 1 0 0 0", "r 99999999999 public orders r p - RowExclusiveLock 3 2 1 0", END, "e - - off - - - - 0 0 1 0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(look(NULL, true, ROWS(bad[i], END)));
	assert_false(look(NULL, true, ROWS("r 100 public orders r p - RowExclusiveLock 3 2 1 0")));
	assert_true(saw.why.len);
}

static void counting_was_off_for_a_time(void **state)
{
	(void)state;
	assert_false(look(NULL, true, ROWS("r 100 public orders r p - RowExclusiveLock 0 0 0 0", END)));
	assert_true(look(NULL, true, ROWS("r 100 public orders r p - RowExclusiveLock 0 0 0 1", END))); /* looked, found none */
	assert_true(look(NULL, true, ROWS("r 100 public orders r p - RowExclusiveLock 0 0 0 0", "e - - on - - - - 0 0 0 0")));
	assert_true(look(NULL, true, ROWS("r 100 public orders r p - RowExclusiveLock 0 0 0 0", "r 5 public q r p - RowShareLock 0 0 0 0", END)));
	assert_true(look(NULL, true, ROWS("r 100 public orders r p - RowExclusiveLock 0 0 0 0", "r 5 public s S p - RowExclusiveLock 0 0 0 0", END)));
}

static void one_statement_after_the_other(void **state)
{
	static char mem[4096] __attribute__((aligned(16)));
	struct witness_memory m = { .n = 0 };
	struct arena transaction;

	(void)state;
	memset(mem, 0, sizeof(mem));
	arena_init(&transaction, mem, sizeof(mem));
	assert_true(look(NULL, true, ROWS("r 100 public orders r p - RowExclusiveLock 3 1 0 4", "r 7 public b r p - RowExclusiveLock 9 0 0 4", END)));
	witness_statement(&saw, &m, &transaction);
	assert_int_equal(saw.counts[0].deleted, 3);
	assert_int_equal(saw.counts[1].deleted, 9);
	assert_true(look(NULL, true, ROWS("r 100 public orders r p - RowExclusiveLock 5 1 1 4", END)));
	witness_statement(&saw, &m, &transaction);
	assert_int_equal(saw.counts[0].deleted, 2);
	assert_int_equal(saw.counts[0].updated, 0);
	assert_int_equal(saw.counts[0].inserted, 1);
	/* A savepoint gave b's lock back; its counts ran on. */
	assert_true(look(NULL, true, ROWS("r 7 public b r p - RowExclusiveLock 10 0 0 4", "r 100 public orders r p - RowExclusiveLock 5 1 1 4", END)));
	witness_statement(&saw, &m, &transaction);
	assert_int_equal(saw.counts[0].deleted, 1);
	assert_int_equal(saw.counts[1].deleted, 0);
	for (unsigned i = 0; i < 1000 && !saw.broken; i++) {
		char line[80];

		snprintf(line, sizeof(line), "r %u public t%u r p - RowExclusiveLock 1 0 0 0", i, i);
		look(NULL, true, ROWS(line, END));
		witness_statement(&saw, &m, &transaction);
	}
	assert_true(saw.broken); /* its memory ended */
}

static void memory_that_ends_breaks(void **state)
{
	static char mem[2048] __attribute__((aligned(16)));
	struct arena small;
	struct str cells[WITNESS_COLUMNS] = { STR("r"), STR("100"), STR("public"), STR("orders"), STR("r"), STR("p"), STR_NONE,
					      STR("RowExclusiveLock"), STR("1"), STR("0"), STR("0"), STR("0") };
	struct str last[WITNESS_COLUMNS] = { STR("e"), STR_NONE, STR_NONE, STR("on"), STR_NONE, STR_NONE, STR_NONE, STR_NONE,
					     STR("0"), STR("0"), STR("1"), STR("0") };

	(void)state;
	memset(mem, 0, sizeof(mem));
	arena_init(&small, mem, sizeof(mem));
	witness_begin(&saw, &upstream, NULL, NULL, &small);
	for (int i = 0; i < 100; i++)
		witness_row(&saw, cells, WITNESS_COLUMNS);
	witness_row(&saw, last, WITNESS_COLUMNS);
	assert_false(witness_end(&saw));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_rows),
		cmocka_unit_test(partitions_count_as_their_root),
		cmocka_unit_test(what_is_temporary_does_not_count),
		cmocka_unit_test(an_unannounced_lock_is_told),
		cmocka_unit_test(a_dropped_one_has_the_name_it_had),
		cmocka_unit_test(what_the_snapshot_does_not_know_is_looked_up),
		cmocka_unit_test(catalogues_without_a_lock),
		cmocka_unit_test(foreign_rows_cannot_be_counted),
		cmocka_unit_test(what_is_kept_is_the_gates_own),
		cmocka_unit_test(a_temporary_table_hides_no_function),
		cmocka_unit_test(what_is_no_answer_breaks),
		cmocka_unit_test(counting_was_off_for_a_time),
		cmocka_unit_test(one_statement_after_the_other),
		cmocka_unit_test(memory_that_ends_breaks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
