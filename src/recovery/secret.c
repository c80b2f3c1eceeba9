#include "recovery/secret.h"

#include "base/proc.h"
#include "recovery/tools.h"

bool secret_of(const struct config_target *t, struct buf *ret, struct err *err)
{
	auto_buf said = BUF_MAX(2000);
	struct proc_opts o = { .out = ret, .errout = &said, .timeout_s = SECRET_S };
	char program[TOOLS_PATH];
	char *argv[CONFIG_LIST_MAX + 1];
	size_t n = 0;
	int status;

	if (!t->secret_command)
		return true;
	for (; t->secret_command[n] && n < CONFIG_LIST_MAX; n++)
		argv[n] = t->secret_command[n];
	argv[n] = NULL;
	if (!tools_find(argv[0], program, err))
		return err_prefix(err, "%.*s: secret-command", STR_ARG(t->name));
	argv[0] = program;
	if (!proc_run(argv, &o, &status, err))
		return err_prefix(err, "%.*s: secret-command", STR_ARG(t->name));
	/* What it printed is not told: it may be the password. */
	if (status)
		return err_set(err, ERR_TOOL, "%.*s: secret-command ended with status %d%s%.*s", STR_ARG(t->name), status,
			       said.len ? ": " : "", STR_ARG(str_trim(buf_str(&said))));
	while (ret->len && (ret->ptr[ret->len - 1] == '\n' || ret->ptr[ret->len - 1] == '\r'))
		ret->len--;
	if (!ret->len || str_find_char(buf_str(ret), '\n') != SIZE_MAX || str_find_char(buf_str(ret), '\0') != SIZE_MAX)
		return err_set(err, ERR_TOOL, "%.*s: secret-command printed no password, or more than one line", STR_ARG(t->name));
	return true;
}
