/* pawl cleanup: what an interrupted or duplicate apply left, told apart; a plan that deletes the proven duplicates and nothing else. */
#include "cli/cleanup_gather.h"
#include "cli/cleanup_plan.h"
#include "cli/cleanup_words.h"
#include "cli/commands.h"

static int fail(struct cli *c, const struct err *err)
{
	return cli_fail(c, err);
}

/* The list is printed before the plan is made: it stands, whatever becomes of the plan. */
static int with_plan(struct cli *c, struct cleanup_case *x, struct buf *out)
{
	struct err err = { .code = ERR_NONE };
	auto_cleanup_plan plan = { .made = false };

	if (!c->json) {
		if (!cli_print(out))
			return EXIT_ERROR;
		buf_clear(out);
	}
	if (!cleanup_plan_make(x, &plan, &err) || !cleanup_plan_record(x, &plan, &err))
		return fail(c, &err);
	if (!c->json) {
		cleanup_words_plan(&plan, out);
		if (!cli_print(out))
			return EXIT_ERROR;
		return cleanup_plan_weigh(&plan, NULL, &err) ? plan.status : fail(c, &err);
	}
	if (!cleanup_plan_weigh(&plan, &plan.weighed, &err))
		return fail(c, &err);
	cleanup_words_json(x, &plan, out);
	return cli_print(out) ? plan.status : EXIT_ERROR;
}

int cmd_cleanup(struct cli *c)
{
	struct err err = { .code = ERR_NONE };
	auto_cleanup_case x = { .asked = false };
	auto_buf out = BUF_MAX((size_t)64 << 20);
	size_t proven;

	if (c->n_args != 0)
		return cli_usage(c, "cleanup takes no words, only options");
	if (!cleanup_gather(c, &x, &err))
		return fail(c, &err);
	if (!c->json)
		cleanup_words_text(&x, &out);
	proven = cleanup_count(&x.mine.objects, CLEANUP_DUPLICATE);
	if (proven && !cli_flag(c, "list"))
		return with_plan(c, &x, &out);
	if (c->json)
		cleanup_words_json(&x, NULL, &out);
	else if (!proven)
		buf_adds(&out,
			 "Nothing is proven to be a duplicate, so there is nothing to delete.\n");
	return cli_print(&out) ? EXIT_ALLOW : EXIT_ERROR;
}
