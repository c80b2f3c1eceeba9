/* restore_mysql.h -- pawl restore of a target of MariaDB or MySQL. Room: cli, pawl-full. */
#ifndef PAWL_CLI_RESTORE_MYSQL_H
#define PAWL_CLI_RESTORE_MYSQL_H

#include "cli/bring_open.h"

/* Into a new database beside the live one, with a diff of counts; its exit status. */
int restore_mysql(struct cli *c, struct bring_open *o);

#endif
