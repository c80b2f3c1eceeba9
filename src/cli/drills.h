/* drills.h -- a drill, told on the command line: `pawl drill` and `pawl backup --drill`.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_DRILLS_H
#define PAWL_CLI_DRILLS_H

#include "cli/backup_run.h"

/* Exit status of drills: EXIT_ALLOW verified, EXIT_HOLD failed, EXIT_ERROR could not verify. Told at once on standard output, by way of
 * ${text}; with --json put into ${o}, an open array of the caller's. */
int drills_one(struct cli *c, struct backups *b, const struct config_target *t, struct str id, struct json_out *o, struct buf *text);
/* Failed before could not verify before verified. */
int drills_worse(int a, int b);

#endif
