#include "unit.h"

#include "core/card.h"
#include "core/permit.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	return arena_map(&arena, 16 << 20) ? 0 : -1;
}

static void hidden_characters_show(void **state)
{
	auto_buf b = BUF_MAX(1000);

	(void)state;
	card_escape(STR("a\033[31m\xe2\x80\xae" "b\xff\xe2\x80\x8b\xc3\xa9"), &b);
	assert_str(buf_str(&b), "a\\u{1b}[31m\\u{202e}b\\xff\\u{200b}\xc3\xa9");
}

static void card_says_what_dies(void **state)
{
	auto_buf b = BUF_MAX(1 << 16);
	struct request r = { .gate = GATE_TERRAFORM, .tool = STR("terraform 1.11.4"), .summary = STR("destroy") };
	struct evidence e = { .level = ENFORCEMENT_SAME_UID };
	struct card_style style = { 0 };
	struct judgement j = { .verdict = VERDICT_HOLD, .reason = STR("Destroys a database."), .n_destructive = 1,
			       .typed_name = STR("courses-prod-db"), .environment = { .name = STR("production") } };
	struct change *c = change_add(&r.changes, &arena);
	struct judged_change jc = { .change = c, .verdict = VERDICT_HOLD, .environment = j.environment };

	(void)state;
	c->kind = CHANGE_DELETE;
	c->reversible = REVERSIBLE_NO;
	c->holds_data = HOLDS_DATA_YES;
	c->name = STR("aws_db_instance.db");
	c->title = STR("courses-prod-db");
	change_dies_with(c, &arena, STR("7 days of automated backups"));
	j.changes = &jc;
	j.demands.confirm = CONFIRM_TYPED;
	card_text(&r, &j, &e, STR("H-7"), &style, &b);
	assert_non_null(strstr(b.ptr, "HELD  H-7  production"));
	assert_non_null(strstr(b.ptr, "aws_db_instance.db  courses-prod-db"));
	assert_non_null(strstr(b.ptr, "goes too: 7 days of automated backups"));
	assert_non_null(strstr(b.ptr, "No proof of one."));
	assert_non_null(strstr(b.ptr, "pawl approve H-7"));
	assert_non_null(strstr(b.ptr, "typed: courses-prod-db"));
	assert_null(strchr(b.ptr, '\033'));
	assert_null(strstr(b.ptr, "BEFORE YOU SAY YES"));
	assert_non_null(strstr(b.ptr, "  production  (nobody named it"));
	c->environment = STR("production"); /* the gate's own configuration did */
	buf_clear(&b);
	card_text(&r, &j, &e, STR("H-7"), &style, &b);
	assert_null(strstr(b.ptr, "nobody named it"));
	style.answered = STR("Used at noon.");
	style.before = &(struct evidence_note){ .text = STR("H-3 was denied"), .bad = true };
	buf_clear(&b);
	card_text(&r, &j, &e, STR("H-7"), &style, &b);
	assert_non_null(strstr(b.ptr, "Used at noon."));
	assert_null(strstr(b.ptr, "pawl approve"));
	assert_null(strstr(b.ptr, "pawl deny"));
	assert_true(strstr(strstr(b.ptr, "BEFORE YOU SAY YES"), "H-3 was denied") != NULL);
	style.answered = STR_NONE;
	style.colour = true;
	buf_clear(&b);
	card_text(&r, &j, &e, STR("H-7"), &style, &b);
	assert_non_null(strstr(b.ptr, "\033[1;31m"));
}

