#include "read/known.h"

#include <stddef.h>

struct text_field {
	const char *name;
	size_t offset;
};

#define FIELD(f) { #f, offsetof(struct known, f) }
static const struct text_field texts[] = {
	FIELD(folder),	FIELD(backend), FIELD(workspace), FIELD(environment), FIELD(account),
	FIELD(region), FIELD(lineage), FIELD(time),	   FIELD(by),
};
#undef FIELD
#define FIELD(f) { #f, offsetof(struct state_object, f) }
static const struct text_field object_texts[] = { FIELD(address), FIELD(type), FIELD(identity), FIELD(id), FIELD(network) };
#undef FIELD

static struct str *text_at(void *base, const struct text_field *f)
{
	return (struct str *)(void *)((char *)base + f->offset);
}

static struct str text_of(const void *base, const struct text_field *f)
{
	return *(const struct str *)(const void *)((const char *)base + f->offset);
}

void known_from_state(struct known *k, const struct state *s)
{
	k->lineage = s->lineage;
	k->serial = s->serial;
	k->content = s->content;
	k->n_managed = s->n_managed;
	k->objects = s->objects;
	if (s->account.len)
		k->account = s->account;
	if (s->region.len)
		k->region = s->region;
}

bool known_same_place(const struct known *a, const struct known *b)
{
	return str_eq(a->folder, b->folder) && str_eq(a->backend, b->backend) && str_eq(a->workspace, b->workspace);
}

static void texts_to_json(const void *base, const struct text_field *f, size_t n, struct json_out *o)
{
	for (size_t i = 0; i < n; i++) {
		if (text_of(base, &f[i]).len)
			json_out_kv(o, f[i].name, text_of(base, &f[i]));
	}
}

void known_to_json(const struct known *k, struct json_out *o)
{
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(&k->content, hex);
	json_out_open(o, '{');
	texts_to_json(k, texts, ARRAY_LEN(texts), o);
	json_out_key(o, "serial");
	json_out_u64(o, k->serial);
	json_out_key(o, "managed");
	json_out_u64(o, k->n_managed);
	if (!digest_is_zero(&k->content))
		json_out_kv(o, "digest", str_from(hex));
	json_out_key(o, "prevent_destroy");
	json_out_open(o, '[');
	for (size_t i = 0; i < k->prevent_destroy.n; i++)
		json_out_str(o, k->prevent_destroy.item[i]);
	json_out_close(o, ']');
	json_out_key(o, "resources");
	json_out_open(o, '[');
	for (const struct state_object *r = k->objects; r; r = r->next) {
		json_out_open(o, '{');
		texts_to_json(r, object_texts, ARRAY_LEN(object_texts), o);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
	json_out_close(o, '}');
}

static void texts_from_json(const struct json *v, void *base, const struct text_field *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*text_at(base, &f[i]) = json_str(v, f[i].name);
}

static bool objects_from_json(const struct json *list, struct arena *arena, struct known *k)
{
	struct state_object **tail = &k->objects;

	if (!json_is(list, JSON_ARRAY))
		return false;
	JSON_EACH(v, list) {
		struct state_object *o = ARENA_NEW(arena, struct state_object);

		if (!o || !json_is(v, JSON_OBJECT))
			return false;
		texts_from_json(v, o, object_texts, ARRAY_LEN(object_texts));
		*tail = o;
		tail = &o->next;
	}
	return true;
}

static bool protected_from_json(const struct json *list, struct arena *arena, struct known *k)
{
	struct str *items;
	size_t n = 0;

	if (!json_is(list, JSON_ARRAY))
		return false;
	items = list->n ? ARENA_ARRAY(arena, list->n, struct str) : NULL;
	JSON_EACH(v, list) {
		if (!items || !json_is(v, JSON_STRING))
			return false;
		items[n++] = v->text;
	}
	k->prevent_destroy = (struct str_set){ items, n };
	return true;
}

bool known_from_json(const struct json *v, struct arena *arena, struct known *ret, struct err *err)
{
	struct known k = { 0 };
	uint64_t managed;
	struct str hex = json_str(v, "digest");

	texts_from_json(v, &k, texts, ARRAY_LEN(texts));
	if (!json_u64(v, "serial", &k.serial) || !json_u64(v, "managed", &managed) || !k.folder.len || !k.backend.len ||
	    !k.workspace.len || (hex.len && !digest_from_hex(hex, &k.content)) ||
	    !protected_from_json(json_get(v, "prevent_destroy"), arena, &k) ||
	    !objects_from_json(json_get(v, "resources"), arena, &k))
		return err_set(err, ERR_INPUT, "not a record of a state");
	k.n_managed = (size_t)managed;
	*ret = k;
	return true;
}
