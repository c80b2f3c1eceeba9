#include "cli/places.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

static bool put(char ret[PLACES_MAX], struct err *err, const char *a, const char *b)
{
	int n = snprintf(ret, PLACES_MAX, "%s%s", a, b);

	if (n < 0 || n >= PLACES_MAX)
		return err_set(err, ERR_LIMIT, "path too long: %s%s", a, b);
	return true;
}

/* $VAR if it is an absolute path, else home + fallback. Without either nothing is guessed: a policy left out would soften. */
static bool xdg(const char *var, const char *home, const char *fallback, char ret[PLACES_MAX], struct err *err)
{
	const char *v = getenv(var);

	if (v && v[0] == '/')
		return put(ret, err, v, "/pawl");
	if (!home || home[0] != '/')
		return err_set(err, ERR_STATE, "no home folder: set HOME to an absolute path, or %s", var);
	return put(ret, err, home, fallback);
}

static bool holds(const char *dir, const char *name)
{
	char path[PLACES_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, name);

	return n > 0 && (size_t)n < sizeof(path) && file_exists(path);
}

/* The nearest folder from ${start} up that holds ${name}. */
static bool find_up(const char *start, const char *name, char ret[PLACES_MAX])
{
	char at[PLACES_MAX];

	snprintf(at, sizeof(at), "%s", start);
	for (;;) {
		char *slash;

		if (holds(at, name)) {
			memcpy(ret, at, sizeof(at));
			return true;
		}
		slash = strrchr(at, '/');
		if (!slash || !at[1])
			return false;
		slash[slash == at ? 1 : 0] = '\0';
	}
}

static void find_project(const char *start, char ret[PLACES_MAX])
{
	static const char *const marks[] = { "pawl.yaml", "pawl.pin.yaml", ".git" };

	for (size_t m = 0; m < ARRAY_LEN(marks); m++) {
		if (find_up(start, marks[m], ret))
			return;
	}
	snprintf(ret, PLACES_MAX, "%s", start);
}

/* A pin is found from below whatever else lies between: a policy in a subfolder does not hide the repository's pin. */
static void find_pin(const char *start, const char *project, char ret[PLACES_MAX])
{
	if (!find_up(start, "pawl.pin.yaml", ret))
		snprintf(ret, PLACES_MAX, "%s", project);
}

bool places_find(const char *start, struct places *ret, struct err *err)
{
	const char *home = getenv("HOME"), *state = getenv("PAWL_STATE"), *machine;
	char here[PLACES_MAX], pin[PLACES_MAX];

	if (!realpath(start ? start : ".", here))
		return err_sys(err, "%s", start ? start : ".");
	if (!xdg("XDG_CONFIG_HOME", home, "/.config/pawl", ret->config, err))
		return false;
	if (state && state[0] == '/') {
		if (!put(ret->state, err, state, ""))
			return false;
	} else if (!xdg("XDG_STATE_HOME", home, "/.local/state/pawl", ret->state, err)) {
		return false;
	}
	machine = getenv("PAWL_MACHINE_POLICY");
	if (!machine || machine[0] != '/' || geteuid() != 0)
		machine = "/etc/pawl/policy.yaml";
	find_project(here, ret->project);
	find_pin(here, ret->project, pin);
	return put(ret->ledger, err, ret->state, "/ledger") && put(ret->machine_policy, err, machine, "") &&
	       put(ret->user_policy, err, ret->config, "/policy.yaml") &&
	       put(ret->project_policy, err, ret->project, "/pawl.yaml") &&
	       put(ret->project_pin, err, pin, "/pawl.pin.yaml");
}

const char *places_within(const char *project, const char *folder)
{
	size_t n = strcmp(project, "/") == 0 ? 0 : strlen(project);

	if (strcmp(project, folder) == 0)
		return ".";
	return strncmp(project, folder, n) == 0 && folder[n] == '/' ? folder + n + 1 : folder;
}