/* What dies with a resource is said once: where a row of its own follows, that row says it. */
static void card_says_nothing_twice(void **state)
{
	auto_buf b = BUF_MAX(1 << 16);
	struct request r = { .gate = GATE_TERRAFORM, .tool = STR("terraform "), .summary = STR("terraform plan: 1 to delete") };
	struct evidence e = { .level = ENFORCEMENT_SAME_UID };
	struct card_style style = { 0 };
	struct judgement j = { .verdict = VERDICT_HOLD, .n_destructive = 2, .environment = { .name = STR("production") } };
	struct change *db = change_add(&r.changes, &arena), *backup = change_add(&r.changes, &arena);
	struct judged_change second = { .change = backup, .environment = j.environment };
	struct judged_change first = { .change = db, .environment = j.environment, .next = &second };
	const char *at;

	(void)state;
	db->kind = CHANGE_DELETE;
	backup->kind = CHANGE_DESTROY_BACKUP;
	db->name = backup->name = STR("aws_db_instance.db");
	backup->reason = STR("automated backups (7 days) go with what they are backups of");
	change_dies_with(db, &arena, STR("automated backups (7 days)"));
	change_dies_with(db, &arena, STR("aws_db_proxy.p stands in it"));
	j.changes = &first;
	card_text(&r, &j, &e, STR_NONE, &style, &b);
	at = strstr(b.ptr, "automated backups (7 days)");
	assert_non_null(at);
	assert_null(strstr(at + 1, "automated backups (7 days)"));
	assert_non_null(strstr(b.ptr, "goes too: aws_db_proxy.p"));
	assert_non_null(strstr(b.ptr, "production  terraform\n")); /* no version known: no blank at the end */
	assert_null(strstr(b.ptr, "pawl approve"));		   /* no hold: nothing to approve */
	assert_null(strstr(b.ptr, "number of this hold"));
}

/* The two ways on are commands to copy: neither is broken over two lines. */
static void card_keeps_commands_whole(void **state)
{
	auto_buf b = BUF_MAX(1 << 16);
	struct request r = { .gate = GATE_TERRAFORM, .tool = STR("terraform 1.11.4"), .summary = STR("x") };
	struct evidence e = { .level = ENFORCEMENT_SAME_UID };
	struct card_style style = { .width = 60 };
	struct judgement j = { .verdict = VERDICT_HOLD, .typed_name = STR("courses-prod-db"),
			       .environment = { .name = STR("production") } };

	(void)state;
	j.demands.confirm = CONFIRM_TYPED;
	card_text(&r, &j, &e, STR("H-1234"), &style, &b);
	assert_non_null(strstr(b.ptr, "pawl approve H-1234 "));
	assert_non_null(strstr(b.ptr, " pawl deny H-1234\n"));
}

static void permits_need_their_entry(void **state)
{
	struct request r = { .gate = GATE_TERRAFORM, .tool = STR("terraform") }, other = { .gate = GATE_TERRAFORM };
	struct judgement j = { .verdict = VERDICT_ALLOW, .reason = STR("") };
	struct grant_use use = { .hold = STR("H-1"), .ledger_seq = 9, .expires_us = 100 };
	struct err err = { 0 };
	const struct permit *p;
	struct digest no = digest_of("y", 1);

	(void)state;
	r.bytes = digest_of("x", 1);
	assert_null(permit_mint(&r, &j, 0, NULL, 50, &arena, &err));
	p = permit_mint(&r, &j, 3, NULL, 50, &arena, &err);
	assert_non_null(p);
	assert_true(permit_covers(p, &r.bytes));
	assert_false(permit_covers(p, &no));
	j.verdict = VERDICT_HOLD;
	assert_null(permit_mint(&r, &j, 3, NULL, 50, &arena, &err));
	use.request = request_digest(&other);
	assert_null(permit_mint(&r, &j, 0, &use, 50, &arena, &err));
	use.request = request_digest(&r);
	assert_non_null(permit_mint(&r, &j, 0, &use, 50, &arena, &err));
	assert_null(permit_mint(&r, &j, 0, &use, 100, &arena, &err));
	use.ledger_seq = 0;
	assert_null(permit_mint(&r, &j, 0, &use, 50, &arena, &err));
	use.ledger_seq = 9;
	j.verdict = VERDICT_DENY;
	assert_null(permit_mint(&r, &j, 3, &use, 50, &arena, &err));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(hidden_characters_show, setup),
	cmocka_unit_test_setup(card_says_what_dies, setup),
	cmocka_unit_test_setup(card_says_nothing_twice, setup),
	cmocka_unit_test_setup(card_keeps_commands_whole, setup),
	cmocka_unit_test_setup(permits_need_their_entry, setup),
};

UNIT_MAIN(tests)
