#include "cli/schedule.h"

#include <string.h>

const char *const schedule_units[] = { "pawl-backup.service", "pawl-backup.timer", "pawl-backup-watch.service", "pawl-backup-watch.timer",
				       "pawl-backup-wal.service", "pawl-backup-wal.timer",
				       NULL };

/* Nothing that a unit, a crontab or a shell would read otherwise. */
static bool plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!s.ptr[i] || !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.,:=+@-", s.ptr[i]))
			return false;
	}
	return s.len > 0;
}

static bool good(const struct schedule_what *w, struct err *err)
{
	struct str rest = buf_str(&w->environment);

	if (!plain(str_from(w->program)) || (w->user && !plain(str_from(w->user))))
		return err_set(err, ERR_INPUT, "%s: a path with blanks or quotes in it stands in no timer", w->program);
	while (rest.len) {
		size_t end = str_find_char(rest, '\n');

		if (!plain(str_sub(rest, 0, end)))
			return err_set(err, ERR_INPUT, "%.*s: a path with blanks or quotes in it stands in no timer",
				       STR_ARG(str_sub(rest, 0, end)));
		rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + 1, rest.len);
	}
	return true;
}

/* Each line of the environment between ${before} and ${after}. */
static void environment(const struct schedule_what *w, const char *before, const char *after, struct buf *ret)
{
	for (struct str rest = buf_str(&w->environment); rest.len;) {
		size_t end = str_find_char(rest, '\n');

		buf_addf(ret, "%s%.*s%s", before, STR_ARG(str_sub(rest, 0, end)), after);
		rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + 1, rest.len);
	}
}

static const struct job {
	const char *stem, *what, *command, *calendar, *cron;
	bool tells; /* 3: something is late, and somebody was told */
} jobs[] = {
	{ "pawl-backup-watch", "pawl: were backups or drills missed?", "schedule check", "*:7/30", "7,37 * * * *", true },
	{ "pawl-backup-wal", "pawl: WAL between physical backups", "backup wal --once", "*:0/5", "*/5 * * * *", false },
	{ "pawl-backup", "pawl: backups and drills that are due", "schedule run", "*:0/15", "*/15 * * * *", false },
};

static void service(const struct schedule_what *w, const struct job *j, struct buf *ret)
{
	buf_adds(ret, SCHEDULE_MARK "\n[Unit]\n");
	buf_addf(ret, "Description=%s\n", j->what);
	buf_adds(ret, "\n[Service]\nType=oneshot\nNice=10\nIOSchedulingClass=idle\nNoNewPrivileges=yes\n");
	if (w->user)
		buf_addf(ret, "User=%s\n", w->user);
	environment(w, "Environment=", "\n", ret);
	buf_addf(ret, "ExecStart=%s %s\n", w->program, j->command);
	if (j->tells)
		buf_adds(ret, "SuccessExitStatus=3\n");
}

static void timer(const struct job *j, struct buf *ret)
{
	buf_adds(ret, SCHEDULE_MARK "\n[Unit]\n");
	buf_addf(ret, "Description=%s\n", j->what);
	buf_addf(ret, "\n[Timer]\nOnCalendar=%s\nPersistent=true\nRandomizedDelaySec=60\n", j->calendar);
	buf_adds(ret, "\n[Install]\nWantedBy=timers.target\n");
}

bool schedule_unit(const struct schedule_what *w, const char *name, struct buf *ret, struct err *err)
{
	const struct job *j = jobs;

	if (!good(w, err))
		return false;
	while (!str_starts(str_from(name), str_from(j->stem)))
		j++;
	if (strstr(name, ".timer"))
		timer(j, ret);
	else
		service(w, j, ret);
	return !ret->failed || err_set(err, ERR_LIMIT, "no memory");
}

bool schedule_crontab(const struct schedule_what *w, struct buf *ret, struct err *err)
{
	if (!good(w, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		buf_addf(ret, "%s ", jobs[i].cron);
		environment(w, "", " ", ret);
		buf_addf(ret, "%s %s >/dev/null 2>&1 " SCHEDULE_MARK "\n", w->program, jobs[i].command);
	}
	return !ret->failed || err_set(err, ERR_LIMIT, "no memory");
}
