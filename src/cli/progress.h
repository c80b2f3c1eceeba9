/* progress.h -- a line on the terminal that is written over: how much, how fast, how long yet.
 * Room: cli. To standard error, and only where that is a terminal.
 */
#ifndef PAWL_CLI_PROGRESS_H
#define PAWL_CLI_PROGRESS_H

#include "base/str.h"

struct progress {
	struct str what;
	int64_t began_us, told_us;
	bool shown, on;
	unsigned width;
};

/* ${width}: of the terminal. */
void progress_begin(struct progress *p, struct str what, unsigned width);
/* As struct backup_progress has it; ${about} 0: not known. */
void progress_tell(void *progress, uint64_t bytes, uint64_t about);
/* Takes the line away. */
void progress_end(struct progress *p);

/* "1.4 GB" */
#define PROGRESS_SIZE 32
void progress_size(uint64_t bytes, char ret[PROGRESS_SIZE]);

#endif
