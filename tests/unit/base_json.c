#include "unit.h"

#include "base/json.h"

static struct arena arena;

static const struct json *good(struct str text)
{
	struct json *root = NULL;
	struct err err = { 0 };

	arena_reset(&arena);
	if (!json_parse(text, &arena, &root, &err))
		fail_msg("%s", err.msg);
	return root;
}

static void bad(struct str text, const char *says)
{
	struct json *root = NULL;
	struct err err = { 0 };

	arena_reset(&arena);
	assert_false(json_parse(text, &arena, &root, &err));
	assert_null(root);
	if (!strstr(err.msg, says))
		fail_msg("'%s' does not say '%s'", err.msg, says);
}

static int setup(void **state)
{
	(void)state;
	return arena_map(&arena, 64 << 20) ? 0 : -1;
}

static void reads(void **state)
{
	const struct json *j = good(STR("{\"a\":{\"b\":[1,2.5,\"x\\u00e9\"]},\"t\":true,\"n\":null}"));
	uint64_t v = 0;

	(void)state;
	assert_int_equal(json_at(j, "a.b")->n, 3);
	assert_str(json_at(j, "a.b")->last->text, "x\xc3\xa9");
	assert_true(json_true(j, "t"));
	assert_null(json_get(j, "zzz"));
	assert_null(json_at(j, "a.zzz.b"));
	assert_false(json_u64(j, "a", &v));
	assert_true(json_equal(good(STR("[{\"a\":1,\"b\":2}]")), good(STR("[{\"a\":1,\"b\":2}]"))));
}

static void refuses(void **state)
{
	auto_buf deep = BUF_MAX(1 << 20);
	auto_buf wide = BUF_MAX(1 << 20);

	(void)state;
	bad(STR("{\"a\":1,\n\"a\":2}"), "duplicate key");
	bad(STR("\"\\ude00\""), "surrogate");
	bad(STR("{\"a\":"), "not valid JSON");
	bad(STR("{} x"), "not valid JSON");
	bad(STR(""), "not valid JSON");
	bad(STR("[\"\xff\"]"), "not valid JSON");
	for (int i = 0; i < 200; i++)
		buf_addc(&deep, '[');
	bad(buf_str(&deep), "nested too deep");
	buf_addc(&wide, '{');
	for (int i = 0; i < 1000; i++)
		buf_addf(&wide, "\"k%d\":1,", i);
	buf_adds(&wide, "\"k500\":2}");
	bad(buf_str(&wide), "duplicate key");
}

static void writes(void **state)
{
	auto_buf b = BUF_MAX(4096);
	struct json_out o = { .buf = &b };

	(void)state;
	json_out_open(&o, '{');
	json_out_kv(&o, "a", STR("q\"\\\n\x01\xff\xc3\xa9"));
	json_out_key(&o, "l");
	json_out_open(&o, '[');
	json_out_u64(&o, 1);
	json_out_bool(&o, false);
	json_out_null(&o);
	json_out_close(&o, ']');
	json_out_key(&o, "e");
	json_out_open(&o, '{');
	json_out_close(&o, '}');
	json_out_close(&o, '}');
	assert_str(buf_str(&b), "{\"a\":\"q\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa9\",\"l\":[1,false,null],\"e\":{}}");
	{
		auto_buf again = BUF_MAX(4096);
		struct json_out p = { .buf = &again };

		json_out_tree(&p, good(buf_str(&b)));
		assert_true(str_eq(buf_str(&again), buf_str(&b)));
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(reads, setup),
	cmocka_unit_test_setup(refuses, setup),
	cmocka_unit_test_setup(writes, setup),
};

UNIT_MAIN(tests)
