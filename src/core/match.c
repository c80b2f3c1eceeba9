#include "core/match.h"

#define MEMO_SLOTS 8192
#define SKEW_US INT64_C(300000000) /* evidence from the future by more than this is no evidence */

/* --- the request as such --- */

static struct match_where place_where(const struct match *run, const struct place *place, struct str tag)
{
	struct match_where w;

	w.all = policy_environment_index(run->p, place, tag, &w.own);
	return w;
}

static size_t count_acting(const struct request *r)
{
	size_t n = 0;

	CHANGE_EACH(c, &r->changes)
		n += c->kind != CHANGE_READ;
	return n;
}

void match_begin(struct match *run)
{
	const struct request *q = run->request;
	const struct rules *r = run->r;
	uint64_t who[RULES_WORDS] = { 0 }, tool[RULES_WORDS] = { 0 };
	size_t gate = (size_t)q->gate < GATE_COUNT ? (size_t)q->gate : GATE_UNSET, n = count_acting(q);

	rules_of_text(r, &r->principals, q->principal.name, who);
	rules_of_text(r, &r->principals, principal_kind_name(q->principal.kind), who);
	/* Who is not known may be an agent. */
	if (q->principal.kind == PRINCIPAL_UNKNOWN)
		rules_of_text(r, &r->principals, STR("agent"), who);
	rules_of_text(r, &r->tools, q->tool, tool);
	for (size_t w = 0; w < r->words; w++)
		run->base[w] = who[w] & tool[w] & r->gate[gate][w];
	for (size_t i = 0; i < r->n; i++) {
		if ((r->resources[i / 64] >> (i % 64) & 1) && n < r->rule[i]->match.resources_from)
			run->base[i / 64] &= ~(UINT64_C(1) << (i % 64));
	}
	run->placed = place_known(&q->place);
	run->place = place_where(run, &q->place, STR_NONE);
	run->n_environment = SIZE_MAX;
}

static size_t count_points(const struct evidence *e)
{
	size_t n = 0;

	for (const struct recovery_point *p = e->recovery; p; p = p->next)
		n++;
	return n;
}

bool match_memory(struct match *run)
{
	size_t slots = 16;

	while (slots < count_points(run->evidence) * 2)
		slots *= 2;
	run->types = ARENA_ARRAY(run->arena, MEMO_SLOTS, struct match_memo);
	run->findings = ARENA_ARRAY(run->arena, MEMO_SLOTS, struct match_memo);
	run->tags = ARENA_ARRAY(run->arena, MEMO_SLOTS, struct match_tag);
	run->points = ARENA_ARRAY(run->arena, slots, const struct recovery_point *);
	if (run->arena->full)
		return false;
	run->points_mask = slots - 1;
	for (const struct recovery_point *p = run->evidence->recovery; p; p = p->next) {
		size_t i = str_hash(p->resource) & run->points_mask;

		while (run->points[i])
			i = (i + 1) & run->points_mask;
		run->points[i] = p;
	}
	return true;
}

/* --- sets of rules for one change --- */

/* Rules that take the text: from memory, or into ${own}. */
static const uint64_t *text_rules(struct match *run, const struct text_index *x, struct match_memo *memo, struct str text, uint64_t *own)
{
	struct match_memo *m = memo && text.len ? &memo[str_hash(text) % MEMO_SLOTS] : NULL;

	if (!text.len)
		return x->any;
	if (m && m->bits && str_eq(m->key, text))
		return m->bits;
	if (m && !m->bits)
		m->bits = ARENA_ARRAY(run->arena, run->r->words, uint64_t);
	if (m && m->bits) {
		own = m->bits;
		m->key = text;
	}
	memset(own, 0, run->r->words * sizeof(*own));
	rules_of_text(run->r, x, text, own);
	return own;
}

static struct match_where tagged(struct match *run, struct str tag)
{
	struct match_tag *m = run->tags ? &run->tags[str_hash(tag) % MEMO_SLOTS] : NULL;

	if (!m)
		return place_where(run, &run->request->place, tag);
	if (!m->known || !str_eq(m->tag, tag))
		*m = (struct match_tag){ tag, place_where(run, &run->request->place, tag), true };
	return m->where;
}

size_t match_more_protected(const struct match *run, size_t a, size_t b)
{
	if (a == SIZE_MAX || a == b)
		return b;
	return policy_environment_at(run->p, b).kind < policy_environment_at(run->p, a).kind ? b : a;
}

/* A change that says where it acts: the policy's word for that place, else what its reader made of it. */
static struct match_where own_place(const struct match *run, const struct change *c)
{
	struct match_where w = place_where(run, c->place, c->tag_environment);
	size_t named;

	if (!c->environment.len || !policy_environment_by_name(run->p, c->environment, &named))
		return w;
	if (w.own == run->p->n_environments)
		w.own = named;
	if (w.all == run->p->n_environments)
		w.all = named;
	return w;
}

