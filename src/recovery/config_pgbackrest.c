/* backup.yaml, a target's `pgbackrest`: the stanza, or a mapping that says more of it. */
#include "recovery/config_inner.h"

static struct pgbackrest *of(void *target)
{
	return target;
}

static bool take_stanza(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &of(target)->stanza);
}

static bool take_config(struct policy_file *f, const struct doc *v, void *target)
{
	return config_path(f, v, &of(target)->config);
}

static bool take_user(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &of(target)->user);
}

static bool take_repo(struct policy_file *f, const struct doc *v, void *target)
{
	uint64_t n;

	if (!policy_number(f, v, &n) || !n || n > 256)
		return policy_fail(f, v, "'repo' is the number of a repository, 1 to 256");
	of(target)->repo = v->text;
	return true;
}

static bool take_apart(struct policy_file *f, const struct doc *v, void *target)
{
	return policy_choice(f, v, "false", "true", &of(target)->apart);
}

bool config_take_pgbackrest(struct policy_file *f, const struct doc *v, struct config_target *t)
{
	static const struct policy_key keys[] = {
		{ "stanza", take_stanza }, { "config", take_config }, { "user", take_user },
		{ "repo", take_repo },	   { "apart", take_apart },   { NULL, NULL },
	};
	struct pgbackrest *p = ARENA_NEW(f->arena, struct pgbackrest);

	if (!p)
		return policy_fail(f, v, "too large");
	t->pgbackrest = p;
	if (v->type == DOC_TEXT)
		return take_stanza(f, v, p);
	return policy_map(f, v, keys, p) && (p->stanza.len || policy_fail(f, v, "'pgbackrest' wants 'stanza'"));
}
