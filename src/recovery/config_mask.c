/* backup.yaml, a target's `mask`: what of a scratch copy nobody is to see. */
#include "recovery/config_inner.h"

static const struct str hows[] = { [MASK_HASH] = STR_INIT("hash"), [MASK_NULL] = STR_INIT("null"), [MASK_EMAIL] = STR_INIT("email") };

static bool how_of(struct str s, enum mask_how *ret)
{
	for (unsigned i = MASK_HASH; i < ARRAY_LEN(hows); i++) {
		if (str_eq(hows[i], s)) {
			*ret = (enum mask_how)i;
			return true;
		}
	}
	return false;
}

/* "users.email", "public.users.email": what stands behind the last dot is the column. */
static bool take_one(struct policy_file *f, const struct doc *v, struct config_mask *m)
{
	size_t dot = str_rfind_char(v->key, '.');

	if (dot == SIZE_MAX || dot == 0 || dot + 1 == v->key.len)
		return policy_fail(f, v, "'mask' wants TABLE.COLUMN: hash, null or email");
	if (v->type != DOC_TEXT || !how_of(v->text, &m->how))
		return policy_fail(f, v, "%.*s: hash, null or email is wanted", STR_ARG(str_sub(v->key, 0, 80)));
	m->table = arena_str(f->arena, str_sub(v->key, 0, dot));
	m->column = arena_str(f->arena, str_sub(v->key, dot + 1, SIZE_MAX));
	return true;
}

bool config_take_mask(struct policy_file *f, const struct doc *v, const struct config_mask **ret)
{
	struct config_mask *first = NULL, **end = &first;

	if (v->type != DOC_MAP)
		return policy_fail(f, v, "'mask' wants TABLE.COLUMN: hash, null or email");
	DOC_EACH(it, v) {
		struct config_mask *m = ARENA_NEW(f->arena, struct config_mask);

		if (!m || !take_one(f, it, m))
			return false;
		*end = m;
		end = &m->next;
	}
	*ret = first;
	return true;
}
