/* pawl shim: links named terraform, tofu and terragrunt that are pawl. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "cli/self.h"
#include "gate/terraform/tool.h"

static const char *const names[] = { "terraform", "tofu", "terragrunt" };

static bool shim_dir(const struct cli *c, char ret[PLACES_MAX], struct err *err)
{
	const char *dir = cli_value(c, "dir"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;

	if (dir && dir[0] != '/') {
		char here[PLACES_MAX / 2];

		if (!getcwd(here, sizeof(here)))
			return err_sys(err, "current folder");
		n = snprintf(ret, PLACES_MAX, "%s/%s", here, dir);
	} else if (dir) {
		n = snprintf(ret, PLACES_MAX, "%s", dir);
	} else if (data && data[0] == '/') {
		n = snprintf(ret, PLACES_MAX, "%s/pawl/shim", data);
	} else if (home && home[0] == '/') {
		n = snprintf(ret, PLACES_MAX, "%s/.local/share/pawl/shim", home);
	} else {
		return err_set(err, ERR_STATE, "no home folder: set HOME, or give --dir");
	}
	return (n > 0 && n < PLACES_MAX) || err_set(err, ERR_LIMIT, "path too long");
}

static bool link_path(char ret[PLACES_MAX], const char *dir, const char *name, struct err *err)
{
	int n = snprintf(ret, PLACES_MAX, "%s/%s", dir, name);

	return (n > 0 && n < PLACES_MAX) || err_set(err, ERR_LIMIT, "path too long");
}

/* A link made anew; anything there that is not pawl's own stays, and is an error. */
static bool install_one(const char *program, const char *dir, const char *name, struct err *err)
{
	char path[PLACES_MAX], target[PLACES_MAX];
	ssize_t n;

	if (!link_path(path, dir, name, err))
		return false;
	n = readlink(path, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		if (!tool_is_pawl(path) && access(path, F_OK) == 0)
			return err_set(err, ERR_STATE, "%s is a link to %s, which is not pawl: take it away first",
				       path, target);
		unlink(path);
	} else if (errno != ENOENT) {
		return err_set(err, ERR_STATE, "%s is there already and is not a link to pawl: take it away first",
			       path);
	}
	return symlink(program, path) == 0 || err_sys(err, "%s", path);
}

static bool first_on_path(const char *name)
{
	struct str left = str_from(getenv("PATH"));
	char path[PLACES_MAX];

	while (left.len) {
		size_t colon = str_find_char(left, ':');
		struct str at = str_sub(left, 0, colon);

		left = colon == SIZE_MAX ? STR_NONE : str_sub(left, colon + 1, left.len);
		if ((size_t)snprintf(path, sizeof(path), "%.*s/%s", STR_ARG(at), name) < sizeof(path) &&
		    access(path, X_OK) == 0)
			return tool_is_pawl(path);
	}
	return false;
}

static void report(const struct cli *c, const char *dir)
{
	auto_buf b = BUF_MAX(65536);
	struct json_out o = { .buf = &b };
	bool all_first = true;

	if (c->json) {
		json_out_open(&o, '{');
		json_out_kv(&o, "dir", str_from(dir));
		json_out_key(&o, "tools");
		json_out_open(&o, '{');
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[PLACES_MAX];
		bool here = link_path(path, dir, names[i], NULL) && tool_is_pawl(path), first = first_on_path(names[i]);

		all_first &= !here || first;
		if (c->json) {
			json_out_key(&o, names[i]);
			json_out_open(&o, '{');
			json_out_key(&o, "installed");
			json_out_bool(&o, here);
			json_out_key(&o, "met_first");
			json_out_bool(&o, first);
			json_out_close(&o, '}');
		} else {
			buf_addf(&b, "%-11s %s, %s\n", names[i], here ? "is pawl" : "no link",
				 first ? "met first on PATH" : "not met first on PATH");
		}
	}
	if (c->json) {
		json_out_close(&o, '}');
		json_out_close(&o, '}');
		buf_addc(&b, '\n');
	} else {
		if (!all_first)
			buf_addf(&b, "\nPut the folder first on the agent's PATH:\n  export PATH=%s:$PATH\n", dir);
		buf_adds(&b, "\nA convenience, not a boundary: whoever calls terraform by its full path, uses the "
			     "cloud's own tools or takes the\n"
			     "credentials goes round it.\n");
	}
	cli_print(&b);
}

int cmd_shim_install(struct cli *c)
{
	char dir[PLACES_MAX], program[PLACES_MAX];
	struct err err = { 0 };

	if (!shim_dir(c, dir, &err) || !self_program(program, &err) || !dir_make(dir, 0755, &err))
		return cli_fail(c, &err);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!install_one(program, dir, names[i], &err))
			return cli_fail(c, &err);
	}
	report(c, dir);
	return EXIT_ALLOW;
}

int cmd_shim_uninstall(struct cli *c)
{
	char dir[PLACES_MAX], path[PLACES_MAX];
	struct err err = { 0 };

	if (!shim_dir(c, dir, &err))
		return cli_fail(c, &err);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!link_path(path, dir, names[i], &err))
			return cli_fail(c, &err);
		if (tool_is_pawl(path) && unlink(path) != 0) {
			err_sys(&err, "%s", path);
			return cli_fail(c, &err);
		}
	}
	report(c, dir);
	return EXIT_ALLOW;
}

int cmd_shim_status(struct cli *c)
{
	char dir[PLACES_MAX];
	struct err err = { 0 };

	if (!shim_dir(c, dir, &err))
		return cli_fail(c, &err);
	report(c, dir);
	return EXIT_ALLOW;
}
