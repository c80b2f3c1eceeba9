#include "unit.h"

#include "core/evidence.h"
#include "core/request.h"
#include "core/verdict.h"

static char mem[1 << 20] __attribute__((aligned(16)));

static bool from_text(struct str text, struct arena *a, struct request *r, struct err *err)
{
	struct json *v;

	return json_parse(text, a, &v, err) && request_from_json(v, a, r, err);
}

#define TEXT                                                                                                   \
	"{\"bytes\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\",\"gate\":\"terraform\","  \
	"\"tool\":\"terraform 1.11.4\",\"principal\":{\"kind\":\"agent\",\"uid\":1000,\"name\":\"a\"},"              \
	"\"place\":{\"account\":\"1\",\"database\":\"d\"},\"binding\":{\"cwd\":\"/w\",\"serial\":\"17\"},"           \
	"\"partial\":true,\"changes\":[{\"kind\":\"update\",\"name\":\"x\"}]}"

static void json(void **state)
{
	struct request r, again;
	struct arena a;
	struct err err;
	auto_buf b = BUF_MAX(8192), b2 = BUF_MAX(8192);
	struct json_out o = { .buf = &b }, o2 = { .buf = &b2 };

	(void)state;
	arena_init(&a, mem, sizeof(mem));
	assert_true(from_text(STR(TEXT), &a, &r, &err));
	assert_int_equal(r.changes.n, 1);
	assert_true(r.partial);
	request_to_json(&r, &o);
	assert_true(from_text(buf_str(&b), &a, &again, &err));
	request_to_json(&again, &o2);
	assert_true(str_eq(buf_str(&b), buf_str(&b2)));
	/* another serial under the old digest */
	b.ptr[str_find(buf_str(&b), STR("\"17\"")) + 2] = '8';
	assert_false(from_text(buf_str(&b), &a, &again, &err));
	assert_false(from_text(STR("{\"bites\":1}"), &a, &again, &err));
	arena_reset(&a);
}

/* A plan's state goes along to whoever approves, and is no part of what the approval is about. */
static void buckets(void **state)
{
	static struct request_bucket second = { STR_INIT("aws_s3_bucket_policy.b"), STR_INIT("backups"), NULL },
				     first = { STR_INIT("aws_s3_bucket.b"), STR_INIT("backups"), &second };
	struct request r, again;
	struct digest plain, with;
	struct arena a;
	struct err err;
	auto_buf b = BUF_MAX(8192);
	struct json_out o = { .buf = &b };

	(void)state;
	arena_init(&a, mem, sizeof(mem));
	assert_true(from_text(STR(TEXT), &a, &r, &err));
	assert_null(r.buckets);
	plain = request_digest(&r);
	r.buckets = &first;
	with = request_digest(&r);
	assert_true(digest_eq(&plain, &with));
	request_to_json(&r, &o);
	assert_true(from_text(buf_str(&b), &a, &again, &err));
	assert_str(again.buckets->address, "aws_s3_bucket.b");
	assert_str(again.buckets->next->address, "aws_s3_bucket_policy.b");
	assert_str(again.buckets->next->name, "backups");
	assert_null(again.buckets->next->next);
	b.ptr[str_find(buf_str(&b), STR("\"name\":\"backups\"")) + 2] = 'm';
	assert_false(from_text(buf_str(&b), &a, &again, &err));
	arena_reset(&a);
}

/* Every field of what an approval binds to moves the digest; a value that slides into its neighbour too. */
static void digest(void **state)
{
	struct request r = { .gate = GATE_TERRAFORM };
	struct str *field = (struct str *)(void *)&r.binding;
	struct digest plain = request_digest(&r), last = plain, d;

	(void)state;
	for (size_t i = 0; i < sizeof(r.binding) / sizeof(*field); i++) {
		field[i] = STR("x");
		d = request_digest(&r);
		assert_false(digest_eq(&d, &plain));
		assert_false(digest_eq(&d, &last));
		last = d;
		field[i] = STR_NONE;
	}
	r.tool = STR("t");
	d = request_digest(&r);
	assert_false(digest_eq(&d, &plain));
	r.tool = STR_NONE;
	r.bytes.b[31] = 1;
	d = request_digest(&r);
	assert_false(digest_eq(&d, &plain));
	r.bytes.b[31] = 0;
	r.gate = GATE_HOOK;
	d = request_digest(&r);
	assert_false(digest_eq(&d, &plain));
	r.gate = GATE_TERRAFORM;
	r.summary = STR("words do not count");
	d = request_digest(&r);
	assert_true(digest_eq(&d, &plain));
}

