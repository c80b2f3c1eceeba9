/* JSON: what is parsed and written again parses to the same tree, and is UTF-8.
 * covers: src/base/json.c
 * options: -max_len=65536
 */
#include "fuzz.h"

#include "base/json.h"

#define ARENA_SIZE ((size_t)1 << 22)

static struct arena *fresh(struct arena *a)
{
	if (!a->mem)
		PAWL_ASSERT(arena_map(a, ARENA_SIZE));
	arena_reset(a);
	return a;
}

static void write_tree(const struct json *v, struct buf *b)
{
	struct json_out o = { .buf = b };

	buf_clear(b);
	json_out_tree(&o, v);
	FUZZ_CHECK(!b->failed);
}

static void look_up_all(const struct json *v)
{
	JSON_EACH (child, v) {
		if (v->type == JSON_OBJECT && child->key.len && !memchr(child->key.ptr, '\0', child->key.len))
			FUZZ_CHECK(json_get(v, child->key.ptr) == child);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena first, second;
	static struct buf once, twice;
	struct json *root, *again;
	struct err err = { 0 };

	once.max = twice.max = (size_t)1 << 24;
	if (!json_parse((struct str){ (const char *)data, size }, fresh(&first), &root, &err)) {
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0]);
		return 0;
	}
	look_up_all(root);
	write_tree(root, &once);
	FUZZ_CHECK(str_is_utf8(buf_str(&once)));
	FUZZ_CHECK(json_parse(buf_str(&once), fresh(&second), &again, &err));
	FUZZ_CHECK(json_equal(root, again));
	write_tree(again, &twice);
	FUZZ_CHECK(str_eq(buf_str(&once), buf_str(&twice)));
	return 0;
}
