/* The hour's counts over restarts: two ledgers are asked the same, of which one is closed and opened all the time. */
#include "unit.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/database/budget.h"

#define MINUTE INT64_C(60000000)
#define START (INT64_C(29000000) * MINUTE)

static struct arena arena;
static const struct policy *policy;
static char folder[] = "/tmp/pawl-hour-XXXXXX", path[64];

static int setup(void **state)
{
	static const char text[] = "version: 1\nbudgets: [{hour: 1000}, {tables: [\"public.c*\"], hour: 50}]\n";
	struct policy_source s = { POLICY_USER, STR("user.yaml"), str_from(text) };
	struct err err;

	(void)state;
	if (!arena_map(&arena, 64 << 20) || !policy_load(&s, 1, &arena, &policy, &err) || !mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/hour", folder);
	return 0;
}

static int teardown(void **state)
{
	struct err err;

	(void)state;
	arena_unmap(&arena);
	return dir_remove(folder, &err) ? 0 : -1;
}

static struct budget_ledger *open_kept(int64_t now)
{
	struct budget_ledger *l;
	struct err err;

	assert_true(budget_ledger_new(&l));
	if (!budget_ledger_keep(l, path, now, &err))
		fail_msg("%s", err.msg);
	return l;
}

static bool refused(int64_t now, struct err *err)
{
	struct budget_ledger *l;
	bool ok;

	assert_true(budget_ledger_new(&l));
	ok = budget_ledger_keep(l, path, now, err);
	budget_ledger_free(l);
	return !ok;
}

static bool add(struct budget_ledger *l, const char *session, const char *relation, uint64_t rows, int64_t now)
{
	const struct budget_asker who = { policy, STR("production"), str_from(session) };
	const struct budget_count k = { .relation = str_from(relation), .deleted = rows / 2, .updated = rows - rows / 2 };

	return !budget_reserve(l, &who, &k, 1, now).is;
}

static void back(struct budget_ledger *l, const char *session, const char *relation, uint64_t rows, int64_t then)
{
	const struct budget_asker who = { policy, STR("production"), str_from(session) };
	const struct budget_count k = { .relation = str_from(relation), .deleted = rows };

	budget_give_back(l, &who, &k, 1, then);
}

static uint32_t seed = 1;

static unsigned some(unsigned most)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % most;
}

static void a_restart_is_no_way_round(void **state)
{
	static const char *const tables[] = { "public.a", "public.b", "public.c", "public.odd \"name\"\n", "public.c2" };
	struct budget_ledger *one, *kept;
	unsigned yes = 0, no = 0;
	int64_t now = START;

	(void)state;
	unlink(path);
	assert_true(budget_ledger_new(&one));
	kept = open_kept(now);
	for (int i = 0; i < 20000; i++) {
		const char *who = some(2) ? "agent-1" : "agent-2", *table = tables[some(ARRAY_LEN(tables))];
		uint64_t rows = 1 + some(40);
		bool ok;

		now += some(40) * 1000000;
		if (some(200) == 0) {
			budget_ledger_free(kept);
			kept = open_kept(now);
		}
		ok = add(one, who, table, rows, now);
		assert_int_equal(ok, add(kept, who, table, rows, now));
		yes += ok;
		no += !ok;
		if (ok && some(5) == 0) {
			back(one, who, table, rows, now);
			back(kept, who, table, rows, now);
		}
	}
	assert_true(yes > 1000);
	assert_true(no > 1000);
	budget_ledger_free(one);
	budget_ledger_free(kept);
}

