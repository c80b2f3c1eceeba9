#include "unit.h"

#include "ledger/redact.h"

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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(table),
	cmocka_unit_test(any_bytes),
};

UNIT_MAIN(tests)
