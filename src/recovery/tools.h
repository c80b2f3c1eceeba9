/* tools.h -- where the programs are that backups and drills run.
 * Room: recovery, inner. I/O.
 */
#ifndef PAWL_RECOVERY_TOOLS_H
#define PAWL_RECOVERY_TOOLS_H

#include "base/err.h"
#include "base/str.h"

#define TOOLS_PATH 512

/* The folder of the newest PostgreSQL that has ${program} ("initdb", "pg_dump"), and its major version; 0: none. Debian keeps them beside
 * each other under /usr/lib/postgresql; what stands on PATH there is a wrapper that costs more than a small dump. */
unsigned tools_postgres(const char *program, char ret[TOOLS_PATH]);
/* The major version in what a server says of itself ("15.4 (Debian …)"); 0: none. */
unsigned tools_major(struct str version);
/* On PATH, or in the places of Debian's own PATH. */
bool tools_find(const char *program, char ret[TOOLS_PATH], struct err *err) PAWL_MUST_USE;

#endif
