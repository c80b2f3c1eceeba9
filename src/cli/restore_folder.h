/* restore_folder.h -- pawl restore --to: a physical backup and its WAL into a data folder, to a moment.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_RESTORE_FOLDER_H
#define PAWL_CLI_RESTORE_FOLDER_H

#include "cli/bring_open.h"

int restore_folder(struct cli *c, struct bring_open *o);

#endif
