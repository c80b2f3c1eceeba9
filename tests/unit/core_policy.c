#include "unit.h"

#include "core/judge.h"
#include "core/policy_budget.h"

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

static bool load3(const char *machine, const char *user, const char *project)
{
	struct policy_source s[3] = { 0 };
	size_t n = 0;

	if (machine)
		s[n++] = (struct policy_source){ POLICY_MACHINE, STR("machine.yaml"), str_from(machine) };
	if (user)
		s[n++] = (struct policy_source){ POLICY_USER, STR("user.yaml"), str_from(user) };
	if (project)
		s[n++] = (struct policy_source){ POLICY_PROJECT, STR("pawl.yaml"), str_from(project) };
	policy = NULL;
	return policy_load(s, n, &arena, &policy, &err);
}

/* Every one of these is refused, at this line and column, in words that hold this. */
static const struct {
	const char *text, *at, *words;
} bad[] = {
	{ "version: 1\nrulez: []\n", "pawl.yaml:2:1:", "did you mean 'rules'" },
	{ "version: 2\n", "pawl.yaml:1:10:", "upgrade pawl" },
	{ "rules: []\n", "pawl.yaml:1:1:", "version: 1" },
	{ "version: 1\nversion: 1\n", "pawl.yaml:2:1:", "twice" },
	{ "version: 1\nrules: &a []\n", "pawl.yaml:2:8:", "anchors" },
	{ "version: 1\nrules: *a\n", "pawl.yaml:2:8:", "aliases" },
	{ "version: 1\nrules: !!seq []\n", "pawl.yaml:2:8:", "tags" },
	{ "version: 1\n---\nversion: 1\n", "pawl.yaml:2:1:", "second document" },
	{ "version: [\n", "pawl.yaml:2:1:", "not YAML" },
	{ "version: 1\nrules: [[[[[[[[[[[[[[[[[[[[\n", "pawl.yaml:2:", "nested deeper" },
	{ "version: 1\nrules:\n  - {name: a, verdict: hold, match: {kind: delte}}\n", "pawl.yaml:3:", "did you mean 'delete'" },
	{ "version: 1\nrules:\n  - {name: a, verdict: holds}\n", "pawl.yaml:3:24:", "allow, hold or deny" },
	{ "version: 1\nrules:\n  - {name: a}\n", "pawl.yaml:3:5:", "no verdict" },
	{ "version: 1\nrules:\n  - {verdict: deny}\n", "pawl.yaml:3:5:", "has a name" },
	{ "version: 1\nrules:\n  - {name: a, verdict: deny, approvals: 2}\n", "pawl.yaml:3:41:", "no meaning" },
	{ "version: 1\nrules:\n  - {name: a, verdict: hold, hours: 9-17}\n", "pawl.yaml:3:37:", "09:00-17:00" },
	{ "version: 1\nrules:\n  - {name: a, verdict: hold, hours: \"17:00-09:00\"}\n", "pawl.yaml:3:37:", "begin before" },
	{ "version: 1\nrules:\n  - {name: a, verdict: hold, cool_off: 10}\n", "pawl.yaml:3:40:", "unit" },
	{ "version: 1\nrules:\n  - {name: a, verdict: hold, match: {resources: 10}}\n", "pawl.yaml:3:49:", ">10" },
	{ "version: 1\nenvironments:\n  - {name: s, kind: scratch, match: {path: '/*'}}\n", "pawl.yaml:3:5:", "only name production" },
	{ "version: 1\nenvironments:\n  - {name: s}\n", "pawl.yaml:3:5:", "match" },
	{ "version: 1\nnotify:\n  - {command: [rm, -rf, /]}\n", "pawl.yaml:3:3:", "not taken from a file in the project" },
	{ "version: 1\nsame_uid: allow\n", "pawl.yaml:2:11:", "not taken from a file in the project" },
	{ "version: 1\npreset: lax\n", "pawl.yaml:2:9:", "solo, team or strict" },
	{ "version: 1\nkeep: {total: 1KB}\n", "pawl.yaml:2:15:", "not taken from a file in the project" },
	{ "version: 1\nkeep: {age: 1s}\n", "pawl.yaml:2:13:", "not taken from a file in the project" },
	{ "version: 1\nkeep: {item: 256}\n", "pawl.yaml:2:14:", "512MiB" },
	{ "version: 1\nkeep: {files: 0}\n", "pawl.yaml:2:15:", "from 1" },
	{ "version: 1\nbudgets: [{statements: 10}]\n", "pawl.yaml:2:12:", "did you mean 'statement'" },
	{ "version: 1\nbudgets: [{tables: \"public.*\"}]\n", "pawl.yaml:2:11:", "has a limit" },
	{ "version: 1\nbudgets: [{statement: many}]\n", "pawl.yaml:2:23:", "whole number" },
	{ "version: 1\nbudgets: [{statement: -1}]\n", "pawl.yaml:2:23:", "whole number" },
	{ "version: 1\nbudgets: [{tables: orders, statement: 1}]\n", "pawl.yaml:2:20:", "with their schema" },
	{ "version: 1\nbudgets: [{critical: false, statement: 1}]\n", "pawl.yaml:2:22:", "left out" },
	{ "version: 1\nbudgets: {statement: 1}\n", "pawl.yaml:2:10:", "is a list" },
	{ "version: 1\ntrash: {on: yes}\n", "pawl.yaml:2:13:", "'false' or 'true'" },
	{ "version: 1\ntrash: {expires: 7d}\n", "pawl.yaml:2:18:", "not taken from a file in the project" },
	{ "version: 1\ntrash: {rows: 7}\n", "pawl.yaml:2:15:", "not taken from a file in the project" },
	{ "version: 1\nlimits: {plan_bytes: 10}\n", "pawl.yaml:2:22:", "512MiB" },
	{ "version: 1\nx: \"\xff\"\n", "pawl.yaml:1:1:", "UTF-8" },
	{ "version: 1\nx: \"\\0\"\n", "pawl.yaml:2:", "NUL" },
	{ "- a\n", "pawl.yaml:1:1:", "mapping" },
};

