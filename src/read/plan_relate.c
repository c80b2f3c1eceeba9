#include "read/plan_relate.h"

#define REF_MIN ((size_t)3) /* bytes of a name; shorter ones say nothing */
#define REF_MAX ((size_t)512)

/* --- noting --- */

/* Spreads the bits of FNV-1a so that a table may use the low ones. */
static uint64_t name_hash(struct str s)
{
	uint64_t h = str_hash(s);

	h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ (h >> 33);
}

static void note_ref(struct plan_relate *r, struct arena *arena, const struct json *v, const struct str *address)
{
	struct plan_ref_chunk *c = r->last;

	if (!json_is(v, JSON_STRING) || v->text.len < REF_MIN || v->text.len > REF_MAX)
		return;
	if (!c || c->n == PLAN_REF_CHUNK) {
		c = ARENA_NEW(arena, struct plan_ref_chunk);
		if (!c)
			return;
		if (r->last)
			r->last->next = c;
		else
			r->first = c;
		r->last = c;
	}
	c->item[c->n++] = (struct plan_ref){ name_hash(v->text), address };
}

/* What a resource calls itself names nobody else. */
static bool own_name(struct str key, const struct terraform_type *row)
{
	static const struct str own[] = { STR_INIT("id"), STR_INIT("arn"), STR_INIT("name"), STR_INIT("self_link") };

	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		if (str_eq(key, own[i]))
			return true;
	}
	return row && row->contains != TERRAFORM_REFERS && str_eq(key, row->title_attribute);
}

void plan_relate_refs(struct plan_relate *r, struct arena *arena, struct str address, const struct plan_values *before,
		      const struct terraform_type *row)
{
	struct str *shared = ARENA_NEW(arena, struct str);

	if (!shared)
		return;
	*shared = address;
	JSON_EACH(m, before->value) {
		if (own_name(m->key, row))
			continue;
		note_ref(r, arena, m, shared);
		if (!json_is(m, JSON_ARRAY))
			continue;
		JSON_EACH(item, m)
			note_ref(r, arena, item, shared);
		if (str_is(m->key, "metadata")) /* Kubernetes */
			note_ref(r, arena, json_get(m->child, "namespace"), shared);
	}
}

static void note_name(struct plan_name **list, struct arena *arena, struct str name, const struct plan_name *as)
{
	struct plan_name *n;

	if (name.len < REF_MIN)
		return;
	n = ARENA_NEW(arena, struct plan_name);
	if (!n)
		return;
	*n = *as;
	n->hash = name_hash(name);
	n->next = *list;
	*list = n;
}

void plan_relate_dead(struct plan_relate *r, struct arena *arena, struct change *change, const struct plan_values *before,
		      const struct terraform_type *row)
{
	static const struct str names[] = { STR_INIT("id"), STR_INIT("arn"), STR_INIT("self_link") };
	struct plan_name as = { .change = change, .contains = row ? row->contains : TERRAFORM_INSIDE };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		note_name(&r->dead, arena, plan_value_text(before, names[i]), &as);
	note_name(&r->dead, arena, change->title, &as);
	r->n_dead++;
	if (row && row->source_attribute.len)
		note_name(&r->sources, arena, plan_value_text(before, row->source_attribute), &as);
}

/* --- matching --- */

struct slot {
	uint64_t hash;
	struct change *any;	  /* something of this name dies */
	struct change *container; /* the first of this name in which others may stand */
	enum terraform_contains contains;
	const struct str *last; /* the last casualty, so that it is told once */
};

struct table {
	struct slot *slot;
	size_t mask;
};

/* The slot of a hash, or the empty one where it would be. */
static struct slot *table_at(const struct table *t, uint64_t hash)
{
	size_t i = hash & t->mask;

	while (t->slot[i].any && t->slot[i].hash != hash)
		i = (i + 1) & t->mask;
	return &t->slot[i];
}

static bool table_make(struct table *t, const struct plan_name *names, struct arena *arena)
{
	size_t n = 0, slots = 64;

	for (const struct plan_name *d = names; d; d = d->next)
		n++;
	while (slots < n * 2)
		slots *= 2;
	t->slot = ARENA_ARRAY(arena, slots, struct slot);
	if (!t->slot)
		return false;
	t->mask = slots - 1;
	for (const struct plan_name *d = names; d; d = d->next) {
		struct slot *s = table_at(t, d->hash);

		s->hash = d->hash;
		if (!s->any)
			s->any = d->change;
		if (d->contains != TERRAFORM_REFERS) {
			s->container = d->change;
			s->contains = d->contains;
		}
	}
	return true;
}

static void match_ref(const struct table *t, struct arena *arena, const struct plan_ref *ref)
{
	struct slot *s = table_at(t, ref->hash);

	if (!s->container || s->last == ref->address || s->container->name.ptr == ref->address->ptr)
		return;
	s->last = ref->address;
	if (s->contains == TERRAFORM_ENCRYPTED)
		change_dies_with(s->container, arena, arena_join(arena, *ref->address, STR(" (encrypted with it)")));
	else
		change_dies_with(s->container, arena, *ref->address);
}

static void match_source(const struct table *t, const struct plan_name *backup)
{
	struct slot *s = table_at(t, backup->hash);
	struct change *c = backup->change;

	if (!s->any || s->any == c || c->finding.len)
		return;
	c->finding = STR("backup.with-source");
	c->reversible = REVERSIBLE_NO;
	c->reason = STR("a backup that goes in the same plan as what it is a backup of is no backup");
	c->safer = STR("leave the backup out of this plan, and restore it in a drill before its source goes");
}

void plan_relate_finish(struct plan_relate *r, struct arena *arena)
{
	struct table t;

	if (!r->dead || !table_make(&t, r->dead, arena))
		return;
	for (const struct plan_ref_chunk *c = r->first; c; c = c->next) {
		for (size_t i = 0; i < c->n; i++)
			match_ref(&t, arena, &c->item[i]);
	}
	for (const struct plan_name *b = r->sources; b; b = b->next)
		match_source(&t, b);
}
