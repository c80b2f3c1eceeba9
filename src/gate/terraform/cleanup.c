#include "gate/terraform/cleanup.h"

#include "base/timestamp.h"
#include "facts/aws_lookups.h"

#define SKEW (INT64_C(120) * 1000000) /* clocks differ */
#define MIN_REFERENCE 4		      /* shorter strings name nothing */

struct str cleanup_class_name(enum cleanup_class class)
{
	switch (class) {
	case CLEANUP_DUPLICATE:
		return STR("duplicate");
	case CLEANUP_ADOPTED:
		return STR("adopted");
	case CLEANUP_ORPHAN:
		return STR("orphan");
	case CLEANUP_KNOWN:
		return STR("known");
	case CLEANUP_UNKNOWN:
		break;
	}
	return STR("unknown");
}

size_t cleanup_count(const struct cleanup_list *l, enum cleanup_class class)
{
	size_t n = 0;

	for (const struct cleanup_object *o = l->first; o; o = o->next)
		n += o->class == class;
	return n;
}

static bool same_text(struct str a, struct str b)
{
	return a.len > 0 && str_eq(a, b);
}

bool cleanup_same(const struct cleanup_object *a, const struct cleanup_object *b)
{
	if (same_text(a->identity, b->identity) &&
	    (str_starts(a->identity, STR("arn:")) || str_eq(a->type, b->type)))
		return true;
	return same_text(a->id, b->id) &&
	       (str_eq(a->type, b->type) || aws_id_is_minted(a->type, a->id));
}

/* --- an index of everything production's states say: identities, ids, and every text in their attributes */

struct entry {
	struct str text;
	const struct cleanup_object *object;
};

struct index {
	struct entry *item;
	size_t n;
};

static size_t count_texts(const struct json *v)
{
	size_t n = v && v->type == JSON_STRING && v->text.len >= MIN_REFERENCE;

	JSON_EACH(it, v)
		n += count_texts(it);
	return n;
}

static void add_texts(struct index *x, const struct json *v, const struct cleanup_object *o)
{
	if (v && v->type == JSON_STRING && v->text.len >= MIN_REFERENCE)
		x->item[x->n++] = (struct entry){ v->text, o };
	JSON_EACH(it, v)
		add_texts(x, it, o);
}

static int by_text(const void *a, const void *b)
{
	return str_cmp(((const struct entry *)a)->text, ((const struct entry *)b)->text);
}

static bool index_states(const struct cleanup_state *states, struct arena *arena, struct index *ret)
{
	size_t n = 0;

	for (const struct cleanup_state *s = states; s; s = s->next) {
		for (const struct cleanup_object *o = s->objects.first; o; o = o->next)
			n += count_texts(o->attributes) + 2;
	}
	ret->n = 0;
	ret->item = ARENA_ARRAY(arena, n + 1, struct entry);
	if (!ret->item)
		return false;
	for (const struct cleanup_state *s = states; s; s = s->next) {
		for (const struct cleanup_object *o = s->objects.first; o; o = o->next) {
			ret->item[ret->n++] = (struct entry){ o->identity, o };
			ret->item[ret->n++] = (struct entry){ o->id, o };
			add_texts(ret, o->attributes, o);
		}
	}
	qsort(ret->item, ret->n, sizeof(*ret->item), by_text);
	return true;
}

static size_t index_first(const struct index *x, struct str text)
{
	size_t lo = 0, hi = x->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (str_cmp(x->item[mid].text, text) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The object of production's that is this very one. */
static const struct cleanup_object *adopted_as(const struct index *x,
					       const struct cleanup_object *o)
{
	const struct str keys[] = { o->identity, o->id };

	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		for (size_t i = index_first(x, keys[k]);
		     keys[k].len && i < x->n && str_eq(x->item[i].text, keys[k]); i++) {
			if (cleanup_same(o, x->item[i].object))
				return x->item[i].object;
		}
	}
	return NULL;
}

/* Something of production's that names it in an attribute. A text in both, such as a shared name, is no reference: only ARNs
 * and ids that the cloud mints are looked for. */
static const struct cleanup_object *used_by(const struct index *x, const struct cleanup_object *o)
{
	struct str keys[2] = { str_starts(o->identity, STR("arn:")) ? o->identity : STR_NONE,
			       aws_id_is_minted(o->type, o->id) ? o->id : STR_NONE };

	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		size_t i = index_first(x, keys[k]);

		if (keys[k].len && i < x->n && str_eq(x->item[i].text, keys[k]))
			return x->item[i].object;
	}
	return NULL;
}

/* --- proofs */

struct work {
	const struct cleanup_evidence *e;
	struct arena *arena;
	struct index production, planned;
};