static void bad_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err.msg[0] = '\0';
		if (load3(NULL, NULL, bad[i].text))
			fail_msg("taken: %s", bad[i].text);
		if (strncmp(err.msg, bad[i].at, strlen(bad[i].at)) != 0 || !strstr(err.msg, bad[i].words))
			fail_msg("%s\nsaid: %s\nwanted: %s … %s", bad[i].text, err.msg, bad[i].at, bad[i].words);
	}
}

/* Twelve lists in each other, ten aliases each, would be 10^12 nodes: refused before anything grows. */
static void bombs(void **state)
{
	auto_buf b = BUF_MAX(2 << 20);

	(void)state;
	buf_adds(&b, "version: 1\na: &a [x,x,x]\nb: &b [*a,*a,*a]\n");
	buf_addc(&b, '\0');
	assert_false(load3(NULL, b.ptr, NULL));
	buf_clear(&b);
	buf_adds(&b, "version: 1\nrules:\n");
	for (int i = 0; i < POLICY_MAX_RULES + 1; i++)
		buf_addf(&b, "- {name: r%d, verdict: deny}\n", i);
	assert_false(load3(NULL, b.ptr, NULL));
	assert_non_null(strstr(err.msg, "4096 rules"));
	buf_clear(&b);
	while (b.len < POLICY_MAX_BYTES + 1)
		buf_adds(&b, "# more\n");
	assert_false(load3(NULL, b.ptr, NULL));
	assert_int_equal(err.code, ERR_LIMIT);
}

