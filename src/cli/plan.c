/* pawl plan: the verdict on a Terraform or OpenTofu plan, and the card. */
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/plan_weigh.h"

extern char **environ;

int cmd_plan(struct cli *c)
{
	struct plan_weigh_opts opts = {
		.live = cli_flag(c, "live") ? PLAN_LIVE_YES : cli_flag(c, "offline") ? PLAN_LIVE_NO : PLAN_LIVE_AUTO,
		.no_hold = cli_flag(c, "no-hold"),
		.fresh = cli_flag(c, "fresh"),
		.compare = cli_value(c, "compare"),
	};
	const char *folder = cli_value(c, "folder"), *shown = cli_value(c, "shown");
	struct places places;
	auto_plan_weighed w = { 0 };
	struct err err = { 0 };
	char here[PLACES_MAX];
	int status;

	if (c->n_args != 1)
		return cli_usage(c, "give one plan: a saved plan file, or plan JSON (- for standard input)");
	if (cli_flag(c, "live") && cli_flag(c, "offline"))
		return cli_usage(c, "--live and --offline contradict each other");
	if (!realpath(folder ? folder : ".", here)) {
		err_sys(&err, "%s", folder ? folder : ".");
		return cli_fail(c, &err);
	}
	if (!places_find(here, &places, &err) ||
	    !plan_weigh(&(struct plan_ask){ .path = c->args[0], .folder = here, .env = environ, .shown = shown }, &opts, &places, &w, &err))
		return cli_fail(c, &err);
	status = plan_weighed_show(c, &w, cli_flag(c, "full"));
	if (w.hold[0] && !c->json && !(w.plan.saved && w.plan.origin.seq))
		fputs("pawl: an approval alone does not make this one applicable: `pawl apply` takes saved plans of its own making; "
		      "plan with\n  pawl terraform plan -out=FILE\n", stderr);
	return status;
}