/* By where it is and what its tag says. A name that the change carries can only add protection to what the request's place says. */
struct match_where match_environment(struct match *run, const struct change *c)
{
	struct match_where w;
	size_t named;

	if (c->place)
		return own_place(run, c);
	w = c->tag_environment.len ? tagged(run, c->tag_environment) : run->place;
	if (!c->environment.len || !policy_environment_by_name(run->p, c->environment, &named))
		return w;
	if (!run->placed && !c->tag_environment.len)
		return (struct match_where){ named, named };
	w.own = match_more_protected(run, w.own, named);
	w.all = match_more_protected(run, w.all, named);
	return w;
}

static void age_of(const struct match *run, const struct recovery_point *p, struct match_ages *counts, struct match_ages *near)
{
	int64_t v = run->evidence->now_us - p->verified_us, w = run->evidence->now_us - p->proven_us;
	struct match_ages *to = p->same_blast_radius ? near : counts;

	if (p->result != RECOVERY_VERIFIED)
		return;
	if (p->same_blast_radius && p->radius_helps.len)
		to->helps = p->radius_helps;
	if (p->verified_us > 0 && v >= -SKEW_US && v / 1000000 < to->verified_s)
		to->verified_s = v / 1000000;
	if (p->proven_us > 0 && w >= -SKEW_US && w / 1000000 < to->proven_s)
		to->proven_s = w / 1000000;
}

/* Ages of the newest recovery point for it; INT64_MAX when there is none. */
struct match_ages match_recovery(const struct match *run, const struct change *c, struct match_ages *ret_near)
{
	const struct str names[] = { c->identity, c->title, c->name };
	struct match_ages counts = { INT64_MAX, INT64_MAX, STR_NONE }, near = counts;

	for (size_t n = 0; n < ARRAY_LEN(names); n++) {
		if (!names[n].len)
			continue;
		if (!run->points) {
			for (const struct recovery_point *p = run->evidence->recovery; p; p = p->next) {
				if (str_eq(p->resource, names[n]))
					age_of(run, p, &counts, &near);
			}
			continue;
		}
		for (size_t i = str_hash(names[n]) & run->points_mask; run->points[i]; i = (i + 1) & run->points_mask) {
			if (str_eq(run->points[i]->resource, names[n]))
				age_of(run, run->points[i], &counts, &near);
		}
	}
	if (ret_near)
		*ret_near = near;
	return counts;
}

static bool name_taken(const struct str_list *l, const struct change *c)
{
	for (; l; l = l->next) {
		if (str_glob(l->item, c->name) || (c->title.len && str_glob(l->item, c->title)) ||
		    (c->identity.len && str_glob(l->item, c->identity)))
			return true;
	}
	return false;
}

/* The questions that no set answers. Where a rule refuses, what is not known counts as the worse. */
static bool slow_match(const struct match *run, const struct rule *rule, const struct change *c)
{
	const struct rule_match *m = &rule->match;
	bool refuses = rule->verdict != VERDICT_ALLOW;

	if (m->names && !name_taken(m->names, c))
		return false;
	if (m->has_rows && c->rows < m->rows_from && !(refuses && c->rows == 0 && change_is_destructive(c)))
		return false;
	if (!m->recovery_older_s)
		return true;
	return match_recovery(run, c, NULL).verified_s > m->recovery_older_s;
}

void match_change(struct match *run, const struct change *c, struct match_where where, uint64_t *ret_bits)
{
	const struct rules *r = run->r;
	uint64_t own_type[RULES_WORDS], own_finding[RULES_WORDS];
	const uint64_t *type = text_rules(run, &r->types, run->types, c->type, own_type);
	const uint64_t *finding = text_rules(run, &r->findings, run->findings, c->finding, own_finding);
	unsigned kind = (unsigned)c->kind < CHANGE_KIND_COUNT ? (unsigned)c->kind : CHANGE_OPAQUE;
	unsigned back = (unsigned)c->reversible < REVERSIBLE_COUNT ? (unsigned)c->reversible : REVERSIBLE_UNKNOWN;
	unsigned data = (unsigned)c->holds_data < HOLDS_DATA_COUNT ? (unsigned)c->holds_data : HOLDS_DATA_UNKNOWN;
	const uint64_t *shape = r->shape[kind][back][data];
	const uint64_t *own = r->environment[where.own], *all = r->environment[where.all];

	for (size_t w = 0; w < r->words; w++) {
		/* What the project names production may call in rules that refuse, and take away none that the owner's word calls. */
		uint64_t env = own[w] | (all[w] & r->refusing[w]);
		uint64_t m = run->base[w] & shape[w] & env & type[w] & finding[w];

		for (uint64_t slow = m & r->slow[w]; slow; slow &= slow - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(slow);

			if (!slow_match(run, r->rule[w * 64 + bit], c))
				m &= ~(UINT64_C(1) << bit);
		}
		ret_bits[w] = m;
	}
}