static void small_arena(void **state)
{
	struct arena a;
	struct policy_source s = { POLICY_USER, STR("u"), STR("version: 1\n") };

	(void)state;
	assert_true(arena_map(&a, 1 << 20));
	for (size_t size = 64; size < 200000; size = size * 3 / 2) {
		a.size = size;
		arena_reset(&a);
		if (!policy_load(&s, 1, &a, &policy, &err))
			assert_int_equal(err.code, ERR_LIMIT);
	}
	a.size = 1 << 20;
	arena_unmap(&a);
}

static void environments(void **state)
{
	struct place at = { .account = STR("222"), .path = STR("/w/play/x") };
	struct environment e;

	(void)state;
	assert_true(load3(NULL, "version: 1\nenvironments:\n"
				"  - {name: play, kind: scratch, match: {account: [\"222\", \"333\"], path: \"/w/play/*\"}}\n"
				"  - {name: stage, kind: staging, match: {account: \"222\", tag: staging}}\n", NULL));
	e = policy_environment(policy, &at, STR_NONE);
	assert_str(e.name, "play");
	assert_str(e.because, "user.yaml:3");
	e = policy_environment(policy, &at, STR("staging"));
	assert_str(e.name, "stage"); /* of two the more protected */
	at.path = STR("/w/other");
	e = policy_environment(policy, &at, STR_NONE);
	assert_false(e.named);
	assert_int_equal(e.kind, ENVIRONMENT_PRODUCTION);
	assert_str(e.name, "production");
}

static void layers(void **state)
{
	(void)state;
	assert_true(load3(NULL, NULL, NULL));
	assert_str(policy_preset(policy), "solo");
	assert_true(policy_allows_same_uid(policy));
	assert_true(load3("version: 1\npreset: team\n", "version: 1\npreset: solo\n", "version: 1\npreset: solo\n"));
	assert_str(policy_preset(policy), "team");
	assert_false(policy_allows_same_uid(policy));
	assert_non_null(policy_warnings(policy));
	assert_true(load3(NULL, NULL, "version: 1\npreset: strict\nlimits: {plan_bytes: 2GiB}\n"));
	assert_str(policy_preset(policy), "strict");
	assert_true(policy_plan_cap(policy) == UINT64_C(1) << 30);
	assert_true(load3(NULL, "version: 1\napprovers: [{name: alice}]\n", "version: 1\napprovers: [{name: mallory}]\n"));
	assert_str(policy_approvers(policy)->name, "alice");
	assert_null(policy_approvers(policy)->next);
	assert_true(load3(NULL, NULL, "version: 1\napprovers: [{name: bob}]\n"));
	assert_str(policy_approvers(policy)->name, "bob");
}

static bool keeps(uint64_t item, uint64_t total, uint64_t files, int64_t age_s)
{
	struct policy_keep k = policy_keep(policy);

	return k.item_bytes == item && k.total_bytes == total && k.files == files && k.age_s == age_s;
}

static void keep_bounds(void **state)
{
	(void)state;
	assert_true(load3(NULL, NULL, NULL));
	assert_true(keeps(256000000, 5000000000, 50000, 30 * 86400));
	assert_true(load3(NULL, "version: 1\nkeep: {item: 1GB, total: 9GB, age: 90d, files: 70000}\n", NULL));
	assert_true(keeps(1000000000, 9000000000, 70000, 90 * 86400));
	assert_null(policy_warnings(policy));
	assert_true(load3("version: 1\nkeep: {item: 2GB, age: 7d}\n", "version: 1\nkeep: {item: 1GB, age: 90d}\n", NULL));
	assert_true(keeps(1000000000, 5000000000, 50000, 7 * 86400));
	assert_non_null(policy_warnings(policy));
	assert_true(load3(NULL, NULL, "version: 1\nkeep: {item: 1MB, files: 10}\n"));
	assert_true(keeps(1000000, 5000000000, 10, 30 * 86400));
	assert_true(load3(NULL, NULL, "version: 1\nkeep: {item: 900MB, files: 70000}\n"));
	assert_true(keeps(256000000, 5000000000, 50000, 30 * 86400));
	assert_non_null(policy_warnings(policy));
}

