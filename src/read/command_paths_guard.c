/* Attempts on the guard: its own files, the settings by which hosts ask it, its processes, its environment, its own commands. */
#include "facts/guard_files.h"
#include "read/command_paths_found.h"

static const struct paths_saying own_files = { CHANGE_WEAKEN_PROTECTION, "guard.files", "guard",
					       "this is the guard's own: its policy, its record or its program",
					       "ask the person to change it" };
static const struct paths_saying own_state = { CHANGE_DESTROY_BACKUP, "guard.files", "guard",
					       "this is pawl's own state: its ledger, what undo brings back, and of its backups the key, "
					       "the statements and, where the vault lies there, all of them",
					       "leave it; ask the person" };
static const struct paths_saying hook_files = { CHANGE_WEAKEN_PROTECTION, "guard.hooks", "guard",
						"by these settings the agent's host asks the guard before it acts",
						"ask the person to change them" };
static const struct paths_saying process = { CHANGE_WEAKEN_PROTECTION, "guard.process", "guard", "this stops the guard",
					     "ask the person" };
static const struct paths_saying environment = { CHANGE_WEAKEN_PROTECTION, "guard.environment", "guard",
						 "this changes what the guard goes by, or leads around it", "ask the person" };
static const struct paths_saying person_only = { CHANGE_WEAKEN_PROTECTION, "guard.approval", "guard",
						 "only a person may say this, not the agent who asks",
						 "ask the person to run it" };
static const struct paths_saying replaced = { CHANGE_WEAKEN_PROTECTION, "guard.process", "guard",
					      "other timers take the place of those that run the backups, drills and alarms",
					      "`pawl status` shows what runs, `pawl schedule --print` what would; a person changes it" };

/* A folder whose name begins with a dot, in home or the project, or what is below it: what is larger (home, /etc) is held as what it is. */
static bool is_small(const struct paths *p, struct str path)
{
	const struct str bases[] = { p->w->world->workspace, p->w->world->home };

	for (size_t i = 0; i < ARRAY_LEN(bases); i++)
		if (bases[i].len && world_within(path, bases[i]))
			return path.len > bases[i].len + 1 && path.ptr[bases[i].len + 1] == '.';
	return false;
}

/* Does ${t} (at ${path}) take or touch ${file}? A loss of a folder above it does, if it is there. */
static bool touches(struct paths *p, const struct paths_target *t, struct str path, struct str file)
{
	bool deep = str_starts(t->pattern, STR("**/")); /* may be none */
	const struct world_path *w;
	struct str rest;

	if (!t->pattern.len && world_within(path, file))
		return true;
	if (!world_within(file, path) || file.len == path.len)
		return t->pattern.len && world_within(path, file);
	if (!is_small(p, path) && !(t->pattern.len && str_eq(path, p->w->world->workspace)))
		return false;
	rest = str_sub(file, path.len + (path.len > 1), SIZE_MAX);
	if (t->pattern.len && !str_glob(t->pattern, rest) && !str_glob(t->pattern, str_sub(rest, 0, str_find_char(rest, '/'))) &&
	    !(deep && str_glob(str_sub(t->pattern, 3, SIZE_MAX), str_base_name(rest))))
		return false;
	if (t->pattern.len && memchr("*?", t->pattern.ptr[0], 2) && rest.ptr[0] == '.' && !str_starts(t->pattern, STR("**")))
		return false; /* a shell's '*' takes no name that begins with a dot */
	w = world_path(p->w->world, file);
	return !w || w->type != WORLD_NOTHING;
}

static bool takes_trees(const struct paths *p, struct str path, enum paths_how how)
{
	return how == PATHS_TREE || how == PATHS_MOVE || (how == PATHS_MODE_TREE && !str_eq(path, p->w->world->workspace));
}

static struct str below(struct paths *p, struct str folder, struct str path)
{
	return folder.len ? arena_fmt(p->arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(path)) : STR_NONE;
}

