/* stall.h -- what never answers again is given up: a connection whose other end is silent for good, a program that waits for it.
 * Room: recovery. One thread of its own between begin and end. A source tells of every chunk and answer that it is alive; when it
 * was silent for longer than it may be, or the run is ended by a signal (ending.h), connections that are watched are shut down and programs
 * ended, so that whoever waits gets an error.
 */
#ifndef PAWL_RECOVERY_STALL_H
#define PAWL_RECOVERY_STALL_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define STALL_BACKUP_S 900 /* no table is read for so long without a byte; a lock is waited for less long */
#define STALL_DRILL_S 7200 /* one index may take its time */
#define STALL_BRING_S 21600 /* after a loss nothing is given up that may yet be at work */

struct stall;

/* ${seconds}: how long it may be silent. */
bool stall_begin(unsigned seconds, struct stall **ret, struct err *err) PAWL_MUST_USE;
/* One connection and one program at a time; -1: none. A program is not watched any more before it is waited for. ${s} may be NULL. */
void stall_watch_fd(struct stall *s, int fd);
void stall_watch_pid(struct stall *s, pid_t pid);
void stall_moved(struct stall *s);
/* Between true and false it is we who do not listen: whom we wait for (a vault) has limits of its own, and silence counts a third. */
void stall_hold(struct stall *s, bool hold);
/* What is asked next reads ${bytes} before it says a word: it may be silent longer by what that takes a slow disk. That it moved takes
 * nothing of it back; watching, or another stall_reads(), does. */
void stall_reads(struct stall *s, uint64_t bytes);
int64_t stall_slow(uint64_t bytes); /* seconds of that */
/* By when all of it has to be done, however lively it is: seconds of stall_clock(); 0: whenever. */
void stall_until(struct stall *s, int64_t until_s);
int64_t stall_clock(void); /* of nobody's to set */
/* What undoes is not ended by a signal. */
void stall_undoes(struct stall *s);
/* Was it given up? For being silent, or (late) for its time being up, or for a signal. */
bool stall_over(struct stall *s);
bool stall_late(struct stall *s);
/* Why, as the end of a sentence about ${who}: "it was ended by SIGINT", "WHO said nothing for too long". */
void stall_why(struct stall *s, const char *who, struct err *err);
void stall_end(struct stall *s);

#endif
