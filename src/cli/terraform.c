/* pawl terraform, tofu, terragrunt: what reads is handed to the real program at once, by the small pawl. */
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/terraform_gate.h"
#include "gate/terraform/tool.h"

#define ENV_MAX 512
#define WORK ((size_t)64 << 20)

extern char **environ;

static size_t take_env(struct terraform_variable *ret)
{
	static const struct str prefixes[] = { STR_INIT("TF_"), STR_INIT("TG_"), STR_INIT("TERRAGRUNT_") };
	size_t n = 0;

	for (size_t i = 0; environ[i]; i++) {
		struct str var = str_from(environ[i]);
		size_t eq = str_find_char(var, '=');
		bool ours = false;

		for (size_t k = 0; k < ARRAY_LEN(prefixes); k++)
			ours |= str_starts(var, prefixes[k]);
		if (!ours || eq == SIZE_MAX)
			continue;
		if (n == ENV_MAX)
			return SIZE_MAX;
		ret[n++] = (struct terraform_variable){ str_sub(var, 0, eq), str_sub(var, eq + 1, var.len) };
	}
	return n;
}

static int step_aside(const struct cli *c, unsigned tool, const struct terraform_argv *a)
{
	char path[TOOL_PATH_MAX];
	struct err err;

	if (!tool_find(tool_name(tool), path, &err))
		return cli_fail(c, &err);
	/* A first init offers to copy a local state into the new backend; nobody answers yes for a person here. */
	if (str_is(a->command, "init") && setenv("TF_INPUT", "0", 1) != 0)
		return EXIT_ERROR;
	c->args[-1] = (char *)(uintptr_t)tool_name(tool);
	execv(path, c->args - 1);
	err_sys(&err, "%s", path);
	return cli_fail(c, &err);
}

static bool passes(const struct terraform_argv *a, unsigned tool)
{
	if (a->way == TERRAFORM_WAY_PASS)
		return true;
	/* A plan nobody keeps is a read. Terragrunt plans its units itself; what it keeps, pawl will not apply. */
	return a->way == TERRAFORM_WAY_PLAN && (!a->out.len || tool == TERRAFORM_TOOL_TERRAGRUNT);
}

int cmd_terraform(struct cli *c)
{
	static struct terraform_variable env[ENV_MAX];
	unsigned tool = tool_from_name(c->command->name);
	struct terraform_argv_input in = { .tool = tool, .env = env, .n_env = take_env(env) };
	struct terraform_argv a;
	struct err err = { 0 };
	struct arena arena;
	struct str *words;
	int status;

	if (in.n_env == SIZE_MAX || !arena_map(&arena, WORK)) {
		err_set(&err, ERR_LIMIT, "more than %d variables of terraform, or no memory", ENV_MAX);
		return cli_fail(c, &err);
	}
	words = ARENA_ARRAY(&arena, (size_t)c->n_args + 1, struct str);
	for (int i = 0; words && i < c->n_args; i++)
		words[i] = str_from(c->args[i]);
	in.words = words;
	in.n_words = words ? (size_t)c->n_args : TERRAFORM_ARGV_MAX_WORDS + 1;
	terraform_argv_read(&in, &arena, &a);
	if (passes(&a, tool)) {
		status = step_aside(c, tool, &a);
	} else {
#ifdef PAWL_SMALL
		status = cli_exec_full(c->argv);
#else
		status = terraform_gate(c, tool, &a);
#endif
	}
	arena_unmap(&arena);
	return status;
}
