/* The table message × state, over a ledger in memory: what each entry does, and that nothing else does anything. */
#include "hold_fake.h"

#include "hold/book.h"

#define DEMANDS "\"demands\":{\"confirm\":\"plain\",\"approvals\":1,\"roles\":[],\"hours\":null}"
#define OPENED "{\"request_digest\":\"" HEX "\",\"changes\":\"" HEX "\",\"asker\":{\"kind\":\"agent\",\"name\":\"agent\",\"uid\":1000}," DEMANDS "}"
#define HEX "abababababababababababababababababababababababababababababababab"
#define STATEMENT                                                                                  \
	"pawl statement 1\\nkind: approval\\nhold: H-1\\nopened: 2025-11-21T09:15:00Z\\nasker: agent\\nbytes:\\nchanges:\\n" \
	"gate:\\ntool:\\ncwd:\\nbackend:\\nworkspace:\\naccount:\\nregion:\\nlineage:\\nserial:\\nstate:\\nconfig:\\n" \
	"environment:\\nevidence:\\nrequest: " HEX "\\ntyped: yes\\napprover: alice\\nkey: SHA256:x\\nhost: h\\nuid: 1\\n" \
	"signed: 2025-11-21T09:20:00Z\\nexpires: 2025-11-21T10:20:00Z\\n"
#define APPROVAL "{\"hold\":\"H-1\",\"statement\":\"" STATEMENT "\",\"signature\":\"s\"}"
#define NO "{\"hold\":\"H-1\",\"by\":\"bob\",\"reason\":\"no\"}"
#define USED "{\"hold\":\"H-1\",\"opened\":\"2025-11-21T09:15:00Z\",\"request_digest\":\"" HEX "\"}"
#define MINUTE (60 * CLOCK_SECOND)

static const struct {
	const char *kind, *body;
} message[] = { { "approval", APPROVAL }, { "denial", NO }, { "grant.used", USED }, { "grant.revoked", NO } };

static struct fake ledger;
static struct arena arena;

static struct book *fold(int64_t now_us)
{
	static struct book b;
	struct hold_host h = { .ctx = &ledger, .walk = fake_walk };
	struct err err = { 0 };

	if (!arena.mem)
		assert_true(arena_map(&arena, BOOK_ARENA));
	arena_reset(&arena);
	assert_true(book_read(&b, &h, now_us, &arena, &err));
	return &b;
}

static void put(const char *kind, const char *body)
{
	uint64_t seq;

	assert_true(fake_append(&ledger, str_from(kind), str_from(body), &seq, NULL));
}

static enum hold_state state_after(const char *const *kinds)
{
	struct book_hold *hold;

	fake_free(&ledger);
	put("hold.opened", OPENED);
	for (; *kinds; kinds++) {
		for (size_t i = 0; i < ARRAY_LEN(message); i++) {
			if (strcmp(message[i].kind, *kinds) == 0)
				put(message[i].kind, message[i].body);
		}
	}
	hold = book_find_id(fold(FAKE_START + 10 * MINUTE), STR("H-1"));
	assert_non_null(hold);
	return hold->state;
}

