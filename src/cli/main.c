#include <string.h>

#include "cli/command.h"
#include "cli/notify.h"

int main(int argc, char **argv)
{
#ifndef PAWL_SMALL
	/* What could not be told earlier is tried again along with any later command, in the background. */
	if (argc > 1 && strcmp(argv[1], "notify") != 0)
		notify_kick_due();
#endif
	return cli_main(argc, argv);
}
