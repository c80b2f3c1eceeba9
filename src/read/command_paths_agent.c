/* An agent inside an agent: its hooks are those of its home and of what its variables name. Elsewhere it has none. */
#include "read/command_paths.h"
#include "read/command_place.h"

static const struct paths_saying without_hooks = { CHANGE_WEAKEN_PROTECTION, "guard.environment", "guard",
						   "this starts an agent that does not ask the guard: its hooks lie in another home",
						   "start it with the environment as it is" };
static const struct paths_saying hooks_off = { CHANGE_WEAKEN_PROTECTION, "guard.hooks", "guard",
					       "by these settings the agent's host asks the guard before it acts",
					       "ask the person to change them" };

/* Programs by their own and their package's name; variables that say where their settings lie. From each one's documentation. */
static const struct {
	const char *programs, *variables;
} agents[] = {
	{ " claude claude-code ", " CLAUDE_CONFIG_DIR CLAUDE_CODE_SIMPLE " },
	{ " codex ", " CODEX_HOME " },
	{ " gemini gemini-cli ", " GEMINI_CLI_HOME GEMINI_CLI_SYSTEM_SETTINGS_PATH GEMINI_CLI_SYSTEM_DEFAULTS_PATH " },
	{ " cursor-agent ", " CURSOR_CONFIG_DIR " },
	{ " copilot ", " COPILOT_HOME XDG_CONFIG_HOME " },
	{ " opencode opencode-ai ", " OPENCODE_CONFIG OPENCODE_CONFIG_DIR OPENCODE_CONFIG_CONTENT XDG_CONFIG_HOME " },
	{ " kiro-cli ", " KIRO_HOME " },
	{ " amp ", " AMP_SETTINGS_FILE XDG_CONFIG_HOME " },
	{ " kimi ", " KIMI_CODE_HOME " },
};

static bool is_set_anew(const struct paths *p, const struct shell_variable *v)
{
	struct str was = STR_NONE;
	bool there = world_env(p->w->world, v->name, &was);

	return v->unset ? there : !there || !str_eq(was, v->value.text);
}

static bool environment_differs(const struct paths *p, const char *variables)
{
	const struct shell_act *a = p->act;
	struct str seen[64];
	size_t n = 0;

	if (a->env_cleared || (a->user.len && !str_eq(a->user, p->w->world->user)))
		return true;
	for (const struct shell_variable *v = a->env; v; v = v->next) { /* the newest of a name counts */
		bool before = false;

		for (size_t i = 0; i < n; i++)
			before = before || str_eq(seen[i], v->name);
		if (before || !(str_is(v->name, "HOME") || paths_listed(variables, v->name)))
			continue;
		if (n < ARRAY_LEN(seen))
			seen[n++] = v->name;
		if (is_set_anew(p, v))
			return true;
	}
	return false;
}

static bool has_part(const struct shell_act *a, const char *part)
{
	for (size_t i = 1; i < a->n_argv; i++)
		if (str_find(a->argv[i].text, str_from(part)) != SIZE_MAX)
			return true;
	return false;
}

/* --setting-sources project,local: without the person's own. */
static bool leaves_user_out(const struct shell_act *a)
{
	for (size_t i = 1; i < a->n_argv; i++) {
		struct str w = a->argv[i].text;

		if (str_is(w, "--setting-sources"))
			return i + 1 >= a->n_argv || str_find(a->argv[i + 1].text, STR("user")) == SIZE_MAX;
		if (str_starts(w, STR("--setting-sources=")))
			return str_find(w, STR("user")) == SIZE_MAX;
	}
	return false;
}

void paths_guard_agents(struct paths *p)
{
	const struct shell_act *a = p->act;

	for (size_t i = 0; i < ARRAY_LEN(agents); i++) {
		if (!paths_listed(agents[i].programs, p->program))
			continue;
		if (has_part(a, "disableAllHooks") || has_part(a, "hooks=false") || has_part(a, "features.hooks") ||
		    leaves_user_out(a))
			paths_say(p, &hooks_off, p->program);
		if (a->n_argv == 2 && paths_listed(" --version --help -v -h ", a->argv[1].text))
			return;
		if (environment_differs(p, agents[i].variables))
			paths_say(p, &without_hooks, p->program);
	}
}
