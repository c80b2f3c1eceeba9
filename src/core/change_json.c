#include "core/change.h"

/* Text fields of a change, in the order they are written. The row is the format. */
static const struct {
	const char *key;
	size_t offset;
} fields[] = {
	{ "type", offsetof(struct change, type) },
	{ "name", offsetof(struct change, name) },
	{ "identity", offsetof(struct change, identity) },
	{ "title", offsetof(struct change, title) },
	{ "environment", offsetof(struct change, environment) },
	{ "tag_environment", offsetof(struct change, tag_environment) },
	{ "account", offsetof(struct change, account) },
	{ "region", offsetof(struct change, region) },
	{ "finding", offsetof(struct change, finding) },
	{ "reason", offsetof(struct change, reason) },
	{ "window", offsetof(struct change, window) },
	{ "forced_by", offsetof(struct change, forced_by) },
	{ "safer", offsetof(struct change, safer) },
};

/* Field ${i} of *${c}; reading and writing share it. */
static struct str *field(struct change *c, size_t i)
{
	return (struct str *)(void *)((char *)c + fields[i].offset);
}

void change_to_json(const struct change *c, struct json_out *o)
{
	struct change copy = *c;

	json_out_open(o, '{');
	json_out_kv(o, "kind", change_kind_name(c->kind));
	json_out_kv(o, "reversible", reversibility_name(c->reversible));
	json_out_kv(o, "holds_data", holds_data_name(c->holds_data));
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (field(&copy, i)->len)
			json_out_kv(o, fields[i].key, *field(&copy, i));
	}
	if (c->place) {
		json_out_key(o, "place");
		place_to_json(c->place, o);
	}
	if (c->dies_with) {
		json_out_key(o, "dies_with");
		json_out_open(o, '[');
		for (const struct change_casualty *d = c->dies_with; d; d = d->next)
			json_out_str(o, d->what);
		json_out_close(o, ']');
	}
	if (c->rows) {
		json_out_key(o, "rows");
		json_out_u64(o, c->rows);
	}
	json_out_close(o, '}');
}

static bool wrong(struct err *err, const struct json *member, const char *wanted)
{
	return err_set(err, ERR_INPUT, "change: \"%.*s\" is not %s", STR_ARG(member->key), wanted);
}

static bool take_dies_with(const struct json *m, struct arena *arena, struct change *c, struct err *err)
{
	if (m->type != JSON_ARRAY)
		return wrong(err, m, "a list");
	JSON_EACH(d, m) {
		if (d->type != JSON_STRING)
			return wrong(err, m, "a list of texts");
		change_dies_with(c, arena, d->text);
	}
	return true;
}

static bool take_place(const struct json *m, struct arena *arena, struct change *c, struct err *err)
{
	struct place *own = ARENA_NEW(arena, struct place);

	if (!own)
		return err_set(err, ERR_LIMIT, "change: too large");
	c->place = own;
	return place_from_json(m, own, err);
}

static bool take_text(const struct json *m, struct change *c, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (!str_is(m->key, fields[i].key))
			continue;
		if (m->type != JSON_STRING)
			return wrong(err, m, "text");
		*field(c, i) = m->text;
		return true;
	}
	return wrong(err, m, "a field of a change");
}

static bool take(const struct json *m, struct arena *arena, struct change *c, struct err *err)
{
	if (str_is(m->key, "kind"))
		return change_kind_from(json_text(m), &c->kind) || wrong(err, m, "a kind of change");
	if (str_is(m->key, "reversible"))
		return reversibility_from(json_text(m), &c->reversible) ||
		       wrong(err, m, "one of yes, window, no, unknown");
	if (str_is(m->key, "holds_data"))
		return holds_data_from(json_text(m), &c->holds_data) ||
		       wrong(err, m, "one of yes, no, unknown");
	if (str_is(m->key, "place"))
		return take_place(m, arena, c, err);
	if (str_is(m->key, "dies_with"))
		return take_dies_with(m, arena, c, err);
	if (str_is(m->key, "rows"))
		return (m->type == JSON_NUMBER && str_to_u64(m->text, &c->rows)) ||
		       wrong(err, m, "a number of rows");
	return take_text(m, c, err);
}

bool change_from_json(const struct json *v, struct arena *arena, struct change *ret, struct err *err)
{
	struct change c = { 0 };

	if (!json_is(v, JSON_OBJECT))
		return err_set(err, ERR_INPUT, "change: not a JSON object");
	JSON_EACH(m, v) {
		if (!take(m, arena, &c, err))
			return false;
	}
	if (arena->full)
		return err_set(err, ERR_LIMIT, "change: too large");
	*ret = c;
	return true;
}
