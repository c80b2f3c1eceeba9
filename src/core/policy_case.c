#include "core/policy_read.h"

/* A case written beside the rules: given this, that is expected. */

#define NOW_US INT64_C(1800000000000000) /* when cases happen; only ages matter */
#define MOST_RESOURCES 10000

struct reading {
	struct policy_case *c;
	struct change change;
	uint64_t resources;
};

#define G_TEXT(key, lvalue)                                                                        \
	static bool g_##key(struct policy_file *f, const struct doc *v, void *t)                   \
	{                                                                                          \
		struct reading *r = t;                                                             \
                                                                                                   \
		return policy_text(f, v, &(lvalue));                                               \
	}
G_TEXT(type, r->change.type)
G_TEXT(name, r->change.name)
G_TEXT(title, r->change.title)
G_TEXT(identity, r->change.identity)
G_TEXT(environment, r->change.environment)
G_TEXT(finding, r->change.finding)
G_TEXT(account, r->c->request.place.account)
G_TEXT(region, r->c->request.place.region)
G_TEXT(workspace, r->c->request.place.workspace)
G_TEXT(backend, r->c->request.place.backend)
G_TEXT(path, r->c->request.place.path)
G_TEXT(tag, r->c->request.place.tag)
G_TEXT(host, r->c->request.place.host)
G_TEXT(database, r->c->request.place.database)
G_TEXT(tool, r->c->request.tool)
G_TEXT(principal_name, r->c->request.principal.name)

static bool g_kind(struct policy_file *f, const struct doc *v, void *t)
{
	struct reading *r = t;
	uint32_t mask;

	if (v->type != DOC_TEXT)
		return policy_fail(f, v, "'kind' of a case is one word");
	return policy_kind_list(f, v, &mask) && change_kind_from(v->text, &r->change.kind);
}

static bool g_reversible(struct policy_file *f, const struct doc *v, void *t)
{
	return (v->type == DOC_TEXT && reversibility_from(v->text, &((struct reading *)t)->change.reversible)) ||
	       policy_fail(f, v, "'reversible' is yes, window, no or unknown");
}

static bool g_holds_data(struct policy_file *f, const struct doc *v, void *t)
{
	return (v->type == DOC_TEXT && holds_data_from(v->text, &((struct reading *)t)->change.holds_data)) ||
	       policy_fail(f, v, "'holds_data' is yes, no or unknown");
}

static bool g_rows(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_number(f, v, &((struct reading *)t)->change.rows);
}

static bool g_resources(struct policy_file *f, const struct doc *v, void *t)
{
	uint64_t *n = &((struct reading *)t)->resources;

	return policy_number(f, v, n) && ((*n >= 1 && *n <= MOST_RESOURCES) ||
					  policy_fail(f, v, "'resources' of a case is 1 to %d", MOST_RESOURCES));
}

static bool g_gate(struct policy_file *f, const struct doc *v, void *t)
{
	return (v->type == DOC_TEXT && gate_from(v->text, &((struct reading *)t)->c->request.gate)) ||
	       policy_fail(f, v, "'gate' is hook, exec, terraform, postgres, aws or mcp");
}

static bool g_principal(struct policy_file *f, const struct doc *v, void *t)
{
	return (v->type == DOC_TEXT && principal_kind_from(v->text, &((struct reading *)t)->c->request.principal.kind)) ||
	       policy_fail(f, v, "'principal' is agent, person, pipeline or unknown");
}

/* A backup restored in a drill so long ago, outside the reach of what dies. */
static bool g_recovery(struct policy_file *f, const struct doc *v, void *t)
{
	struct reading *r = t;
	struct recovery_point *p = ARENA_NEW(f->arena, struct recovery_point);
	int64_t age;

	if (!policy_duration(f, v, &age))
		return false;
	if (!p)
		return policy_fail(f, v, "too large for a policy");
	p->result = RECOVERY_VERIFIED;
	p->verified_us = p->proven_us = p->taken_us = NOW_US - age * 1000000;
	r->c->evidence.recovery = p;
	return true;
}

static const struct policy_key given_keys[] = {
	{ "kind", g_kind },
	{ "type", g_type },
	{ "name", g_name },
	{ "title", g_title },
	{ "identity", g_identity },
	{ "environment", g_environment },
	{ "reversible", g_reversible },
	{ "holds_data", g_holds_data },
	{ "finding", g_finding },
	{ "rows", g_rows },
	{ "resources", g_resources },
	{ "principal", g_principal },
	{ "principal_name", g_principal_name },
	{ "gate", g_gate },
	{ "tool", g_tool },
	{ "account", g_account },
	{ "region", g_region },
	{ "workspace", g_workspace },
	{ "backend", g_backend },
	{ "path", g_path },
	{ "tag", g_tag },
	{ "host", g_host },
	{ "database", g_database },
	{ "recovery_verified", g_recovery },
	{ NULL, NULL },
};

static bool k_name(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_text(f, v, &((struct reading *)t)->c->name);
}

static bool k_given(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_map(f, v, given_keys, t);
}

static bool k_expect(struct policy_file *f, const struct doc *v, void *t)
{
	return (v->type == DOC_TEXT && verdict_from(v->text, &((struct reading *)t)->c->expect)) ||
	       policy_fail(f, v, "'expect' is allow, hold or deny");
}

static bool k_rule(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_text(f, v, &((struct reading *)t)->c->rule);
}

static const struct policy_key case_keys[] = {
	{ "name", k_name },
	{ "given", k_given },
	{ "expect", k_expect },
	{ "rule", k_rule },
	{ NULL, NULL },
};

static bool put_changes(struct policy_file *f, const struct doc *v, struct reading *r)
{
	if (!r->change.name.len)
		r->change.name = r->c->name;
	for (uint64_t i = 0; i < r->resources; i++) {
		struct change *c = change_add(&r->c->request.changes, f->arena);

		if (!c)
			return policy_fail(f, v, "too large for a policy");
		*c = r->change;
	}
	if (r->c->evidence.recovery)
		r->c->evidence.recovery->resource = r->change.name;
	return true;
}

bool policy_case_read(struct policy_file *f, const struct doc *v)
{
	struct reading r = { .c = ARENA_NEW(f->arena, struct policy_case), .resources = 1 };

	if (!r.c)
		return policy_fail(f, v, "too large for a policy");
	r.c->file = f->source->path;
	r.c->line = v->line;
	r.c->evidence.now_us = NOW_US;
	r.c->request.gate = GATE_TERRAFORM;
	r.c->request.principal.kind = PRINCIPAL_AGENT;
	if (!policy_map(f, v, case_keys, &r))
		return false;
	if (!r.c->name.len || r.change.kind == CHANGE_UNSET || r.c->expect == VERDICT_UNSET)
		return policy_fail(f, v, "a case has a 'name', 'given' with a 'kind', and 'expect'");
	if (!put_changes(f, v, &r))
		return false;
	*f->cases_end = r.c;
	f->cases_end = &r.c->next;
	return true;
}
