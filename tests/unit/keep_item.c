/* Manifests: written and read the same; names of any bytes; what would write elsewhere is refused. */
#include "unit.h"

#include "keep/item.h"
#include "keep/place.h"

static struct arena arena;

static int fresh(void **state)
{
	(void)state;
	if (!arena.mem)
		assert_true(arena_map(&arena, (size_t)256 << 20));
	arena_reset(&arena);
	return 0;
}

static void names_have_one_text(void **state)
{
	char bytes[255];
	struct str all = { bytes, sizeof(bytes) }, back;
	struct str text;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i + 1);
	text = item_name_str(all, &arena);
	assert_true(str_is_utf8(text) && item_name_parse(text, &arena, &back) && str_eq(all, back));
	assert_str(item_name_str(STR("a b%\n"), &arena), "a%20b%25%0A");
	assert_false(item_name_parse(STR("a%2"), &arena, &back));
	assert_false(item_name_parse(STR("a%61"), &arena, &back)); /* "a" has a text already */
	assert_false(item_name_parse(STR("a%2g"), &arena, &back));
	assert_false(item_name_parse(STR("a b"), &arena, &back));
}

static void ids(void **state)
{
	(void)state;
	assert_int_equal(item_number(STR("K-12")), 12);
	assert_int_equal(item_number(STR("K-0")), 0);
	assert_int_equal(item_number(STR("K-012")), 0);
	assert_int_equal(item_number(STR("K-")), 0);
	assert_int_equal(item_number(STR("K-1/..")), 0);
	assert_int_equal(item_number(STR("last")), 0);
}

static void normal_paths(void **state)
{
	static const char *const good[] = { "a", "a/b", "...", "a..", ".git/x", "-" };
	static const char *const bad[] = { "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a/../b" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(place_normal(str_from(good[i])));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(place_normal(str_from(bad[i])));
	assert_false(place_normal((struct str){ "a\0b", 3 }));
}

static bool reads(const char *entries, uint64_t n, const char *part)
{
	char head[1000], hex[DIGEST_HEX_LEN + 1];
	struct digest d = digest_of(entries, strlen(entries));
	struct item it;
	struct err err;

	digest_hex(&d, hex);
	snprintf(head, sizeof(head),
		 "{\"keep\":1,\"id\":\"K-3\",\"time_us\":5,\"command\":\"rm\",\"entries\":%u,\"entries_sha256\":\"%s\",\"parts\":[%s]}",
		 (unsigned)n, hex, part);
	return item_head_parse(str_from(head), &arena, &it, &err) && item_entries_parse(str_from(entries), &arena, &it, &err);
}

#define PART "{\"what\":1,\"work\":\"/w\"}"
#define FILE_AT(path) "{\"type\":\"file\",\"path\":\"" path "\",\"mode\":420,\"mtime\":-5,\"atime\":0}\n"

static void what_is_refused(void **state)
{
	(void)state;
	assert_true(reads(FILE_AT("a"), 1, PART));
	assert_true(reads("", 0, PART));
	assert_false(reads(FILE_AT("a"), 2, PART));
	assert_false(reads(FILE_AT("../a"), 1, PART));
	assert_false(reads(FILE_AT("/a"), 1, PART));
	assert_false(reads(FILE_AT("a/..%2F..%2Fb"), 1, PART));
	assert_false(reads(FILE_AT("a%00"), 1, PART));
	assert_false(reads(FILE_AT("a"), 1, "{\"what\":1,\"work\":\"w\"}"));
	assert_false(reads(FILE_AT("a"), 1, "{\"what\":1,\"work\":\"/w/../x\"}"));
	assert_false(reads(FILE_AT("a"), 1, "{\"what\":2,\"work\":\"/w\"}"));
	assert_false(reads(FILE_AT("a"), 1, "{\"what\":9,\"work\":\"/w\"}"));
	assert_false(reads(FILE_AT("a"), 1, "{\"what\":2,\"work\":\"/w\",\"git\":\"/g\",\"common\":\"/g\",\"tip\":\"--all\"}"));
	assert_false(reads(FILE_AT("a"), 1, "{\"what\":2,\"work\":\"/w\",\"git\":\"/g\",\"common\":\"/g\",\"pack\":\"../x\"}"));
	assert_false(reads("{\"type\":\"hard\",\"path\":\"a\",\"same\":0}\n", 1, PART));
	assert_false(reads("{\"type\":\"symlink\",\"path\":\"a\"}\n", 1, PART));
	assert_false(reads("{\"type\":\"file\",\"path\":\"a\",\"base\":1}\n", 1, PART));
	assert_false(reads("{\"type\":\"file\",\"path\":\"a\",\"part\":1}\n", 1, PART));
	assert_false(reads("{\"type\":\"file\",\"path\":\"a\",\"mode\":65535}\n", 1, PART));
	assert_false(reads("{\"type\":\"device\",\"path\":\"a\"}\n", 1, PART));
	assert_false(reads("{\"type\":\"file\",\"path\":\"a\"}", 1, PART)); /* no end of line */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names_have_one_text, fresh),
		cmocka_unit_test_setup(ids, fresh),
		cmocka_unit_test_setup(normal_paths, fresh),
		cmocka_unit_test_setup(what_is_refused, fresh),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
