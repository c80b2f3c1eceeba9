#include "core/policy_read.h"

/* Take a list of words into a bit mask. */
static bool words(struct policy_file *f, const struct doc *v, bool (*bit)(struct str word, unsigned *ret), uint32_t *ret_mask)
{
	struct str_list *l;
	uint32_t mask = 0;
	unsigned b;

	if (!policy_list(f, v, &l))
		return false;
	for (; l; l = l->next) {
		if (!bit(l->item, &b))
			return policy_fail(f, v, "'%.*s' knows no '%.*s'", STR_ARG(v->key), STR_ARG(str_sub(l->item, 0, 60)));
		mask |= 1u << b;
	}
	*ret_mask = mask;
	return true;
}

static const char *kind_word(size_t i, const void *ctx)
{
	(void)ctx;
	return i + 1 < CHANGE_KIND_COUNT ? change_kind_name((enum change_kind)(i + 1)).ptr : NULL;
}

bool policy_kind_list(struct policy_file *f, const struct doc *v, uint32_t *ret_mask)
{
	struct str_list *l;
	uint32_t mask = 0;
	enum change_kind k;

	if (!policy_list(f, v, &l))
		return false;
	for (; l; l = l->next) {
		if (!change_kind_from(l->item, &k) || k == CHANGE_UNSET) {
			const char *near = policy_nearest(l->item, kind_word, NULL);

			return policy_fail(f, v, "no kind of change is called '%.*s'%s%s%s", STR_ARG(str_sub(l->item, 0, 60)),
					   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
		}
		mask |= 1u << k;
	}
	*ret_mask = mask;
	return true;
}

static bool reversible_bit(struct str word, unsigned *ret)
{
	enum reversibility r;

	if (!reversibility_from(word, &r))
		return false;
	*ret = (unsigned)r;
	return true;
}

static bool data_bit(struct str word, unsigned *ret)
{
	enum holds_data h;

	if (!holds_data_from(word, &h))
		return false;
	*ret = (unsigned)h;
	return true;
}

static bool destructive_bit(struct str word, unsigned *ret)
{
	*ret = str_is(word, "true");
	return *ret || str_is(word, "false");
}

static bool gate_bit(struct str word, unsigned *ret)
{
	enum gate g;

	if (!gate_from(word, &g) || g == GATE_UNSET)
		return false;
	*ret = (unsigned)g;
	return true;
}

/* --- match --- */

static bool m_kind(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_kind_list(f, v, &((struct rule_match *)t)->kinds);
}

static bool m_reversible(struct policy_file *f, const struct doc *v, void *t)
{
	return words(f, v, reversible_bit, &((struct rule_match *)t)->reversible);
}

static bool m_holds_data(struct policy_file *f, const struct doc *v, void *t)
{
	return words(f, v, data_bit, &((struct rule_match *)t)->holds_data);
}

static bool m_destructive(struct policy_file *f, const struct doc *v, void *t)
{
	return words(f, v, destructive_bit, &((struct rule_match *)t)->destructive);
}

static bool m_gate(struct policy_file *f, const struct doc *v, void *t)
{
	return words(f, v, gate_bit, &((struct rule_match *)t)->gates);
}

#define M_LIST(field)                                                                              \
	static bool m_##field(struct policy_file *f, const struct doc *v, void *t)                 \
	{                                                                                          \
		return policy_list(f, v, &((struct rule_match *)t)->field);                        \
	}
M_LIST(environments)
M_LIST(types)
M_LIST(names)
M_LIST(findings)
M_LIST(principals)
M_LIST(tools)

static bool m_resources(struct policy_file *f, const struct doc *v, void *t)
{
	((struct rule_match *)t)->has_resources = true;
	return policy_more_than(f, v, &((struct rule_match *)t)->resources_from);
}

static bool m_rows(struct policy_file *f, const struct doc *v, void *t)
{
	((struct rule_match *)t)->has_rows = true;
	return policy_more_than(f, v, &((struct rule_match *)t)->rows_from);
}

static bool m_recovery(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_duration(f, v, &((struct rule_match *)t)->recovery_older_s);
}

static const struct policy_key match_keys[] = {
	{ "kind", m_kind },
	{ "type", m_types },
	{ "name", m_names },
	{ "environment", m_environments },
	{ "reversible", m_reversible },
	{ "holds_data", m_holds_data },
	{ "destructive", m_destructive },
	{ "finding", m_findings },
	{ "principal", m_principals },
	{ "gate", m_gate },
	{ "tool", m_tools },
	{ "resources", m_resources },
	{ "rows", m_rows },
	{ "recovery_older_than", m_recovery },
	{ NULL, NULL },
};

/* --- recovery --- */

static bool r_verified(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_duration(f, v, &((struct demands *)t)->recovery_verified_within_s);
}

static bool r_proven(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_duration(f, v, &((struct demands *)t)->recovery_proven_within_s);
}

static const struct policy_key recovery_keys[] = {
	{ "verified_within", r_verified },
	{ "proven_within", r_proven },
	{ NULL, NULL },
};

/* --- rule --- */

static bool k_name(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_text(f, v, &((struct rule *)t)->name);
}

static bool k_match(struct policy_file *f, const struct doc *v, void *t)
{
	if (v->type == DOC_MAP && !v->child)
		return policy_fail(f, v, "'match' is empty; leave it out and the rule matches everything");
	return policy_map(f, v, match_keys, &((struct rule *)t)->match);
}

static bool k_verdict(struct policy_file *f, const struct doc *v, void *t)
{
	if (v->type == DOC_TEXT && verdict_from(v->text, &((struct rule *)t)->verdict))
		return true;
	return policy_fail(f, v, "'verdict' is allow, hold or deny");
}

static bool k_approvers(struct policy_file *f, const struct doc *v, void *t)
{
	struct str_list **roles = &((struct rule *)t)->demands.roles;

	if (!policy_list(f, v, roles))
		return false;
	for (struct str_list *l = *roles; l; l = l->next) {
		if (str_starts(l->item, STR("role:")))
			l->item = str_sub(l->item, 5, l->item.len);
	}
	return true;
}

static bool k_approvals(struct policy_file *f, const struct doc *v, void *t)
{
	uint64_t n;

	if (!policy_number(f, v, &n))
		return false;
	if (n < 1 || n > 10)
		return policy_fail(f, v, "'approvals' is a number of people from 1 to 10");
	((struct rule *)t)->demands.approvals = (unsigned)n;
	return true;
}

static bool k_confirm(struct policy_file *f, const struct doc *v, void *t)
{
	bool typed;

	if (!policy_choice(f, v, "plain", "typed", &typed))
		return false;
	((struct rule *)t)->demands.confirm = typed ? CONFIRM_TYPED : CONFIRM_PLAIN;
	return true;
}

static bool k_recovery(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_map(f, v, recovery_keys, &((struct rule *)t)->demands);
}

static bool k_hours(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_hours(f, v, &((struct rule *)t)->demands);
}

static bool k_cool_off(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_duration(f, v, &((struct rule *)t)->demands.cool_off_s);
}

static bool k_expires(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_duration(f, v, &((struct rule *)t)->demands.expires_s);
}

static bool k_why(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_text(f, v, &((struct rule *)t)->why);
}

static bool k_safer(struct policy_file *f, const struct doc *v, void *t)
{
	return policy_text(f, v, &((struct rule *)t)->safer);
}

static const struct policy_key rule_keys[] = {
	{ "name", k_name },
	{ "match", k_match },
	{ "verdict", k_verdict },
	{ "approvers", k_approvers },
	{ "approvals", k_approvals },
	{ "confirm", k_confirm },
	{ "recovery", k_recovery },
	{ "hours", k_hours },
	{ "cool_off", k_cool_off },
	{ "expires", k_expires },
	{ "why", k_why },
	{ "safer", k_safer },
	{ NULL, NULL },
};

/* What only a held request can be asked for. */
static bool only_when_held(struct policy_file *f, const struct doc *v, const struct rule *r)
{
	static const char *const keys[] = { "approvers", "approvals", "confirm", "recovery", "hours", "cool_off", "expires" };

	if (r->verdict == VERDICT_HOLD)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct doc *k = doc_get(v, keys[i]);

		if (k)
			return policy_fail(f, k, "'%s' has no meaning where the verdict is %.*s", keys[i],
					   STR_ARG(verdict_name(r->verdict)));
	}
	return true;
}