static void a_line_that_is_not_whole(void **state)
{
	struct budget_ledger *l;
	struct err err = { 0 };
	auto_buf b = BUF_MAX(65536);

	(void)state;
	unlink(path);
	l = open_kept(START);
	assert_true(add(l, "one", "public.a", 600, START));
	assert_true(add(l, "one", "public.b", 300, START));
	budget_ledger_free(l);
	assert_true(file_read(path, &b, &err));
	for (size_t cut = 0; cut < b.len; cut++) {
		size_t whole = 0;

		assert_true(file_replace(path, (struct str){ b.ptr, cut }, 0600, &err));
		for (size_t i = 0; i < cut; i++)
			whole += b.ptr[i] == '\n';
		l = open_kept(START + MINUTE);
		assert_int_equal(add(l, "one", "public.a", 401, START + MINUTE), whole == 0);
		assert_true(add(l, "one", "public.a", 100, START + MINUTE) || whole == 0);
		budget_ledger_free(l);
	}
	/* What nobody but pawl should have written there. */
	b.ptr[3] = 'x';
	assert_true(file_replace(path, buf_str(&b), 0600, &err));
	assert_true(refused(START, &err));
	assert_non_null(strstr(err.msg, "line 1"));
	assert_true(file_replace(path, STR("{}\n"), 0600, &err));
	assert_true(refused(START, &err));
}

static void an_hour_later_and_a_clock_ahead(void **state)
{
	struct budget_ledger *l;

	(void)state;
	unlink(path);
	l = open_kept(START);
	assert_true(add(l, "one", "public.a", 1000, START));
	budget_ledger_free(l);
	l = open_kept(START + 60 * MINUTE);
	assert_false(add(l, "one", "public.a", 1, START + 60 * MINUTE));
	budget_ledger_free(l);
	l = open_kept(START + 61 * MINUTE);
	assert_true(add(l, "one", "public.a", 1000, START + 61 * MINUTE));
	budget_ledger_free(l);
	/* Written by a clock that was a year ahead: it binds an hour, no more. */
	l = open_kept(START - 525600 * MINUTE);
	assert_false(add(l, "one", "public.a", 1, START - 525600 * MINUTE));
	budget_ledger_free(l);
	l = open_kept(START - 525500 * MINUTE);
	assert_true(add(l, "one", "public.a", 1, START - 525500 * MINUTE));
	budget_ledger_free(l);
}

static void the_file_is_bounded(void **state)
{
	struct budget_ledger *l;
	struct stat st;
	off_t most = 0;

	(void)state;
	unlink(path);
	l = open_kept(START);
	for (int i = 0; i < 120000; i++) {
		const int64_t now = START + i * 1000;

		assert_true(add(l, "one", "public.a", 10, now));
		back(l, "one", "public.a", 10, now);
		if (i % 1000 == 0 && stat(path, &st) == 0 && st.st_size > most)
			most = st.st_size;
	}
	assert_true(most > (off_t)BUDGET_KEEP_BYTES / 2);
	assert_true(most < (off_t)BUDGET_KEEP_BYTES + 200000);
	budget_ledger_free(l);
}

static void one_gate_at_a_time(void **state)
{
	struct budget_ledger *l;
	struct err err = { 0 };

	(void)state;
	unlink(path);
	l = open_kept(START);
	assert_true(refused(START, &err));
	assert_non_null(strstr(err.msg, "another gate"));
	budget_ledger_free(l);
	budget_ledger_free(open_kept(START));
}

/* A full disk: nothing is added that is not written, and what was only half written counts for nobody. */
static void what_cannot_be_written_is_refused(void **state)
{
	struct rlimit was, none;
	struct budget_ledger *l;
	struct stat st;

	(void)state;
	unlink(path);
	signal(SIGXFSZ, SIG_IGN);
	l = open_kept(START);
	assert_true(add(l, "one", "public.a", 500, START));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	none = (struct rlimit){ (rlim_t)st.st_size + 20, was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_false(add(l, "one", "public.b", 100, START));
	assert_false(add(l, "one", "public.b", 100, START));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_true(add(l, "one", "public.b", 500, START));
	assert_false(add(l, "one", "public.b", 1, START));
	budget_ledger_free(l);
	l = open_kept(START);
	assert_false(add(l, "one", "public.b", 1, START));
	assert_true(add(l, "two", "public.b", 1, START));
	budget_ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restart_is_no_way_round),	  cmocka_unit_test(a_line_that_is_not_whole),
		cmocka_unit_test(an_hour_later_and_a_clock_ahead), cmocka_unit_test(the_file_is_bounded),
		cmocka_unit_test(one_gate_at_a_time),		  cmocka_unit_test(what_cannot_be_written_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
