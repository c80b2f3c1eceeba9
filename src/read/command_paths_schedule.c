/* What runs pawl by itself: timers of systemd, or lines of the crontab. Who takes those away takes backups, drills and alarms away. */
#include "facts/guard_files.h"
#include "read/command_paths.h"

/* How pawl is run by itself here, as `pawl schedule` wrote down. */
enum timers {
	TIMERS_NONE,
	TIMERS_SYSTEMD,
	TIMERS_CRON,
	TIMERS_UNKNOWN, /* it is not known: either */
};

static const struct paths_saying stopped = { CHANGE_WEAKEN_PROTECTION, "guard.process", "guard", "this stops the guard",
					     "ask the person" };
static const struct paths_saying unscheduled = { CHANGE_WEAKEN_PROTECTION, "guard.process", "guard",
						 "pawl's backups, drills and alarms run by this: nothing would run by itself any more",
						 "keep the lines that end in `" GUARD_CRON_MARK "`: (crontab -l; echo '…') | crontab -; "
						 "a person takes them away: `pawl schedule off`" };

static enum timers timers(struct paths *p)
{
	struct str state = p->w->world->state_dir, how;
	const struct world_file *f;

	if (!state.len)
		return TIMERS_NONE;
	f = world_file(p->w->world, arena_fmt(p->arena, "%.*s/" GUARD_SCHEDULE, STR_ARG(state)));
	if (!f || f->outside || f->too_large)
		return TIMERS_UNKNOWN;
	if (!f->found)
		return TIMERS_NONE;
	how = str_trim(str_sub(f->text, 0, str_find_char(f->text, '\n')));
	return str_is(how, "cron") ? TIMERS_CRON : str_is(how, "systemd") ? TIMERS_SYSTEMD : TIMERS_UNKNOWN;
}

static bool are_by(struct paths *p, enum timers how)
{
	enum timers t = timers(p);

	return t == how || t == TIMERS_UNKNOWN;
}

/* --- crontab --- */

/* Are the lines still there by which backups and drills run, and somebody is told when they do not? */
static bool keeps_lines(struct str text)
{
	bool runs = false, checks = false;

	while (text.len) {
		size_t end = str_find_char(text, '\n');
		struct str line = str_trim(str_sub(text, 0, end));

		text = end == SIZE_MAX ? STR_NONE : str_sub(text, end + 1, SIZE_MAX);
		if (!str_ends(line, STR(GUARD_CRON_MARK)) || line.ptr[0] == '#')
			continue;
		runs = runs || str_find(line, STR(" schedule run ")) != SIZE_MAX;
		checks = checks || str_find(line, STR(" schedule check ")) != SIZE_MAX;
	}
	return runs && checks;
}

static bool keeps_vaults(const struct paths *p, struct str user)
{
	for (const struct world_vault *v = world_vaults(p->w->world); v; v = v->next)
		if (v->user.len && str_eq(v->user, user))
			return true;
	return false;
}

/* Is it, or may it be, the table that pawl's lines stand in? Of another user's that is known of him alone who keeps the vaults. */
static bool is_own_table(struct paths *p, const struct paths_words *o)
{
	struct shell_value user = { .text = p->act->user, .known = true };

	if (paths_value(o, 'u', NULL, &user) && paths_open_at(&user) == SIZE_MAX && !str_eq(user.text, p->w->world->user))
		return keeps_vaults(p, user.text);
	return keeps_vaults(p, user.text) || are_by(p, TIMERS_CRON);
}

static void guard_crontab(struct paths *p)
{
	struct paths_words o;

	if (!str_is(p->program, "crontab") || !paths_words(p, 1, "ucn", " ", &o) || o.letter['l'] || o.letter['T'] || o.letter['V'] ||
	    paths_has(&o, 0, "--help") || !is_own_table(p, &o))
		return;
	if (o.letter['r'] || o.letter['e'] || !keeps_lines(p->act->script))
		paths_say(p, &unscheduled, STR("backups and drills"));
}

/* --- services --- */

/* What leaves a service as it is, or starts it. */
static const char harmless[] =
	" status show cat help list list-units list-timers list-unit-files list-dependencies list-sockets list-jobs is-active is-enabled "
	"is-failed start restart try-restart condrestart reload reload-or-restart try-reload-or-restart force-reload enable reenable "
	"unmask add-wants add-requires reset-failed thaw daemon-reload daemon-reexec whoami info log logs tail pid print load "
	"bootstrap kickstart blame describe ";

