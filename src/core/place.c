#include "core/place.h"

#include "base/redact.h"

#define PLACE(f) { #f, offsetof(struct place, f) }
static const struct {
	const char *key;
	size_t offset;
} rows[] = {
	PLACE(account), PLACE(region), PLACE(workspace), PLACE(backend),
	PLACE(path),	PLACE(tag),    PLACE(host),	 PLACE(database),
};

static struct str *field(struct place *p, size_t i)
{
	return (struct str *)(void *)((char *)p + rows[i].offset);
}

bool place_known(const struct place *p)
{
	struct place copy = *p;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (field(&copy, i)->len)
			return true;
	}
	return false;
}

void place_redact(struct place *p, struct arena *arena)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		*field(p, i) = redact_str(*field(p, i), arena);
}

void place_to_json(const struct place *p, struct json_out *o)
{
	struct place copy = *p;

	json_out_open(o, '{');
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (field(&copy, i)->len)
			json_out_kv(o, rows[i].key, *field(&copy, i));
	}
	json_out_close(o, '}');
}

bool place_from_json(const struct json *v, struct place *ret, struct err *err)
{
	struct place p = { 0 };

	if (v && v->type != JSON_OBJECT)
		return err_set(err, ERR_INPUT, "place: not a JSON object");
	JSON_EACH(m, v) {
		size_t i = 0;

		while (i < ARRAY_LEN(rows) && !str_is(m->key, rows[i].key))
			i++;
		if (i == ARRAY_LEN(rows) || m->type != JSON_STRING)
			return err_set(err, ERR_INPUT, "place: unknown or wrongly typed field \"%.*s\"", STR_ARG(m->key));
		*field(&p, i) = m->text;
	}
	*ret = p;
	return true;
}
