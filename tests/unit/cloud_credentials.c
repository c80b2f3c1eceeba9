#include "unit.h"

#include <unistd.h>

#include "base/fd.h"
#include "cloud/aws.h"
#include "cloud/credentials.h"

static char memory[1 << 18] __attribute__((aligned(16)));
static struct arena arena;
static char home[4096], program[4200];

static void put(const char *name, const char *text, mode_t mode)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/.aws/%s", home, name);
	assert_true(file_replace(path, str_from(text), mode, NULL));
}

static int setup(void **state)
{
	static const char *const clean[] = {
		"AWS_ACCESS_KEY_ID",  "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_PROFILE",	      "AWS_DEFAULT_PROFILE",   "AWS_REGION",
		"AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",      "AWS_SHARED_CREDENTIALS_FILE",
		"AWS_CONFIG_FILE",    "AWS_ENDPOINT_URL_RDS",  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
	};
	char dir[4200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(clean); i++)
		unsetenv(clean[i]);
	memset(memory, 0, sizeof(memory));
	arena_init(&arena, memory, sizeof(memory));
	snprintf(home, sizeof(home), "%s/credentials-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(home));
	snprintf(dir, sizeof(dir), "%s/.aws", home);
	assert_true(dir_make(dir, 0700, NULL));
	setenv("HOME", home, 1);
	setenv("PATH", "/nonexistent", 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return dir_remove(home, NULL) ? 0 : 1;
}

static void test_none(void **state)
{
	struct credentials c;
	struct err err;

	(void)state;
	setenv("AWS_REGION", "eu-west-1", 1);
	assert_false(credentials_find(&arena, &c, &err));
	assert_non_null(strstr(err.msg, "no AWS credentials"));
	assert_str(c.region, "eu-west-1");
}

static void test_environment_wins(void **state)
{
	struct credentials c;

	(void)state;
	put("credentials", "[default]\naws_access_key_id = FILE\naws_secret_access_key = file\n",
	    0600);
	setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "env", 1);
	assert_true(credentials_find(&arena, &c, NULL));
	assert_str(c.access_key, "ENV");
	assert_string_equal(c.source, "environment");
}

static void test_profiles(void **state)
{
	struct credentials c;

	(void)state;
	put("credentials",
	    "[default]\naws_access_key_id=A\naws_secret_access_key=a\n[staging]\naws_access_key_id "
	    "= S\n"
	    "aws_secret_access_key = s\naws_session_token = t\n",
	    0600);
	put("config",
	    "[default]\nregion = eu-west-1\n[profile staging]\nregion=us-east-2\ns3 =\n  region = "
	    "nested\n"
	    "endpoint_url = http://127.0.0.1:9/\n",
	    0600);
	assert_true(credentials_find(&arena, &c, NULL));
	assert_str(c.access_key, "A");
	assert_str(c.region, "eu-west-1");
	setenv("AWS_PROFILE", "staging", 1);
	assert_true(credentials_find(&arena, &c, NULL));
	assert_str(c.access_key, "S");
	assert_str(c.session_token, "t");
	assert_str(c.region, "us-east-2");
	assert_str(c.endpoint, "http://127.0.0.1:9/");
}

static void test_process(void **state)
{
	char config[9000];
	struct credentials c;
	struct err err;

	(void)state;
	put("key helper",
	    "#!/bin/sh\necho "
	    "\"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"P\\\",\\\"SecretAccessKey\\\":\\\"$1\\\"}"
	    "\"\n",
	    0700);
	snprintf(program, sizeof(program), "%s/.aws/key helper", home);
	snprintf(config, sizeof(config), "[default]\ncredential_process = \"%s\" p\n", program);
	put("config", config, 0600);
	assert_true(credentials_find(&arena, &c, &err));
	assert_str(c.access_key, "P");
	assert_str(c.secret_key, "p");
	put("key helper", "#!/bin/sh\necho no key today >&2; exit 7\n", 0700);
	assert_false(credentials_find(&arena, &c, &err));
	assert_non_null(strstr(err.msg, "no key today"));
	put("key helper", "#!/bin/sh\necho '{}'\n", 0700);
	assert_false(credentials_find(&arena, &c, &err));
}

static void test_endpoints(void **state)
{
	const struct aws_service *rds = aws_service_find(STR("rds")),
				 *iam = aws_service_find(STR("iam"));

	(void)state;
	assert_str(aws_endpoint(rds, STR("eu-west-1"), STR_NONE, &arena),
		   "https://rds.eu-west-1.amazonaws.com");
	assert_str(aws_endpoint(iam, STR("eu-west-1"), STR_NONE, &arena),
		   "https://iam.amazonaws.com");
	assert_str(aws_endpoint(iam, STR("cn-northwest-1"), STR_NONE, &arena),
		   "https://iam.cn-north-1.amazonaws.com.cn");
	setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1/", 1);
	setenv("AWS_ENDPOINT_URL_RDS", "http://127.0.0.1:2", 1);
	assert_str(aws_endpoint(rds, STR("eu-west-1"), STR_NONE, &arena), "http://127.0.0.1:2");
	assert_str(aws_endpoint(iam, STR("eu-west-1"), STR_NONE, &arena), "http://127.0.0.1:1");
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	assert_str(aws_endpoint(iam, STR("eu-west-1"), STR_NONE, &arena),
		   "https://iam.amazonaws.com");
}

/* What the CLI says of its own options is nobody's answer. */
static void test_cli_says_nothing(void **state)
{
	struct credentials c;
	struct err err = { 0 };
	char dir[4200];

	(void)state;
	put("aws", "#!/bin/sh\necho 'usage: aws [options]' >&2; exit 252\n", 0700);
	snprintf(dir, sizeof(dir), "%s/.aws", home);
	setenv("PATH", dir, 1);
	assert_false(credentials_find(&arena, &c, &err));
	setenv("PATH", "/usr/bin:/bin", 1);
	assert_non_null(strstr(err.msg, "AWS_PROFILE"));
	assert_null(strstr(err.msg, "usage"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_none, setup, teardown),
	cmocka_unit_test_setup_teardown(test_environment_wins, setup, teardown),
	cmocka_unit_test_setup_teardown(test_profiles, setup, teardown),
	cmocka_unit_test_setup_teardown(test_process, setup, teardown),
	cmocka_unit_test_setup_teardown(test_cli_says_nothing, setup, teardown),
	cmocka_unit_test_setup_teardown(test_endpoints, setup, teardown),
};

UNIT_MAIN(tests)
