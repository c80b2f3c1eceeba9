#include "read/plan_compare.h"

#include "read/plan_say.h"

/* --- what an address is called in every environment --- */

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool names_environment(struct str word, struct str tag)
{
	static const struct str words[] = {
		STR_INIT("prod"),    STR_INIT("production"), STR_INIT("prd"),  STR_INIT("live"),	STR_INIT("staging"),
		STR_INIT("stage"),   STR_INIT("stg"),	     STR_INIT("dev"),  STR_INIT("development"), STR_INIT("test"),
		STR_INIT("testing"), STR_INIT("qa"),	     STR_INIT("uat"),  STR_INIT("preprod"),	STR_INIT("sandbox"),
		STR_INIT("scratch"), STR_INIT("preview"),    STR_INIT("demo"),
	};

	if (tag.len && str_eq_nocase(word, tag))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq_nocase(word, words[i]))
			return true;
	}
	return false;
}

static uint64_t mix(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
	return (h ^ 0xff) * UINT64_C(0x100000001b3); /* an end, so that "a" "b" is not "ab" */
}

static uint64_t spread(uint64_t h)
{
	h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ (h >> 33);
}

/* The address with environment words left out, as a hash. */
static uint64_t address_hash(const struct change *c)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	struct str a = c->name;

	for (size_t i = 0; i < a.len;) {
		size_t n = 0;

		while (i + n < a.len && word_char(a.ptr[i + n]))
			n++;
		if (n == 0)
			h = mix(h, str_sub(a, i++, 1));
		else if (!names_environment(str_sub(a, i, n), c->tag_environment))
			h = mix(h, str_sub(a, i, n));
		i += n;
	}
	return spread(h);
}

static uint64_t act_hash(const struct change *c, uint64_t address)
{
	return spread(mix(mix(address, change_kind_name(c->kind)), c->finding));
}

/* --- tables: a multiset of hashes, each with the changes that have it --- */

struct entry {
	uint64_t hash;
	const struct change *change; /* NULL: free slot */
	size_t left;		     /* how many of these are not yet matched */
};

struct table {
	struct entry *slot;
	size_t mask;
};

static bool table_make(struct table *t, size_t n, struct arena *arena)
{
	size_t slots = 64;

	while (slots < n * 2)
		slots *= 2;
	t->mask = slots - 1;
	t->slot = ARENA_ARRAY(arena, slots, struct entry);
	return t->slot;
}

static struct entry *table_at(const struct table *t, uint64_t hash)
{
	size_t i = hash & t->mask;

	while (t->slot[i].change && t->slot[i].hash != hash)
		i = (i + 1) & t->mask;
	return &t->slot[i];
}

static void table_put(const struct table *t, uint64_t hash, const struct change *c)
{
	struct entry *e = table_at(t, hash);

	if (!e->change)
		*e = (struct entry){ .hash = hash, .change = c };
	e->left++;
}

static bool table_take(const struct table *t, uint64_t hash, const struct change **ret_change)
{
	struct entry *e = table_at(t, hash);

	if (!e->change || e->left == 0)
		return false;
	e->left--;
	*ret_change = e->change;
	return true;
}

/* --- telling --- */

/* "deletes", "replaces"… with the finding of what is no plain change. */
static void say_act(struct plan_say *say, const struct change *c)
{
	static const struct {
		enum change_kind kind;
		const char *verb;
	} verbs[] = {
		{ CHANGE_CREATE, "creates" },
		{ CHANGE_UPDATE, "changes" },
		{ CHANGE_DELETE, "deletes" },
		{ CHANGE_REPLACE, "replaces" },
		{ CHANGE_FORGET, "forgets" },
		{ CHANGE_DESTROY_BACKUP, "destroys the backup" },
		{ CHANGE_WEAKEN_PROTECTION, "weakens the protection of" },
	};
	const char *verb = "does what is not understood to";

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (verbs[i].kind == c->kind)
			verb = verbs[i].verb;
	}
	plan_say(say, "%s %.*s", verb, STR_ARG(plan_say_cut(c->name, 300)));
	if (c->finding.len)
		plan_say(say, " (%.*s)", STR_ARG(c->finding));
}

static void tell(struct plan_comparison *cmp, struct arena *arena, const struct plan_difference *as)
{
	struct plan_difference *d = ARENA_NEW(arena, struct plan_difference);
	struct plan_say say = { .len = 0 };

	if (!d)
		return;
	*d = *as;
	d->destructive = d->here && change_is_destructive(d->here);
	if (d->how == PLAN_ONLY_THERE)
		plan_say(&say, "the other plan ");
	say_act(&say, d->here ? d->here : d->there);
	if (d->how == PLAN_ONLY_HERE)
		plan_say(&say, "; the other plan leaves it alone");
	else if (d->how == PLAN_ONLY_THERE)
		plan_say(&say, "; this one leaves it alone");
	else if (d->here->kind == d->there->kind)
		plan_say(&say, ", because of %.*s; in the other plan because of %.*s", STR_ARG(d->here->forced_by),
			 STR_ARG(d->there->forced_by));
	else {
		plan_say(&say, "; the other plan ");
		say_act(&say, d->there);
	}
	d->text = plan_say_keep(&say, arena);
	cmp->n++;
	cmp->n_destructive += d->destructive;
	if (cmp->last)
		cmp->last->next = d;
	else
		cmp->first = d;
	cmp->last = d;
}

struct compare {
	struct table acts, addresses; /* of the other plan */
	struct plan_comparison cmp;
	struct arena *arena;
};

static void compare_one(struct compare *x, const struct change *c)
{
	uint64_t address = address_hash(c);
	struct plan_difference d = { .how = PLAN_ONLY_HERE, .here = c };
	const struct entry *e;

	if (table_take(&x->acts, act_hash(c, address), &d.there)) {
		if (c->kind == CHANGE_REPLACE && !str_eq(c->forced_by, d.there->forced_by)) {
			d.how = PLAN_OTHERWISE;
			tell(&x->cmp, x->arena, &d);
		} else {
			x->cmp.n_same++;
		}
		return;
	}
	e = table_at(&x->addresses, address);
	if (e->change && c->finding.len == 0 && e->change->kind != c->kind) {
		d.how = PLAN_OTHERWISE;
		d.there = e->change;
	}
	tell(&x->cmp, x->arena, &d);
}

bool plan_compare(const struct change_list *here, const struct change_list *there, struct arena *arena,
		  struct plan_comparison *ret_comparison)
{
	struct compare x = { .arena = arena };
	struct table ours;

	if (!table_make(&x.acts, there->n, arena) || !table_make(&x.addresses, there->n, arena) ||
	    !table_make(&ours, here->n, arena))
		return false;
	CHANGE_EACH(c, there) {
		uint64_t address = address_hash(c);

		table_put(&x.acts, act_hash(c, address), c);
		if (c->finding.len == 0)
			table_put(&x.addresses, address, c);
	}
	CHANGE_EACH(c, here) {
		table_put(&ours, address_hash(c), c);
		compare_one(&x, c);
	}
	CHANGE_EACH(c, there) {
		if (!table_at(&ours, address_hash(c))->change)
			tell(&x.cmp, arena, &(struct plan_difference){ .how = PLAN_ONLY_THERE, .there = c });
	}
	if (arena->full)
		return false;
	*ret_comparison = x.cmp;
	return true;
}
