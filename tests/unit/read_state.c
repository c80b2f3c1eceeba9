#include "read/state.h"

#include "fixture.h"
#include "unit.h"

static const struct str small = STR_INIT(
	"{\"version\":4,\"terraform_version\":\"1.9.0\",\"serial\":7,\"lineage\":\"l-1\",\"outputs\":{},\"resources\":["
	"{\"mode\":\"data\",\"type\":\"aws_caller_identity\",\"name\":\"me\",\"instances\":[{\"attributes\":{}}]},"
	"{\"module\":\"module.a[\\\"x\\\"]\",\"mode\":\"managed\",\"type\":\"aws_subnet\",\"name\":\"s\",\"instances\":["
	"{\"index_key\":0,\"attributes\":{\"id\":\"subnet-1\",\"arn\":\"arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1\","
	"\"vpc_id\":\"vpc-1\",\"tags\":{\"Env\":\"prod\"}}},"
	"{\"index_key\":\"k\\\"${a}\",\"status\":\"tainted\",\"attributes\":{\"id\":\"subnet-2\"}},"
	"{\"index_key\":1,\"deposed\":\"abcd0123\",\"attributes\":{\"id\":\"subnet-3\"}}]}]}");

static void test_identities(void **unused)
{
	struct arena a;
	struct state s;
	struct err err;
	const struct state_object *o;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	assert_true(state_read(small, &a, &s, &err));
	assert_str(s.lineage, "l-1");
	assert_int_equal(s.serial, 7);
	assert_int_equal(s.n_managed, 3);
	assert_str(s.account, "123456789012");
	assert_str(s.region, "eu-west-1");
	o = state_find(&s, STR("module.a[\"x\"].aws_subnet.s[0]"));
	assert_non_null(o);
	assert_str(o->identity, "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1");
	assert_str(o->id, "subnet-1");
	assert_str(o->tag_environment, "prod");
	assert_str(o->network, "vpc-1");
	assert_false(o->tainted);
	o = state_find(&s, STR("module.a[\"x\"].aws_subnet.s[\"k\\\"$${a}\"]"));
	assert_non_null(o);
	assert_true(o->tainted);
	assert_str(o->identity, "subnet-2");
	assert_non_null(state_find(&s, STR("module.a[\"x\"].aws_subnet.s[1] (deposed abcd0123)")));
	assert_null(state_find(&s, STR("data.aws_caller_identity.me")));
	arena_unmap(&a);
}

static void test_refuses(void **unused)
{
	static const char *const bad[] = {
		"", "{}", "[]", "{\"version\":3,\"serial\":1,\"lineage\":\"\",\"resources\":[]}",
		"{\"version\":4,\"serial\":1,\"resources\":[]}", "{\"version\":4,\"serial\":-1,\"lineage\":\"\",\"resources\":[]}",
		"{\"version\":4,\"serial\":1,\"lineage\":\"\"}",
		"{\"version\":4,\"serial\":1,\"serial\":2,\"lineage\":\"\",\"resources\":[]}",
		"{\"version\":4,\"serial\":1,\"lineage\":\"\",\"resources\":[{\"mode\":\"managed\",\"type\":\"a\"}]}",
		"{\"version\":4,\"serial\":1,\"lineage\":\"\",\"resources\":[{\"mode\":\"odd\",\"type\":\"a\",\"name\":\"b\",\"instances\":[]}]}",
		"{\"version\":4,\"serial\":1,\"lineage\":\"\",\"resources\":[{\"mode\":\"managed\",\"type\":\"a\",\"name\":\"b\",\"instances\":[1]}]}",
	};
	struct arena a;
	struct state s = { .serial = 77 };
	struct err err;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err.msg[0] = '\0';
		assert_false(state_read(str_from(bad[i]), &a, &s, &err));
		assert_true(err.msg[0] != '\0');
		assert_int_equal(s.serial, 77);
	}
	/* every cut of a good one */
	for (size_t n = 0; n < small.len; n++) {
		assert_false(state_read(str_sub(small, 0, n), &a, &s, &err));
		arena_reset(&a);
	}
	assert_true(state_read(STR("{\"version\":4,\"serial\":0,\"lineage\":\"\",\"resources\":[]}"), &a, &s, &err));
	assert_int_equal(s.n_managed, 0);
	arena_unmap(&a);
}

static void test_content(void **unused)
{
	static const struct str head = STR_INIT("{\"version\":4,\"terraform_version\":\"");
	static const struct str tail = STR_INIT(
		"\",\"serial\":1,\"lineage\":\"a\",\"resources\":[{\"mode\":\"managed\",\"type\":\"t\",\"name\":\"n\",\"instances\":"
		"[{\"attributes\":{\"id\":\"1\"}}]}]}");
	struct arena a;
	struct state one, two;
	struct err err;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	assert_true(state_read(arena_fmt(&a, "%s1.9%s", head.ptr, tail.ptr), &a, &one, &err));
	assert_true(state_read(arena_fmt(&a, "%s1.11%s", head.ptr, tail.ptr), &a, &two, &err));
	assert_false(digest_eq(&one.digest, &two.digest));
	assert_true(digest_eq(&one.content, &two.content));
	assert_true(state_read(STR("{\"version\":4,\"terraform_version\":\"1.9\",\"serial\":1,\"lineage\":\"a\",\"resources\":[{\"mode\":"
				   "\"managed\",\"type\":\"t\",\"name\":\"n\",\"instances\":[{\"attributes\":{\"id\":\"2\"}}]}]}"),
			       &a, &two, &err));
	assert_false(digest_eq(&one.content, &two.content));
	arena_unmap(&a);
}

static void test_recorded(void **unused)
{
	auto_buf bytes = BUF_MAX(1 << 20);
	struct arena a;
	struct state s;
	struct err err;

	(void)unused;
	fixture_read("datatalks/state-old.tfstate", &bytes);
	assert_true(arena_map(&a, 16 << 20));
	assert_true(state_read(buf_str(&bytes), &a, &s, &err));
	assert_int_equal(s.serial, 30);
	assert_int_equal(s.n_managed, 29);
	assert_str(s.account, "123456789012");
	assert_str(s.region, "eu-west-1");
	assert_str(state_find(&s, STR("aws_db_instance.db"))->title, "courses-prod-db");
	assert_str(state_find(&s, STR("aws_db_instance.db"))->tag_environment, "prod");
	arena_unmap(&a);
}

static void test_arn(void **unused)
{
	(void)unused;
	assert_str(state_arn_part(STR("arn:aws:rds:eu-west-1:1:db:x"), STATE_ARN_REGION), "eu-west-1");
	assert_str(state_arn_part(STR("arn:aws:s3:::bucket"), STATE_ARN_ACCOUNT), "");
	assert_str(state_arn_part(STR("arn:aws"), STATE_ARN_ACCOUNT), "");
	assert_str(state_arn_part(STR("sg-1"), STATE_ARN_ACCOUNT), "");
	assert_true(state_type_is_cloud(STR("aws_vpc")));
	assert_false(state_type_is_cloud(STR("random_id")));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_identities), cmocka_unit_test(test_refuses),  cmocka_unit_test(test_content),
	cmocka_unit_test(test_recorded),   cmocka_unit_test(test_arn),
};
UNIT_MAIN(tests)
