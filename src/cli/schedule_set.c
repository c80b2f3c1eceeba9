/* pawl schedule, schedule off: timers of systemd, or lines of a crontab. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "cli/backup_health.h"
#include "cli/commands.h"
#include "cli/notify.h"
#include "cli/schedule.h"
#include "cli/self.h"
#include "recovery/tools.h"

#define TEXT_MAX ((size_t)1 << 20)
#define NOTHING_S 60

struct setting {
	struct cli *c;
	struct backups b;
	struct schedule_what what;
	char program[PLACES_MAX], user[80];
	char units[PLACES_MAX + 32]; /* systemd's folder */
	bool machine;
};

/* --- what --- */

static void put_environment(struct setting *k)
{
	static const char *const names[] = { "HOME",	   "XDG_CONFIG_HOME", "XDG_STATE_HOME", "PAWL_STATE",
					     "PGPASSFILE", "PGSERVICEFILE",   "PGSYSCONFDIR" };

	/* The vault's user has its own; systemd gives no home to what runs as root. */
	for (size_t i = 0; !k->user[0] && i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			buf_addf(&k->what.environment, "%s%s=%s", k->what.environment.len ? "\n" : "", names[i], value);
	}
}

/* Timers of the machine are root's to write, whoever the vault's user is. */
static void name_units(struct setting *k, const char *home, const char *config)
{
	bool xdg = config && config[0] == '/';

	k->machine = geteuid() == 0 && !xdg;
	if (k->machine)
		snprintf(k->units, sizeof(k->units), "/etc/systemd/system");
	else
		snprintf(k->units, sizeof(k->units), "%s%s/systemd/user", xdg ? config : home ? home : "", xdg ? "" : "/.config");
}

static bool prepare(struct setting *k, struct err *err)
{
	const struct config_vault *v;
	bool there;

	if (!places_find(NULL, &k->b.places, err))
		return false;
	name_units(k, getenv("HOME"), getenv("XDG_CONFIG_HOME"));
	if (!arena_map(&k->b.arena, (size_t)64 << 20))
		return err_set(err, ERR_LIMIT, "no memory");
	if (!backups_path(&k->b.places, k->b.path, &there, err))
		return false;
	if (!there)
		return err_set(err, ERR_STATE, "nothing is backed up yet: `pawl backup init` begins");
	if (!config_load(k->b.path, &k->b.arena, &k->b.config, err))
		return false;
	for (v = k->b.config.vaults; v && !v->user.len; v = v->next)
		;
	if (v)
		snprintf(k->user, sizeof(k->user), "%.*s", STR_ARG(v->user));
	if (v && geteuid() != 0)
		return err_set(err, ERR_DENIED, "the vault is of user %s: sudo pawl schedule", k->user);
	if (!self_program(k->program, err))
		return false;
	k->what.program = k->program;
	k->what.user = k->machine && v ? k->user : NULL;
	k->what.machine = k->machine;
	put_environment(k);
	return true;
}

/* --- systemd --- */

static bool has_systemd(void)
{
	char program[TOOLS_PATH];
	struct err ignored;
	struct stat st;

	return stat("/run/systemd/system", &st) == 0 && tools_find("systemctl", program, &ignored);
}

static bool systemctl(const struct setting *k, const char *const words[], struct err *err)
{
	char program[TOOLS_PATH], user[] = "--user";
	char *argv[8] = { program };
	auto_buf says = BUF_MAX(4000);
	struct proc_opts o = { .out = &says, .errout = &says, .timeout_s = NOTHING_S };
	size_t n = 1;
	int status;

	if (!tools_find("systemctl", program, err))
		return false;
	if (!k->machine)
		argv[n++] = user;
	for (; *words && n < ARRAY_LEN(argv) - 1; words++)
		argv[n++] = (char *)(uintptr_t)*words;
	argv[n] = NULL;
	if (!proc_run(argv, &o, &status, err))
		return false;
	return status == 0 || err_set(err, ERR_TOOL, "systemctl ended with status %d: %.*s", status, STR_ARG(str_trim(buf_str(&says))));
}

static bool remove_units(const struct setting *k, struct err *err)
{
	char path[PLACES_MAX + 100];

	for (size_t i = 0; schedule_units[i]; i++) {
		snprintf(path, sizeof(path), "%s/%s", k->units, schedule_units[i]);
		if (file_exists(path) && unlink(path) != 0)
			return err_sys(err, "%s", path);
	}
	return true;
}

static bool write_units(const struct setting *k, struct err *err)
{
	if (!dir_make(k->units, 0755, err))
		return false;
	for (size_t i = 0; schedule_units[i]; i++) {
		auto_buf text = BUF_MAX(TEXT_MAX);
		char path[PLACES_MAX + 100];

		snprintf(path, sizeof(path), "%s/%s", k->units, schedule_units[i]);
		if (!schedule_unit(&k->what, schedule_units[i], &text, err) || !file_replace(path, buf_str(&text), 0644, err))
			return false;
	}
	return true;
}

/* Whether systemd can be spoken to is asked before anything is written; what it then does not take is no timer. */
static bool set_systemd(struct setting *k, struct err *err)
{
	static const char *const reload[] = { "daemon-reload", NULL };
	static const char *const enable[] = { "enable", "--now", "pawl-backup.timer", "pawl-backup-watch.timer", "pawl-backup-wal.timer",
					      NULL };
	char timer[PLACES_MAX + 100];
	struct err why = { 0 };
	bool before;

	snprintf(timer, sizeof(timer), "%s/" SCHEDULE_TIMER, k->units);
	before = file_exists(timer);
	if (systemctl(k, reload, &why) && write_units(k, &why) && systemctl(k, reload, &why) && systemctl(k, enable, &why))
		return true;
	if (!before)
		(void)!remove_units(k, NULL);
	return err_set(err, why.code, "%.700s; nothing is scheduled: `pawl schedule --cron` does it by the crontab", why.msg);
}

