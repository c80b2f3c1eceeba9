/* Archived WAL: names, chains, windows, what may go, and whether recovery went all the way; by hand, and by chance with laws checked. */
#include <stdlib.h>

#include "recovery/physical.h"
#include "recovery/wal.h"
#include "unit.h"

#define MB UINT64_C(0x100000)
#define MAX 60

static struct arena arena;

static void before(void)
{
	if (!arena.mem)
		assert_true(arena_map(&arena, (size_t)16 << 20));
	arena_reset(&arena);
}

static struct wal_piece piece(uint32_t timeline, uint64_t from, uint64_t to)
{
	struct wal_piece p = { .timeline = timeline, .from = from, .to = to, .whole = true };

	p.id = wal_id(&p, 1, &arena);
	return p;
}

static void an_id_is_read_as_written(void **state)
{
	static const char *const bad[] = { "", "00000001-0000000000000001-0000000000000002-0000000", "20261121T194500Z-5f3a9c01",
					   "00000001-0000000000000002-0000000000000002-00000001", /* nothing in it */
					   "00000000-0000000000000001-0000000000000002-00000001",
					   "00000001-0000000000000001-0000000002000002-00000001", /* more than a piece has */
					   "00000001-000000000000000a-000000000000000F-00000001",
					   "00000001-000000000000000A-000000000000000F-0000000A" };
	struct wal_piece p, q;

	(void)state;
	before();
	p = piece(0xA, UINT64_C(0x1000000ABC), UINT64_C(0x1000000ABD));
	assert_true(vault_name_good(p.id));
	assert_true(wal_id_read(p.id, &q));
	assert_true(q.timeline == 0xA && q.from == p.from && q.to == p.to);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(wal_id_read(str_from(bad[i]), &q));
}

static struct manifest manifest_of(struct wal_said *s, struct manifest_file *f)
{
	struct manifest m = { .target = STR("shop.wal"), .files = f };

	assert_true(wal_say(s, &arena, &m));
	m.plain_bytes = s->piece.to - s->piece.from;
	return m;
}

static void a_piece_says_what_it_is(void **state)
{
	struct wal_said s = { .system = STR("7001"), .segment = 16 * MB, .as_of_us = 5 }, got;
	struct manifest_file f = { .name = STR("data.zst") };
	struct manifest m;
	struct err err;

	(void)state;
	before();
	s.piece = piece(1, 3 * MB, 4 * MB);
	m = manifest_of(&s, &f);
	assert_true(wal_said(&m, &got, &err));
	assert_true(got.piece.from == 3 * MB && got.piece.to == 4 * MB && str_is(got.system, "7001") && got.as_of_us == 5);
	m.plain_bytes++; /* as many bytes as its name says */
	assert_false(wal_said(&m, &got, &err));
	m = manifest_of(&s, &f);
	m.id = piece(1, 3 * MB, 5 * MB).id; /* a signed manifest under another's name */
	m.plain_bytes = 2 * MB;
	assert_false(wal_said(&m, &got, &err));
	m = manifest_of(&s, &f);
	m.kind = BACKUP_COMMAND;
	assert_false(wal_said(&m, &got, &err));
}

static void a_base_says_where_it_ends(void **state)
{
	struct manifest_invariant system = { .name = STR("system identifier"), .value = STR("7001") };
	struct manifest_invariant to = { .name = STR("recovered to 0/3000148 of timeline 2"), .next = &system };
	struct manifest m = { .id = STR("x"), .kind = BACKUP_POSTGRES_PHYSICAL, .invariants = &to };
	struct wal_base b;

	(void)state;
	assert_true(wal_base(&m, &b));
	assert_true(b.timeline == 2 && b.position == 0x3000148 && str_is(b.system, "7001"));
	to.name = STR("recovered to 0/3000148"); /* before WAL was archived */
	assert_true(wal_base(&m, &b) && b.timeline == 0);
	m.kind = BACKUP_POSTGRES;
	assert_false(wal_base(&m, &b));
}

