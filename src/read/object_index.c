#include "read/object_index.h"

static void put(struct object_index *x, struct str key, const struct state_object *o)
{
	size_t i;

	if (!key.len)
		return;
	for (i = str_hash(key) & x->mask; x->slot[i].object; i = (i + 1) & x->mask) {
		if (str_eq(x->slot[i].key, key) && str_eq(x->slot[i].object->type, o->type))
			return; /* one is enough */
	}
	x->slot[i] = (struct object_entry){ key, o };
}

static struct str tail(struct str identity)
{
	size_t slash = str_rfind_char(identity, '/'), colon = str_rfind_char(identity, ':');
	size_t at = slash == SIZE_MAX ? colon : colon == SIZE_MAX || slash > colon ? slash : colon;

	return at == SIZE_MAX ? STR_NONE : str_sub(identity, at + 1, identity.len);
}

struct object_index object_index_make(const struct state_object *first, enum object_key by, struct arena *arena)
{
	struct object_index x = { 0 };
	size_t n = 0, slots = 64;

	for (const struct state_object *o = first; o; o = o->next)
		n += by == OBJECT_BY_NAME ? 2 : 1;
	while (slots < n * 2)
		slots *= 2;
	x.slot = ARENA_ARRAY(arena, slots, struct object_entry);
	x.mask = slots - 1;
	for (const struct state_object *o = first; o && x.slot; o = o->next) {
		switch (by) {
		case OBJECT_BY_ADDRESS:
			put(&x, o->address, o);
			break;
		case OBJECT_BY_IDENTITY:
			put(&x, o->identity, o);
			break;
		case OBJECT_BY_NETWORK:
			put(&x, o->network, o);
			break;
		case OBJECT_BY_NAME:
			put(&x, o->id, o);
			put(&x, tail(o->identity), o);
			break;
		}
	}
	return x;
}

const struct state_object *object_index_find(const struct object_index *x, struct str key, struct str type)
{
	if (!x->slot || !key.len)
		return NULL;
	for (size_t i = str_hash(key) & x->mask; x->slot[i].object; i = (i + 1) & x->mask) {
		if (str_eq(x->slot[i].key, key) && (!type.len || str_eq(x->slot[i].object->type, type)))
			return x->slot[i].object;
	}
	return NULL;
}
