#include "core/principal.h"

static const struct str names[PRINCIPAL_KIND_COUNT] = {
	[PRINCIPAL_UNKNOWN] = STR_INIT("unknown"),
	[PRINCIPAL_AGENT] = STR_INIT("agent"),
	[PRINCIPAL_PERSON] = STR_INIT("person"),
	[PRINCIPAL_PIPELINE] = STR_INIT("pipeline"),
};

struct str principal_kind_name(enum principal_kind kind)
{
	size_t i = (size_t)kind;

	return names[i < PRINCIPAL_KIND_COUNT ? i : PRINCIPAL_UNKNOWN];
}

bool principal_kind_from(struct str name, enum principal_kind *ret_kind)
{
	for (size_t i = 0; i < PRINCIPAL_KIND_COUNT; i++) {
		if (str_eq(names[i], name)) {
			*ret_kind = (enum principal_kind)i;
			return true;
		}
	}
	return false;
}

bool principal_same(const struct principal *a, const struct principal *b)
{
	bool claimed = a->kind == PRINCIPAL_UNKNOWN || a->kind == PRINCIPAL_AGENT;

	if (a->key.len && str_eq(a->key, b->key))
		return true;
	if (claimed && !a->key.len && b->key.len)
		return false;
	if (a->name.len && str_eq(a->name, b->name))
		return true;
	/* One uid, and nothing but the uid to tell them apart. */
	return a->uid == b->uid && a->key.len == 0 && b->key.len == 0;
}
