/* schedule.h -- the timers: what runs `pawl schedule run` and `pawl schedule check` again and again.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_SCHEDULE_H
#define PAWL_CLI_SCHEDULE_H

#include "base/buf.h"
#include "base/err.h"

/* What the timers run, and as whom. */
struct schedule_what {
	const char *program; /* absolute */
	const char *user;    /* NULL: this one */
	bool machine;	     /* of the machine, not of a user */
	struct buf environment; /* NAME=value, one a line: what says where things lie */
};

/* One of both: the file `name` of a systemd unit; the lines of a crontab. False when a path has characters that these files cannot hold. */
bool schedule_unit(const struct schedule_what *w, const char *name, struct buf *ret, struct err *err) PAWL_MUST_USE;
bool schedule_crontab(const struct schedule_what *w, struct buf *ret, struct err *err) PAWL_MUST_USE;
extern const char *const schedule_units[]; /* ends with NULL */

#define SCHEDULE_MARK "# pawl schedule"

#endif
