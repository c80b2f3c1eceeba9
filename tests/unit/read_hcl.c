#include "read/hcl.h"

#include "fixture.h"

static struct hcl_found scan(struct arena *a, const char *text)
{
	struct hcl_found f = { .understood = true };

	hcl_scan(str_from(text), STR_NONE, a, &f);
	return f;
}

static void test_prevent_destroy(void **unused)
{
	static const struct {
		const char *text, *found; /* names joined by blanks */
		bool understood;
	} rows[] = {
		{ "resource \"aws_db_instance\" \"db\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n", "aws_db_instance.db", true },
		{ "resource \"a\" \"b\" { lifecycle { prevent_destroy = true } }", "a.b", true },
		{ "resource a b { lifecycle { prevent_destroy = true } }", "a.b", true },
		{ "resource \"a\" \"b\" { lifecycle { prevent_destroy = false } }", "", true },
		{ "resource \"a\" \"b\" { lifecycle {\n # prevent_destroy = true\n // x\n /* prevent_destroy = true */ } }", "", true },
		{ "/* resource \"a\" \"b\" { lifecycle { prevent_destroy = true } } */", "", true },
		{ "resource \"a\" \"b\" {\n x = <<EOF\n lifecycle { prevent_destroy = true }\nEOF\n}\n", "", true },
		{ "resource \"a\" \"b\" {\n x = <<-EOF\n }\n   EOF\n lifecycle { prevent_destroy = true }\n}\n", "a.b", true },
		{ "resource \"a\" \"b\" {\n x = \"} lifecycle { prevent_destroy = true\"\n}\n", "", true },
		{ "resource \"a\" \"b\" {\n x = \"${f(\"}\", {a = \"{\"})}\"\n lifecycle { prevent_destroy = true }\n}", "a.b", true },
		{ "resource \"a\" \"b\" {\n x = \"$${\"\n y = \"\\\"{\"\n lifecycle { prevent_destroy = true }\n}", "a.b", true },
		{ "resource \"a\" \"b\" {\n x = { lifecycle = { prevent_destroy = true } }\n}", "", true },
		{ "resource \"a\" \"b\" {\n dynamic \"lifecycle\" { prevent_destroy = true }\n}", "", true },
		{ "data \"a\" \"b\" { lifecycle { prevent_destroy = true } }", "", true },
		{ "resource \"a\" \"b\" { lifecycle { prevent_destroy = \"true\"\n ignore_changes = [x] } }\nresource \"a\" \"c\" {}", "a.b", true },
		{ "resource \"a\" \"b\" { lifecycle { prevent_destroy = true", "a.b", false },
		{ "resource \"a\" \"b\" { x = \"open\n}", "", false },
		{ "x = <<EOF\nnever", "", false },
		{ "}", "", false },
		{ "/* open", "", false },
		{ "", "", true },
	};
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct hcl_found f = scan(&a, rows[i].text);
		struct str_set set = hcl_set(f.prevent_destroy, &a);

		if (f.understood != rows[i].understood)
			fail_msg("understood: %s", rows[i].text);
		if (set.n != (rows[i].found[0] ? 1u : 0u) || (set.n && !str_is(set.item[0], rows[i].found)))
			fail_msg("found %zu: %s", set.n, rows[i].text);
		arena_reset(&a);
	}
	arena_unmap(&a);
}

static void test_json(void **unused)
{
	struct hcl_found f = { .understood = true };
	struct str_set set;
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	hcl_scan_file(STR("x.tf.json"),
		      STR("{\"terraform\":{\"backend\":{\"s3\":{}}},\"resource\":[{\"t\":{\"b\":{\"lifecycle\":[{\"prevent_destroy\":true}]},"
			  "\"a\":[{\"lifecycle\":{\"prevent_destroy\":true}}],\"c\":{}}}]}"),
		      STR("module.m."), &a, &f);
	set = hcl_set(f.prevent_destroy, &a);
	assert_true(f.understood);
	assert_int_equal(set.n, 2);
	assert_str(set.item[0], "module.m.t.a");
	assert_str(set.item[1], "module.m.t.b");
	assert_str(f.backend, "s3");
	assert_int_equal(f.n_resources, 3);
	hcl_scan_file(STR("x.tf.json"), STR("{"), STR_NONE, &a, &f);
	assert_false(f.understood);
	arena_unmap(&a);
}

static void test_lock_and_backend(void **unused)
{
	auto_buf text = BUF_MAX(1 << 20);
	struct hcl_found f;
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	f = scan(&a, "provider \"registry.terraform.io/hashicorp/aws\" {\n  version     = \"5.100.0\"\n  hashes = [\n \"h1:x=\",\n ]\n}\n");
	assert_non_null(f.providers);
	assert_str(f.providers->source, "registry.terraform.io/hashicorp/aws");
	assert_str(f.providers->version, "5.100.0");
	f = scan(&a, "terraform {\n backend \"gcs\" {\n bucket = \"b\"\n }\n}\n");
	assert_str(f.backend, "gcs");
	f = scan(&a, "terraform {\n cloud {\n }\n}\n");
	assert_str(f.backend, "cloud");
	fixture_read("datatalks/stack/main.tf", &text);
	f = scan(&a, text.ptr);
	assert_true(f.understood);
	assert_int_equal(f.n_resources, 26);
	assert_int_equal(f.n_prevent_destroy, 0);
	assert_int_equal(f.backend.len, 0);
	assert_str(hcl_module_prefix(STR("a.b"), &a), "module.a.module.b.");
	assert_str(hcl_module_prefix(STR(""), &a), "");
	arena_unmap(&a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_prevent_destroy),
	cmocka_unit_test(test_json),
	cmocka_unit_test(test_lock_and_backend),
};
UNIT_MAIN(tests)
