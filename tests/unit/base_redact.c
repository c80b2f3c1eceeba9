#include "unit.h"

#include "base/json.h"
#include "base/redact.h"

/* clang-format off */
static const struct {
	const char *in, *out; /* out NULL: unchanged */
} rows[] = {
	{ "{\"a\":\"AKIAIOSFODNN7EXAMPLE\"}", "{\"a\":\"AKIA[redacted]\"}" },
	{ "{\"a\":\"key ASIAIOSFODNN7EXAMPLE, more\"}", "{\"a\":\"key ASIA[redacted], more\"}" },
	{ "{\"a\":\"mysql --password=hunter2 -h x\"}", "{\"a\":\"mysql --password=[redacted] -h x\"}" },
	{ "{\"a\":\"PGPASSWORD=a\\\\\\\\b psql\"}", "{\"a\":\"PGPASSWORD=[redacted] psql\"}" },
	{ "{\"password\":\"hunter2\"}", "{\"password\":\"[redacted]\"}" },
	{ "{\"db\":{\"master_password\": \"x y\\\"z\"}}", "{\"db\":{\"master_password\": \"[redacted]\"}}" },
	{ "{\"argv\":[\"x\",\"--token\",\"abc\",\"y\"]}", "{\"argv\":[\"x\",\"--token\",\"[redacted]\",\"y\"]}" },
	{ "{\"u\":\"postgres://app:s3cret@db:5432/x\"}", "{\"u\":\"postgres://app:[redacted]@db:5432/x\"}" },
	{ "{\"h\":\"Authorization: Bearer abc.def\"}", "{\"h\":\"Authorization: [redacted]\"}" },
	{ "{\"j\":\"{\\\"password\\\": \\\"x1\\\"}\"}", "{\"j\":\"{\\\"password\\\": \\\"[redacted]\\\"}\"}" },
	{ "{\"g\":\"ghp_abcdefghijklmnopqrstuvwxyz0123\"}", "{\"g\":\"ghp_[redacted]\"}" },
	{ "{\"k\":\"-----BEGIN PRIVATE KEY-----\\nMIIx\\n-----END PRIVATE KEY-----\\nrest\"}",
	  "{\"k\":\"-----BEGIN PRIVATE KEY-----[redacted]\\nrest\"}" },
	/* left alone */
	{ "{\"statement\":\"password=x\",\"signature\":\"AKIAIOSFODNN7EXAMPLE\"}", NULL },
	{ "{\"a\":\"aws_secretsmanager_secret: 3 deleted\"}", NULL },
	{ "{\"a\":\"PWD=/home/x password reset\"}", NULL },
	{ "{\"a\":\"http://host/path?x=1 and a@b\"}", NULL },
	{ "{\"request_digest\":\"00ff\",\"n\":1,\"seq\":\"AKIA\"}", NULL },
};
/* clang-format on */

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_buf b = BUF_MAX(4096);
		bool changed = redact_json(str_from(rows[i].in), &b);

		assert_string_equal(b.ptr, rows[i].out ? rows[i].out : rows[i].in);
		assert_int_equal(changed, rows[i].out != NULL);
	}
}

/* No bytes make it read past the end or hang; what was redacted stays redacted. */
static void any_bytes(void **state)
{
	static const char alphabet[] = "\"\\=: ://@-password{}AKIAeyJx,\n";
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char in[40];
		size_t n;
		auto_buf b = BUF_MAX(4096);

		seed = seed * 1103515245u + 12345u;
		n = seed >> 16 & 31;
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1103515245u + 12345u;
			in[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		redact_json((struct str){ in, n }, &b);
		assert_false(b.failed);
	}
}

static char memory[1 << 22] __attribute__((aligned(16)));

static struct str once(struct str s, struct arena *a)
{
	memset(memory, 0, a->used);
	arena_init(a, memory, sizeof(memory));
	return redact_str(s, a);
}

static void one_text(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, memory, sizeof(memory));
	assert_str(once(STR("/srv/password=hunter2/prod"), &a), "/srv/password=[redacted]");
	assert_str(once(STR("x[\"token=abc\"]"), &a), "x[\"token=[redacted]\"]");
	assert_str(once(STR("key AKIAIOSFODNN7EXAMPLE"), &a), "key AKIA[redacted]");
	assert_str(once(STR("arn:aws:rds:eu-west-1:123456789012:db:courses-prod-db"), &a),
		   "arn:aws:rds:eu-west-1:123456789012:db:courses-prod-db");
	assert_str(once(STR_NONE, &a), "");
}

/* What was redacted once is written down as it is: a member's value made of pieces that mean something here, each way round. */
static void twice(void **state)
{
	static const char *const pieces[] = { "password=", "token: ", "AKIAIOSFODNN7EXAMPLE", "\\", "\"", "'", "\n", " ", "x", "=", ":",
					      "://u:p@", "Authorization: Bearer ", "-----BEGIN RSA PRIVATE KEY-----",
					      "-----END RSA PRIVATE KEY-----", "PWD=", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "-", "b", "," };
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		auto_buf in = BUF_MAX(4096), json = BUF_MAX(8192), again = BUF_MAX(8192);
		struct json_out o = { .buf = &json };
		struct arena a = { .used = 0 };

		for (int n = 0; n < 6; n++) {
			seed = seed * 1103515245u + 12345u;
			buf_adds(&in, pieces[(seed >> 16) % ARRAY_LEN(pieces)]);
		}
		json_out_open(&o, '{');
		json_out_kv(&o, "title", once(buf_str(&in), &a));
		json_out_close(&o, '}');
		redact_json(buf_str(&json), &again);
		if (!str_eq(buf_str(&json), buf_str(&again)))
			print_error("of %s\n", in.ptr);
		assert_string_equal(again.ptr, json.ptr);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(one_text),
	cmocka_unit_test(twice),
	cmocka_unit_test(table),
	cmocka_unit_test(any_bytes),
};

UNIT_MAIN(tests)