static const struct cleanup_object *planned_create(const struct work *w, struct str address)
{
	size_t i = index_first(&w->planned, address);

	return i < w->planned.n && str_eq(w->planned.item[i].text, address)
		       ? w->planned.item[i].object
		       : NULL;
}

static bool index_plan(struct work *w)
{
	w->planned.item = ARENA_ARRAY(w->arena, w->e->plan.creates.n + 1, struct entry);
	if (!w->planned.item)
		return false;
	for (const struct cleanup_object *o = w->e->plan.creates.first; o; o = o->next)
		w->planned.item[w->planned.n++] = (struct entry){ o->address, o };
	qsort(w->planned.item, w->planned.n, sizeof(*w->planned.item), by_text);
	return true;
}

static bool has_window(const struct cleanup_evidence *e)
{
	return e->from_us || e->to_us;
}

static bool in_window(const struct cleanup_evidence *e, int64_t us)
{
	return us && has_window(e) && us >= e->from_us - SKEW && us <= e->to_us + SKEW;
}

static bool say(struct cleanup_object *o, enum cleanup_class class, struct str proof)
{
	o->class = class;
	o->proof = proof;
	return true;
}

static const struct cloudtrail_event *trail_of(const struct work *w, const struct cleanup_object *o)
{
	const struct cleanup_evidence *e = w->e;
	int64_t from = has_window(e) ? e->from_us - SKEW : 0,
		to = has_window(e) ? e->to_us + SKEW : 0;
	const struct cloudtrail_event *event;

	if (!e->trail)
		return NULL;
	event = cloudtrail_creation(e->trail, o->identity, from, to);
	/* A plain name may be that of another thing: only minted ids count beside ARNs. */
	return event || !aws_id_is_minted(o->type, o->id)
		       ? event
		       : cloudtrail_creation(e->trail, o->id, from, to);
}

/* Is there proof that this apply made it? */
static bool prove(struct work *w, struct cleanup_object *o, enum cleanup_class class)
{
	const struct cloudtrail_event *event = trail_of(w, o);
	char when[TIMESTAMP_LEN + 1];

	if (event) {
		timestamp_text(event->time_us, when);
		return say(o, class,
			   arena_fmt(w->arena, "CloudTrail: %.*s by %.*s at %s",
				     STR_ARG(event->name), STR_ARG(event->who), when));
	}
	if (in_window(w->e, o->created_us)) {
		timestamp_text(o->created_us, when);
		return say(o, class,
			   arena_fmt(w->arena,
				     "the cloud says it was made at %s, while the apply ran",
				     when));
	}
	return false;
}

static bool made_before(struct work *w, struct cleanup_object *o)
{
	char when[TIMESTAMP_LEN + 1];

	if (!o->created_us || !has_window(w->e) || o->created_us >= w->e->from_us - SKEW)
		return false;
	timestamp_text(o->created_us, when);
	return say(o, CLEANUP_UNKNOWN,
		   arena_fmt(w->arena,
			     "it was there before the apply (made at %s), and production's state "
			     "does not know it",
			     when));
}

static void classify_one(struct work *w, struct cleanup_object *o)
{
	const struct cleanup_object *other = adopted_as(&w->production, o);

	if (other) {
		say(o, CLEANUP_ADOPTED,
		    arena_fmt(w->arena, "production's state knows it as %.*s",
			      STR_ARG(other->address)));
		return;
	}
	other = used_by(&w->production, o);
	if (other) {
		say(o, CLEANUP_UNKNOWN,
		    arena_fmt(w->arena, "production uses it: %.*s names it",
			      STR_ARG(other->address)));
		return;
	}
	if (made_before(w, o) || prove(w, o, CLEANUP_DUPLICATE))
		return;
	if (planned_create(w, o->address) && aws_id_is_minted(o->type, o->id)) {
		say(o, CLEANUP_DUPLICATE,
		    STR("the apply's plan creates this address, and the cloud gave this id to no "
			"other creation"));
		return;
	}
	say(o, CLEANUP_UNKNOWN,
	    w->e->plan.given ? STR("it goes by a name that could be taken over, and neither the "
				   "cloud nor CloudTrail says who made it")
			     : STR("nothing given proves who made it: give the apply's plan "
				   "(--plan), --cloudtrail or --since"));
}

/* --- parts of a duplicate: their id is the duplicate's, with something behind it */

