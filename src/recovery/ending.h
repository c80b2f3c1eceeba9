/* ending.h -- whoever ends a run by a signal wants it ended, and cleared away: what is not whole is undone first.
 * Room: recovery. One process, one state; any thread may ask.
 */
#ifndef PAWL_RECOVERY_ENDING_H
#define PAWL_RECOVERY_ENDING_H

#include "base/err.h"

/* From here on SIGINT, SIGTERM and SIGHUP, where they are not ignored, end nothing by themselves: a second SIGINT does. */
void ending_heed(void);
/* Whoever waits for us holds the other end of the pipe ${fd}; gone, it is as if he had hung up. -1: nobody waits any more. */
void ending_asker(int fd);
/* The signal that came; 0: none. */
int ending_signal(void);
/* Was it ended? Then false with ${err}. */
bool ending_none(struct err *err) PAWL_MUST_USE;
/* When all is cleared away: ends this process by the signal that came; comes back when none did, and heeds none any more. */
void ending_pass(void);

#endif
