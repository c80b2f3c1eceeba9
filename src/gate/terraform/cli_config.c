#include "gate/terraform/cli_config.h"

#include <dirent.h>
#include <string.h>

#include "base/fd.h"
#include "gate/terraform/tree.h"

#define CONFIG_MAX ((size_t)4 << 20)

/* Seen in internal/command/cliconfig of terraform and of tofu. */
static const char *const variables[] = { "TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG" };
static const char *const home_files[] = { ".terraformrc", ".tofurc", ".config/opentofu/tofurc" };
static const char home_dir[] = ".terraform.d";
static const char xdg_file[] = "opentofu/tofurc";

static const char *variable(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; env[i]; i++) {
		if (strncmp(env[i], name, n) == 0 && env[i][n] == '=' && env[i][n + 1])
			return env[i] + n + 1;
	}
	return NULL;
}

const char *cli_config_named(char *const *env)
{
	const char *named = NULL;

	for (size_t i = 0; !named && i < ARRAY_LEN(variables); i++)
		named = variable(env, variables[i]);
	return named;
}

/* dev_overrides put a provider in place that no lock file has checked. */
static bool check_file(const char *path, struct err *err)
{
	auto_buf b = BUF_MAX(CONFIG_MAX);

	if (!file_exists(path))
		return true;
	if (!file_read(path, &b, err))
		return false;
	if (str_find(buf_str(&b), STR("dev_overrides")) != SIZE_MAX)
		return err_set(err, ERR_DENIED,
			       "%s has dev_overrides: a provider that no lock file checks would act. Take them "
			       "out, or point TF_CLI_CONFIG_FILE at a file without them",
			       path);
	return true;
}

/* Every *.tfrc and *.tfrc.json of ~/.terraform.d is read beside the file. */
static bool check_dir(const char *dir, struct err *err)
{
	char path[TREE_PATH_MAX];
	struct dirent *e;
	bool ok = true;
	DIR *d;

	d = opendir(dir);
	while (ok && d && (e = readdir(d))) {
		struct str name = str_from(e->d_name);

		if (str_ends(name, STR(".tfrc")) || str_ends(name, STR(".tfrc.json")))
			ok = tree_join(path, dir, e->d_name, err) && check_file(path, err);
	}
	if (d)
		closedir(d);
	return ok;
}

bool cli_config_check(char *const *env, struct err *err)
{
	const char *named = cli_config_named(env), *home = variable(env, "HOME"), *xdg = variable(env, "XDG_CONFIG_HOME");
	char path[TREE_PATH_MAX];

	if (named)
		return check_file(named, err);
	if (xdg && (!tree_join(path, xdg, xdg_file, err) || !check_file(path, err)))
		return false;
	for (size_t i = 0; home && i < ARRAY_LEN(home_files); i++) {
		if (!tree_join(path, home, home_files[i], err) || !check_file(path, err))
			return false;
	}
	return !home || (tree_join(path, home, home_dir, err) && check_dir(path, err));
}
