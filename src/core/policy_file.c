#include "core/policy_read.h"

/* --- environments --- */

static bool e_name(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_text(f, v, &((struct named_environment *)t)->is.name);
}

static bool kind_from(struct str word, enum environment_kind *ret)
{
	static const enum environment_kind all[] = { ENVIRONMENT_PRODUCTION, ENVIRONMENT_STAGING, ENVIRONMENT_SCRATCH };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (str_eq(word, environment_kind_name(all[i]))) {
			*ret = all[i];
			return true;
		}
	}
	return false;
}

static bool e_kind(struct policy_file *f, const struct doc *v, void *t)
{
	return (v->type == DOC_TEXT && kind_from(v->text, &((struct named_environment *)t)->is.kind)) ||
	       policy_fail(f, v, "'kind' of an environment is production, staging or scratch");
}

#define P_LIST(field, i)                                                                           \
	static bool p_##field(struct policy_file *f, const struct doc *v, void *t)                 \
	{                                                                                          \
		return policy_list(f, v, &((struct named_environment *)t)->match[i]);              \
	}
P_LIST(account, 0)
P_LIST(region, 1)
P_LIST(workspace, 2)
P_LIST(backend, 3)
P_LIST(path, 4)
P_LIST(tag, 5)
P_LIST(host, 6)
P_LIST(database, 7)

static const struct policy_key place_keys[] = {
	{ "account", p_account }, { "region", p_region }, { "workspace", p_workspace }, { "backend", p_backend },
	{ "path", p_path },	  { "tag", p_tag },	  { "host", p_host },		{ "database", p_database },
	{ NULL, NULL },
};

static bool e_match(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_map(f, v, place_keys, t);
}

static const struct policy_key environment_keys[] = {
	{ "name", e_name },
	{ "kind", e_kind },
	{ "match", e_match },
	{ NULL, NULL },
};

static bool environment_sound(struct policy_file *f, const struct doc *v, const struct named_environment *e)
{
	enum environment_kind k;
	bool any = false;

	for (size_t i = 0; i < PLACE_FIELDS; i++)
		any = any || e->match[i];
	if (!e->is.name.len || !any)
		return policy_fail(f, v, "an environment has a 'name' and a 'match' that says where it is");
	if (kind_from(e->is.name, &k) && k != e->is.kind)
		return policy_fail(f, v, "an environment called %.*s of another kind would mislead; give it another name or the kind %.*s",
				   STR_ARG(e->is.name), STR_ARG(e->is.name));
	if (f->source->layer == POLICY_PROJECT && e->is.kind != ENVIRONMENT_PRODUCTION)
		return policy_fail(f, v,
				   "a file in the project may only name production; put '%.*s' (%.*s) into your own policy, "
				   "~/.config/pawl/policy.yaml",
				   STR_ARG(str_sub(e->is.name, 0, 60)), STR_ARG(environment_kind_name(e->is.kind)));
	return true;
}

static bool environment(struct policy_file *f, const struct doc *v)
{
	struct named_environment *e = ARENA_NEW(f->arena, struct named_environment);

	if (!e)
		return policy_fail(f, v, "too large for a policy");
	e->layer = f->source->layer;
	if (!policy_map(f, v, environment_keys, e) || !environment_sound(f, v, e))
		return false;
	e->is.named = true;
	e->is.because = arena_fmt(f->arena, "%.*s:%u", STR_ARG(f->source->path), v->line);
	*f->environments_end = e;
	f->environments_end = &e->next;
	return true;
}

/* --- approvers --- */

static bool a_name(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_text(f, v, &((struct approver *)t)->name);
}

static bool a_roles(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_list(f, v, &((struct approver *)t)->roles);
}

static bool a_key(struct policy_file *f, const struct doc *v, void *t)
{
	struct str *key = &((struct approver *)t)->key;

	if (!policy_text(f, v, key))
		return false;
	if (!str_starts(*key, STR("ssh-")) && !str_starts(*key, STR("ecdsa-")) && !str_starts(*key, STR("sk-")))
		return policy_fail(f, v, "'key' is a public key as in authorized_keys: \"ssh-ed25519 AAAA…\"");
	return true;
}

static const struct policy_key approver_keys[] = {
	{ "name", a_name },
	{ "roles", a_roles },
	{ "key", a_key },
	{ NULL, NULL },
};

static bool approver(struct policy_file *f, const struct doc *v)
{
	struct approver *a = ARENA_NEW(f->arena, struct approver);

	if (!a)
		return policy_fail(f, v, "too large for a policy");
	if (!policy_map(f, v, approver_keys, a))
		return false;
	if (!a->name.len)
		return policy_fail(f, v, "an approver has a 'name'");
	for (const struct approver *o = f->approvers; o; o = o->next) {
		if (str_eq(o->name, a->name))
			return policy_fail(f, v, "an approver of this name stands above");
	}
	*f->approvers_end = a;
	f->approvers_end = &a->next;
	return true;
}

/* --- notify --- */

static bool n_target(struct policy_file *f, const struct doc *v, struct notify *n, enum notify_kind kind)
{
	if (n->kind)
		return policy_fail(f, v, "one of command, webhook, sendmail in each item");
	n->kind = kind;
	return true;
}

static bool n_command(struct policy_file *f, const struct doc *v, void *t)
{
	struct notify *n = t;

	return n_target(f, v, n, NOTIFY_COMMAND) && policy_list(f, v, &n->argv);
}

static bool n_webhook(struct policy_file *f, const struct doc *v, void *t)
{
	struct notify *n = t;

	if (!n_target(f, v, n, NOTIFY_WEBHOOK) || !policy_text(f, v, &n->target))
		return false;
	return str_starts(n->target, STR("https://")) || str_starts(n->target, STR("http://")) ||
	       policy_fail(f, v, "'webhook' is a URL: https://…");
}

