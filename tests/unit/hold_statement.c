#include "unit.h"

#include "base/buf.h"
#include "hold/statement.h"

static char memory[1 << 19];

static struct arena *arena(void)
{
	static struct arena a;

	memset(memory, 0, sizeof(memory));
	arena_init(&a, memory, sizeof(memory));
	return &a;
}

static struct request plain(void)
{
	struct request r = { .gate = GATE_TERRAFORM, .tool = STR("terraform 1.11.4") };

	r.binding.cwd = STR("/srv/infra");
	r.binding.account = STR("111122223333");
	r.binding.serial = STR("17");
	r.bytes = digest_of("plan", 4);
	return r;
}

static struct statement signed_one(const struct request *r, struct arena *a)
{
	struct statement s = { .kind = STATEMENT_APPROVAL, .hold = STR("H-1"), .opened = STR("2026-11-21T09:15:00Z"),
			       .typed = STR("b\xc3\xbcro\n\\x"), .approver = STR("alice") };

	statement_bind(&s, r, a);
	return s;
}

static void test_round_trip(void **state)
{
	auto_buf text = BUF_MAX(STATEMENT_MAX * 2);
	struct arena *a = arena();
	struct request r = plain();
	struct statement s = signed_one(&r, a), back;
	struct err err = { 0 };

	(void)state;
	statement_render(&s, &text);
	assert_true(str_starts(buf_str(&text), STR("pawl statement 1\nkind: approval\nhold: H-1\n")));
	assert_true(str_find(buf_str(&text), STR("\ntyped: b\\xc3\\xbcro\\x0a\\x5cx\n")) != SIZE_MAX);
	assert_true(statement_parse(buf_str(&text), a, &back, &err));
	assert_true(str_eq(back.typed, s.typed));
	assert_true(statement_binds(&back, &r, a, &err));
}

/* Any one byte more, less or other: refused, or another statement; never the same meaning in two texts. */
static void test_canonical(void **state)
{
	auto_buf text = BUF_MAX(STATEMENT_MAX * 2), other = BUF_MAX(STATEMENT_MAX * 2);
	struct arena *a = arena();
	struct request r = plain();
	struct statement s = signed_one(&r, a), back;

	(void)state;
	statement_render(&s, &text);
	for (size_t i = 0; i < text.len; i++) {
		char was = text.ptr[i];

		text.ptr[i] = was == '\n' ? ' ' : '\n';
		assert_false(statement_parse(buf_str(&text), arena(), &back, NULL));
		text.ptr[i] = was;
	}
	buf_add(&other, buf_str(&text));
	buf_adds(&other, "\n");
	assert_false(statement_parse(buf_str(&other), arena(), &back, NULL));
	assert_false(statement_parse(str_sub(buf_str(&text), 0, text.len - 1), arena(), &back, NULL));
}

static void expect_change(const struct statement *s, const struct request *r, const char *word)
{
	struct err err = { 0 };

	assert_false(statement_binds(s, r, arena(), &err));
	if (!strstr(err.msg, word))
		fail_msg("'%s' does not say '%s'", err.msg, word);
}

static void test_binds(void **state)
{
	static char own[1 << 16];
	struct arena a;
	struct request r = plain(), other;
	struct statement s;
	struct change *c;

	(void)state;
	arena_init(&a, own, sizeof(own));
	s = signed_one(&r, &a);
	other = r;
	other.bytes = digest_of("plam", 4);
	expect_change(&s, &other, "the bytes themselves changed");
	other = r;
	other.binding.serial = STR("18");
	expect_change(&s, &other, "the state's serial changed: '17' was approved, this is '18'");
	other = r;
	other.binding.account = STR("444455556666");
	expect_change(&s, &other, "the account changed");
	other = r;
	other.tool = STR("tofu 1.8.0");
	expect_change(&s, &other, "the tool changed");
	other = r;
	c = change_add(&other.changes, &a);
	c->kind = CHANGE_DELETE;
	expect_change(&s, &other, "the changes shown on the card changed");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_round_trip),
	cmocka_unit_test(test_canonical),
	cmocka_unit_test(test_binds),
};
UNIT_MAIN(tests)