static void a_chain_ends_at_a_gap(void **state)
{
	struct wal_piece p[6];
	struct wal_chain c;

	(void)state;
	before();
	p[0] = piece(1, 0, MB), p[1] = piece(1, MB, 2 * MB), p[2] = piece(1, 2 * MB, 3 * MB), p[3] = piece(1, 4 * MB, 5 * MB);
	wal_chain(p, 3, 1, MB + 5, &c);
	assert_true(c.why == WAL_ENDS && c.to == 3 * MB && c.n == 2 && c.first == &p[1] && c.last == &p[2]);
	wal_chain(p, 4, 1, MB + 5, &c);
	assert_true(c.why == WAL_GAP && c.to == 3 * MB && c.next == 4 * MB);
	p[1].hidden = true;
	wal_chain(p, 4, 1, 5, &c);
	assert_true(c.why == WAL_HIDDEN && c.to == MB && c.next == 2 * MB);
	p[1].hidden = false;
	p[2].whole = false; /* a newer one of the same place is as good */
	p[4] = piece(1, 2 * MB, 4 * MB), p[5] = piece(2, 4 * MB, 5 * MB);
	wal_sort(p, 6);
	wal_chain(p, 6, 1, 5, &c);
	assert_true(c.to == 5 * MB && c.why == WAL_TIMELINE);
	wal_chain(p, 6, 1, 6 * MB, &c);
	assert_true(c.why == WAL_TIMELINE && c.n == 0 && c.to == 6 * MB);
	wal_chain(p, 6, 3, 0, &c);
	assert_true(c.why == WAL_NONE && c.n == 0);
}

static void a_window_begins_with_the_oldest_that_reaches_the_end(void **state)
{
	struct wal_base b[] = { { .id = STR("new"), .timeline = 1, .position = 4 * MB },
				{ .id = STR("lost"), .timeline = 1, .position = 5 },
				{ .id = STR("old"), .timeline = 1, .position = 3 * MB + 5 },
				{ .id = STR("unknown") } };
	struct wal_piece p[4];
	struct wal_window w;

	(void)state;
	before();
	p[0] = piece(1, 0, MB), p[1] = piece(1, 3 * MB, 4 * MB), p[2] = piece(1, 4 * MB, 5 * MB);
	wal_window(p, 3, b, ARRAY_LEN(b), &w);
	assert_true(str_is(w.base->id, "old") && str_is(w.newest->id, "new") && w.chain.to == 5 * MB);
	wal_window(p, 2, b, ARRAY_LEN(b), &w);
	assert_null(w.base); /* nothing follows the newest */
	wal_window(p, 3, b + 3, 1, &w);
	assert_true(!w.base && !w.newest);
}

/* --- by chance --- */

static uint64_t chance(uint64_t n)
{
	return (uint64_t)rand() % n;
}

static size_t history(struct wal_piece *p)
{
	uint64_t at = chance(MB);
	uint32_t timeline = 1;
	size_t n = chance(MAX);

	for (size_t i = 0; i < n; i++) {
		uint64_t to = at + 1 + chance(MB);

		timeline += chance(20) == 0;
		p[i] = piece(timeline, at, to);
		p[i].whole = chance(12) != 0;
		p[i].hidden = chance(20) == 0;
		at = chance(10) ? to : chance(2) ? to + chance(MB) : to - chance(to - p[i].from); /* a gap, an overlap */
	}
	wal_sort(p, n);
	return n;
}

