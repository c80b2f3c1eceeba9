/* The environment that terraform gets in a private copy. */
#include <limits.h>

#include "gate/terraform/cli_config.h"
#include "gate/terraform/workcopy.h"

/* Whatever adds words, moves the data folder, chooses the workspace or asks; set anew below where needed. */
static const char *const dropped[] = {
	"TF_CLI_ARGS=",	     "TF_CLI_ARGS_",	       "TF_WORKSPACE=",	      "TF_DATA_DIR=", "TF_INPUT=",
	"TF_IN_AUTOMATION=", "TF_REATTACH_PROVIDERS=", "TF_CLI_CONFIG_FILE=", "TERRAFORM_CONFIG=", "PWD=",	      "OLDPWD=",
};

static bool is_dropped(const char *var)
{
	for (size_t i = 0; i < ARRAY_LEN(dropped); i++) {
		if (strncmp(var, dropped[i], strlen(dropped[i])) == 0)
			return true;
	}
	return false;
}

static char *pair(const char *name, const char *value)
{
	size_t n = strlen(name) + strlen(value) + 2;
	char *p = malloc(n);

	if (p)
		snprintf(p, n, "%s=%s", name, value);
	return p;
}

/* The user's own CLI configuration, absolute, since terraform runs elsewhere. */
static char *config_file(char *const *env)
{
	const char *named = cli_config_named(env);
	char real[PATH_MAX];

	if (!named)
		return NULL;
	return pair("TF_CLI_CONFIG_FILE", realpath(named, real) ? real : named);
}

char **workcopy_env(char *const *env, const char *workspace)
{
	size_t n = 0, k = 0;
	char **ret;

	while (env[n])
		n++;
	ret = calloc(n + 8, sizeof(*ret));
	if (!ret)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (!is_dropped(env[i]))
			ret[k++] = strdup(env[i]);
	}
	ret[k++] = pair("TF_INPUT", "0");
	ret[k++] = pair("TF_IN_AUTOMATION", "1");
	if (workspace && *workspace)
		ret[k++] = pair("TF_WORKSPACE", workspace);
	ret[k] = config_file(env);
	for (size_t i = 0; i < k; i++) {
		if (!ret[i]) { /* out of memory: nothing may be left away unseen */
			workcopy_env_free(ret);
			return NULL;
		}
	}
	return ret;
}

void workcopy_env_free(char **env)
{
	for (size_t i = 0; env && env[i]; i++)
		free(env[i]);
	free(env);
}

bool workcopy_set(struct workcopy *w, const char *name, const char *value, struct err *err)
{
	char *now = pair(name, value);
	size_t n = 0, len = strlen(name);
	char **more;

	if (!now)
		return err_set(err, ERR_LIMIT, "no memory");
	for (n = 0; w->env[n]; n++) {
		if (strncmp(w->env[n], name, len) == 0 && w->env[n][len] == '=') {
			free(w->env[n]);
			w->env[n] = now;
			return true;
		}
	}
	more = realloc(w->env, (n + 2) * sizeof(*more));
	if (!more) {
		free(now);
		return err_set(err, ERR_LIMIT, "no memory");
	}
	more[n] = now;
	more[n + 1] = NULL;
	w->env = more;
	return true;
}
