#include <stdio.h>

#include "cli/commands.h"

int cmd_version(struct cli *c)
{
	puts(c->json ? "{\"version\":\"" PAWL_VERSION "\"}" : "pawl " PAWL_VERSION);
	return EXIT_ALLOW;
}
