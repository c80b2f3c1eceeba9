/* What runs pawl by itself: the crontab, and whether what `pawl schedule` set is there yet. */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cli/backup_health.h"
#include "cli/schedule.h"
#include "recovery/tools.h"

#define NOTHING_S 60
#define CRONTAB_MAX ((size_t)1 << 20)

bool schedule_has_cron(void)
{
	char program[TOOLS_PATH];
	struct err ignored;

	return tools_find("crontab", program, &ignored);
}

bool schedule_crontab_do(const char *user, const char *word, struct proc_opts *o, int *ret_status, struct err *err)
{
	char program[TOOLS_PATH], name[80], of[] = "-u";
	char *argv[5] = { program };
	size_t n = 1;

	if (!tools_find("crontab", program, err))
		return false;
	snprintf(name, sizeof(name), "%s", user);
	if (user[0]) {
		argv[n++] = of;
		argv[n++] = name;
	}
	argv[n++] = (char *)(uintptr_t)word;
	o->timeout_s = NOTHING_S;
	return proc_run(argv, o, ret_status, err);
}

/* What lies there is not lost because it could not be read: none there is only where crontab says so. */
bool schedule_read_cron(const char *user, struct buf *ret, struct err *err)
{
	auto_buf says = BUF_MAX(4000);
	struct proc_opts o = { .out = ret, .errout = &says };
	struct str why;
	int status;

	if (!schedule_crontab_do(user, "-l", &o, &status, err))
		return false;
	if (ret->failed)
		return err_set(err, ERR_LIMIT, "the crontab is too large");
	if (status == 0)
		return true;
	buf_clear(ret);
	why = str_trim(buf_str(&says));
	return str_find(why, STR("no crontab")) != SIZE_MAX || str_find(why, STR("No such file")) != SIZE_MAX ||
	       err_set(err, ERR_TOOL, "crontab -l ended with status %d: %.*s; nothing was changed", status, STR_ARG(why));
}

/* Of the crontab's lines of ours, those that a person did not comment out. */
static bool in_crontab(struct err *err)
{
	auto_buf text = BUF_MAX(CRONTAB_MAX);
	struct str rest;

	if (!schedule_read_cron("", &text, err))
		return false;
	for (rest = buf_str(&text); rest.len;) {
		size_t end = str_find_char(rest, '\n');
		struct str line = str_trim(str_sub(rest, 0, end));

		if (str_ends(line, STR(SCHEDULE_MARK)) && line.ptr[0] != '#' && str_find(line, STR(" schedule run ")) != SIZE_MAX)
			return true;
		rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + 1, rest.len);
	}
	return err_set(err, ERR_STATE, "the crontab has none of its lines");
}

/* By its file, and the link that `systemctl enable` makes and `disable` takes away: systemd is not asked, which it may not be where there
 * is no session of the user's. */
static bool is_set(struct str folder, const char *timer, struct err *err)
{
	char file[PLACES_MAX + 100], link[PLACES_MAX + 100];

	snprintf(file, sizeof(file), "%.*s/%s", STR_ARG(folder), timer);
	snprintf(link, sizeof(link), "%.*s/timers.target.wants/%s", STR_ARG(folder), timer);
	if (!file_exists(file))
		return err_set(err, ERR_STATE, "%s is not there", file);
	return file_exists(link) || err_set(err, ERR_STATE, "%s is disabled: %s is not there", timer, link);
}

/* ${ret_runs}: backups do, whatever the others. */
static bool in_units(struct str folder, bool *ret_runs, struct err *err)
{
	*ret_runs = !folder.len || is_set(folder, SCHEDULE_TIMER, err);
	if (!*ret_runs)
		return false;
	for (size_t i = 0; folder.len && schedule_units[i]; i++) {
		if (strstr(schedule_units[i], ".timer") && !is_set(folder, schedule_units[i], err))
			return false;
	}
	return true;
}

bool schedule_there(struct backups *b, struct str *ret, struct err *err)
{
	auto_buf text = BUF_MAX(2 * PLACES_MAX);
	char path[sizeof(b->folder) + 32];
	struct str said, how;
	bool all, runs = false;
	size_t end;

	snprintf(path, sizeof(path), "%s/" BACKUP_SCHEDULE, b->folder);
	*ret = STR_NONE;
	if (!file_exists(path) || !file_read(path, &text, NULL))
		return true;
	said = str_trim(buf_str(&text));
	end = str_find_char(said, '\n');
	how = arena_str(&b->arena, str_trim(str_sub(said, 0, end)));
	/* An older one does not say where its units lie. */
	if (str_is(how, "cron"))
		all = runs = in_crontab(err);
	else
		all = in_units(end == SIZE_MAX ? STR_NONE : str_trim(str_sub(said, end, said.len)), &runs, err);
	if (runs)
		*ret = how;
	return all;
}