/* All of it there is, from the beginning to the end that is said, and no byte more than that. */
static void law_of_chains(const struct wal_piece *p, size_t n, uint32_t timeline, uint64_t from)
{
	uint64_t at = from;
	struct wal_chain c;
	bool more = true;

	wal_chain(p, n, timeline, from, &c);
	while (more) {
		more = false;
		for (size_t i = 0; i < n; i++) {
			if (p[i].timeline == timeline && p[i].whole && !p[i].hidden && p[i].from <= at && p[i].to > at)
				at = p[i].to, more = true;
		}
	}
	assert_int_equal(c.to, at);
	assert_true(c.why != WAL_UNSET && (c.n == 0) == (c.to == from));
}

static void law_of_sparing(const struct wal_piece *p, size_t n, const struct wal_base *b, size_t n_b)
{
	size_t k = wal_spare(p, n, b, n_b);

	for (size_t i = 0; i < n_b; i++) {
		struct wal_chain all, left;

		assert_true(b[i].timeline || k == 0);
		wal_chain(p, n, b[i].timeline, b[i].position, &all);
		wal_chain(p + k, n - k, b[i].timeline, b[i].position, &left);
		assert_true(all.to == left.to && all.n == left.n);
	}
	assert_true(n_b || !k);
}

static void laws(void **state)
{
	struct wal_piece p[MAX];
	struct wal_base b[4];

	(void)state;
	srand(20261122);
	for (int run = 0; run < 4000; run++) {
		size_t n, n_b = chance(5);

		before();
		n = history(p);
		for (size_t i = 0; i < n_b; i++)
			b[i] = (struct wal_base){ .id = STR("b"), .timeline = (uint32_t)(chance(25) ? 1 + chance(3) : 0), .position = chance(30 * MB) };
		for (size_t i = 0; i < n_b; i++)
			law_of_chains(p, n, b[i].timeline, b[i].position);
		law_of_sparing(p, n, b, n_b);
	}
}

static void nothing_goes_without_a_reason(void **state)
{
	struct wal_base b[] = { { .timeline = 1, .position = 2 * MB }, { .timeline = 1, .position = 5 * MB }, { .timeline = 0 } };
	struct wal_piece p[3];

	(void)state;
	before();
	p[0] = piece(1, 0, MB), p[1] = piece(1, MB, 2 * MB), p[2] = piece(1, 2 * MB, 3 * MB);
	assert_int_equal(wal_spare(p, 3, b, 2), 2);
	assert_int_equal(wal_spare(p, 3, b, 3), 0);
	assert_int_equal(wal_spare(p, 3, NULL, 0), 0);
}

/* --- the end --- */

static void put_length(char *page, uint64_t at, uint32_t length)
{
	memcpy(page + at, &length, sizeof(length));
}

static void put_before(char *bytes, size_t at, uint64_t before)
{
	memcpy(bytes + at + 8, &before, sizeof(before));
}

static void recovery_that_stops_short_is_seen(void **state)
{
	static char bytes[3 * 8192];
	struct wal_tail t = { .bytes = bytes, .from = 16 * MB, .to = 16 * MB + sizeof(bytes), .segment = 16 * MB };

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	assert_false(wal_tail_goes_on(&t, 16 * MB + 100)); /* zeros to the end */
	bytes[sizeof(bytes) - 1] = 1;
	assert_true(wal_tail_goes_on(&t, 16 * MB + 104));
	put_length(bytes, 104, 8192);
	assert_true(wal_tail_goes_on(&t, 16 * MB + 104)); /* a whole record that was not replayed */
	put_length(bytes, 104, 3 * 8192);
	assert_true(wal_tail_goes_on(&t, 16 * MB + 104)); /* none is before it: that is no record, it is other WAL */
	put_before(bytes, 104, 16 * MB + 104);
	assert_true(wal_tail_goes_on(&t, 16 * MB + 104)); /* itself is none */
	put_before(bytes, 104, 16 * MB + 40);
	assert_false(wal_tail_goes_on(&t, 16 * MB + 104)); /* cut by the end */
	put_length(bytes, 104, (1u << 30) + 1);
	assert_true(wal_tail_goes_on(&t, 16 * MB + 104)); /* longer than any */
	put_length(bytes, 104, 23);
	assert_true(wal_tail_goes_on(&t, 16 * MB + 104));
	put_length(bytes, 104, 3 * 8192 - 104 - 24 - 24);
	assert_true(wal_tail_goes_on(&t, 16 * MB + 104)); /* to the last byte, two page heads in it */
	put_length(bytes, 104, 3 * 8192 - 104 - 24 - 23);
	assert_false(wal_tail_goes_on(&t, 16 * MB + 104));
	put_length(bytes, 8192 + 24, 100); /* at a page's beginning: behind its head */
	assert_true(wal_tail_goes_on(&t, 16 * MB + 8192));
	assert_false(wal_tail_goes_on(&t, t.to));
	assert_true(wal_tail_goes_on(&t, 15 * MB)); /* so far back that nobody knows */
}