static void same(void **state)
{
	struct principal agent = { .kind = PRINCIPAL_AGENT, .name = STR("alice"), .uid = 1000 };
	struct principal alice = { .kind = PRINCIPAL_PERSON, .name = STR("alice"), .uid = 1000 };
	struct principal bob = { .kind = PRINCIPAL_PERSON, .name = STR("bob"), .uid = 1001 };

	(void)state;
	assert_true(principal_same(&agent, &alice));
	agent.name = STR("claude-code");
	assert_true(principal_same(&agent, &alice)); /* one uid and no key: the agent in another coat */
	alice.key = STR("SHA256:a");
	assert_false(principal_same(&agent, &alice));
	assert_true(principal_same(&alice, &alice));
	assert_false(principal_same(&agent, &bob));
	bob.key = alice.key;
	assert_true(principal_same(&alice, &bob));
}

static void verdicts(void **state)
{
	(void)state;
	assert_true(verdict_stricter(VERDICT_ALLOW, VERDICT_ALLOW) == VERDICT_ALLOW);
	assert_true(verdict_stricter(VERDICT_ALLOW, VERDICT_HOLD) == VERDICT_HOLD);
	assert_true(verdict_stricter(VERDICT_DENY, VERDICT_HOLD) == VERDICT_DENY);
	assert_true(verdict_stricter(VERDICT_ALLOW, (enum verdict)(VERDICT_ALLOW ^ 1)) == VERDICT_DENY);
	assert_true(verdict_stricter(VERDICT_UNSET, VERDICT_ALLOW) == VERDICT_DENY);
	assert_int_equal(verdict_exit(VERDICT_ALLOW), 0);
	assert_int_equal(verdict_exit(VERDICT_HOLD), 3);
	assert_int_equal(verdict_exit(VERDICT_UNSET), 4);
}

static void evidence(void **state)
{
	static const char text[] = "{\"now_us\":5,\"frozen\":true,\"frozen_why\":\"w\","
				   "\"enforcement\":\"same uid\",\"recovery\":["
				   "{\"resource\":\"db\",\"result\":\"verified\",\"taken_us\":1,\"verified_us\":2,\"proven_us\":3,"
				   "\"same_blast_radius\":true,\"radius_why\":\"w\",\"radius_helps\":\"h\",\"note\":\"n\"},"
				   "{\"resource\":\"old\",\"result\":\"failed\",\"taken_us\":1,\"verified_us\":2,\"proven_us\":3,"
				   "\"same_blast_radius\":true,\"note\":\"n\"}],"
				   "\"notes\":[{\"text\":\"t\",\"bad\":true}]}";
	struct evidence e = { 0 }, f;
	struct digest d1, d2;
	struct json *v;
	struct arena a;
	struct err err;
	auto_buf b = BUF_MAX(4096);
	struct json_out o = { .buf = &b };

	(void)state;
	arena_init(&a, mem, sizeof(mem));
	assert_true(json_parse(STR(text), &a, &v, &err) && evidence_from_json(v, &a, &e, &err));
	evidence_to_json(&e, &o);
	assert_str(buf_str(&b), text);
	d1 = evidence_digest(&e);
	f = e;
	f.now_us = 99;
	d2 = evidence_digest(&f);
	assert_true(digest_eq(&d1, &d2));
	e.notes->bad = false;
	d2 = evidence_digest(&e);
	assert_false(digest_eq(&d1, &d2));
	arena_reset(&a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(json), cmocka_unit_test(buckets), cmocka_unit_test(digest), cmocka_unit_test(same), cmocka_unit_test(verdicts),
	cmocka_unit_test(evidence),
};

UNIT_MAIN(tests)
