#include "unit.h"

#include <pthread.h>

#include "gate/database/budget.h"

#define MINUTE INT64_C(60000000)

static struct arena arena;
static struct err err;
static const struct policy *policy;

static int setup(void **state)
{
	(void)state;
	return arena_map(&arena, 256 << 20) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_unmap(&arena);
	return 0;
}

static void load(const char *user, const char *project)
{
	struct policy_source s[2] = { { POLICY_USER, STR("user.yaml"), str_from(user) }, { POLICY_PROJECT, STR("pawl.yaml"), str_from(project) } };

	arena_reset(&arena);
	err.msg[0] = '\0';
	if (!policy_load(s, project ? 2 : 1, &arena, &policy, &err))
		fail_msg("%s", err.msg);
}

#define ENV "environments: [{name: stage, kind: staging, match: {host: s}}, {name: shop, kind: production, match: {host: p}}]\n"

static struct budget_count rows(const char *relation, uint64_t deleted, uint64_t updated)
{
	return (struct budget_count){ .relation = str_from(relation), .deleted = deleted, .updated = updated, .inserted = 1000000 };
}

static bool over(const char *environment, enum budget_span span, struct budget_count k)
{
	return budget_check(policy, str_from(environment), span, &k, 1).is;
}

static void the_presets(void **state)
{
	struct budget_count many[3] = { rows("public.a", 400, 0), rows("public.b", 0, 600), rows("public.c", 1, 0) };
	struct budget_count critical = rows("public.a", 101, 0);
	struct budget_passed p;

	(void)state;
	for (size_t i = 0; policy_preset_name(i); i++) {
		char text[200];

		snprintf(text, sizeof(text), "version: 1\npreset: %s\n" ENV, policy_preset_name(i));
		load(text, NULL);
		assert_false(over("production", BUDGET_STATEMENT, rows("public.a", 1000, 0)));
		assert_true(over("production", BUDGET_STATEMENT, rows("public.a", 1000, 1)));
		assert_true(over("shop", BUDGET_TRANSACTION, rows("public.a", 0, 1001)));
		assert_true(over("nobody named it", BUDGET_TRANSACTION, rows("public.a", 0, 1001)));
		assert_true(over("production", BUDGET_HOUR, rows("public.a", 0, 10001)));
		assert_false(over("stage", BUDGET_STATEMENT, rows("public.a", 1000000, 0)));
		assert_false(over("scratch", BUDGET_STATEMENT, rows("public.a", 1000000, 0)));
		/* All tables together. */
		assert_false(budget_check(policy, STR("production"), BUDGET_TRANSACTION, many, 2).is);
		p = budget_check(policy, STR("production"), BUDGET_TRANSACTION, many, 3);
		assert_true(p.is);
		assert_int_equal(p.limit, 1000);
		assert_int_equal(p.count, 1001);
		assert_str(p.relation, "public.b");
		assert_true(str_starts(p.where, STR("preset ")));
		assert_false(over("production", BUDGET_STATEMENT, critical));
		critical.critical = true;
		assert_true(over("production", BUDGET_STATEMENT, critical));
		assert_true(budget_any(policy, STR("production")));
		assert_false(budget_any(policy, STR("scratch")));
		assert_false(budget_by_statement(policy, STR("production")));
		critical.critical = false;
	}
}

