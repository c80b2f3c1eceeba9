#include "core/policy_inner.h"

static uint64_t *bits_new(const struct rules *r, struct arena *arena)
{
	return ARENA_ARRAY(arena, r->words, uint64_t);
}

static void bit_set(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

/* --- sorting --- */

static int strictness(enum verdict v)
{
	if (v == VERDICT_ALLOW)
		return 2;
	return v == VERDICT_HOLD ? 1 : 0;
}

/* Counting sort over (verdict, preset or not): stable, linear. */
static size_t bucket(const struct rule *r)
{
	return (size_t)strictness(r->verdict) * 2 + (r->layer == POLICY_PRESET);
}

static bool sort(struct rules *r, struct rule *first, size_t n, struct arena *arena)
{
	size_t start[7] = { 0 };

	r->rule = ARENA_ARRAY(arena, n + 1, struct rule *);
	if (!r->rule)
		return false;
	for (struct rule *it = first; it; it = it->next)
		start[bucket(it) + 1]++;
	r->n = n;
	r->words = (n + 63) / 64 ? (n + 63) / 64 : 1;
	r->n_deny = start[1] + start[2];
	r->n_hold = start[3] + start[4];
	for (size_t i = 1; i < ARRAY_LEN(start); i++)
		start[i] += start[i - 1];
	for (struct rule *it = first; it; it = it->next)
		r->rule[start[bucket(it)]++] = it;
	return true;
}

/* --- texts --- */

/* Bytes before the first * or ?: all of them in what is no glob. */
static size_t literal(struct str s)
{
	size_t n = 0;

	while (n < s.len && s.ptr[n] != '*' && s.ptr[n] != '?')
		n++;
	return n;
}

static bool text_begin(const struct rules *r, struct text_index *x, size_t n_exact, struct arena *arena)
{
	size_t slots = 16;

	while (slots < n_exact * 2)
		slots *= 2;
	x->any = bits_new(r, arena);
	x->exact = ARENA_ARRAY(arena, slots, struct text_entry *);
	x->mask = slots - 1;
	return x->any && x->exact;
}

static bool text_add(struct text_index *x, const struct str_list *list, size_t rule, struct arena *arena)
{
	if (!list)
		bit_set(x->any, rule);
	for (; list; list = list->next) {
		struct text_entry *e = ARENA_NEW(arena, struct text_entry);
		size_t prefix = literal(list->item);
		struct text_entry **at = prefix < list->item.len ? &x->globs : &x->exact[str_hash(list->item) & x->mask];

		if (!e)
			return false;
		*e = (struct text_entry){ list->item, prefix, rule, *at };
		*at = e;
	}
	return true;
}

void rules_of_text(const struct rules *r, const struct text_index *x, struct str text, uint64_t *bits)
{
	for (size_t i = 0; i < r->words; i++)
		bits[i] |= x->any[i];
	if (!text.len)
		return;
	for (const struct text_entry *e = x->exact[str_hash(text) & x->mask]; e; e = e->next) {
		if (str_eq(e->glob, text))
			bit_set(bits, e->rule);
	}
	for (const struct text_entry *e = x->globs; e; e = e->next) {
		/* Most globs begin with a few letters that already tell them apart. */
		if (e->prefix > text.len || memcmp(e->glob.ptr, text.ptr, e->prefix) != 0)
			continue;
		if (str_glob(e->glob, text))
			bit_set(bits, e->rule);
	}
}

static size_t list_len(const struct str_list *l)
{
	size_t n = 0;

	for (; l; l = l->next)
		n++;
	return n;
}

static bool index_texts(struct rules *r, struct arena *arena)
{
	size_t types = 0, findings = 0, tools = 0, principals = 0;

	for (size_t i = 0; i < r->n; i++) {
		types += list_len(r->rule[i]->match.types);
		findings += list_len(r->rule[i]->match.findings);
		tools += list_len(r->rule[i]->match.tools);
		principals += list_len(r->rule[i]->match.principals);
	}
	if (!text_begin(r, &r->types, types, arena) || !text_begin(r, &r->findings, findings, arena) ||
	    !text_begin(r, &r->tools, tools, arena) || !text_begin(r, &r->principals, principals, arena))
		return false;
	for (size_t i = 0; i < r->n; i++) {
		const struct rule_match *m = &r->rule[i]->match;

		if (!text_add(&r->types, m->types, i, arena) || !text_add(&r->findings, m->findings, i, arena) ||
		    !text_add(&r->tools, m->tools, i, arena) || !text_add(&r->principals, m->principals, i, arena))
			return false;
	}
	return true;
}

/* --- shapes: kind × reversibility × data, and with them destructiveness --- */

static bool takes(uint32_t mask, unsigned value)
{
	return mask == 0 || (mask >> value & 1);
}

static void shape_fill(struct rules *r, const struct change *c, uint64_t *bits)
{
	/* Nobody said what it is: weighed as not understood. */
	unsigned kind = c->kind == CHANGE_UNSET ? CHANGE_OPAQUE : (unsigned)c->kind;
	unsigned destructive = change_is_destructive(c) ? 1 : 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct rule_match *m = &r->rule[i]->match;

		if (takes(m->kinds, kind) && takes(m->reversible, (unsigned)c->reversible) &&
		    takes(m->holds_data, (unsigned)c->holds_data) && takes(m->destructive, destructive))
			bit_set(bits, i);
	}
}

