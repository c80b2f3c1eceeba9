#include "unit.h"

#include "core/judge.h"

static struct arena arena;
static struct err err;
static const struct policy *policy;
static struct request request;
static struct evidence evidence;
static struct judgement j;

#define NOW INT64_C(1800000000000000)
#define HOUR INT64_C(3600000000)

static int setup(void **state)
{
	(void)state;
	request = (struct request){ .gate = GATE_TERRAFORM, .principal.kind = PRINCIPAL_AGENT };
	evidence = (struct evidence){ .now_us = NOW };
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
	struct policy_source s[2] = { { POLICY_USER, STR("user.yaml"), str_from(user ? user : "") },
				      { POLICY_PROJECT, STR("pawl.yaml"), str_from(project ? project : "") } };

	if (!policy_load(s, 2, &arena, &policy, &err))
		fail_msg("%s", err.msg);
}

static struct change *add(enum change_kind kind, const char *name)
{
	struct change *c = change_add(&request.changes, &arena);

	c->kind = kind;
	c->name = str_from(name);
	return c;
}

static void weigh(void)
{
	judge(policy, &request, &evidence, &arena, &j);
}

static void nothing_is_allowed_to_be_nothing(void **state)
{
	(void)state;
	load(NULL, NULL);
	weigh();
	assert_true(j.verdict == VERDICT_ALLOW);
	add(CHANGE_UNSET, "x");
	weigh();
	assert_true(j.verdict == VERDICT_HOLD);
	assert_str(j.rule.name, "not-understood");
}

static void strictest_wins(void **state)
{
	(void)state;
	load("version: 1\nrules:\n- {name: ok, verdict: allow, match: {type: 't_*'}}\n"
	     "- {name: no, verdict: deny, match: {type: t_db}, why: never, safer: do not}\n", NULL);
	add(CHANGE_UPDATE, "a")->type = STR("t_db");
	weigh();
	assert_true(j.verdict == VERDICT_DENY);
	assert_str(j.rule.name, "no");
	assert_int_equal(j.rule.line, 4);
	assert_str(j.rule.safer, "do not");
	change_nth(&request.changes, 0)->type = STR("t_x");
	weigh();
	assert_true(j.verdict == VERDICT_HOLD); /* the preset's word on production stands */
	assert_str(j.rule.name, "production-changes");
	assert_true(j.demands.confirm == CONFIRM_PLAIN);
}

static void typed_name(void **state)
{
	struct change *c;

	(void)state;
	load(NULL, NULL);
	add(CHANGE_UPDATE, "aws_a.b");
	c = add(CHANGE_DELETE, "aws_db_instance.db");
	add(CHANGE_READ, "aws_r.b");
	c->title = STR("courses-prod-db");
	c->holds_data = HOLDS_DATA_YES;
	weigh();
	assert_true(j.verdict == VERDICT_HOLD);
	assert_true(j.demands.confirm == CONFIRM_TYPED);
	assert_str(j.typed_name, "courses-prod-db");
	assert_int_equal(j.n_held, 2);
	assert_int_equal(j.n_allowed, 1);
	assert_int_equal(j.n_destructive, 1);
	assert_int_equal(j.missing.len, 0);
	c->title = STR("evil\x1b[2J");
	weigh();
	assert_str(j.typed_name, "aws_db_instance.db");
}

static void recovery(void **state)
{
	struct recovery_point p = { .resource = STR("db"), .result = RECOVERY_VERIFIED, .verified_us = NOW - 2 * HOUR };
	struct change *c;

	(void)state;
	load("version: 1\npreset: strict\n", NULL);
	c = add(CHANGE_DELETE, "db");
	c->holds_data = HOLDS_DATA_YES;
	weigh();
	assert_true(j.verdict == VERDICT_DENY);
	evidence.recovery = &p;
	weigh();
	assert_true(j.verdict == VERDICT_HOLD);
	p.same_blast_radius = true;
	weigh();
	assert_true(j.verdict == VERDICT_DENY);
	p.same_blast_radius = false;
	p.verified_us = NOW - 25 * HOUR;
	weigh();
	assert_true(j.verdict == VERDICT_DENY);
	p.verified_us = NOW + HOUR; /* from the future */
	weigh();
	assert_true(j.verdict == VERDICT_DENY);
	p.verified_us = NOW - HOUR;
	p.result = RECOVERY_FAILED;
	weigh();
	assert_true(j.verdict == VERDICT_DENY);
}

