#include "core/policy_budget.h"

#include "core/policy_read.h"

const struct policy_budget *policy_budgets(const struct policy *p)
{
	return p->budgets;
}

bool policy_budget_in(const struct policy *p, const struct policy_budget *b, struct str environment)
{
	size_t i;
	struct environment e = { .name = STR("production"), .kind = ENVIRONMENT_PRODUCTION };

	if (policy_environment_by_name(p, environment, &i))
		e = policy_environment_at(p, i);
	return rules_environment_taken(b->environments, &e);
}

static bool is_of(const struct policy_budget *b, struct str relation, bool critical)
{
	if (b->critical && !critical)
		return false;
	for (const struct str_list *l = b->tables; l; l = l->next) {
		if (str_glob(l->item, relation))
			return true;
	}
	return !b->tables;
}

bool policy_budget_in_force(const struct policy_budget_ask *a, const struct policy_budget *b)
{
	return b->has[a->span] && policy_budget_in(a->policy, b, a->environment);
}

/* Does the machine or the user say a limit for this table? A preset's limit on critical tables gives way only to one on such. */
static bool owner_says(const struct policy_budget_ask *a, const struct policy_budget *preset, struct str relation, bool critical)
{
	for (const struct policy_budget *b = a->policy->budgets; b; b = b->next) {
		if (b->own && (b->critical || !preset->critical) && policy_budget_in_force(a, b) && is_of(b, relation, critical))
			return true;
	}
	return false;
}

bool policy_budget_binds(const struct policy_budget_ask *a, const struct policy_budget *b, struct str relation, bool critical)
{
	return is_of(b, relation, critical) && !(b->gives_way && owner_says(a, b, relation, critical));
}

static const struct str span_names[BUDGET_SPANS] = { STR_INIT("statement"), STR_INIT("transaction"), STR_INIT("hour") };

struct str budget_span_name(enum budget_span span)
{
	return (unsigned)span < BUDGET_SPANS ? span_names[span] : STR("?");
}

struct policy_trash policy_trash(const struct policy *p)
{
	return p->trash;
}

/* --- reading --- */

static bool b_environment(struct policy_file *f, const struct doc *v, void *t)
{
	struct str_list *l;

	if (!policy_list(f, v, &l))
		return false;
	((struct policy_budget *)t)->environments = l;
	return true;
}

static bool b_tables(struct policy_file *f, const struct doc *v, void *t)
{
	struct str_list *l;

	if (!policy_list(f, v, &l))
		return false;
	for (const struct str_list *i = l; i; i = i->next) {
		/* "orders" would match no "public.orders", and bound nothing. */
		if (str_find_char(i->item, '.') == SIZE_MAX && str_find_char(i->item, '*') == SIZE_MAX)
			return policy_fail(f, v, "'tables' wants names with their schema: \"public.%.*s\", or \"*.%.*s\"",
					   STR_ARG(str_sub(i->item, 0, 60)), STR_ARG(str_sub(i->item, 0, 60)));
	}
	((struct policy_budget *)t)->tables = l;
	return true;
}

static bool b_critical(struct policy_file *f, const struct doc *v, void *t)
{
	struct policy_budget *b = t;

	return policy_choice(f, v, "false", "true", &b->critical) &&
	       (b->critical || policy_fail(f, v, "'critical' is 'true', or left out: without it a budget is for all tables"));
}

static bool b_limit(struct policy_file *f, const struct doc *v, struct policy_budget *b, enum budget_span span)
{
	b->has[span] = true;
	return policy_number(f, v, &b->limit[span]);
}

static bool b_statement(struct policy_file *f, const struct doc *v, void *t)
{
	return b_limit(f, v, t, BUDGET_STATEMENT);
}

static bool b_transaction(struct policy_file *f, const struct doc *v, void *t)
{
	return b_limit(f, v, t, BUDGET_TRANSACTION);
}

static bool b_hour(struct policy_file *f, const struct doc *v, void *t)
{
	return b_limit(f, v, t, BUDGET_HOUR);
}

