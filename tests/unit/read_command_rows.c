/* Every row of facts/commands by its own examples: `yes` is decided by that row, `no` does nothing. */
#include "unit.h"

#include "facts/commands.h"
#include "read/command.h"

static struct arena arena;

static void read_text(struct str text, struct command_answer *ret)
{
	struct world w = { .cwd = STR("/w/shop"), .workspace = STR("/w/shop"), .home = STR("/h"), .user = STR("dev"), .arena = &arena };

	command_read(text, &w, &arena, ret);
}

static bool decided(const struct command_answer *a, const struct command_fact *f)
{
	CHANGE_EACH(c, &a->changes) {
		if (c->kind == f->effect->kind && str_eq(c->finding, f->effect->finding) && str_find(c->reason, f->what) != SIZE_MAX)
			return true;
	}
	return false;
}

static void examples(void **state)
{
	struct command_fact f;
	unsigned wrong = 0, rows = 0;

	(void)state;
	for (size_t i = 0; command_fact_nth(i, &f); i++) {
		struct command_answer a;

		if (f.effect->kind == CHANGE_READ)
			continue;
		arena_reset(&arena);
		rows++;
		read_text(f.yes, &a);
		if (!decided(&a, &f)) {
			struct change *c = change_nth(&a.changes, 0);

			print_message("# row %zu does not decide its own example: %.*s (%.*s)\n", i, STR_ARG(f.yes),
				      STR_ARG(c ? c->reason : STR("nothing")));
			wrong++;
		}
		arena_reset(&arena);
		if (!f.no.len)
			continue;
		read_text(f.no, &a);
		if (a.changes.n) {
			print_message("# not nothing: %.*s (%.*s)\n", STR_ARG(f.no), STR_ARG(change_nth(&a.changes, 0)->reason));
			wrong++;
		}
	}
	assert_true(rows > 700);
	assert_int_equal(wrong, 0);
}

/* A flag with a value of its own, wherever it stands, hides no subcommand. */
static void flags_hide_nothing(void **state)
{
	static const char *const texts[] = {
		"kubectl -n shop --context prod delete ns shop", "docker --host tcp://h:2375 volume rm data",
		"aws --profile p rds delete-db-instance --db-instance-identifier x",
		"kubectl --unknown-flag value delete ns shop",
		"helm --kube-context prod uninstall shop",
		"gcloud --project p sql instances delete shop",
		"fly -a shop apps destroy shop",		 "docker -D volume rm data",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct command_answer a;

		arena_reset(&arena);
		read_text(str_from(texts[i]), &a);
		if (!a.changes.n)
			fail_msg("%s", texts[i]);
	}
}

static void sorted_and_found(void **state)
{
	struct command_program p, q;
	struct str before = STR_NONE, name;
	size_t n = 0;

	(void)state;
	for (; (name = command_program_name(n, &p)).len; n++) {
		assert_true(!before.len || str_cmp(before, name) < 0);
		assert_true(command_program_find(name, &q));
		assert_int_equal(p.index, q.index);
		before = name;
	}
	assert_true(n > 400);
	assert_false(command_program_find(STR("ls"), &p));
	assert_false(command_program_find(STR(""), &p));
}

static int setup(void **state)
{
	(void)state;
	return arena_map(&arena, 64 << 20) ? 0 : -1;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(examples, setup),
	cmocka_unit_test_setup(flags_hide_nothing, setup),
	cmocka_unit_test_setup(sorted_and_found, setup),
};

UNIT_MAIN(tests)
