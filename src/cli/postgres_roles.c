/* pawl postgres roles: least-privilege roles for agents, and what the role in use could do beside the gate. */
#include <stdio.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/gate_config.h"
#include "gate/postgres/roles.h"

#define ARENA_SIZE ((size_t)64 << 20)
#define NAMES_MAX 16

static size_t take_names(const struct cli *c, const char *option, const char **ret)
{
	size_t n = 0;

	for (const char *one; n < NAMES_MAX && (one = cli_value_nth(c, option, (unsigned)n)); n++)
		ret[n] = one;
	ret[n] = NULL;
	return n;
}

static int print_sql(const struct cli *c)
{
	const char *schemas[NAMES_MAX + 1], *owners[NAMES_MAX + 1];
	struct roles_wish w = {
		.schemas = schemas, .owners = owners, .database = cli_value(c, "database"), .login = cli_value(c, "login")
	};
	auto_buf b = BUF_MAX((size_t)1 << 20);

	if (!take_names(c, "schema", schemas)) {
		schemas[0] = "public";
		schemas[1] = NULL;
	}
	take_names(c, "owner", owners);
	roles_sql(&w, &b);
	if (c->json)
		return cli_print_json("sql", buf_str(&b));
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

/* Something that it could do is for a person to look at: a pipeline that checks the role stops there. */
static int status_of(const struct roles_finding *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (f[i].bad)
			return EXIT_HOLD;
	}
	return EXIT_ALLOW;
}

static int put_json(const struct database_upstream *u, const struct roles_finding *f, size_t n)
{
	auto_buf b = BUF_MAX((size_t)1 << 20);
	struct json_out o = { .buf = &b };

	json_out_open(&o, '{');
	json_out_kv(&o, "upstream", u->name);
	json_out_key(&o, "findings");
	json_out_open(&o, '[');
	for (size_t i = 0; i < n; i++) {
		json_out_open(&o, '{');
		json_out_kv(&o, "what", str_from(f[i].what));
		json_out_key(&o, "good");
		json_out_bool(&o, !f[i].bad);
		json_out_kv(&o, "text", f[i].text);
		json_out_close(&o, '}');
	}
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	buf_addc(&b, '\n');
	return cli_print(&b) ? status_of(f, n) : EXIT_ERROR;
}

static int put_text(const struct cli *c, const struct database_upstream *u, const struct roles_finding *f, size_t n)
{
	auto_buf b = BUF_MAX((size_t)1 << 20);
	buf_addf(&b, "%.*s: the role in use\n", STR_ARG(u->name));
	for (size_t i = 0; i < n; i++) {
		buf_addf(&b, "%s%s%s %.*s\n", c->colour ? (f[i].bad ? "\033[1;31m" : "\033[32m") : "", f[i].bad ? "!!" : "ok",
			 c->colour ? "\033[0m" : "", STR_ARG(f[i].text));
	}
	if (status_of(f, n) != EXIT_ALLOW)
		buf_adds(&b, "\nWhat the gate lets pass by mistake, the server would do. `pawl postgres roles` writes roles that may "
			     "less.\n");
	else
		buf_adds(&b, "\nNothing found that it could do beside the gate.\n");
	return cli_print(&b) ? status_of(f, n) : EXIT_ERROR;
}

static bool choose(const struct cli *c, const struct gate_config *config, const struct database_upstream **ret, struct err *err)
{
	const char *name = cli_value(c, "upstream");

	*ret = name ? gate_config_find(config, str_from(name)) : &config->upstreams[0];
	return *ret || err_set(err, ERR_INPUT, "no upstream is called '%s' in %.*s", name, STR_ARG(config->path));
}

static int check(const struct cli *c)
{
	const struct database_upstream *u = NULL;
	struct postgres_aside *aside = NULL;
	struct roles_finding *f = NULL;
	struct gate_config config;
	struct places places;
	struct err err = { 0 };
	struct arena arena;
	size_t n = 0;
	bool ok;
	int status;

	if (!arena_map(&arena, ARENA_SIZE))
		return EXIT_ERROR;
	ok = places_find(NULL, &places, &err) && gate_config_load(&places, cli_value(c, "config"), &arena, &config, &err) &&
	     choose(c, &config, &u, &err) && aside_open(u, &aside, &err) && roles_check(aside, &arena, &f, &n, &err);
	if (!ok)
		status = cli_fail(c, &err);
	else
		status = c->json ? put_json(u, f, n) : put_text(c, u, f, n);
	aside_close(aside);
	arena_unmap(&arena);
	return status;
}

int cmd_postgres_roles(struct cli *c)
{
	if (c->n_args)
		return cli_usage(c, "postgres roles takes no words");
	return cli_flag(c, "check") ? check(c) : print_sql(c);
}