static const struct policy_key budget_keys[] = {
	{ "environment", b_environment }, { "tables", b_tables },	    { "critical", b_critical }, { "statement", b_statement },
	{ "transaction", b_transaction }, { "hour", b_hour }, { NULL, NULL },
};

static bool budget(struct policy_file *f, const struct doc *v)
{
	struct policy_budget *b = ARENA_NEW(f->arena, struct policy_budget);

	if (!b)
		return policy_fail(f, v, "too large for a policy");
	if (!policy_map(f, v, budget_keys, b))
		return false;
	if (!b->has[BUDGET_STATEMENT] && !b->has[BUDGET_TRANSACTION] && !b->has[BUDGET_HOUR])
		return policy_fail(f, v, "a budget has a limit: 'statement', 'transaction' or 'hour', in rows");
	b->line = v->line;
	b->where = arena_fmt(f->arena, "%.*s:%u", STR_ARG(f->source->path), v->line);
	*f->budgets_end = b;
	f->budgets_end = &b->next;
	return true;
}

bool policy_budgets_read(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	if (v->n > POLICY_MAX_BUDGETS)
		return policy_fail(f, v, "more than %d budgets", POLICY_MAX_BUDGETS);
	return policy_each(f, v, budget);
}

static bool t_on(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	f->has_trash_on = true;
	return policy_choice(f, v, "false", "true", &f->trash.on);
}

/* How long and how much costs the owner's disk, and too little would lose what it should have kept. */
static bool not_the_projects(const struct policy_file *f, const struct doc *v)
{
	return f->source->layer != POLICY_PROJECT ||
	       policy_fail(f, v, "'%.*s' of the trash is not taken from a file in the project; put it into your own policy, "
				 "~/.config/pawl/policy.yaml", STR_ARG(v->key));
}

static bool t_expires(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	return not_the_projects(f, v) && policy_duration(f, v, &f->trash.expires_s);
}

static bool t_rows(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	return not_the_projects(f, v) && policy_number(f, v, &f->trash.rows) &&
	       (f->trash.rows || policy_fail(f, v, "'rows' wants a number from 1"));
}

static bool t_bounded(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	return policy_choice(f, v, "false", "true", &f->trash.bounded);
}

static const struct policy_key trash_keys[] = {
	{ "bounded", t_bounded },
	{ "on", t_on },
	{ "expires", t_expires },
	{ "rows", t_rows },
	{ NULL, NULL },
};

bool policy_trash_read(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_map(f, v, trash_keys, t);
}

/* --- layers --- */

void policy_budgets_take(struct policy *p, const struct policy_file *f, bool tighten_only)
{
	struct policy_budget **end = &p->budgets;

	while (*end)
		end = &(*end)->next;
	*end = f->budgets;
	for (struct policy_budget *b = *end; b; b = b->next) {
		b->gives_way = f->source->layer == POLICY_PRESET && !tighten_only;
		b->own = f->source->layer == POLICY_MACHINE || f->source->layer == POLICY_USER;
	}
}

/* A preset's word gives way to its owner's; of two owners' the larger. */
static uint64_t larger(uint64_t is, uint64_t says, bool preset, bool *own)
{
	bool replaces = says && !preset && !*own;

	*own = *own || (says && !preset);
	return replaces || says > is ? says : is;
}

bool policy_trash_take(struct policy *p, const struct policy_file *f)
{
	struct policy_trash *t = &p->trash;
	bool preset = f->source->layer == POLICY_PRESET;

	t->expires_s = (int64_t)larger((uint64_t)t->expires_s, (uint64_t)f->trash.expires_s, preset, &p->own_trash[1]);
	t->rows = larger(t->rows, f->trash.rows, preset, &p->own_trash[2]);
	t->bounded = t->bounded || f->trash.bounded;
	if (!f->has_trash_on)
		return true;
	/* Off counts only where nobody but the preset said on, and not from the project. */
	if (!f->trash.on && t->on && (preset || p->own_trash[0] || f->source->layer == POLICY_PROJECT))
		return preset;
	t->on = f->trash.on;
	p->own_trash[0] = p->own_trash[0] || !preset;
	return true;
}
