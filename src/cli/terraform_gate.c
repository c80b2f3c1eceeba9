#include "cli/terraform_gate.h"

#include <stdio.h>

#include "gate/terraform/tool.h"

static int refused(unsigned tool, const struct terraform_argv *a)
{
	fprintf(stderr, "pawl: refused: %s %.*s\n  why    %.*s\n  safer  %.*s\n  Do not try another way round; this is recorded.\n",
		tool_name(tool), STR_ARG(a->command), STR_ARG(a->why), STR_ARG(a->safer));
	return EXIT_ERROR;
}

int terraform_gate(struct cli *c, unsigned tool, const struct terraform_argv *a)
{
	(void)c;
	return refused(tool, a);
}
