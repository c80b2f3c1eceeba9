/* Every row of the table by its own example: what it says is run is among the acts. */
#include "unit.h"

#include "facts/wrappers.h"
#include "read/shell/run.h"

static char mem[4 << 20], world_mem[1 << 20];

static bool runs(const struct wrapper *w)
{
	struct world world = { .cwd = STR("/w"), .home = STR("/h"), .workspace = STR("/w") };
	struct arena a, needs;
	struct shell_answer ans;
	bool found = false;

	arena_init(&a, mem, sizeof(mem));
	arena_init(&needs, world_mem, sizeof(world_mem));
	world.arena = &needs;
	shell_run(w->example, &world, &a, &ans);
	for (const struct shell_act *act = ans.acts; act && !found; act = act->next) {
		char line[256];
		size_t n = 0;

		for (size_t i = 0; i < act->n_argv && n + act->argv[i].text.len + 2 < sizeof(line); i++) {
			if (i)
				line[n++] = ' ';
			memcpy(line + n, act->argv[i].text.ptr, act->argv[i].text.len);
			n += act->argv[i].text.len;
		}
		found = act->within && str_eq((struct str){ line, n }, w->runs);
		if (found && w->flags & WRAPPER_REMOTE)
			found = act->remote;
	}
	arena_reset(&a);
	arena_reset(&needs);
	return found;
}

static void test_examples(void **state)
{
	size_t n = 0, bad = 0;

	(void)state;
	for (; wrapper_nth(n); n++) {
		const struct wrapper *w = wrapper_nth(n);

		if (!runs(w)) {
			print_message("%.*s: does not run `%.*s'\n", STR_ARG(w->example), STR_ARG(w->runs));
			bad++;
		}
	}
	assert_int_equal(bad, 0);
	assert_true(n > 60);
}

static void test_lists(void **state)
{
	(void)state;
	assert_true(wrapper_lists(STR("-a --all|x"), STR("--all")));
	assert_true(wrapper_lists(STR("-a --all|x"), STR("x")));
	assert_false(wrapper_lists(STR("-a --all|x"), STR("--al")));
	assert_false(wrapper_lists(STR(""), STR("")));
	assert_non_null(wrapper_of(STR("sudo"), 0));
	assert_null(wrapper_of(STR("rm"), 0));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_examples),
	cmocka_unit_test(test_lists),
};

UNIT_MAIN(tests)