static void missing(void **state)
{
	struct recovery_point p = { .resource = STR("db"), .result = RECOVERY_VERIFIED, .verified_us = NOW - HOUR, .same_blast_radius = true };

	(void)state;
	load("version: 1\nrules:\n- {name: r, verdict: hold, match: {kind: delete}, recovery: {proven_within: 24h}}\n", NULL);
	add(CHANGE_DELETE, "db");
	weigh();
	assert_true(j.verdict == VERDICT_HOLD);
	assert_str(j.missing, "no backup whose vault withstood every try to harm it within 1 d for db");
	load("version: 1\nrules:\n- {name: r, verdict: hold, match: {kind: delete}, recovery: {verified_within: 90m}}\n", NULL);
	add(CHANGE_DELETE, "db");
	add(CHANGE_DELETE, "db"); /* found twice, named once */
	weigh();
	assert_str(j.missing, "no backup restored in a drill within 90 min for db");
	evidence.recovery = &p;
	weigh();
	assert_str(j.missing, "no backup restored in a drill within 90 min for db that lies out of the blast radius: what destroys it could "
			      "destroy that backup too");
	assert_str(j.missing_rule.name, "r");
	p.radius_helps = STR("a vault elsewhere");
	weigh();
	assert_str(j.missing, "no backup restored in a drill within 90 min for db that lies out of the blast radius: what destroys it could "
			      "destroy that backup too; what helps: a vault elsewhere");
	p.verified_us = NOW - 2 * HOUR; /* too old besides: more than where it lies is wrong */
	weigh();
	assert_str(j.missing, "no backup restored in a drill within 90 min for db");
}

static void frozen(void **state)
{
	(void)state;
	load(NULL, NULL);
	evidence.frozen = true;
	evidence.frozen_why = STR("outage");
	add(CHANGE_READ, "r");
	weigh();
	assert_true(j.verdict == VERDICT_ALLOW);
	add(CHANGE_CREATE, "c");
	weigh();
	assert_true(j.verdict == VERDICT_DENY);
	assert_true(str_find(j.reason, STR("outage")) != SIZE_MAX);
}

static void demands_join(void **state)
{
	(void)state;
	load("version: 1\napprovers: [{name: alice, roles: [dba, sec]}, {name: bob, roles: [dba]}, {name: eve, roles: [net]}]\nrules:\n"
	     "- {name: a, verdict: hold, match: {type: db}, approvers: ['role:dba'],"
	     " approvals: 2, expires: 1h, hours: '08:00-16:00 mon-fri'}\n"
	     "- {name: b, verdict: hold, match: {type: key}, approvers: ['role:sec'], cool_off: 10m, expires: 30m, hours: '10:00-18:00'}\n"
	     "- {name: c, verdict: hold, match: {type: net}, approvers: [eve]}\n", NULL);
	add(CHANGE_UPDATE, "1")->type = STR("db");
	add(CHANGE_UPDATE, "2")->type = STR("key");
	weigh();
	assert_true(j.verdict == VERDICT_HOLD);
	assert_int_equal(j.demands.approvals, 2);
	assert_int_equal(j.demands.expires_s, 1800);
	assert_int_equal(j.demands.cool_off_s, 600);
	assert_int_equal(j.demands.from_minute, 600);
	assert_int_equal(j.demands.to_minute, 960);
	assert_int_equal(j.demands.weekdays, 0x3e);
	assert_str(j.demands.roles->item, "alice");
	assert_null(j.demands.roles->next);
	add(CHANGE_UPDATE, "3")->type = STR("net");
	weigh();
	assert_true(j.verdict == VERDICT_DENY);
	assert_true(str_find(j.reason, STR("split")) != SIZE_MAX);
}

/* What a project's file says of environments takes no rule of its owner's away. */
static void project_environment(void **state)
{
	const char *user = "version: 1\nenvironments:\n- {name: st, kind: staging, match: {account: '1'}}\n"
			   "rules:\n- {name: no, verdict: deny, match: {environment: staging, kind: update}}\n";

	(void)state;
	request.place.account = STR("1");
	load(user, "version: 1\nenvironments:\n- {name: mine, kind: production, match: {account: '*'}}\n"
		   "rules:\n- {name: yes, verdict: allow}\n");
	add(CHANGE_UPDATE, "1");
	weigh();
	assert_true(j.verdict == VERDICT_DENY);
	assert_str(j.environment.name, "mine");
	change_nth(&request.changes, 0)->kind = CHANGE_CREATE;
	weigh();
	assert_true(j.verdict == VERDICT_HOLD); /* staging allows it, the project calls it production */
}

static void unknown_counts_as_worse(void **state)
{
	(void)state;
	load("version: 1\nenvironments: [{name: s, kind: scratch, match: {account: '1'}}]\n"
	     "rules:\n- {name: rows, verdict: deny, match: {rows: '>100'}}\n"
	     "- {name: data, verdict: deny, match: {kind: delete, holds_data: yes}}\n"
	     "- {name: many, verdict: deny, match: {resources: '>=3'}}\n"
	     "- {name: who, verdict: deny, match: {principal: agent, tool: 'x*'}}\n", NULL);
	request.place.account = STR("1");
	add(CHANGE_DELETE, "1")->holds_data = HOLDS_DATA_UNKNOWN;
	weigh();
	assert_str(j.rule.name, "rows");
	change_nth(&request.changes, 0)->rows = 5;
	weigh();
	assert_str(j.rule.name, "data");
	change_nth(&request.changes, 0)->holds_data = HOLDS_DATA_NO;
	weigh();
	assert_true(j.verdict == VERDICT_ALLOW);
	add(CHANGE_CREATE, "2");
	add(CHANGE_READ, "3");
	weigh();
	assert_true(j.verdict == VERDICT_ALLOW);
	add(CHANGE_CREATE, "4");
	weigh();
	assert_str(j.rule.name, "many");
	request.changes.last->n = 1;
	request.tool = STR("xyz");
	request.principal.kind = PRINCIPAL_UNKNOWN;
	weigh();
	assert_str(j.rule.name, "who");
	request.principal.kind = PRINCIPAL_PERSON;
	weigh();
	assert_true(j.verdict == VERDICT_ALLOW);
}

