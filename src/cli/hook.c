/* pawl hook HOST: the host's question on standard input, its answer in its own words. */
#include <unistd.h>

#include "cli/commands.h"
#include "cli/hook_judge.h"
#include "gate/hook/guard.h"

/* Hosts start hooks in the folder of the session: where they do not name it, that is it. */
static void complete_call(void *ctx, struct hook_call *call, struct arena *arena)
{
	char here[4096];

	(void)ctx;
	if (!call->cwd.len && getcwd(here, sizeof(here)) && here[0] == '/')
		call->cwd = arena_str(arena, str_from(here));
}

int cmd_hook(struct cli *c)
{
	struct guard g = { .judge = { .judge = hook_judge }, .complete = complete_call };

	if (c->n_args == 1)
		g.host = hook_host_from(str_from(c->args[0]));
	/* Exit status 2 with words on standard error is a refusal for most hosts. */
	if (g.host == HOOK_HOST_NONE)
		return cli_usage(c, "hook: name one host: %s", hook_host_names());
	return guard_run(&g);
}