static bool is_part(const struct cleanup_object *part, const struct cleanup_object *of)
{
	struct str rest = str_sub(part->id, of->id.len, SIZE_MAX),
		   type = str_sub(part->type, of->type.len, SIZE_MAX);
	bool related = str_starts(part->type, of->type) && str_starts(type, STR("_"));

	if (of->id.len < MIN_REFERENCE || !str_starts(part->id, of->id) || part == of)
		return false;
	if (rest.len && !strchr(":/_,|", rest.ptr[0]))
		return false;
	return related || aws_id_is_minted(of->type, of->id);
}

static const struct cleanup_object *part_of(const struct index *ids,
					    const struct cleanup_object *part)
{
	/* Every prefix of the id that ends before a separator, and the whole. */
	for (size_t n = part->id.len; n >= MIN_REFERENCE; n--) {
		struct str prefix = str_sub(part->id, 0, n);

		if (n < part->id.len && !strchr(":/_,|", part->id.ptr[n]))
			continue;
		for (size_t i = index_first(ids, prefix);
		     i < ids->n && str_eq(ids->item[i].text, prefix); i++) {
			if (is_part(part, ids->item[i].object))
				return ids->item[i].object;
		}
	}
	return NULL;
}

static bool classify_parts(struct work *w, struct cleanup_state *mine)
{
	struct index ids = { .item = ARENA_ARRAY(w->arena, mine->objects.n + 1, struct entry) };

	if (!ids.item)
		return false;
	for (const struct cleanup_object *o = mine->objects.first; o; o = o->next) {
		if (o->class == CLEANUP_DUPLICATE)
			ids.item[ids.n++] = (struct entry){ o->id, o };
	}
	qsort(ids.item, ids.n, sizeof(*ids.item), by_text);
	for (struct cleanup_object *o = mine->objects.first; o; o = o->next) {
		const struct cleanup_object *whole =
			o->class == CLEANUP_UNKNOWN && o->id.len < 2048 ? part_of(&ids, o) : NULL;

		if (whole && planned_create(w, o->address) && !adopted_as(&w->production, o) &&
		    !used_by(&w->production, o))
			say(o, CLEANUP_DUPLICATE,
			    arena_fmt(w->arena,
				      "the apply's plan creates it, and it is a part of %.*s",
				      STR_ARG(whole->address)));
	}
	return true;
}

static bool same_state(const struct cleanup_state *mine, const struct cleanup_evidence *e,
		       struct err *err)
{
	size_t n = 0;

	for (const struct cleanup_state *s = e->production; s; s = s->next) {
		n += s->objects.n;
		if (mine->state.lineage.len && str_eq(s->state.lineage, mine->state.lineage))
			return err_set(
				err, ERR_STATE,
				"%.*s and %.*s are one and the same state (lineage %.*s): nothing "
				"in it can be told from production. "
				"Give the state that the duplicate apply left with --duplicates",
				STR_ARG(mine->path), STR_ARG(s->path),
				STR_ARG(mine->state.lineage));
	}
	if (n == 0)
		return err_set(err, ERR_STATE,
			       "production's state holds nothing, so nothing can be told from a "
			       "duplicate: give the state that knows "
			       "production with --production");
	return true;
}

static bool begin(struct work *w, struct err *err)
{
	if (!index_states(w->e->production, w->arena, &w->production) || !index_plan(w))
		return err_set(err, ERR_LIMIT, "states larger than may be held in memory");
	return true;
}

bool cleanup_classify(struct cleanup_state *mine, const struct cleanup_evidence *e,
		      struct arena *arena, struct err *err)
{
	struct work w = { .e = e, .arena = arena };

	if (!same_state(mine, e, err) || !begin(&w, err))
		return false;
	for (struct cleanup_object *o = mine->objects.first; o; o = o->next)
		classify_one(&w, o);
	if (!classify_parts(&w, mine) || arena->full)
		return err_set(err, ERR_LIMIT, "states larger than may be held in memory");
	return true;
}

bool cleanup_classify_found(struct cleanup_list *found, const struct cleanup_state *mine,
			    const struct cleanup_evidence *e, struct arena *arena, struct err *err)
{
	struct work w = { .e = e, .arena = arena };
	struct index own;

	if (!begin(&w, err) || !index_states(mine, arena, &own))
		return err_set(err, ERR_LIMIT, "states larger than may be held in memory");
	for (struct cleanup_object *o = found->first; o; o = o->next) {
		if (adopted_as(&w.production, o) || adopted_as(&own, o))
			o->class = CLEANUP_KNOWN;
		else if (!made_before(&w, o) && !prove(&w, o, CLEANUP_ORPHAN))
			say(o, CLEANUP_UNKNOWN,
			    STR("it is alive under a name of this plan, no state given knows it, "
				"and nothing says who made it"));
	}
	return !arena->full || err_set(err, ERR_LIMIT, "states larger than may be held in memory");
}
