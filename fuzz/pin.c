/* Pin files: total; what is read, written and read again is the same, and written again the same bytes; no state is empty, no
 * place stands in it twice.
 * covers: src/read/pin.c src/base/doc.c
 * options: -max_len=8192
 */
#include "fuzz.h"

#include "read/pin.h"

#define ARENA_SIZE ((size_t)4 << 20)

static struct arena *fresh(struct arena *a)
{
	if (!a->mem)
		PAWL_ASSERT(arena_map(a, ARENA_SIZE));
	arena_reset(a);
	return a;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena first, second;
	static struct buf once, twice;
	struct known *k = NULL, *again = NULL;
	struct err err = { 0 };

	once.max = twice.max = (size_t)1 << 22;
	buf_clear(&once);
	buf_clear(&twice);
	if (!pin_read(STR("pin"), (struct str){ (const char *)data, size }, fresh(&first), &k, &err)) {
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0]);
		return 0;
	}
	for (const struct known *i = k; i; i = i->next) {
		FUZZ_CHECK(i->lineage.len > 0 && i->n_managed > 0 && i->folder.len > 0);
		for (const struct known *j = i->next; j; j = j->next)
			FUZZ_CHECK(!known_same_place(i, j));
	}
	pin_write(k, &once);
	FUZZ_CHECK(!once.failed);
	if (!k)
		return 0; /* "states:" without any is no list when read again */
	FUZZ_CHECK(pin_read(STR("pin"), buf_str(&once), fresh(&second), &again, &err));
	pin_write(again, &twice);
	FUZZ_CHECK(str_eq(buf_str(&once), buf_str(&twice)));
	return 0;
}
