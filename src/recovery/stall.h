/* stall.h -- what never answers again is given up: a connection whose other end is silent for good, a program that waits for it.
 * Room: recovery. One thread of its own between begin and end. A source tells of every chunk and answer that it is alive; when it
 * was silent for longer than it may be, connections that are watched are shut down and programs ended, so that whoever waits gets an error.
 */
#ifndef PAWL_RECOVERY_STALL_H
#define PAWL_RECOVERY_STALL_H

#include <sys/types.h>

#include "base/err.h"

#define STALL_BACKUP_S 900 /* no table is read for so long without a byte; a lock is waited for less long */
#define STALL_DRILL_S 7200 /* one index may take its time */

struct stall;

/* ${seconds}: how long it may be silent. */
bool stall_begin(unsigned seconds, struct stall **ret, struct err *err) PAWL_MUST_USE;
/* One connection and one program at a time; -1: none. A program is not watched any more before it is waited for. ${s} may be NULL. */
void stall_watch_fd(struct stall *s, int fd);
void stall_watch_pid(struct stall *s, pid_t pid);
void stall_moved(struct stall *s);
/* By when all of it has to be done, however lively it is: seconds of stall_clock(); 0: whenever. */
void stall_until(struct stall *s, int64_t until_s);
int64_t stall_clock(void); /* of nobody's to set */
/* Was it given up? For being silent, or (late) for its time being up. */
bool stall_over(struct stall *s);
bool stall_late(struct stall *s);
void stall_end(struct stall *s);

#endif
