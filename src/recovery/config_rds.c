/* backup.yaml, a target's `rds`: an instance of Amazon RDS, where its snapshots are copied to, and what the test instance of a drill is. */
#include <libpq-fe.h>
#include <string.h>

#include "recovery/config_inner.h"

static struct config_target *of(void *target)
{
	return target;
}

static bool rds_instance(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &of(target)->rds->instance);
}

static bool rds_region(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &of(target)->rds->own.region);
}

static bool rds_connect(struct policy_file *f, const struct doc *v, void *target)
{
	PQconninfoOption *all;
	bool database = false, password = false;

	if (!config_text(f, v, &of(target)->connect))
		return false;
	all = PQconninfoParse(of(target)->connect.ptr, NULL);
	for (const PQconninfoOption *o = all; o && o->keyword; o++) {
		database |= !strcmp(o->keyword, "dbname") && o->val && *o->val;
		password |= (!strcmp(o->keyword, "password") || !strcmp(o->keyword, "sslpassword")) && o->val && *o->val;
	}
	PQconninfoFree(all);
	if (password)
		return policy_fail(f, v, "a password stands here: say 'secret-command' instead");
	return (all && database) || policy_fail(f, v, "'connect' wants the user and the database of the test instance: user=… dbname=…");
}

static bool rds_class(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &of(target)->rds->class);
}

static bool rds_subnets(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &of(target)->rds->subnets);
}

static bool rds_groups(struct policy_file *f, const struct doc *v, void *target)
{
	const struct manifest_word **end = &of(target)->rds->groups;

	if (v->type != DOC_LIST || !v->n || v->n > 16)
		return policy_fail(f, v, "'security-groups' is a list of 1 to 16 ids");
	DOC_EACH(it, v) {
		struct manifest_word *w = ARENA_NEW(f->arena, struct manifest_word);

		if (!w || !config_name(f, it, &w->text))
			return w ? false : policy_fail(f, it, "too large");
		*end = w;
		end = (const struct manifest_word **)(uintptr_t)&w->next;
	}
	return true;
}

static bool copy_region(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &((struct rds_side *)target)->region);
}

static bool copy_account(struct policy_file *f, const struct doc *v, void *target)
{
	struct str *account = &((struct rds_side *)target)->account;

	if (!config_text(f, v, account))
		return false;
	for (size_t i = 0; i < account->len; i++) {
		if (account->ptr[i] < '0' || account->ptr[i] > '9')
			account->len = 0;
	}
	return account->len == 12 || policy_fail(f, v, "'account' is the twelve digits of an AWS account, in quotes");
}

static bool copy_kms(struct policy_file *f, const struct doc *v, void *target)
{
	return config_text(f, v, &((struct rds_side *)target)->kms);
}

static bool copy_credentials(struct policy_file *f, const struct doc *v, void *target)
{
	return config_words(f, v, &((struct rds_side *)target)->credentials);
}

static bool rds_copy(struct policy_file *f, const struct doc *v, void *target)
{
	static const struct policy_key keys[] = {
		{ "region", copy_region }, { "account", copy_account }, { "kms-key", copy_kms }, { "credentials", copy_credentials },
		{ NULL, NULL },
	};
	struct rds_side *copy = &of(target)->rds->copy;

	if (!policy_map(f, v, keys, copy))
		return false;
	if (!copy->region.len)
		return policy_fail(f, v, "'copy' wants the 'region' that the copy lies in");
	return !copy->account.len || copy->credentials ||
	       policy_fail(f, v, "a copy in another account is made, and drilled, by that account: say "
				 "'credentials', a command that prints them (as credential_process)");
}

bool config_take_rds(struct policy_file *f, const struct doc *v, struct config_target *t)
{
	static const struct policy_key keys[] = {
		{ "instance", rds_instance }, { "region", rds_region }, { "connect", rds_connect }, { "class", rds_class },
		{ "subnet-group", rds_subnets }, { "security-groups", rds_groups }, { "copy", rds_copy }, { NULL, NULL },
	};

	t->rds = ARENA_NEW(f->arena, struct rds);
	if (!t->rds)
		return policy_fail(f, v, "too large");
	if (!policy_map(f, v, keys, t))
		return false;
	return (t->rds->instance.len && t->connect.len) ||
	       policy_fail(f, v, "'rds' wants 'instance', and 'connect' (user=… dbname=…) for the test instance of drills");
}
