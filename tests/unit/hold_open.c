#include "hold_fake.h"

#include <unistd.h>

#include "hold/record.h"

static struct fake ledger;

static struct request asked(struct arena *a)
{
	struct request r = { .gate = GATE_TERRAFORM, .tool = STR("terraform 1.11.4"), .summary = STR("apply tfplan") };
	struct change *c = change_add(&r.changes, a);

	r.principal = (struct principal){ .kind = PRINCIPAL_AGENT, .name = STR("agent"), .uid = 1000 };
	r.binding.cwd = STR("/srv/infra");
	r.bytes = digest_of("plan", 4);
	c->kind = CHANGE_DELETE;
	c->type = STR("aws_db_instance");
	c->name = STR("aws_db_instance.db");
	return r;
}

static void open_one(const struct hold_host *h, const struct request *r, char id[HOLD_ID_LEN])
{
	struct judgement j = { .verdict = VERDICT_HOLD, .reason = STR("held"), .typed_name = STR("db") };
	struct evidence e = { .now_us = ledger.now_us };
	struct err err = { 0 };

	if (!hold_open(h, r, &j, &e, id, &err))
		fail_msg("%s", err.msg);
}

static void test_same_request_same_hold(void **state)
{
	static char memory[1 << 18];
	struct hold_host h = fake_host(&ledger, ".");
	struct arena a;
	struct request r, other;
	char one[HOLD_ID_LEN], two[HOLD_ID_LEN];
	uint64_t seq;

	(void)state;
	arena_init(&a, memory, sizeof(memory));
	r = other = asked(&a);
	open_one(&h, &r, one);
	open_one(&h, &r, two);
	assert_string_equal(one, "H-1");
	assert_string_equal(one, two);
	assert_int_equal(ledger.n, 1);
	other.binding.serial = STR("18");
	open_one(&h, &other, two);
	assert_string_equal(two, "H-2");
	/* Denied: asking again waits for a new answer. */
	assert_true(fake_append(&ledger, STR("denial"), STR("{\"hold\":\"H-1\"}"), &seq, NULL));
	open_one(&h, &r, two);
	assert_string_equal(two, "H-4");
	/* Left for too long: the same. */
	ledger.now_us += (HOLD_OPEN_LIFE_S + 1) * CLOCK_SECOND;
	open_one(&h, &r, two);
	assert_string_equal(two, "H-5");
}

static void test_only_held(void **state)
{
	static char memory[1 << 18];
	struct hold_host h = fake_host(&ledger, ".");
	struct judgement j = { .verdict = VERDICT_DENY };
	struct evidence e = { .now_us = 1 };
	struct arena a;
	struct request r;
	char id[HOLD_ID_LEN] = "untouched";
	struct err err = { 0 };

	(void)state;
	arena_init(&a, memory, sizeof(memory));
	r = asked(&a);
	assert_false(hold_open(&h, &r, &j, &e, id, &err));
	j.verdict = VERDICT_ALLOW;
	assert_false(hold_open(&h, &r, &j, &e, id, &err));
	j.verdict = VERDICT_HOLD;
	ledger.fail_at = 1;
	assert_false(hold_open(&h, &r, &j, &e, id, &err));
	assert_string_equal(id, "untouched");
	assert_false(ledger.locked);
	assert_int_equal(ledger.n, 0);
}

/* Small ones stand in the entry, large ones beside the ledger with their digest in it; changed there, they are refused. */
static void test_record(void **state)
{
	struct hold_host h = fake_host(&ledger, ".");
	struct arena a = { 0 };
	struct request r;
	struct record back;
	char id[HOLD_ID_LEN], path[200], hex[DIGEST_HEX_LEN + 1];
	struct digest d, e;
	struct err err = { 0 };

	(void)state;
	assert_true(arena_map(&a, (size_t)1 << 30));
	r = asked(&a);
	open_one(&h, &r, id);
	assert_true(record_get(&h, 1, &a, &back, &err));
	d = request_digest(&r);
	e = request_digest(&back.request);
	assert_true(digest_eq(&d, &e));
	assert_str(change_nth(&back.request.changes, 0)->type, "aws_db_instance");
	r.binding.serial = STR("2");
	for (size_t i = 0; i < 5000; i++) {
		struct change *c = change_add(&r.changes, &a);

		c->kind = CHANGE_DELETE;
		c->name = arena_fmt(&a, "aws_instance.number_%zu", i);
		c->reason = STR("a long sentence on why it matters, so that the document grows past what an entry holds");
	}
	open_one(&h, &r, id);
	assert_true(strlen(ledger.entry[1].body) < 10000);
	assert_true(record_get(&h, 2, &a, &back, &err));
	assert_int_equal(back.request.changes.n, 5001);
	d = request_digest(&r);
	digest_hex(&d, hex);
	snprintf(path, sizeof(path), "./holds/%s.json", hex);
	assert_int_equal(truncate(path, 100000), 0);
	assert_false(record_get(&h, 2, &a, &back, &err));
	assert_non_null(strstr(err.msg, "changed since the hold was opened"));
	assert_false(record_get(&h, 3, &a, &back, &err));
	arena_unmap(&a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_same_request_same_hold),
	cmocka_unit_test(test_only_held),
	cmocka_unit_test(test_record),
};
UNIT_MAIN(tests)
