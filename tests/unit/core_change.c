#include "unit.h"

#include "core/evidence.h"
#include "core/request.h"
#include "core/verdict.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	return arena_map(&arena, 16 << 20) ? 0 : -1;
}

static void names_go_there_and_back(void **state)
{
	enum change_kind k;

	(void)state;
	for (int i = 0; i < CHANGE_KIND_COUNT; i++) {
		assert_true(change_kind_from(change_kind_name((enum change_kind)i), &k));
		assert_int_equal(k, i);
	}
	assert_false(change_kind_from(STR("vanish"), &k));
}

static void request_survives_json(void **state)
{
	struct request r = { .gate = GATE_TERRAFORM, .tool = STR("terraform 1.11.4"), .summary = STR("plan \"x\"") }, back;
	auto_buf b = BUF_MAX(1 << 20), again = BUF_MAX(1 << 20);
	struct json_out o = { .buf = &b }, p = { .buf = &again };
	struct digest d1, d2;
	struct err err = { 0 };
	struct json *root;

	static const struct place shop = { .host = STR_INIT("db.example.com"), .database = STR_INIT("shop") };

	(void)state;
	r.principal = (struct principal){ PRINCIPAL_AGENT, STR("claude-code"), 1000, STR("s1"), STR_NONE };
	r.binding.lineage = STR("l-1");
	r.place.account = STR("123456789012");
	r.bytes = digest_of("x", 1);
	for (int i = 0; i < 150; i++) {
		struct change *c = change_add(&r.changes, &arena);

		c->kind = CHANGE_DELETE;
		c->name = arena_fmt(&arena, "aws_db_instance.db[%d]", i);
		change_dies_with(c, &arena, STR("automated backups"));
		c->place = i == 149 ? &shop : NULL;
	}
	request_to_json(&r, &o);
	assert_true(json_parse(buf_str(&b), &arena, &root, &err));
	assert_true(request_from_json(root, &arena, &back, &err));
	assert_int_equal(back.changes.n, 150);
	assert_str(change_nth(&back.changes, 149)->name, "aws_db_instance.db[149]");
	assert_str(change_nth(&back.changes, 149)->place->host, "db.example.com");
	assert_null(change_nth(&back.changes, 148)->place);
	assert_null(change_nth(&back.changes, 150));
	d1 = request_digest(&r);
	d2 = request_digest(&back);
	assert_true(digest_eq(&d1, &d2));
	request_to_json(&back, &p);
	assert_true(str_eq(buf_str(&b), buf_str(&again)));
	back.binding.serial = STR("31");
	d2 = request_digest(&back);
	assert_false(digest_eq(&d1, &d2));
}

static void verdicts_fall_to_deny(void **state)
{
	(void)state;
	assert_int_equal(verdict_stricter(VERDICT_ALLOW, VERDICT_HOLD), VERDICT_HOLD);
	assert_int_equal(verdict_stricter(VERDICT_HOLD, VERDICT_DENY), VERDICT_DENY);
	assert_int_equal(verdict_stricter(VERDICT_ALLOW, VERDICT_UNSET), VERDICT_DENY);
	assert_int_equal(verdict_stricter((enum verdict)(VERDICT_ALLOW ^ 1), VERDICT_ALLOW), VERDICT_DENY);
	assert_int_equal(verdict_exit((enum verdict)7), 4);
	assert_str(verdict_name(VERDICT_UNSET), "deny");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(names_go_there_and_back, setup),
	cmocka_unit_test_setup(request_survives_json, setup),
	cmocka_unit_test_setup(verdicts_fall_to_deny, setup),
};

UNIT_MAIN(tests)
