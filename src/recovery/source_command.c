/* What a command prints: kept whole, and handed to the owner's own check when it is drilled. */
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "recovery/filter.h"
#include "recovery/source.h"

static bool take_command(struct backup_run *r, struct err *err)
{
	if (!r->ask->command || !r->ask->command[0])
		return err_set(err, ERR_INPUT, "no command that prints the backup");
	r->m->taken_us = clock_now_us();
	r->m->tool = arena_str(r->arena, str_from(r->ask->command[0]));
	return backup_stream(r, r->ask->command, NULL, err);
}

struct checking {
	struct drill_run *r;
	struct filter filter;
	bool begun;
};

/* It says no by a status of its own. A shell's words of what it was to run are no word of the backup: that it was killed (137), that it is
 * not there (127), that it cannot be run (126). */
static bool refused(struct checking *c, const struct err *err)
{
	int status = c->filter.status, said = WIFEXITED(status) ? WEXITSTATUS(status) : 0;

	if (said == 127 || said == 126)
		return drill_because(c->r, DRILL_BROKE_OFF, "the check could not be run: %s (to a shell: the program is %s)", err->msg,
				     said == 127 ? "not there" : "none that can be run");
	if (said != 0 && said != 128 + SIGKILL)
		return drill_because(c->r, DRILL_CHECK, "the check did not accept it: %s", err->msg);
	return drill_because(c->r, DRILL_BROKE_OFF, "the check did not end by itself: %s", err->msg);
}

static bool begin(struct checking *c)
{
	struct err err = { 0 };

	c->filter.stall = c->r->stall;
	c->filter.take = NULL; /* what it prints is nobody's */
	c->begun = filter_begin(&c->filter, c->r->ask->check, &err);
	return c->begun || drill_because(c->r, DRILL_BROKE_OFF, "the check: %s", err.msg);
}

static bool check_takes(void *ctx, const void *p, size_t n, struct err *err)
{
	struct checking *c = ctx;

	if (!c->r->ask->check)
		return true;
	if (c->filter.early) /* it has seen enough, and agrees */
		return true;
	return (c->begun || begin(c)) &&
	       (filter_add(&c->filter, p, n, err) || c->filter.early || refused(c, err));
}

static bool check_ends(struct checking *c)
{
	struct err err = { 0 };

	return !c->r->ask->check || c->filter.early ||
	       ((c->begun || begin(c)) && (filter_end(&c->filter, &err) || refused(c, &err)));
}

static bool drill_command(struct drill_run *r)
{
	struct checking c = { .r = r };
	bool good = drill_unpack(r, check_takes, &c) && check_ends(&c);

	if (c.begun)
		filter_stop(&c.filter);
	if (good) {
		r->done->tables = 1;
		r->done->rows = r->done->manifest.tables ? r->done->manifest.tables->rows : 0;
	}
	return good;
}

const struct source source_command = { BACKUP_COMMAND, DUMP_BYTES, false, take_command, drill_command,
						"every byte as it was taken" };
