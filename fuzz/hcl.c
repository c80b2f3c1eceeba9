/* Configuration text: total; the same bytes give the same answer; sets are sorted, each name once; a text behind a comment's opening
 * protects nothing; a resource put before understood text is found.
 * covers: src/read/hcl.c
 * options: -max_len=8192
 */
#include "fuzz.h"

#include "base/buf.h"
#include "read/hcl.h"

#define ARENA_SIZE ((size_t)4 << 20)

static struct arena arena;

static struct hcl_found scan(struct str text, bool json)
{
	struct hcl_found f = { .understood = true };

	if (json)
		hcl_scan_json(text, STR("module.m."), &arena, &f);
	else
		hcl_scan(text, STR("module.m."), &arena, &f);
	return f;
}

static void check_set(struct str_set set, size_t most)
{
	FUZZ_CHECK(set.n <= most);
	for (size_t i = 0; i < set.n; i++) {
		FUZZ_CHECK(str_starts(set.item[i], STR("module.m.")));
		FUZZ_CHECK(i == 0 || str_cmp(set.item[i - 1], set.item[i]) < 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str before =
		STR_INIT("resource \"zz\" \"zz\" { lifecycle { prevent_destroy = true } }\n");
	struct str text = { (const char *)data, size };
	static struct buf longer;
	struct hcl_found f, again;
	bool json = size && data[0] == '{';

	if (!arena.mem)
		PAWL_ASSERT(arena_map(&arena, ARENA_SIZE));
	arena_reset(&arena);
	f = scan(text, json);
	again = scan(text, json);
	FUZZ_CHECK(f.understood == again.understood &&
		   f.n_prevent_destroy == again.n_prevent_destroy &&
		   f.n_resources == again.n_resources);
	check_set(hcl_set(f.prevent_destroy, &arena), f.n_prevent_destroy);
	FUZZ_CHECK(f.n_prevent_destroy <= size);
	(void)hcl_module_prefix(str_sub(text, 0, 100), &arena);
	if (json)
		return 0;
	longer.max = (size_t)1 << 20;
	buf_clear(&longer);
	buf_add(&longer, before);
	buf_add(&longer, text);
	again = scan(buf_str(&longer), false);
	FUZZ_CHECK(again.n_prevent_destroy >= f.n_prevent_destroy + 1 &&
		   again.understood == f.understood);
	buf_clear(&longer);
	buf_adds(&longer, "/*");
	buf_add(&longer, text);
	if (str_find(text, STR("*/")) == SIZE_MAX && !str_starts(text, STR("/"))) {
		again = scan(buf_str(&longer), false);
		FUZZ_CHECK(!again.understood && again.n_prevent_destroy == 0 &&
			   again.n_resources == 0);
	}
	return 0;
}
