#include "read/command_tool.h"
#include "read/terraform_argv.h"

#define MOST_VARIABLES 64

/* Unknown parts as a letter that makes no known word of them. */
static struct str plain(struct str s, struct arena *arena)
{
	char *out;

	if (command_known(s))
		return s;
	out = ARENA_ARRAY(arena, s.len, char);
	if (!out)
		return STR_NONE;
	for (size_t i = 0; i < s.len; i++)
		out[i] = s.ptr[i] == SHELL_UNKNOWN ? '_' : s.ptr[i];
	return (struct str){ out, s.len };
}

static bool of_terraform(struct str name)
{
	return str_starts(name, STR("TF_")) || str_starts(name, STR("TG_")) || str_starts(name, STR("TERRAGRUNT_"));
}

static size_t variables(struct command_work *w, struct terraform_variable *v)
{
	const struct shell_act *a = w->act;
	size_t n = 0;

	for (const struct shell_variable *e = a->env; e && n < MOST_VARIABLES; e = e->next) {
		bool seen = !of_terraform(e->name) || e->unset;

		for (size_t i = 0; i < n; i++)
			seen = seen || str_eq(v[i].name, e->name);
		if (!seen)
			v[n++] = (struct terraform_variable){ e->name, plain(e->value.text, w->arena) };
	}
	for (size_t i = 0; !a->env_cleared && !a->remote && i < w->world->n_env && n < MOST_VARIABLES; i++) {
		struct str value;

		if (of_terraform(w->world->env[i].name) && command_env(w, w->world->env[i].name, &value) &&
		    str_eq(value, w->world->env[i].value))
			v[n++] = (struct terraform_variable){ w->world->env[i].name, value };
	}
	return n;
}

static void at_folder(struct command_work *w, const struct terraform_argv *t, struct change *c)
{
	struct place *p = ARENA_NEW(w->arena, struct place);

	c->place = p;
	if (!p)
		return;
	p->path = t->chdir.len ? command_path(w, t->chdir) : w->act->cwd.known ? w->act->cwd.text : w->world->cwd;
	p->workspace = t->workspace;
}

/* Rows that stand in the way of a plan that pawl makes, and lose nothing where nobody plans through pawl. */
static bool harmless(const struct terraform_argv *t)
{
	if (str_is(t->rule, "test") || str_is(t->rule, "help") || str_is(t->rule, "login"))
		return true;
	/* A plan without a lock changes nothing. */
	return (str_is(t->rule, "lock-false") || str_is(t->rule, "state-option") || str_is(t->rule, "ignore-remote-version")) &&
	       (str_is(t->command, "plan") || str_starts(t->command, STR("show")) || str_is(t->command, "output"));
}

static void describe(const struct terraform_argv *t, struct change *c)
{
	if (t->destroy || str_is(t->command, "destroy") || str_find(t->command, STR("destroy")) != SIZE_MAX) {
		c->kind = CHANGE_DELETE;
		c->finding = STR("cloud.resource");
	} else if (str_starts(t->command, STR("apply")) || str_starts(t->command, STR("run")) || str_is(t->command, "refresh")) {
		c->kind = CHANGE_REPLACE;
		c->finding = STR("cloud.resource");
	} else if (str_is(t->rule, "unknown") || str_is(t->rule, "words") || str_is(t->rule, "arguments")) {
		c->kind = CHANGE_OPAQUE;
		c->finding = STR("command.opaque");
	} else {
		c->kind = CHANGE_STATE_IDENTITY;
		c->finding = STR("state.command");
	}
	c->type = STR("terraform");
	c->reversible = REVERSIBLE_NO;
	c->holds_data = HOLDS_DATA_UNKNOWN;
}

static const struct {
	const char *name;
	unsigned bit;
} tools[] = { { "terraform", TERRAFORM_TOOL_TERRAFORM },
	      { "tofu", TERRAFORM_TOOL_TOFU },
	      { "opentofu", TERRAFORM_TOOL_TOFU },
	      { "terragrunt", TERRAFORM_TOOL_TERRAGRUNT },
	      { "tflocal", TERRAFORM_TOOL_TERRAFORM } };

bool command_terraform(struct command_work *w, const struct command_words *s)
{
	struct terraform_variable env[MOST_VARIABLES];
	struct terraform_argv_input in = { .env = env };
	struct terraform_argv t;
	size_t from = s->at_program + 1;
	struct change *c;
	struct str *words;

	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		in.tool |= str_is(s->program, tools[i].name) ? tools[i].bit : 0;
	words = ARENA_ARRAY(w->arena, w->act->n_argv, struct str);
	if (!in.tool || !words)
		return false;
	for (size_t i = from; i < w->act->n_argv; i++)
		words[in.n_words++] = plain(w->act->argv[i].text, w->arena);
	in.words = words;
	in.n_env = variables(w, env);
	terraform_argv_read(&in, w->arena, &t);
	if (t.way == TERRAFORM_WAY_PASS || t.way == TERRAFORM_WAY_PLAN || harmless(&t)) {
		w->means = t.way == TERRAFORM_WAY_PLAN ? STR("plans, changes nothing") : STR("reads");
		return true;
	}
	c = command_change(w);
	if (!c)
		return true;
	describe(&t, c);
	c->name = arena_fmt(w->arena, "%.*s %.*s", STR_ARG(s->program), STR_ARG(t.command));
	c->title = STR_NONE;
	c->reason = t.why.len ? t.why : STR("changes what exists, outside a plan that anybody has read");
	c->safer = t.safer.len ? t.safer : STR("`pawl terraform plan -out=FILE`, read it, `pawl apply FILE`");
	at_folder(w, &t, c);
	if (str_is(s->program, "tflocal"))
		c->environment = STR("scratch");
	command_answered(w, s, STR("-auto-approve|--auto-approve|--terragrunt-non-interactive|--non-interactive|-force"), c);
	return true;
}