static bool is_pawl(struct str name)
{
	return str_is(name, "pawl") || str_starts(name, STR("pawl-")) || str_starts(name, STR("pawl.")) || str_starts(name, STR("pawl@"));
}

/* A unit of pawl's, by its name, its file, or a pattern of systemd's that it matches. */
static bool is_unit(struct paths *p, struct str word)
{
	static const struct str units[] = { STR_INIT("pawl-backup.timer"), STR_INIT("pawl-backup-watch.timer"),
					    STR_INIT("pawl-backup.service"), STR_INIT("timers.target") };
	struct str name = str_base_name(word);

	if (is_pawl(name) || str_find(name, STR(".pawl")) != SIZE_MAX) /* com.example.pawl of launchd */
		return true;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (name.len && (str_is(name, "timers.target") || memchr(name.ptr, '*', name.len) || memchr(name.ptr, '?', name.len)) &&
		    str_glob(name, units[i]))
			return are_by(p, TIMERS_SYSTEMD);
	}
	return false;
}

static bool is_cron(struct str word)
{
	return paths_listed(" cron crond cronie cron.service crond.service cronie.service ", word);
}

/* `service NAME VERB`; elsewhere the verb stands first. */
static void guard_services(struct paths *p)
{
	struct paths_words o;
	struct str verb;
	bool last = paths_listed(" service rc-service ", p->program);

	if (!last && !paths_listed(" systemctl sv launchctl supervisorctl pm2 initctl ", p->program))
		return;
	if (!paths_words(p, 1, "tpnoHMs", " --type --property --lines --output --host --machine --root --signal --kill-whom ", &o) ||
	    !o.n || paths_has(&o, 0, "--help"))
		return;
	verb = last ? o.operand[o.n - 1].text : o.operand[0].text;
	if (paths_listed(harmless, verb))
		return;
	for (size_t i = last ? 0 : 1; i < o.n; i++) {
		if (is_unit(p, o.operand[i].text)) {
			paths_say(p, &stopped, p->program);
			return;
		}
		if (is_cron(o.operand[i].text) && !str_is(verb, "--") && are_by(p, TIMERS_CRON)) {
			paths_say(p, &unscheduled, o.operand[i].text);
			return;
		}
	}
}

/* The user's own timers run while he is logged in, or lingers. */
static void guard_lingering(struct paths *p)
{
	struct paths_words o;

	if (str_is(p->program, "loginctl") && paths_words(p, 1, "HMpns", " --host --machine --property --signal --kill-whom ", &o) && o.n &&
	    paths_listed(" disable-linger terminate-user kill-user ", o.operand[0].text) && are_by(p, TIMERS_SYSTEMD))
		paths_say(p, &unscheduled, STR("loginctl"));
}

static bool removes_package(const struct paths *p)
{
	static const char verbs[] = " remove purge autoremove erase -r -P --remove --purge -e -R -Rs -Rns del ";
	const struct shell_act *a = p->act;

	if (!paths_listed(" apt apt-get aptitude dpkg dnf yum rpm zypper pacman apk ", p->program))
		return false;
	for (size_t i = 1; i < a->n_argv; i++)
		if (paths_listed(verbs, a->argv[i].text))
			return true;
	return false;
}

/* Its process by name, by a number that was looked up (`kill $(pidof cron)`), or its package. */
static void guard_daemon(struct paths *p)
{
	bool seeks = paths_listed(" pgrep pidof ", p->program);

	if (!seeks && !paths_listed(" pkill killall skill ", p->program) && !removes_package(p))
		return;
	for (size_t i = 1; i < p->act->n_argv; i++) {
		if (is_cron(p->act->argv[i].text) && are_by(p, TIMERS_CRON)) {
			if (seeks)
				p->w->pawl_sought = true;
			else
				paths_say(p, &unscheduled, p->act->argv[i].text);
			return;
		}
	}
}

void paths_guard_schedule(struct paths *p)
{
	guard_crontab(p);
	guard_services(p);
	guard_lingering(p);
	guard_daemon(p);
}

/* --- its units, where they lie --- */

bool paths_is_unit(struct str path, struct str pattern)
{
	size_t at = str_find(path, STR("/systemd/"));
	struct str rest;

	if (at == SIZE_MAX)
		return false;
	for (rest = str_sub(path, at + 9, SIZE_MAX); rest.len;) {
		size_t slash = str_find_char(rest, '/');

		if (is_pawl(str_sub(rest, 0, slash)))
			return true;
		rest = slash == SIZE_MAX ? STR_NONE : str_sub(rest, slash + 1, SIZE_MAX);
	}
	return str_starts(pattern, STR("pawl"));
}
