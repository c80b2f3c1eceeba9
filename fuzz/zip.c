/* Zip archives: total; the same bytes give the same members; cut short, or with a byte more, never accepted; names are each there
 * once; what is inflated stays within the caps.
 * covers: src/read/zip.c
 * options: -max_len=8192
 */
#include "fuzz.h"

#include "read/planfile.h"
#include "read/zip.h"

#define ARENA_SIZE ((size_t)4 << 20)
#define MEMBER_MAX ((size_t)1 << 16)
#define TOTAL_MAX ((size_t)1 << 18)

static bool want(struct str name)
{
	return !str_ends(name, STR(".skip"));
}

static bool read_in(struct arena *a, struct str bytes, struct zip_member **ret_first)
{
	static const struct zip_opts opts = { 100, MEMBER_MAX, TOTAL_MAX, want };
	struct err err = { 0 };

	if (!a->mem)
		PAWL_ASSERT(arena_map(a, ARENA_SIZE));
	arena_reset(a);
	if (zip_read(bytes, &opts, a, ret_first, &err))
		return true;
	FUZZ_CHECK(err.code != ERR_NONE && err.msg[0]);
	return false;
}

static void check_members(const struct zip_member *m)
{
	size_t total = 0;

	for (; m; m = m->next) {
		FUZZ_CHECK(m->name.len > 0 && m->name.ptr[0] != '/' && str_is_utf8(m->name));
		FUZZ_CHECK(m->bytes.len <= MEMBER_MAX);
		total += m->bytes.len;
		for (const struct zip_member *o = m->next; o; o = o->next)
			FUZZ_CHECK(!str_eq(o->name, m->name));
	}
	FUZZ_CHECK(total <= TOTAL_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena first, second;
	static char longer[1 << 20];
	struct str bytes = { (const char *)data, size };
	struct zip_member *m, *again, *cut;

	if (!read_in(&first, bytes, &m))
		return 0;
	FUZZ_CHECK(zip_probe(bytes));
	check_members(m);
	FUZZ_CHECK(read_in(&second, bytes, &again));
	for (const struct zip_member *a = m, *b = again; a || b; a = a->next, b = b->next)
		FUZZ_CHECK(a && b && str_eq(a->name, b->name) && str_eq(a->bytes, b->bytes));
	for (size_t i = 1; i <= 30 && i < size; i++)
		FUZZ_CHECK(!read_in(&second, str_sub(bytes, 0, size - i), &cut));
	if (size < sizeof(longer)) {
		memcpy(longer, data, size);
		longer[size] = 'x';
		FUZZ_CHECK(!read_in(&second, (struct str){ longer, size + 1 }, &cut));
	}
	return 0;
}
