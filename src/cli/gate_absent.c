/* pawl gate postgres, in a build without the gate's server. */
#include "cli/commands.h"

int cmd_gate_postgres(struct cli *c)
{
	struct err err;

	err_set(&err, ERR_TOOL, "this build has no PostgreSQL gate");
	return cli_fail(c, &err);
}
