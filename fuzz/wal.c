/* Archived WAL, before anything of it is believed: any listing's names, any signed manifest, the last bytes of any archive.
 * covers: src/recovery/wal.c
 * seeds: fuzz/corpus/wal/?*
 * options: -max_len=8192
 */
#include "fuzz.h"

#include "recovery/wal.h"

#define PIECES 64

/* Whatever names a listing has: what a chain promises is there byte by byte, and letting go breaks none. */
static void names(struct str all, struct arena *arena)
{
	struct wal_piece *p = ARENA_ARRAY(arena, PIECES, struct wal_piece);
	struct wal_base base = { .timeline = 1, .position = all.len ? (uint64_t)(unsigned char)all.ptr[0] << 20 : 0 };
	struct wal_chain before, after;
	size_t n = 0, k, line;

	FUZZ_CHECK(p);
	for (; all.len && n < PIECES; all = line == SIZE_MAX ? STR_NONE : str_sub(all, line + 1, all.len)) {
		line = str_find_char(all, '\n');
		if (!wal_id_read(str_sub(all, 0, line), &p[n]))
			continue;
		FUZZ_CHECK(p[n].from < p[n].to && p[n].timeline && vault_name_good(p[n].id));
		p[n++].whole = true;
	}
	wal_sort(p, n);
	wal_chain(p, n, base.timeline, base.position, &before);
	FUZZ_CHECK(before.to >= base.position && before.why != WAL_UNSET);
	for (size_t i = 0; i < n; i++)
		FUZZ_CHECK(p[i].timeline != base.timeline || p[i].from > before.to || p[i].to <= before.to);
	k = wal_spare(p, n, &base, 1);
	wal_chain(p + k, n - k, base.timeline, base.position, &after);
	FUZZ_CHECK(before.to == after.to && before.n == after.n);
}

static void manifest(struct str json, struct arena *arena)
{
	struct manifest m;
	struct wal_said s;
	struct wal_base b;
	struct err err = { 0 };

	if (!manifest_read(STR("m"), json, arena, &m, &err))
		return;
	if (wal_said(&m, &s, &err))
		FUZZ_CHECK(s.piece.to - s.piece.from == m.plain_bytes && str_eq(s.piece.id, m.id) && m.kind == BACKUP_WAL);
	if (wal_base(&m, &b))
		FUZZ_CHECK(b.system.len && m.kind == BACKUP_POSTGRES_PHYSICAL);
}

static void tail(const uint8_t *data, size_t size)
{
	struct wal_tail t = { .bytes = (const char *)data, .from = UINT64_C(3) << 24, .to = (UINT64_C(3) << 24) + size,
			      .segment = UINT64_C(1) << 24 };

	for (uint64_t at = t.from; at <= t.to; at += 8)
		(void)wal_tail_goes_on(&t, at);
	FUZZ_CHECK(!wal_tail_goes_on(&t, t.to));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct str all = { (const char *)data, size };

	if (!arena.mem)
		FUZZ_CHECK(arena_map(&arena, (size_t)16 << 20));
	arena_reset(&arena);
	names(all, &arena);
	manifest(all, &arena);
	tail(data, size);
	return 0;
}
