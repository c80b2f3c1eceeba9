#include "read/plan_relate.h"

#define REF_MIN ((size_t)3) /* bytes of a name; shorter ones say nothing */
#define REF_MAX ((size_t)512)

/* --- noting --- */

/* Names count within one cloud only: a namespace "shop" does not hold a database "shop" of another provider. */
static uint64_t cloud_salt(struct str type)
{
	struct str provider = str_sub(type, 0, str_find_char(type, '_'));

	if (str_is(provider, "helm") || str_is(provider, "kubectl"))
		provider = STR("kubernetes");
	return str_hash(provider);
}

/* Spreads the bits of FNV-1a so that a table may use the low ones. */
static uint64_t name_hash(struct str s)
{
	uint64_t h = str_hash(s);

	h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ (h >> 33);
}

static void note_hash(struct plan_relate *r, struct arena *arena, uint64_t hash, const struct str *address)
{
	struct plan_ref_chunk *c = r->last;

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
	c->item[c->n++] = (struct plan_ref){ hash, address };
}

/* Ids are told from titles: "courses" as the title of a load balancer is not meant by every attribute that says so. */
#define TITLE_SALT UINT64_C(0x9e3779b97f4a7c15)

/* Does an attribute of this name refer to others by what people call them? */
static bool by_title(struct str key)
{
	static const struct str words[] = { STR_INIT("namespace"), STR_INIT("cluster"),	 STR_INIT("instance"), STR_INIT("dataset"),
					    STR_INIT("network"),   STR_INIT("subnetwork"), STR_INIT("database"), STR_INIT("server"),
					    STR_INIT("bucket"),	   STR_INIT("topic"),	 STR_INIT("managed_zone"), STR_INIT("keyspace"),
					    STR_INIT("schema"),	   STR_INIT("repository") };

	if (str_ends(key, STR("_name")) || str_ends(key, STR("_identifier")))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq(key, words[i]))
			return true;
	}
	return false;
}

/* Who is naming: its address, and the salt of its cloud. */
struct namer {
	const struct str *address;
	uint64_t salt;
};

static void note_ref(struct plan_relate *r, struct arena *arena, const struct json *v, const struct namer *by)
{
	uint64_t hash;

	if (v->text.len < REF_MIN || v->text.len > REF_MAX)
		return;
	hash = name_hash(v->text) ^ by->salt;
	note_hash(r, arena, hash, by->address);
	if (by_title(v->key))
		note_hash(r, arena, hash ^ TITLE_SALT, by->address);
}

/* Every text below ${v}. Depth: json.h bounds the nesting of the tree. */
static void note_below(struct plan_relate *r, struct arena *arena, const struct json *v, const struct namer *by)
{
	JSON_EACH(m, v) {
		if (m->type == JSON_STRING)
			note_ref(r, arena, m, by);
		else if (m->child)
			note_below(r, arena, m, by);
	}
}

/* What a resource calls itself names nobody else; neither do its labels. */
static bool own_name(struct str key, const struct terraform_type *row)
{
	static const struct str own[] = { STR_INIT("id"),   STR_INIT("arn"),	  STR_INIT("name"),  STR_INIT("self_link"),
					  STR_INIT("tags"), STR_INIT("tags_all"), STR_INIT("labels") };

	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		if (str_eq(key, own[i]))
			return true;
	}
	/* "bucket" is what a versioning of a bucket is known by, and not its own name. */
	return row && (row->contains != TERRAFORM_REFERS || row->holds_data == HOLDS_DATA_YES) &&
	       str_eq(key, row->title_attribute);
}

void plan_relate_refs(struct plan_relate *r, struct arena *arena, const struct plan_relate_of *of)
{
	struct str *shared = ARENA_NEW(arena, struct str);
	struct namer by = { shared, cloud_salt(of->type) };

	if (!shared)
		return;
	*shared = of->address;
	JSON_EACH(m, of->before->value) {
		if (own_name(m->key, of->row))
			continue;
		if (m->type == JSON_STRING)
			note_ref(r, arena, m, &by);
		else if (m->child)
			note_below(r, arena, m, &by);
	}
}

static void note_name(struct plan_name **list, struct arena *arena, struct str name, uint64_t salt, struct plan_dead *dead)
{
	struct plan_name *n;

	if (name.len < REF_MIN)
		return;
	n = ARENA_NEW(arena, struct plan_name);
	if (!n)
		return;
	*n = (struct plan_name){ name_hash(name) ^ salt, dead, *list };
	*list = n;
}

void plan_relate_dead(struct plan_relate *r, struct arena *arena, struct change *change, const struct plan_relate_of *of)
{
	static const struct str names[] = { STR_INIT("id"), STR_INIT("arn"), STR_INIT("self_link") };
	struct plan_dead *dead = ARENA_NEW(arena, struct plan_dead);
	uint64_t salt = cloud_salt(of->type);
	struct str source = STR_NONE;

	if (!dead)
		return;
	*dead = (struct plan_dead){ .change = change, .contains = of->row ? of->row->contains : TERRAFORM_INSIDE };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		note_name(&r->dead, arena, plan_value_text(of->before, names[i]), salt, dead);
	note_name(&r->dead, arena, change->title, salt ^ TITLE_SALT, dead);
	if (of->row && of->row->source_attribute.len)
		source = plan_value_text(of->before, of->row->source_attribute);
	note_name(&r->sources, arena, source, salt, dead);
	note_name(&r->sources, arena, source, salt ^ TITLE_SALT, dead);
}

/* --- matching --- */

struct slot {
	uint64_t hash;
	struct plan_dead *any;	     /* something of this name dies */
	struct plan_dead *container; /* the first of this name in which others may stand */
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
			s->any = d->dead;
		if (d->dead->contains != TERRAFORM_REFERS)
			s->container = d->dead;
	}
	return true;
}

static void match_ref(const struct table *t, struct arena *arena, const struct plan_ref *ref)
{
	struct plan_dead *d = table_at(t, ref->hash)->container;

	if (!d || d->last == ref->address || d->change->name.ptr == ref->address->ptr)
		return;
	d->last = ref->address;
	if (d->contains == TERRAFORM_ENCRYPTED)
		change_dies_with(d->change, arena, arena_join(arena, *ref->address, STR(" (encrypted with it)")));
	else
		change_dies_with(d->change, arena, *ref->address);
}

static void match_source(const struct table *t, const struct plan_name *backup)
{
	const struct plan_dead *source = table_at(t, backup->hash)->any;
	struct change *c = backup->dead->change;

	if (!source || source == backup->dead || c->finding.len)
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
