/* outfile.h -- a new file that has its name once it is whole; until then it is NAME.unfinished. What is there is never written over.
 * Room: recovery. I/O.
 */
#ifndef PAWL_RECOVERY_OUTFILE_H
#define PAWL_RECOVERY_OUTFILE_H

#include "base/err.h"

#define OUTFILE_PATH 4096

struct outfile {
	int fd; /* to write to; -1: none is begun */
	char name[OUTFILE_PATH], unfinished[OUTFILE_PATH + 16];
};

/* Refused at once where ${path} is there already, or cannot be made. */
bool outfile_begin(struct outfile *f, const char *path, struct err *err) PAWL_MUST_USE;
/* On disk, and named. When that fails nothing is left. */
bool outfile_end(struct outfile *f, struct err *err) PAWL_MUST_USE;
/* Removes what was begun and not ended. */
void outfile_stop(struct outfile *f);

#endif
