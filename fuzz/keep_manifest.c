/* Manifests of the keep: any bytes are read as an item or refused with a reason; every path of what is read is relative and normal
 * (an undo writes there), every number in range, and what is written again is read the same.
 * Input: the head, a NUL, the lines of entries. Their number and digest, which a fuzzer cannot guess, are filled in here.
 * covers: src/keep/manifest_read.c src/keep/manifest.c src/keep/item.c
 * options: -max_len=20000
 */
#include "fuzz.h"

#include "base/buf.h"
#include "keep/item.h"
#include "keep/place.h"

#define ARENA_SIZE ((size_t)64 << 20)

static struct arena *fresh(struct arena *a)
{
	if (!a->mem)
		PAWL_ASSERT(arena_map(a, ARENA_SIZE));
	arena_reset(a);
	return a;
}

static uint64_t count_lines(struct str s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '\n';
	return n;
}

static void sound(const struct item *it)
{
	uint64_t n = 0;

	for (const struct item_entry *e = it->entries; e; e = e->next, n++) {
		FUZZ_CHECK(e->number == n && place_normal(e->path) && e->mode <= 07777 && e->base < ITEM_BASES);
		FUZZ_CHECK(item_part_nth(it, e->part) && (e->type != ITEM_HARD || e->same < n));
		FUZZ_CHECK(e->own || e->type != ITEM_FILE || e->offset + e->size >= e->offset);
		FUZZ_CHECK(str_find_char(e->target, '\0') == SIZE_MAX && e->mtime_ns < 1000000000 && e->atime_ns < 1000000000);
	}
	FUZZ_CHECK(n == it->n_entries);
}

static void again(const struct item *it)
{
	static struct arena arena;
	static struct buf head, lines;
	struct item is;
	struct err err;

	head.max = lines.max = 1 << 20;
	buf_clear(&head);
	buf_clear(&lines);
	for (const struct item_entry *e = it->entries; e; e = e->next)
		item_entry_json(e, &lines);
	item_head_json(it, &head);
	if (head.failed || lines.failed)
		return;
	FUZZ_CHECK(item_head_parse(buf_str(&head), fresh(&arena), &is, &err));
	is.entries_digest = digest_of(lines.ptr, lines.len);
	FUZZ_CHECK(item_entries_parse(buf_str(&lines), &arena, &is, &err) && is.n_entries == it->n_entries && is.n_parts == it->n_parts);
	for (const struct item_entry *a = it->entries, *b = is.entries; a; a = a->next, b = b->next)
		FUZZ_CHECK(a->type == b->type && str_eq(a->path, b->path) && a->size == b->size && a->mtime_s == b->mtime_s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct str all = { (const char *)data, size };
	size_t nul = str_find_char(all, '\0');
	struct str head = str_sub(all, 0, nul), lines = nul == SIZE_MAX ? STR_NONE : str_sub(all, nul + 1, all.len);
	struct item it;
	struct err err = { 0 };

	if (!item_head_parse(head, fresh(&arena), &it, &err)) {
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0]);
		return 0;
	}
	FUZZ_CHECK(item_number(str_from(it.id)));
	it.n_entries = count_lines(lines);
	it.entries_digest = digest_of(lines.ptr, lines.len);
	if (!item_entries_parse(lines, &arena, &it, &err)) {
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0]);
		return 0;
	}
	sound(&it);
	again(&it);
	return 0;
}