static bool trash(bool on, int64_t expires_s, uint64_t rows)
{
	struct policy_trash t = policy_trash(policy);

	return t.on == on && t.expires_s == expires_s && t.rows == rows;
}

static void trash_of_layers(void **state)
{
	(void)state;
	assert_true(load3(NULL, NULL, NULL));
	assert_true(trash(true, 7 * 86400, 10000));
	assert_true(load3(NULL, "version: 1\ntrash: {on: false, expires: 3d, rows: 5}\n", NULL));
	assert_true(trash(false, 3 * 86400, 5));
	assert_null(policy_warnings(policy));
	assert_true(load3(NULL, "version: 1\ntrash: {on: false}\n", "version: 1\ntrash: {on: true}\n"));
	assert_true(trash(true, 7 * 86400, 10000));
	assert_null(policy_warnings(policy));
	assert_true(load3(NULL, NULL, "version: 1\ntrash: {on: false}\n"));
	assert_true(trash(true, 7 * 86400, 10000));
	assert_non_null(policy_warnings(policy));
	/* Machine and user: the one that keeps more. */
	assert_true(load3("version: 1\ntrash: {on: true, expires: 9d, rows: 5}\n", "version: 1\ntrash: {on: false, expires: 3d, rows: 6}\n", NULL));
	assert_true(trash(true, 9 * 86400, 6));
	assert_non_null(policy_warnings(policy));
	assert_true(load3("version: 1\ntrash: {on: false, expires: 1d}\n", "version: 1\ntrash: {on: true, expires: 3d}\n", NULL));
	assert_true(trash(true, 3 * 86400, 10000));
	assert_false(policy_trash(policy).bounded);
	/* Whoever wants bounded writes kept as well has them kept, a project too. */
	assert_true(load3("version: 1\ntrash: {bounded: false}\n", NULL, "version: 1\ntrash: {bounded: true}\n"));
	assert_true(policy_trash(policy).bounded);
}

static void budgets_of_layers(void **state)
{
	const struct policy_budget *b;

	(void)state;
	assert_true(load3("version: 1\nbudgets: [{hour: 5}]\n", NULL, "version: 1\npreset: strict\nbudgets: [{tables: [a.b, \"*\"], statement: 0}]\n"));
	b = policy_budgets(policy);
	assert_true(b->gives_way && str_starts(b->where, STR("preset solo:")));
	b = b->next->next;
	assert_true(!b->gives_way && !b->own && str_starts(b->where, STR("preset strict:")));
	b = b->next->next;
	assert_true(b->own && b->has[BUDGET_HOUR] && b->limit[BUDGET_HOUR] == 5);
	assert_str(b->where, "machine.yaml:2");
	b = b->next;
	assert_true(!b->own && b->has[BUDGET_STATEMENT] && !b->has[BUDGET_HOUR]);
	assert_str(b->where, "pawl.yaml:3");
	assert_null(b->next);
}

static void presets(void **state)
{
	(void)state;
	for (size_t i = 0; policy_preset_name(i); i++) {
		struct policy_source s = { POLICY_USER, STR("preset"), policy_preset_text(str_from(policy_preset_name(i))) };

		if (!policy_load(&s, 1, &arena, &policy, &err))
			fail_msg("%s", err.msg);
	}
	assert_false(policy_preset_text(STR("lax")).len);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(bad_files, setup, teardown),
	cmocka_unit_test_setup_teardown(bombs, setup, teardown),
	cmocka_unit_test(small_arena),
	cmocka_unit_test_setup_teardown(environments, setup, teardown),
	cmocka_unit_test_setup_teardown(layers, setup, teardown), cmocka_unit_test_setup_teardown(keep_bounds, setup, teardown),
	cmocka_unit_test_setup_teardown(trash_of_layers, setup, teardown),
	cmocka_unit_test_setup_teardown(budgets_of_layers, setup, teardown),
	cmocka_unit_test_setup_teardown(presets, setup, teardown),
};

UNIT_MAIN(tests)