static void test_table(void **state)
{
	static const struct {
		const char *kinds[4];
		enum hold_state end;
	} rows[] = {
		{ { NULL }, HOLD_OPEN },
		{ { "approval", NULL }, HOLD_APPROVED },
		{ { "denial", NULL }, HOLD_DENIED },
		{ { "grant.revoked", NULL }, HOLD_REVOKED },
		{ { "approval", "grant.used", NULL }, HOLD_USED },
		{ { "approval", "denial", NULL }, HOLD_DENIED },
		{ { "approval", "grant.revoked", NULL }, HOLD_REVOKED },
		{ { "denial", "approval", NULL }, HOLD_DENIED },
		{ { "grant.revoked", "approval", NULL }, HOLD_REVOKED },
		{ { "grant.used", "approval", NULL }, HOLD_USED },
		{ { "grant.used", "denial", NULL }, HOLD_USED },
		{ { "grant.used", "grant.revoked", NULL }, HOLD_USED },
		{ { "grant.used", "grant.used", NULL }, HOLD_USED },
		{ { "approval", "approval", NULL }, HOLD_APPROVED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(state_after(rows[i].kinds), rows[i].end);
}

static void test_time(void **state)
{
	static const char *const approved[] = { "approval", NULL };

	(void)state;
	state_after(approved);
	assert_int_equal(book_find_id(fold(FAKE_START + 64 * MINUTE), STR("H-1"))->state, HOLD_APPROVED);
	assert_int_equal(book_find_id(fold(FAKE_START + 66 * MINUTE), STR("H-1"))->state, HOLD_EXPIRED);
	fake_free(&ledger);
	put("hold.opened", OPENED);
	assert_int_equal(book_find_id(fold(FAKE_START + (HOLD_OPEN_LIFE_S - 1) * CLOCK_SECOND), STR("H-1"))->state, HOLD_OPEN);
	assert_int_equal(book_find_id(fold(FAKE_START + HOLD_OPEN_LIFE_S * CLOCK_SECOND), STR("H-1"))->state, HOLD_EXPIRED);
	/* A clock put back brings nothing to life: a later entry is the floor. */
	state_after(approved);
	ledger.now_us = FAKE_START + 66 * MINUTE;
	put("request", "{}");
	assert_int_equal(book_find_id(fold(FAKE_START), STR("H-1"))->state, HOLD_EXPIRED);
}

/* Garbage, other kinds, holds that do not exist: nothing changes, and it is counted. */
static void test_odd(void **state)
{
	struct book *b;

	(void)state;
	fake_free(&ledger);
	put("approval", APPROVAL);
	put("hold.opened", OPENED);
	put("hold.opened", "{\"request_digest\":\"" HEX "\"}");
	put("approval", "{\"hold\":\"H-2\",\"statement\":\"x\",\"signature\":\"y\"}");
	put("denial", "[]");
	put("denial", "{");
	put("something.else", "{}");
	b = fold(FAKE_START + MINUTE);
	assert_int_equal(b->n_holds, 1);
	assert_int_equal(b->odd, 5);
	assert_int_equal(book_find(b, 2)->state, HOLD_OPEN);
	assert_null(book_find_id(b, STR("H-1")));
	assert_null(book_find_id(b, STR("G-2")));
}

/* A use by file of a hold that this ledger does not know is remembered; one of another's hold with our number is not ours. */
static void test_uses(void **state)
{
	struct digest d;
	struct book *b;

	(void)state;
	assert_true(digest_from_hex(STR(HEX), &d));
	fake_free(&ledger);
	put("hold.opened", OPENED);
	put("grant.used", "{\"hold\":\"H-9\",\"opened\":\"t\",\"file\":true,\"request_digest\":\"" HEX "\"}");
	b = fold(FAKE_START);
	assert_true(book_used(b, STR("H-9"), STR("t"), &d));
	assert_false(book_used(b, STR("H-8"), STR("t"), &d));
	assert_false(book_used(b, STR("H-9"), STR("u"), &d));
	assert_int_equal(book_find(b, 1)->state, HOLD_OPEN);
	put("grant.used", "{\"hold\":\"H-1\",\"opened\":\"t\",\"file\":true,\"request_digest\":\"" HEX "\"}");
	assert_int_equal(book_find(fold(FAKE_START), 1)->state, HOLD_USED);
}

#define ELEVATION                                                                                  \
	"{\"statement\":\"pawl statement 1\\nkind: elevation\\nnonce: 00\\nscope: a/b/c\\nreason:\\napprover: alice\\nkey: k\\n" \
	"host: h\\nuid: 1\\nsigned: 2025-11-21T09:20:00Z\\nexpires: 2025-11-21T10:20:00Z\\n\",\"signature\":\"s\"}"

/* Revoked once is revoked for every copy of the same signature, before and after. */
static void test_elevation_copies(void **state)
{
	struct book *b;

	(void)state;
	fake_free(&ledger);
	put("elevation", ELEVATION);
	put("elevation", ELEVATION);
	b = fold(FAKE_START);
	assert_false(book_find_grant(b, STR("G-1"))->over);
	assert_true(book_find_grant(b, STR("G-2"))->over);
	put("grant.revoked", "{\"hold\":\"G-1\"}");
	put("elevation", ELEVATION);
	b = fold(FAKE_START);
	for (struct book_elevation *g = b->elevations; g; g = g->next)
		assert_true(g->over);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_table), cmocka_unit_test(test_time), cmocka_unit_test(test_odd),
	cmocka_unit_test(test_uses),  cmocka_unit_test(test_elevation_copies),
};
UNIT_MAIN(tests)