/* Where a rule refuses, what is not known counts as the worse. */
static void widen(struct rule *r)
{
	struct rule_match *m = &r->match;

	if (r->verdict == VERDICT_ALLOW)
		return;
	if (m->reversible >> REVERSIBLE_NO & 1)
		m->reversible |= 1u << REVERSIBLE_UNKNOWN;
	if (m->holds_data >> HOLDS_DATA_YES & 1)
		m->holds_data |= 1u << HOLDS_DATA_UNKNOWN;
}

static bool same_name(const struct policy_file *f, struct str name)
{
	for (const struct rule *r = f->rules; r; r = r->next) {
		if (str_eq(r->name, name))
			return true;
	}
	return false;
}

bool policy_rule(struct policy_file *f, const struct doc *v)
{
	struct rule *r = ARENA_NEW(f->arena, struct rule);

	if (!r || f->n_rules >= POLICY_MAX_RULES)
		return policy_fail(f, v, "more than %d rules", POLICY_MAX_RULES);
	r->file = f->source->path;
	r->line = v->line;
	r->layer = f->source->layer;
	if (!policy_map(f, v, rule_keys, r))
		return false;
	if (!r->name.len)
		return policy_fail(f, v, "a rule has a name; add 'name: …'");
	if (r->verdict == VERDICT_UNSET)
		return policy_fail(f, v, "rule '%.*s' says no verdict; add 'verdict: allow', hold or deny", STR_ARG(r->name));
	if (f->n_rules < 256 && same_name(f, r->name))
		return policy_fail(f, v, "a rule of this name stands above: '%.*s'", STR_ARG(r->name));
	if (!only_when_held(f, v, r))
		return false;
	if (r->demands.approvals == 0)
		r->demands.approvals = 1;
	widen(r);
	*f->rules_end = r;
	f->rules_end = &r->next;
	f->n_rules++;
	return true;
}