static bool is_left_out(struct paths *p, struct str file)
{
	return paths_found_not(p, p->found, file) || paths_found_not(p, p->found, str_sub(file, 0, str_rfind_char(file, '/')));
}

static bool is_hook_file(struct paths *p, const struct paths_target *t, struct str path, enum paths_how how)
{
	const struct world *w = p->w->world;
	const struct guard_file *g;

	for (size_t i = 0; (g = guard_file_nth(i)); i++) {
		struct str file = g->base == GUARD_HOME	     ? below(p, w->home, g->path)
				  : g->base == GUARD_PROJECT ? below(p, w->workspace, g->path)
							     : g->path;

		if (!file.len || (p->found && is_left_out(p, file)))
			continue;
		if ((t->pattern.len && how != PATHS_MODE) || takes_trees(p, path, how) ? touches(p, t, path, file)
										       : world_within(path, file))
			return true;
	}
	return false;
}

static bool is_own_name(struct str name)
{
	return str_is(name, "pawl.yaml") || str_is(name, "pawl.yml") || str_is(name, "pawl.pin.yaml");
}

static bool is_own_program(const struct paths *p, struct str path, struct str name)
{
	return (str_is(name, "pawl") || str_is(name, "pawl-full")) && !paths_in_workspace(p, path) &&
	       (str_find(path, STR("/bin/")) != SIZE_MAX || str_find(path, STR("/sbin/")) != SIZE_MAX ||
		str_find(path, STR("/libexec/")) != SIZE_MAX);
}

static bool is_own_file(struct paths *p, const struct paths_target *t, struct str path, enum paths_how how)
{
	const struct world *w = p->w->world;
	const struct str folders[] = { w->state_dir, w->config_dir, STR("/etc/pawl") };
	struct str name = str_base_name(path);

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		if (!folders[i].len)
			continue;
		if (world_within(path, folders[i]) || (takes_trees(p, path, how) && touches(p, t, path, folders[i])))
			return true;
	}
	if (t->pattern.len) {
		struct str last = str_sub(t->pattern, str_rfind_char(t->pattern, '/') + 1, SIZE_MAX);

		return paths_is_unit(path, t->pattern) || (paths_in_workspace(p, path) && str_starts(last, STR("pawl.")) &&
							   (str_glob(last, STR("pawl.yaml")) || str_glob(last, STR("pawl.pin.yaml"))));
	}
	return (is_own_name(name) && paths_in_workspace(p, path)) || is_own_program(p, path, name) || paths_is_unit(path, STR_NONE);
}

/* Does the state go whole, or what others could be brought back with? */
static bool is_own_state(struct paths *p, struct str path, enum paths_how how)
{
	static const char *const parts[] = { "ledger", "recovery", "keep", "vault" };
	struct str state = p->w->world->state_dir;

	if (how == PATHS_MODE || how == PATHS_MODE_TREE || !state.len)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (world_within(path, below(p, state, str_from(parts[i]))))
			return true;
	}
	return world_within(state, path);
}

bool paths_guard(struct paths *p, const struct paths_target *t, struct str path, enum paths_how how)
{
	bool own;

	if (paths_vault(p, t, path, how))
		return true;
	own = is_own_file(p, t, path, how);
	if (!own && !is_hook_file(p, t, path, how))
		return false;
	paths_say(p, !own ? &hook_files : is_own_state(p, path, how) ? &own_state : &own_files, path);
	return true;
}