static void whose_limits_bind(void **state)
{
	struct budget_count critical = rows("public.a", 101, 0);

	(void)state;
	critical.critical = true;
	/* The owner's take the preset's place for the tables and spans they speak of. */
	load("version: 1\nbudgets: [{environment: production, tables: \"log.*\", statement: 50000}]\n", NULL);
	assert_false(over("production", BUDGET_STATEMENT, rows("log.a", 50000, 0)));
	assert_true(over("production", BUDGET_STATEMENT, rows("log.a", 50001, 0)));
	assert_true(over("production", BUDGET_TRANSACTION, rows("log.a", 50000, 0)));
	assert_true(over("production", BUDGET_STATEMENT, rows("public.a", 1001, 0)));
	/* But not of critical tables, unless they say so. */
	load("version: 1\nbudgets: [{statement: 50000, transaction: 50000, hour: 50000}]\n", NULL);
	assert_false(over("production", BUDGET_STATEMENT, rows("public.a", 1001, 0)));
	assert_true(over("production", BUDGET_STATEMENT, critical));
	assert_true(over("scratch", BUDGET_STATEMENT, rows("public.a", 50001, 0)));
	load("version: 1\nbudgets: [{critical: true, statement: 50000}]\n", NULL);
	assert_false(over("production", BUDGET_STATEMENT, critical));
	/* The project's bind beside all others. */
	load("version: 1\nbudgets: [{statement: 500}]\n", "version: 1\nbudgets: [{statement: 5000}, {tables: \"*.a\", statement: 0}]\n");
	assert_true(over("production", BUDGET_STATEMENT, rows("public.b", 501, 0)));
	assert_true(over("production", BUDGET_STATEMENT, rows("public.a", 1, 0)));
	assert_false(over("production", BUDGET_STATEMENT, rows("public.a", 0, 0)));
	load("version: 1\n", "version: 1\nbudgets: [{statement: 5000}]\n");
	assert_true(over("production", BUDGET_STATEMENT, rows("public.b", 1001, 0)));
	load("version: 1\nbudgets: [{statement: 10, transaction: 100}]\n", NULL);
	assert_true(budget_by_statement(policy, STR("production")));
	load("version: 1\nbudgets: [{statement: 18446744073709551615}]\n", NULL);
	assert_false(over("production", BUDGET_STATEMENT, rows("public.a", UINT64_MAX, UINT64_MAX)));
}

