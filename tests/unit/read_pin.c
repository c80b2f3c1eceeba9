#include "read/pin.h"

#include "fixture.h"
#include "read/backend_key.h"

static struct known from_fixture(struct arena *a, struct buf *bytes)
{
	struct known k = { .folder = STR("."), .backend = STR("local:terraform.tfstate"), .workspace = STR("default"),
			   .environment = STR("production"), .time = STR("2026-11-21T09:00:00Z"), .by = STR("al\"ice\n") };
	static const struct str protected[] = { STR_INIT("aws_db_instance.db"), STR_INIT("aws_s3_bucket.files") };
	struct state s;
	struct err err;

	fixture_read("datatalks/state-old.tfstate", bytes);
	assert_true(state_read(buf_str(bytes), a, &s, &err));
	known_from_state(&k, &s);
	k.prevent_destroy = (struct str_set){ protected, 2 };
	return k;
}

static void test_round_trip(void **unused)
{
	auto_buf bytes = BUF_MAX(1 << 20), one = BUF_MAX(1 << 20), two = BUF_MAX(1 << 20);
	struct known k, other, *got = NULL;
	struct err err = { 0 };
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 16 << 20));
	k = from_fixture(&a, &bytes);
	other = k;
	other.workspace = STR("staging");
	k.next = &other;
	pin_write(&k, &one);
	if (!pin_read(STR("pawl.pin.yaml"), buf_str(&one), &a, &got, &err))
		fail_msg("%s", err.msg);
	assert_str(got->lineage, "f9720d6c-fea5-d411-a22b-4f081215657f");
	assert_int_equal(got->serial, 30);
	assert_int_equal(got->n_managed, 29);
	assert_str(got->by, "al\"ice\n");
	assert_str(got->where, "pawl.pin.yaml:4");
	assert_int_equal(got->prevent_destroy.n, 2);
	assert_true(digest_eq(&got->content, &k.content));
	assert_str(got->objects->address, "aws_cloudwatch_log_group.web");
	assert_str(got->next->workspace, "staging");
	assert_null(got->next->next);
	pin_write(got, &two);
	assert_true(str_eq(buf_str(&one), buf_str(&two)));
	other.serial = 99;
	got = pin_put(got, &other);
	assert_int_equal(got->next->serial, 99);
	assert_null(got->next->next);
	arena_unmap(&a);
}

static void test_refuses(void **unused)
{
#define HEAD "version: 1\nstates:\n  - folder: \".\"\n    backend: b\n    workspace: default\n    serial: 1\n"
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "p:" },
		{ "- a\n", "p:1:1: not a pin file" },
		{ "version: 2\nstates: []\n", "p:1:10: version 2 is not known" },
		{ "version: 1\n", "p:1:1: key 'states' is missing" },
		{ "version: 1\nstates: []\nodd: 1\n", "p:3:6: unknown key 'odd'" },
		{ HEAD "    lineage: l\n    managed: 1\n    resources: []\n    odd: 1\n", "p:10:10: unknown key 'odd'" },
		{ HEAD "    lineage: l\n    resources: []\n", "p:3:5: key 'managed' is missing" },
		{ HEAD "    lineage: \"\"\n    managed: 1\n    resources: []\n", "an empty state is no state to pin" },
		{ HEAD "    lineage: l\n    managed: 0\n    resources: []\n", "an empty state is no state to pin" },
		{ HEAD "    lineage: l\n    managed: x\n    resources: []\n", "p:8:14: 'managed' must be a number" },
		{ HEAD "    lineage: l\n    lineage: m\n", "stands here twice" },
		{ HEAD "    lineage: &a l\n", "anchors" },
		{ HEAD "    lineage: *a\n", "p:7:14" },
		{ HEAD "    lineage: l\n    managed: 1\n    digest: abc\n    resources: []\n", "64 hex digits" },
		{ HEAD "    lineage: l\n    managed: 1\n    prevent_destroy: [b, a]\n    resources: []\n", "sorted" },
		{ HEAD "    lineage: l\n    managed: 1\n    resources: [1]\n", "must be a map" },
		{ HEAD "    lineage: l\n    managed: 1\n    resources: []\n---\nversion: 1\n", "a second document" },
		{ "version: 1\nstates: [\n", "not YAML" },
		{ "version: 1\nstates: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", "nested deeper" },
		{ "version: 1\nstates: \"\xff\"\n", "not UTF-8" },
	};
	struct known *got = NULL;
	struct err err;
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		err.msg[0] = '\0';
		if (pin_read(STR("p"), str_from(rows[i].text), &a, &got, &err))
			fail_msg("taken: %s", rows[i].text);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("'%s' does not say '%s'", err.msg, rows[i].says);
		assert_null(got);
	}
	arena_unmap(&a);
}

static void test_json(void **unused)
{
	auto_buf bytes = BUF_MAX(1 << 20), one = BUF_MAX(1 << 20), two = BUF_MAX(1 << 20);
	struct json_out o1 = { .buf = &one }, o2 = { .buf = &two };
	struct known k, got;
	struct json *v;
	struct err err;
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 16 << 20));
	k = from_fixture(&a, &bytes);
	known_to_json(&k, &o1);
	assert_true(json_parse(buf_str(&one), &a, &v, &err));
	assert_true(known_from_json(v, &a, &got, &err));
	known_to_json(&got, &o2);
	assert_true(str_eq(buf_str(&one), buf_str(&two)));
	assert_true(json_parse(STR("{\"serial\":1}"), &a, &v, &err));
	assert_false(known_from_json(v, &a, &got, &err));
	arena_unmap(&a);
}

static void test_backend_key(void **unused)
{
	static const struct {
		const char *type, *config, *key;
	} rows[] = {
		{ "local", "{\"path\":null,\"workspace_dir\":null}", "local:terraform.tfstate" },
		{ "", "{}", "local:terraform.tfstate" },
		{ "local", "{\"path\":\"/here/sub/x.tfstate\"}", "local:sub/x.tfstate" },
		{ "local", "{\"path\":\"./x.tfstate\"}", "local:x.tfstate" },
		{ "local", "{\"path\":\"/hereabouts/x.tfstate\"}", "local:/hereabouts/x.tfstate" },
		{ "s3", "{\"bucket\":\"b\",\"key\":\"p/k\",\"secret_key\":\"s\"}", "s3:b/p/k" },
		{ "gcs", "{\"bucket\":\"b\"}", "gcs:b" },
		{ "http", "{\"address\":\"https://u:p@h.example/x?token=1\"}", "http:https://h.example/x" },
		{ "azurerm", "{\"storage_account_name\":\"a\",\"container_name\":\"c\",\"key\":\"k\"}", "azurerm:a/c/k" },
	};
	struct json *v;
	struct err err;
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(json_parse(str_from(rows[i].config), &a, &v, &err));
		assert_str(backend_key(str_from(rows[i].type), v, STR("/here"), &a), rows[i].key);
	}
	assert_true(json_parse(STR("{\"conn_str\":\"postgres://u:secret@h/d\"}"), &a, &v, &err));
	assert_true(str_find(backend_key(STR("pg"), v, STR("/here"), &a), STR("secret")) == SIZE_MAX);
	arena_unmap(&a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_round_trip),
	cmocka_unit_test(test_refuses),
	cmocka_unit_test(test_json),
	cmocka_unit_test(test_backend_key),
};
UNIT_MAIN(tests)