static bool n_sendmail(struct policy_file *f, const struct doc *v, void *t)
{
	struct notify *n = t;

	if (!n_target(f, v, n, NOTIFY_SENDMAIL) || !policy_text(f, v, &n->target))
		return false;
	return (str_find_char(n->target, '@') != SIZE_MAX && n->target.ptr[0] != '-') ||
	       policy_fail(f, v, "'sendmail' is an address: name@example.org");
}

static const struct policy_key notify_keys[] = {
	{ "command", n_command },
	{ "webhook", n_webhook },
	{ "sendmail", n_sendmail },
	{ NULL, NULL },
};

static bool notify(struct policy_file *f, const struct doc *v)
{
	struct notify *n = ARENA_NEW(f->arena, struct notify);

	if (!n)
		return policy_fail(f, v, "too large for a policy");
	if (!policy_map(f, v, notify_keys, n))
		return false;
	if (!n->kind)
		return policy_fail(f, v, "one of command, webhook, sendmail is wanted");
	*f->notify_end = n;
	f->notify_end = &n->next;
	return true;
}

/* --- the file --- */

static bool k_version(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	return (v->type == DOC_TEXT && str_is(v->text, "1")) ||
	       policy_fail(f, v, "this pawl reads policies of version 1; write 'version: 1', or upgrade pawl");
}

static bool k_preset(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	f->preset_line = v->line;
	if (!policy_text(f, v, &f->preset))
		return false;
	return policy_preset_text(f->preset).len || policy_fail(f, v, "'preset' is solo, team or strict");
}

static bool k_environments(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	if (v->n > POLICY_MAX_ENVIRONMENTS / 4)
		return policy_fail(f, v, "more than %d environments", POLICY_MAX_ENVIRONMENTS / 4);
	return policy_each(f, v, environment);
}

static bool k_rules(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	return policy_each(f, v, policy_rule);
}

static bool k_approvers(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	if (v->n > 256)
		return policy_fail(f, v, "more than 256 approvers");
	return policy_each(f, v, approver);
}

/* A command to run, or a place to send to, does not come from a cloned repository. */
static bool not_in_project(const struct policy_file *f, const struct doc *v)
{
	return f->source->layer != POLICY_PROJECT ||
	       policy_fail(f, v, "'%.*s' is not taken from a file in the project; put it into your own policy, "
				 "~/.config/pawl/policy.yaml", STR_ARG(v->key));
}

static bool k_notify(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	return not_in_project(f, v) && policy_each(f, v, notify);
}

static bool l_plan_bytes(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	f->has_plan_cap = true;
	return policy_bytes(f, v, &f->plan_cap);
}

static const struct policy_key limit_keys[] = {
	{ "plan_bytes", l_plan_bytes },
	{ NULL, NULL },
};

static bool k_limits(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_map(f, v, limit_keys, t);
}

static bool p_item(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	return policy_bytes(f, v, &f->keep.item_bytes);
}

static bool p_files(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	return policy_number(f, v, &f->keep.files) &&
	       ((f->keep.files > 0 && f->keep.files <= UINT32_MAX) || policy_fail(f, v, "'files' wants a number from 1"));
}

/* A cloned repository must not empty the keep. */
static bool p_total(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	return not_in_project(f, v) && policy_bytes(f, v, &f->keep.total_bytes);
}

static bool p_age(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	return not_in_project(f, v) && policy_duration(f, v, &f->keep.age_s) &&
	       (f->keep.age_s > 0 || policy_fail(f, v, "'age' wants a time: 30d"));
}

static const struct policy_key keep_keys[] = {
	{ "item", p_item },
	{ "total", p_total },
	{ "age", p_age },
	{ "files", p_files },
	{ NULL, NULL },
};

static bool k_keep(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_map(f, v, keep_keys, t);
}

static bool k_same_uid(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	f->has_same_uid = true;
	return not_in_project(f, v) && policy_choice(f, v, "deny", "allow", &f->same_uid);
}

static bool k_cases(struct policy_file *f, const struct doc *v, void *t)
{
	(void)t;
	return policy_each(f, v, policy_case_read);
}

static const struct policy_key file_keys[] = {
	{ "version", k_version },
	{ "preset", k_preset },
	{ "environments", k_environments },
	{ "rules", k_rules },
	{ "approvers", k_approvers },
	{ "notify", k_notify },
	{ "limits", k_limits },
	{ "keep", k_keep },
	{ "budgets", policy_budgets_read },
	{ "trash", policy_trash_read },
	{ "same_uid", k_same_uid },
	{ "cases", k_cases },
	{ NULL, NULL },
};

bool policy_file_read(struct policy_file *f)
{
	struct doc_source text = { f->source->path, f->source->text };
	const struct doc *root;

	f->rules_end = &f->rules;
	f->environments_end = &f->environments;
	f->approvers_end = &f->approvers;
	f->notify_end = &f->notify;
	f->cases_end = &f->cases;
	f->budgets_end = &f->budgets;
	if (f->source->text.len > POLICY_MAX_BYTES)
		return err_set(f->err, ERR_LIMIT, "%.*s: larger than a policy may be (%zu bytes)",
			       STR_ARG(f->source->path), POLICY_MAX_BYTES);
	if (!doc_parse(&text, f->arena, &root, f->err) || !policy_map(f, root, file_keys, f))
		return false;
	if (root->child && !doc_get(root, "version"))
		return policy_fail(f, root, "no version; write 'version: 1' at the top");
	return true;
}