static bool index_shapes(struct rules *r, struct arena *arena)
{
	for (unsigned k = 0; k < CHANGE_KIND_COUNT; k++) {
		for (unsigned v = 0; v < REVERSIBLE_COUNT; v++) {
			for (unsigned d = 0; d < HOLDS_DATA_COUNT; d++) {
				struct change c = { .kind = (enum change_kind)k,
						    .reversible = (enum reversibility)v,
						    .holds_data = (enum holds_data)d };

				r->shape[k][v][d] = bits_new(r, arena);
				if (!r->shape[k][v][d])
					return false;
				shape_fill(r, &c, r->shape[k][v][d]);
			}
		}
	}
	return true;
}

/* --- environments, gates, the rest --- */

bool rules_environment_taken(const struct str_list *list, const struct environment *e)
{
	struct str kind = environment_kind_name(e->kind);

	for (const struct str_list *l = list; l; l = l->next) {
		if (str_glob(l->item, e->name) || str_glob(l->item, kind))
			return true;
	}
	return !list;
}

static bool index_environments(struct policy *p, struct arena *arena)
{
	struct rules *r = &p->rules;
	size_t n = p->n_environments + 3;

	r->environment = ARENA_ARRAY(arena, n, uint64_t *);
	for (size_t e = 0; r->environment && e < n; e++) {
		struct environment is = policy_environment_at(p, e);

		r->environment[e] = bits_new(r, arena);
		if (!r->environment[e])
			return false;
		for (size_t i = 0; i < r->n; i++) {
			if (rules_environment_taken(r->rule[i]->match.environments, &is))
				bit_set(r->environment[e], i);
		}
	}
	return r->environment != NULL;
}

static bool index_rest(struct rules *r, struct arena *arena)
{
	r->slow = bits_new(r, arena);
	r->refusing = bits_new(r, arena);
	r->resources = bits_new(r, arena);
	r->recovery = bits_new(r, arena);
	for (size_t g = 0; g < GATE_COUNT; g++)
		r->gate[g] = bits_new(r, arena);
	if (arena->full)
		return false;
	for (size_t i = 0; i < r->n; i++) {
		const struct rule *rule = r->rule[i];

		if (rule->verdict != VERDICT_ALLOW)
			bit_set(r->refusing, i);
		if (rule->match.names || rule->match.has_rows || rule->match.recovery_older_s)
			bit_set(r->slow, i);
		if (rule->match.has_resources)
			bit_set(r->resources, i);
		if (rule->demands.recovery_verified_within_s || rule->demands.recovery_proven_within_s)
			bit_set(r->recovery, i);
		for (unsigned g = 0; g < GATE_COUNT; g++) {
			if (takes(rule->match.gates, g))
				bit_set(r->gate[g], i);
		}
	}
	return true;
}

bool rules_compile(struct policy *p, struct rule *first, size_t n, struct arena *arena)
{
	return sort(&p->rules, first, n, arena) && index_texts(&p->rules, arena) && index_shapes(&p->rules, arena) &&
	       index_environments(p, arena) && index_rest(&p->rules, arena);
}