static void a_history_says_where_its_timeline_begins(void **state)
{
	uint64_t at = 7;

	(void)state;
	assert_true(wal_switch(STR("1\t0/3000148\tno recovery target specified\n\n# x\n2\t1/A0\tbefore 2026\n"), &at) && at == 0x1000000A0);
	assert_false(wal_switch(STR("# nothing\n\n"), &at) || wal_switch(STR(""), &at) || wal_switch(STR("1\tx\ty\n"), &at));
	assert_false(wal_switch(STR("1 0/3000148\n"), &at) || at != 0x1000000A0);
}

static void slots_have_names_that_servers_take(void **state)
{
	char name[WAL_SLOT_MAX + 1];

	(void)state;
	wal_slot_name(STR("Shop.db-2"), name);
	assert_string_equal(name, "pawl_shop_db_2");
	assert_true(wal_slot_good(str_from(name)));
	assert_false(wal_slot_good(STR("Shop")) || wal_slot_good(STR("")) || wal_slot_good(STR("a b")));
}

/* Whatever a server sends, cut anywhere: its WAL begins behind the 25th byte, and nothing shorter is a message. */
static void messages_of_the_stream(void **state)
{
	const char wal[] = "w\0\0\0\1\0\0\0\2SSSSSSSSCCCCCCCCbytes", alive[] = "kSSSSSSSSCCCCCCCC\1";

	(void)state;
	for (size_t n = 0; n < sizeof(wal); n++) {
		struct physical_message m = physical_message(wal, n);

		assert_int_equal(m.says, n < 25 ? PHYSICAL_OTHER : PHYSICAL_WAL);
		assert_int_equal(m.bytes.len, n < 25 ? 0 : n - 25);
		assert_true(n < 25 || (m.at == UINT64_C(0x100000002) && m.bytes.ptr == wal + 25));
	}
	for (size_t n = 0; n < sizeof(alive); n++)
		assert_int_equal(physical_message(alive, n).says, n < 18 ? PHYSICAL_OTHER : PHYSICAL_ASKS);
	assert_int_equal(physical_message("kSSSSSSSSCCCCCCCC", 18).says, PHYSICAL_OTHER);
	assert_int_equal(physical_message("xSSSSSSSSCCCCCCCCSSSSSSSSCCCCCCCC", 33).says, PHYSICAL_OTHER);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(messages_of_the_stream),
	cmocka_unit_test(an_id_is_read_as_written),
	cmocka_unit_test(a_piece_says_what_it_is),
	cmocka_unit_test(a_base_says_where_it_ends),
	cmocka_unit_test(a_chain_ends_at_a_gap),
	cmocka_unit_test(a_window_begins_with_the_oldest_that_reaches_the_end),
	cmocka_unit_test(laws),
	cmocka_unit_test(nothing_goes_without_a_reason),
	cmocka_unit_test(recovery_that_stops_short_is_seen),
	cmocka_unit_test(a_history_says_where_its_timeline_begins),
	cmocka_unit_test(slots_have_names_that_servers_take),
};

UNIT_MAIN(tests)