bool paths_guard_anywhere(struct paths *p, const struct paths_target *t)
{
	struct str pattern = t->pattern;
	const struct guard_file *g;
	size_t slash = str_rfind_char(pattern, '/');

	if (!pattern.len || pattern.ptr[0] != '*' || slash == SIZE_MAX)
		return false;
	for (size_t i = 0; (g = guard_file_nth(i)); i++) {
		struct str part = arena_fmt(p->arena, "/%.*s%s", STR_ARG(g->path), g->folder ? "/" : "");

		if (g->base == GUARD_MACHINE || !part.len)
			continue;
		if (g->folder ? str_find(pattern, part) == SIZE_MAX : !str_ends(pattern, part))
			continue;
		paths_say(p, &hook_files, t->words);
		return true;
	}
	if (!is_own_name(str_sub(pattern, slash + 1, pattern.len)))
		return false;
	paths_say(p, &own_files, t->words);
	return true;
}

/* --- its processes --- */

static bool has_word(const struct shell_act *a, const char *part, size_t from)
{
	for (size_t i = from; i < a->n_argv; i++)
		if (str_find(a->argv[i].text, str_from(part)) != SIZE_MAX)
			return true;
	return false;
}

static bool is_pawl(struct str s)
{
	return str_is(s, "pawl") || str_is(s, "pawl-full") || str_starts(s, STR("pawl ")) || str_starts(s, STR("pawl.")) ||
	       str_is(s, "^pawl") || str_is(s, "^pawl$") || str_ends(s, STR("/pawl")) ||
	       str_find(s, STR("pawl hook")) != SIZE_MAX || str_starts(s, STR("pawl-"));
}

static bool names_pawl(const struct shell_act *a, size_t from)
{
	for (size_t i = from; i < a->n_argv; i++)
		if (is_pawl(a->argv[i].text))
			return true;
	return false;
}

static bool looks_for_pawl(const struct shell_act *a)
{
	return a && a->n_argv > 1 && paths_listed(" pgrep pidof ps ", a->argv[0].text) && names_pawl(a, 1);
}

static void guard_process(struct paths *p)
{
	const struct shell_act *a = p->act;
	bool hit = false;

	if (paths_listed(" pgrep pidof ", p->program) && looks_for_pawl(a))
		p->w->pawl_sought = true;
	if (paths_listed(" pkill killall killall5 skill ", p->program))
		hit = names_pawl(a, 1);
	else if (str_is(p->program, "kill"))
		for (size_t i = 1; i < a->n_argv; i++)
			hit = hit || (p->w->pawl_sought &&
				      memchr(a->argv[i].text.ptr ? a->argv[i].text.ptr : "", SHELL_UNKNOWN, a->argv[i].text.len));
	if (hit)
		paths_say(p, &process, p->program);
	if (paths_listed(" apt apt-get aptitude dpkg dnf yum rpm zypper pacman apk brew snap npm pip pip3 cargo ", p->program) &&
	    names_pawl(a, 1) &&
	    (has_word(a, "remove", 1) || has_word(a, "purge", 1) || has_word(a, "uninstall", 1) || has_word(a, "-R", 1) ||
	     has_word(a, "-r", 1) || has_word(a, "autoremove", 1) || has_word(a, "del", 1) || has_word(a, "-e", 1)))
		paths_say(p, &own_files, STR("pawl"));
}

/* --- its environment --- */

static bool is_own_variable(struct str name)
{
	return str_starts(name, STR("PAWL_"));
}

static bool is_guarded_program(struct str name)
{
	return paths_listed(" terraform tofu terragrunt pawl psql aws git rm ", name);
}

static void guard_environment(struct paths *p)
{
	const struct shell_act *a = p->act;
	bool hit = false;

	for (const struct shell_variable *v = a->env; v; v = v->next)
		hit = hit || is_own_variable(v->name);
	if (paths_listed(" unset export declare typeset env local readonly ", p->program))
		for (size_t i = 1; i < a->n_argv; i++)
			hit = hit || is_own_variable(a->argv[i].text) || str_starts(a->argv[i].text, STR("-uPAWL_")) ||
			      str_starts(a->argv[i].text, STR("--unset=PAWL_"));
	if (str_is(p->program, "alias"))
		for (size_t i = 1; i < a->n_argv; i++) {
			size_t eq = str_find_char(a->argv[i].text, '=');

			hit = hit || (eq != SIZE_MAX && is_guarded_program(str_sub(a->argv[i].text, 0, eq)) &&
				      str_starts(str_sub(a->argv[i].text, eq + 1, SIZE_MAX), STR("/")));
		}
	if (hit)
		paths_say(p, &environment, p->program);
}

