/* Vectors published by AWS: the aws-sig-v4-test-suite, and the S3 API reference's examples of signature calculations. */
#include "unit.h"

#include "base/timestamp.h"
#include "cloud/sigv4.h"

static char memory[1 << 18] __attribute__((aligned(16)));

struct vector {
	const char *name, *method, *path, *query, *body;
	struct sigv4_header header[2];
	size_t n_headers;
	const char *want;
};

#define SUITE "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
static const struct vector suite[] = {
	{ "get-vanilla",
	  "GET",
	  "/",
	  "",
	  "",
	  { { STR_INIT(""), STR_INIT("") } },
	  0,
	  SUITE "SignedHeaders=host;x-amz-date, "
		"Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "post-vanilla",
	  "POST",
	  "/",
	  "",
	  "",
	  { { STR_INIT(""), STR_INIT("") } },
	  0,
	  SUITE "SignedHeaders=host;x-amz-date, "
		"Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
	{ "get-vanilla-query-order-key-case",
	  "GET",
	  "/",
	  "Param2=value2&Param1=value1",
	  "",
	  { { STR_INIT(""), STR_INIT("") } },
	  0,
	  SUITE "SignedHeaders=host;x-amz-date, "
		"Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
	{ "post-x-www-form-urlencoded",
	  "POST",
	  "/",
	  "",
	  "Param1=value1",
	  { { STR_INIT("content-type"), STR_INIT("application/x-www-form-urlencoded") } },
	  1,
	  SUITE "SignedHeaders=content-type;host;x-amz-date, "
		"Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a" },
	{ "post-header-value-case",
	  "POST",
	  "/",
	  "",
	  "",
	  { { STR_INIT("my-header1"), STR_INIT("VALUE1") } },
	  1,
	  SUITE "SignedHeaders=host;my-header1;x-amz-date, "
		"Signature=cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d" },
};

static struct sigv4_request base_request(void)
{
	struct sigv4_request r = {
		.host = STR("example.amazonaws.com"),
		.region = STR("us-east-1"),
		.service = STR("service"),
		.access_key = STR("AKIDEXAMPLE"),
		.secret_key = STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
	};

	assert_true(timestamp_parse(STR("2015-08-30T12:36:00Z"), &r.now_us));
	return r;
}

static void test_suite(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(suite); i++) {
		const struct vector *v = &suite[i];
		struct sigv4_request r = base_request();
		struct sigv4_signed s;
		struct arena a;

		memset(memory, 0, sizeof(memory));
		arena_init(&a, memory, sizeof(memory));
		r.method = str_from(v->method);
		r.path = str_from(v->path);
		r.query = str_from(v->query);
		r.body = str_from(v->body);
		r.headers = v->header;
		r.n_headers = v->n_headers;
		assert_true(sigv4_sign(&r, &a, &s));
		if (!str_is(s.authorization, v->want))
			print_message("%s:\n%.*s\n%.*s\n", v->name, STR_ARG(s.canonical),
				      STR_ARG(s.authorization));
		assert_true(str_is(s.authorization, v->want));
		assert_str(s.date, "20150830T123600Z");
	}
}

/* GET Bucket (List Objects) of the S3 API reference. */
static void test_s3(void **state)
{
	struct sigv4_request r = base_request();
	struct sigv4_signed s;
	struct arena a;

	(void)state;
	memset(memory, 0, sizeof(memory));
	arena_init(&a, memory, sizeof(memory));
	r.method = STR("GET");
	r.host = STR("examplebucket.s3.amazonaws.com");
	r.path = STR("/");
	r.query = STR("prefix=J&max-keys=2");
	r.service = STR("s3");
	r.access_key = STR("AKIAIOSFODNN7EXAMPLE");
	r.secret_key = STR("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
	assert_true(timestamp_parse(STR("2013-05-24T00:00:00Z"), &r.now_us));
	assert_true(sigv4_sign(&r, &a, &s));
	assert_str(s.authorization,
		   "AWS4-HMAC-SHA256 "
		   "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
		   "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
		   "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

/* s3 signs the path as sent, all others encode it once more. */
static void test_path(void **state)
{
	struct sigv4_request r = base_request();
	struct sigv4_signed s;
	struct arena a;

	(void)state;
	memset(memory, 0, sizeof(memory));
	arena_init(&a, memory, sizeof(memory));
	r.method = STR("GET");
	r.path = STR("/a%20b/c");
	assert_true(sigv4_sign(&r, &a, &s));
	assert_true(str_starts(s.canonical, STR("GET\n/a%2520b/c\n")));
	r.service = STR("s3");
	assert_true(sigv4_sign(&r, &a, &s));
	assert_true(str_starts(s.canonical, STR("GET\n/a%20b/c\n")));
}

static void test_session_token(void **state)
{
	struct sigv4_request r = base_request();
	struct sigv4_signed s;
	struct arena a;

	(void)state;
	memset(memory, 0, sizeof(memory));
	arena_init(&a, memory, sizeof(memory));
	r.method = STR("GET");
	r.path = STR("/");
	r.session_token = STR("token");
	assert_true(sigv4_sign(&r, &a, &s));
	assert_true(str_find(s.authorization,
			     STR("SignedHeaders=host;x-amz-date;x-amz-security-token,")) !=
		    SIZE_MAX);
	assert_str(s.security_token, "token");
}

static void test_full_arena(void **state)
{
	struct sigv4_request r = base_request();
	struct sigv4_signed s = { .date = STR("untouched") };
	struct arena a;

	(void)state;
	memset(memory, 0, sizeof(memory));
	arena_init(&a, memory, 64);
	r.method = STR("GET");
	r.path = STR("/");
	assert_false(sigv4_sign(&r, &a, &s));
	assert_str(s.date, "untouched");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_suite),	   cmocka_unit_test(test_s3),
	cmocka_unit_test(test_path),	   cmocka_unit_test(test_session_token),
	cmocka_unit_test(test_full_arena),
};

UNIT_MAIN(tests)
