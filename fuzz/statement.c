/* Statements: what is taken renders to the same bytes (one text for one meaning), and shows nothing but printable ASCII.
 * covers: src/hold/statement.c
 * options: -max_len=8192
 */
#include "fuzz.h"

#include "base/buf.h"
#include "hold/statement.h"

#define ARENA_SIZE ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	static struct buf again;
	struct str text = { (const char *)data, size };
	struct statement s;
	struct err err = { 0 };

	again.max = STATEMENT_MAX * 2;
	buf_clear(&again);
	if (!arena.mem)
		PAWL_ASSERT(arena_map(&arena, ARENA_SIZE));
	arena_reset(&arena);
	if (!statement_parse(text, &arena, &s, &err)) {
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0]);
		return 0;
	}
	FUZZ_CHECK(s.kind != STATEMENT_NONE);
	statement_render(&s, &again);
	FUZZ_CHECK(!again.failed && str_eq(buf_str(&again), text));
	for (size_t i = 0; i < size; i++)
		FUZZ_CHECK(data[i] == '\n' || (data[i] >= 0x20 && data[i] < 0x7f));
	return 0;
}
