/* schedule.h -- the timers: what runs `pawl schedule run` and `pawl schedule check` again and again.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_SCHEDULE_H
#define PAWL_CLI_SCHEDULE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/proc.h"
#include "cli/backups.h"
#include "facts/guard_files.h"

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

/* crontab, of ${user} ("": of this one). */
bool schedule_has_cron(void);
bool schedule_crontab_do(const char *user, const char *word, struct proc_opts *o, int *ret_status, struct err *err) PAWL_MUST_USE;
bool schedule_read_cron(const char *user, struct buf *ret, struct err *err) PAWL_MUST_USE;

/* What runs backups by itself: "systemd", "cron"; STR_NONE: nothing does. False with why: not all that was set is there and enabled. */
bool schedule_there(struct backups *b, struct str *ret, struct err *err) PAWL_MUST_USE;

#define SCHEDULE_TIMER "pawl-backup.timer" /* without it nothing runs */
#define SCHEDULE_MARK GUARD_CRON_MARK

#endif