/* One by one or all at once, with or without memory: the same verdict. */
static void one_by_one(void **state)
{
	static const char *const types[] = { "aws_db_instance", "aws_s3_bucket", "", "x" };
	enum verdict whole = VERDICT_ALLOW;
	uint32_t random = 7;

	(void)state;
	load("version: 1\nenvironments: [{name: s, kind: scratch, match: {tag: dev}}, {name: t, kind: staging, match: {tag: 'st*'}}]\n"
	     "rules:\n- {name: a, verdict: deny, match: {type: 'aws_*', reversible: 'no', name: '*7'}}\n", NULL);
	for (int i = 0; i < 3000; i++) {
		struct change *c = add((enum change_kind)((random >> 8) % CHANGE_KIND_COUNT), "x");

		c->name = arena_fmt(&arena, "x%d", i);
		c->reversible = (enum reversibility)((random >> 12) % REVERSIBLE_COUNT);
		c->holds_data = (enum holds_data)((random >> 16) % HOLDS_DATA_COUNT);
		c->type = str_from(types[(random >> 20) % 4]);
		c->tag_environment = (random >> 24) % 3 == 0 ? STR("dev") : (random >> 24) % 3 == 1 ? STR("stage") : STR_NONE;
		random = random * 1664525 + 1013904223;
	}
	weigh();
	assert_int_equal(j.n_allowed + j.n_held + j.n_denied, 3000);
	for (struct judged_change *it = j.changes; it; it = it->next) {
		struct judged_change one = judge_change(policy, &request, &evidence, it->change);

		assert_true(one.verdict == it->verdict);
		assert_true(str_eq(one.rule.name, it->rule.name));
		assert_true(str_eq(one.environment.name, it->environment.name));
		whole = verdict_stricter(whole, one.verdict);
	}
	assert_true(whole == j.verdict);
}

/* A change that says where it acts is weighed there: by the policy's name for that place, else by its reader's. */
static void change_has_its_own_place(void **state)
{
	static const struct place shop = { .host = STR_INIT("127.0.0.1"), .database = STR_INIT("shop_test") };
	static const struct place live = { .host = STR_INIT("db.example.com"), .database = STR_INIT("shop") };
	struct change *c;

	(void)state;
	load("version: 1\nenvironments:\n- {name: prod, kind: production, match: {host: '*.example.com'}}\n", NULL);
	request.place.path = STR("/srv/shop");
	c = add(CHANGE_DELETE, "orders");
	c->environment = STR("scratch");
	weigh();
	assert_true(j.verdict == VERDICT_HOLD); /* a name alone takes no protection from the request's place */
	c->place = &shop;
	weigh();
	assert_true(j.verdict == VERDICT_ALLOW);
	c->place = &live;
	weigh();
	assert_true(j.verdict == VERDICT_HOLD);
	assert_str(j.environment.name, "prod");
	load("version: 1\n", "version: 1\nenvironments:\n- {name: p, kind: production, match: {database: shop_test}}\n");
	c->place = &shop;
	weigh();
	assert_true(j.verdict == VERDICT_HOLD); /* a project may add protection */
}

static void full_arena_denies(void **state)
{
	struct arena small;
	size_t full = 0;

	(void)state;
	load(NULL, NULL);
	for (int i = 0; i < 5000; i++)
		add(CHANGE_UPDATE, "x");
	assert_true(arena_map(&small, 1 << 20));
	for (size_t size = 0; size < 1 << 20; size += 40000) {
		small.size = size;
		arena_reset(&small);
		judge(policy, &request, &evidence, &small, &j);
		assert_true(j.verdict == (small.full ? VERDICT_DENY : VERDICT_HOLD));
		assert_true(j.reason.len > 0);
		full += small.full;
	}
	assert_true(full > 5);
	small.size = 1 << 20;
	arena_unmap(&small);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
	T(nothing_is_allowed_to_be_nothing), T(strictest_wins), T(typed_name), T(recovery), T(missing), T(frozen),
	T(demands_join), T(project_environment), T(unknown_counts_as_worse), T(one_by_one), T(change_has_its_own_place), T(full_arena_denies),
};

UNIT_MAIN(tests)