static uint64_t random_state;
static uint64_t random_to(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

/* Against a plain list of what was reserved: never more than the limit in any hour, and no refusal of what fits into 61 minutes. */
#define STEPS 4000
static void an_hour_against_a_model(void **state)
{
	static struct {
		int64_t at;
		unsigned relation, session;
		uint64_t rows;
	} done[STEPS];
	static const char *const names[] = { "public.a", "public.b", "log.c" }, *const sessions[] = { "one", "two" };
	struct budget_ledger *l;
	size_t n = 0, refused = 0;
	int64_t now = 1700000000 * INT64_C(1000000);

	(void)state;
	load("version: 1\nbudgets: [{hour: 1000}, {tables: \"log.*\", hour: 100}]\n", NULL);
	assert_true(budget_ledger_new(&l));
	random_state = 88172645463325252u;
	for (size_t i = 0; i < STEPS; i++) {
		struct budget_asker who = { policy, STR("production"), str_from(sessions[random_to(2)]) };
		unsigned r = (unsigned)random_to(3), session = str_is(who.session, "one") ? 0 : 1;
		struct budget_count k = rows(names[r], random_to(30), random_to(30));
		uint64_t add = k.deleted + k.updated, hour[2] = { 0, 0 }, window[2] = { 0, 0 }, most[2] = { 1000, 100 };
		bool fits = true, must = false, is;

		now += (int64_t)random_to(240) * 1000000;
		for (size_t j = 0; j < n; j++) {
			if (done[j].session != session)
				continue;
			for (unsigned b = 0; b < 2; b++) {
				if (b == 1 && done[j].relation != 2)
					continue;
				hour[b] += done[j].at > now - 60 * MINUTE ? done[j].rows : 0;
				window[b] += done[j].at / MINUTE > now / MINUTE - 61 ? done[j].rows : 0;
			}
		}
		for (unsigned b = 0; b < 2; b++) {
			bool mine = add && (b == 0 || r == 2);

			fits = fits && (!mine || window[b] + add <= most[b]);
			must = must || (mine && hour[b] + add > most[b]);
		}
		is = budget_reserve(l, &who, &k, 1, now).is;
		assert_true(!must || is);
		assert_true(!fits || !is);
		refused += is;
		if (is)
			continue;
		if (random_to(8) == 0) {
			budget_give_back(l, &who, &k, 1, now);
			continue;
		}
		done[n].at = now;
		done[n].relation = r;
		done[n].session = session;
		done[n++].rows = add;
	}
	assert_true(refused > 100 && n > 1000);
	budget_ledger_free(l);
}

static void environments_and_sessions_apart(void **state)
{
	struct budget_ledger *l;
	struct budget_count k = rows("public.a", 60, 0);
	struct budget_asker one = { NULL, STR("shop"), STR("one") }, two = { NULL, STR("shop"), STR("two") }, other = { NULL, STR("stage"), STR("one") };

	(void)state;
	load("version: 1\n" ENV "budgets: [{hour: 100}]\n", NULL);
	one.policy = two.policy = other.policy = policy;
	assert_true(budget_ledger_new(&l));
	assert_false(budget_reserve(l, &one, &k, 1, MINUTE).is);
	assert_true(budget_reserve(l, &one, &k, 1, MINUTE).is);
	assert_false(budget_reserve(l, &two, &k, 1, MINUTE).is);
	assert_false(budget_reserve(l, &other, &k, 1, MINUTE).is);
	/* A clock that goes back forgets nothing; a given back reservation is free again. */
	assert_true(budget_reserve(l, &one, &k, 1, 0).is);
	budget_give_back(l, &one, &k, 1, MINUTE);
	assert_false(budget_reserve(l, &one, &k, 1, MINUTE).is);
	assert_true(budget_reserve(l, &one, &k, 1, 61 * MINUTE).is);
	assert_false(budget_reserve(l, &one, &k, 1, 62 * MINUTE).is);
	budget_ledger_free(l);
}

static void memory_is_bounded(void **state)
{
	struct budget_ledger *l;
	struct budget_asker who;
	struct budget_passed p;
	char name[40];

	(void)state;
	load("version: 1\nbudgets: [{hour: 100000}, {tables: \"x.y\", hour: 10}]\n", NULL);
	who = (struct budget_asker){ policy, STR("production"), STR("many tables") };
	assert_true(budget_ledger_new(&l));
	for (int i = 0; i < 3 * BUDGET_RELATIONS; i++) {
		struct budget_count k;

		snprintf(name, sizeof(name), "public.t%d", i);
		k = rows(name, 1, 0);
		assert_false(budget_reserve(l, &who, &k, 1, MINUTE).is);
	}
	/* The rows of relations without an entry of their own count for every limit. */
	struct budget_count k = rows("x.y", 1, 0);
	p = budget_reserve(l, &who, &k, 1, MINUTE);
	assert_true(p.is);
	assert_int_equal(p.limit, 10);
	k = rows("public.t", 1, 0);
	for (int i = 0; i < BUDGET_SESSIONS + 10; i++) {
		snprintf(name, sizeof(name), "session %d", i);
		who.session = str_from(name);
		assert_int_equal(budget_reserve(l, &who, &k, 1, MINUTE).is, i >= BUDGET_SESSIONS - 1);
	}
	/* After the hour there is room again. */
	assert_false(budget_reserve(l, &who, &k, 1, 100 * MINUTE).is);
	budget_ledger_free(l);
}

#define THREADS 4
struct racer {
	struct budget_ledger *l;
	uint64_t got;
};

static void *race(void *ctx)
{
	struct racer *r = ctx;
	struct budget_asker who = { policy, STR("production"), STR("one") };
	struct budget_count k = rows("public.a", 3, 0);

	for (int i = 0; i < 2000; i++) {
		if (!budget_reserve(r->l, &who, &k, 1, MINUTE).is) {
			r->got += 3;
			if (i % 3 == 0) {
				budget_give_back(r->l, &who, &k, 1, MINUTE);
				r->got -= 3;
			}
		}
	}
	return NULL;
}

static void connections_of_one_session_share_it(void **state)
{
	pthread_t t[THREADS];
	struct racer r[THREADS] = { 0 };
	struct budget_ledger *l;
	uint64_t got = 0;

	(void)state;
	load("version: 1\nbudgets: [{hour: 1000}]\n", NULL);
	assert_true(budget_ledger_new(&l));
	for (int i = 0; i < THREADS; i++) {
		r[i].l = l;
		assert_int_equal(pthread_create(&t[i], NULL, race, &r[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		got += r[i].got;
	}
	assert_true(got <= 1000);
	assert_true(got > 990);
	budget_ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_presets),
		cmocka_unit_test(whose_limits_bind),
		cmocka_unit_test(an_hour_against_a_model),
		cmocka_unit_test(environments_and_sessions_apart),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(connections_of_one_session_share_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