/* --- its own commands --- */

/* The words of pawl's command from ${i} on that are no options. */
static size_t next_word(const struct shell_act *a, size_t i)
{
	while (i < a->n_argv && a->argv[i].text.len && a->argv[i].text.ptr[0] == '-' && !str_is(a->argv[i].text, "--uninit"))
		i++;
	return i;
}

/* Does it run as somebody else, or with another home, configuration or state? Then what is known here is not of there. */
static bool elsewhere(const struct shell_act *a)
{
	bool other = a->env_cleared || a->user.len;

	for (const struct shell_variable *v = a->env; v; v = v->next)
		other = other || paths_listed(" HOME XDG_CONFIG_HOME XDG_STATE_HOME ", v->name);
	return other;
}

/* `pawl schedule` where something runs by itself already: it only protects where nothing does. */
static bool replaces_schedule(struct paths *p, size_t verb)
{
	const struct shell_act *a = p->act;
	struct str state = p->w->world->state_dir;
	const struct world_path *set;

	if (!str_is(a->argv[verb].text, "schedule") || next_word(a, verb + 1) < a->n_argv || has_word(a, "--print", verb))
		return false;
	if (elsewhere(a) || !state.len)
		return true;
	set = world_path(p->w->world, below(p, state, STR(GUARD_SCHEDULE)));
	return set && set->type != WORLD_NOTHING;
}

static void guard_commands(struct paths *p)
{
	const struct shell_act *a = p->act;
	struct str verb = STR_NONE;
	size_t i = next_word(a, 1);

	if (!paths_listed(" pawl pawl-full ", p->program))
		return;
	if (i < a->n_argv)
		verb = a->argv[i].text;
	if (has_word(a, "--help", 1) && !paths_listed(" check explain ", verb))
		return;
	if (paths_listed(" approve grant break-glass unfreeze elevate uninit --uninit ", verb) ||
	    (verb.len && verb.ptr[0] == SHELL_UNKNOWN) || (str_is(verb, "init") && has_word(a, "--uninit", i)) ||
	    (str_is(verb, "approvers") && next_word(a, i + 1) < a->n_argv) ||
	    (str_is(verb, "shim") && (has_word(a, "uninstall", i) || has_word(a, "remove", i))))
		paths_say(p, &person_only, verb);
	if (verb.len && replaces_schedule(p, i))
		paths_say(p, &replaced, STR("backups and drills"));
}

/* ssh-keygen -Y sign -n pawl: an approval, made to be handed in by another way. */
static void guard_signatures(struct paths *p)
{
	struct paths_words o;
	struct shell_value verb, name;

	if (!str_is(p->program, "ssh-keygen") || !paths_words(p, 1, "YnfIsrODPNCtbaEmMVzwZRFWKGTJ", " ", &o) ||
	    !paths_value(&o, 'Y', NULL, &verb) || !paths_value(&o, 'n', NULL, &name))
		return;
	if ((str_is(verb.text, "sign") || paths_open_at(&verb) != SIZE_MAX) &&
	    (str_is(name.text, "pawl") || paths_open_at(&name) != SIZE_MAX))
		paths_say(p, &person_only, STR("ssh-keygen -Y sign"));
}

void paths_guard_act(struct paths *p)
{
	if (p->act->remote)
		return;
	guard_process(p);
	paths_guard_schedule(p);
	paths_keeper_act(p);
	paths_bucket_act(p);
	paths_elsewhere_act(p);
	guard_environment(p);
	guard_signatures(p);
	paths_guard_agents(p);
	guard_commands(p);
}