static bool unset_systemd(struct setting *k, struct err *err)
{
	static const char *const disable[] = { "disable", "--now", "pawl-backup.timer", "pawl-backup-watch.timer", "pawl-backup-wal.timer",
					      NULL };

	return systemctl(k, disable, err) && remove_units(k, err);
}

/* --- cron --- */

/* The crontab but for our lines; ${more} behind it. */
static bool set_cron(struct setting *k, bool on, struct err *err)
{
	auto_buf old = BUF_MAX(TEXT_MAX), text = BUF_MAX(TEXT_MAX), says = BUF_MAX(4000);
	struct proc_opts write = { .out = &says, .errout = &says };
	struct str rest;
	int status;

	if (!schedule_has_cron())
		return err_set(err, ERR_TOOL,
			       "there is neither systemd nor cron here: let something run `%s schedule run` every 15 minutes, "
			       "`%s schedule check` every half an hour and `%s backup wal --once` every 5 minutes",
			       k->program, k->program, k->program);
	if (!schedule_read_cron(k->user, &old, err))
		return false;
	for (rest = buf_str(&old); rest.len;) {
		size_t end = str_find_char(rest, '\n');
		struct str line = str_sub(rest, 0, end);

		if (!str_ends(line, STR(SCHEDULE_MARK)))
			buf_addf(&text, "%.*s\n", STR_ARG(line));
		rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + 1, rest.len);
	}
	if (on && !schedule_crontab(&k->what, &text, err))
		return false;
	if (text.failed)
		return err_set(err, ERR_LIMIT, "the crontab is too large");
	buf_addc(&text, '\n');
	text.len--;
	write.input = buf_str(&text);
	if (!schedule_crontab_do(k->user, "-", &write, &status, err))
		return false;
	return status == 0 || err_set(err, ERR_TOOL, "crontab ended with status %d: %.*s", status, STR_ARG(str_trim(buf_str(&says))));
}

/* --- remembered for pawl status --- */

static bool remember(struct setting *k, const char *how, struct err *err)
{
	char path[sizeof(k->b.folder) + 32], text[sizeof(k->units) + 16];

	backups_close(&k->b);
	if (!backups_open(&k->b, true, err))
		return false;
	snprintf(path, sizeof(path), "%s/" BACKUP_SCHEDULE, k->b.folder);
	if (how)
		return file_replace(path, (struct str){ text, (size_t)snprintf(text, sizeof(text), "%s\n%s\n", how, k->units) }, 0644, err);
	return !file_exists(path) || unlink(path) == 0 || err_sys(err, "%s", path);
}

static bool by_systemd(const struct cli *c)
{
	return cli_flag(c, "systemd") || (!cli_flag(c, "cron") && has_systemd());
}

static int print_texts(struct cli *c, struct setting *k)
{
	auto_buf all = BUF_MAX(TEXT_MAX);
	struct err err = { 0 };

	for (size_t i = 0; by_systemd(c) && schedule_units[i]; i++) {
		buf_addf(&all, "%s%s/%s:\n", i ? "\n" : "", k->units, schedule_units[i]);
		if (!schedule_unit(&k->what, schedule_units[i], &all, &err))
			return cli_fail(c, &err);
	}
	if (!by_systemd(c) && !schedule_crontab(&k->what, &all, &err))
		return cli_fail(c, &err);
	return cli_print(&all) ? EXIT_ALLOW : EXIT_ERROR;
}

static void say_set(const struct cli *c, struct setting *k, const char *how)
{
	struct str nobody = notify_nobody(&k->b.places, k->machine, &k->b.arena);

	printf("Every 15 minutes what is due is backed up and drilled (%s)%s.\n", how,
	       nobody.len ? "" : "; what was missed is told to whom the policy's 'notify' names");
	if (nobody.len)
		printf("%.*s\n", STR_ARG(nobody));
	if (by_systemd(c) && !k->machine)
		printf("For when you are not logged in: loginctl enable-linger\n");
}

static int set(struct cli *c, struct setting *k, bool on)
{
	const char *how = by_systemd(c) ? "systemd" : "cron";
	struct err err = { 0 };

	if (cli_flag(c, "print"))
		return print_texts(c, k);
	if (!(by_systemd(c) ? (on ? set_systemd(k, &err) : unset_systemd(k, &err)) : set_cron(k, on, &err)) ||
	    !remember(k, on ? how : NULL, &err))
		return cli_fail(c, &err);
	if (c->json)
		return cli_print_json("schedule", str_from(on ? how : "off"));
	if (on)
		say_set(c, k, how);
	else
		printf("Nothing runs by itself any more.\n");
	return EXIT_ALLOW;
}

static int schedule(struct cli *c, bool on)
{
	struct setting k = { .c = c, .what.environment = BUF_MAX(65536) };
	struct err err = { 0 };
	int status;

	if (c->n_args)
		return cli_usage(c, "takes no arguments");
	if (cli_flag(c, "systemd") && cli_flag(c, "cron"))
		return cli_usage(c, "--systemd or --cron, one of both");
	status = prepare(&k, &err) ? set(c, &k, on) : cli_fail(c, &err);
	buf_free(&k.what.environment);
	backups_close(&k.b);
	return status;
}

int cmd_schedule(struct cli *c)
{
	return schedule(c, true);
}

int cmd_schedule_off(struct cli *c)
{
	return schedule(c, false);
}
