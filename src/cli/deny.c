/* pawl deny, pawl revoke: taking away needs no key. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/scars.h"

typedef bool (*saying)(const struct hold_host *h, const struct refusal *no, struct arena *arena, struct err *err);

static int say_no(struct cli *c, saying say, const char *word)
{
	const char *reason = cli_value(c, "reason");
	struct err err = { 0 };
	struct refusal no;
	struct desk d;
	int status = EXIT_ALLOW;

	if (c->n_args != 1)
		return cli_usage(c, "which one? `pawl holds` and `pawl grants` list them");
	no = (struct refusal){ .id = str_from(c->args[0]), .reason = str_from(reason) };
	if (!desk_open(&d, &err)) {
		status = cli_fail(c, &err);
	} else {
		no.by = desk_login(&d.arena);
		if (!say(&d.host, &no, &d.arena, &err) || (say == answer_deny && !scars_denied(&d, no.id, &err)))
			status = cli_fail(c, &err);
		else if (c->json)
			printf("{\"id\":\"%s\",\"state\":\"%s\"}\n", c->args[0], word);
		else
			printf("%s %s.\n", c->args[0], word);
	}
	desk_close(&d);
	return status;
}

int cmd_deny(struct cli *c)
{
	return say_no(c, answer_deny, "denied");
}

int cmd_revoke(struct cli *c)
{
	return say_no(c, answer_revoke, "revoked");
}
