#include "read/pin.h"

#include <stddef.h>

#include "base/doc.h"

enum shape { SHAPE_TEXT, SHAPE_NUMBER, SHAPE_COUNT, SHAPE_DIGEST, SHAPE_NAMES, SHAPE_OBJECTS };

struct field {
	const char *name;
	enum shape shape;
	size_t offset;
	bool needed;
};

/* In the order they are written. */
static const struct field fields[] = {
	{ "folder", SHAPE_TEXT, offsetof(struct known, folder), true },
	{ "backend", SHAPE_TEXT, offsetof(struct known, backend), true },
	{ "workspace", SHAPE_TEXT, offsetof(struct known, workspace), true },
	{ "environment", SHAPE_TEXT, offsetof(struct known, environment), false },
	{ "account", SHAPE_TEXT, offsetof(struct known, account), false },
	{ "region", SHAPE_TEXT, offsetof(struct known, region), false },
	{ "lineage", SHAPE_TEXT, offsetof(struct known, lineage), true },
	{ "serial", SHAPE_NUMBER, offsetof(struct known, serial), true },
	{ "digest", SHAPE_DIGEST, offsetof(struct known, content), false },
	{ "managed", SHAPE_COUNT, offsetof(struct known, n_managed), true },
	{ "pinned", SHAPE_TEXT, offsetof(struct known, time), false },
	{ "by", SHAPE_TEXT, offsetof(struct known, by), false },
	{ "prevent_destroy", SHAPE_NAMES, offsetof(struct known, prevent_destroy), false },
	{ "resources", SHAPE_OBJECTS, offsetof(struct known, objects), true },
};

static const struct field object_fields[] = {
	{ "address", SHAPE_TEXT, offsetof(struct state_object, address), true },
	{ "type", SHAPE_TEXT, offsetof(struct state_object, type), true },
	{ "identity", SHAPE_TEXT, offsetof(struct state_object, identity), false },
	{ "id", SHAPE_TEXT, offsetof(struct state_object, id), false },
	{ "network", SHAPE_TEXT, offsetof(struct state_object, network), false },
};

struct reader {
	struct str file;
	struct arena *arena;
	struct err *err;
};

static void *at(void *base, const struct field *f)
{
	return (char *)base + f->offset;
}

static bool expect(struct reader *r, const struct doc *v, enum doc_type kind)
{
	static const char *const names[] = { "", "text", "a list", "a map" };

	return v->type == kind || doc_wrong(r->file, v, r->err, "'%.*s' must be %s", STR_ARG(v->key), names[kind]);
}

static bool take_map(struct reader *r, const struct doc *map, const struct field *table, size_t n, void *base);

static bool take_names(struct reader *r, const struct doc *list, struct str_set *ret)
{
	struct str *items = list->n ? ARENA_ARRAY(r->arena, list->n, struct str) : NULL;
	size_t n = 0;

	for (const struct doc *v = list->child; v; v = v->next) {
		if (!expect(r, v, DOC_TEXT) || !items)
			return false;
		if (n && str_cmp(items[n - 1], v->text) >= 0)
			return doc_wrong(r->file, v, r->err, "names must be sorted, each once");
		items[n++] = v->text;
	}
	*ret = (struct str_set){ items, n };
	return true;
}

static bool take_objects(struct reader *r, const struct doc *list, struct state_object **ret)
{
	struct state_object **tail = ret;

	for (const struct doc *v = list->child; v; v = v->next) {
		struct state_object *o = ARENA_NEW(r->arena, struct state_object);

		if (!expect(r, v, DOC_MAP) || !o ||
		    !take_map(r, v, object_fields, ARRAY_LEN(object_fields), o))
			return false;
		*tail = o;
		tail = &o->next;
	}
	return true;
}

static bool take_value(struct reader *r, const struct doc *v, const struct field *f, void *base)
{
	uint64_t count;

	switch (f->shape) {
	case SHAPE_TEXT:
		if (!expect(r, v, DOC_TEXT))
			return false;
		*(struct str *)at(base, f) = v->text;
		return true;
	case SHAPE_NUMBER:
	case SHAPE_COUNT:
		if (!expect(r, v, DOC_TEXT))
			return false;
		if (!str_to_u64(v->text, &count))
			return doc_wrong(r->file, v, r->err, "'%s' must be a number", f->name);
		if (f->shape == SHAPE_NUMBER)
			*(uint64_t *)at(base, f) = count;
		else
			*(size_t *)at(base, f) = (size_t)count;
		return true;
	case SHAPE_DIGEST:
		return expect(r, v, DOC_TEXT) &&
		       (digest_from_hex(v->text, at(base, f)) ||
			doc_wrong(r->file, v, r->err, "'%s' must be 64 hex digits", f->name));
	case SHAPE_NAMES:
		return expect(r, v, DOC_LIST) && take_names(r, v, at(base, f));
	case SHAPE_OBJECTS:
		return expect(r, v, DOC_LIST) && take_objects(r, v, at(base, f));
	}
	return false;
}

static bool take_map(struct reader *r, const struct doc *map, const struct field *table, size_t n, void *base)
{
	uint64_t seen = 0;

	for (const struct doc *v = map->child; v; v = v->next) {
		size_t i = 0;

		while (i < n && !str_is(v->key, table[i].name))
			i++;
		if (i == n)
			return doc_wrong(r->file, v, r->err, "unknown key '%.*s'", STR_ARG(v->key));
		if (!take_value(r, v, &table[i], base))
			return false;
		seen |= UINT64_C(1) << i;
	}
	for (size_t i = 0; i < n; i++) {
		if (table[i].needed && !(seen & UINT64_C(1) << i))
			return doc_wrong(r->file, map, r->err, "key '%s' is missing", table[i].name);
	}
	return true;
}

static bool take_state(struct reader *r, const struct doc *v, struct known **ret)
{
	struct known *k = ARENA_NEW(r->arena, struct known);

	if (!expect(r, v, DOC_MAP) || !k || !take_map(r, v, fields, ARRAY_LEN(fields), k))
		return false;
	if (k->folder.len == 0 || k->folder.ptr[0] == '/')
		return doc_wrong(r->file, v, r->err, "'folder' must be relative to this file");
	if (k->lineage.len == 0 || k->n_managed == 0)
		return doc_wrong(r->file, v, r->err, "an empty state is no state to pin");
	k->source = KNOWN_PIN;
	k->where = arena_fmt(r->arena, "%.*s:%u", STR_ARG(r->file), v->line);
	*ret = k;
	return true;
}

static bool take_states(struct reader *r, const struct doc *list, struct known **ret_first)
{
	struct known *first = NULL, **tail = &first;

	if (list->n > PIN_MAX_STATES)
		return doc_wrong(r->file, list, r->err, "more than %d states", PIN_MAX_STATES);
	for (const struct doc *v = list->child; v; v = v->next) {
		if (!take_state(r, v, tail))
			return false;
		for (const struct known *k = first; k != *tail; k = k->next) {
			if (known_same_place(k, *tail))
				return doc_wrong(r->file, v, r->err,
						       "folder, backend and workspace as at line %.*s already", STR_ARG(k->where));
		}
		tail = &(*tail)->next;
	}
	*ret_first = first;
	return true;
}

/* The keys of the whole file. */
static bool take_top(struct reader *r, const struct doc *root, const struct doc **ret_states)
{
	const struct doc *states = NULL;
	bool version = false;

	for (const struct doc *v = root->child; v; v = v->next) {
		if (str_is(v->key, "states")) {
			states = v;
			continue;
		}
		if (!str_is(v->key, "version"))
			return doc_wrong(r->file, v, r->err, "unknown key '%.*s'", STR_ARG(v->key));
		if (!str_is(v->text, "1"))
			return doc_wrong(r->file, v, r->err, "version %.*s is not known here, only 1; use a newer pawl",
					       STR_ARG(v->text));
		version = true;
	}
	if (!version || !states)
		return doc_wrong(r->file, root, r->err, "key '%s' is missing", version ? "states" : "version");
	*ret_states = states;
	return true;
}

bool pin_read(struct str file, struct str text, struct arena *arena, struct known **ret_first, struct err *err)
{
	struct reader r = { file, arena, err };
	const struct doc *states;
	const struct doc *root;

	if (!doc_parse(&(struct doc_source){ file, text }, arena, &root, err))
		return false;
	if (root->type != DOC_MAP)
		return doc_wrong(file, root, err, "not a pin file: a map with 'version' and 'states' is expected");
	states = root;
	if (!take_top(&r, root, &states))
		return false;
	if (!expect(&r, states, DOC_LIST))
		return false;
	if (!take_states(&r, states, ret_first))
		return arena->full ? err_set(err, ERR_LIMIT, "%.*s: larger than may be held in memory", STR_ARG(file)) : false;
	return true;
}

/* --- writing: every text double-quoted, as JSON is and YAML takes --- */

static void quoted(struct buf *out, struct str s)
{
	struct json_out o = { .buf = out };

	json_out_str(&o, s);
}

static void write_object(const struct state_object *r, struct buf *out)
{
	bool first = true;

	buf_adds(out, "      - {");
	for (size_t i = 0; i < ARRAY_LEN(object_fields); i++) {
		struct str v = *(const struct str *)(const void *)((const char *)r + object_fields[i].offset);

		if (!v.len && !object_fields[i].needed)
			continue;
		buf_addf(out, "%s%s: ", first ? " " : ", ", object_fields[i].name);
		quoted(out, v);
		first = false;
	}
	buf_adds(out, " }\n");
}

static void write_field(const struct known *k, const struct field *f, struct buf *out)
{
	const void *v = (const char *)k + f->offset;
	const struct str_set *set = v;
	char hex[DIGEST_HEX_LEN + 1];

	switch (f->shape) {
	case SHAPE_TEXT:
		if (!((const struct str *)v)->len && !f->needed)
			return;
		buf_addf(out, "    %s: ", f->name);
		quoted(out, *(const struct str *)v);
		buf_addc(out, '\n');
		return;
	case SHAPE_NUMBER:
		buf_addf(out, "    %s: %llu\n", f->name, (unsigned long long)*(const uint64_t *)v);
		return;
	case SHAPE_COUNT:
		buf_addf(out, "    %s: %zu\n", f->name, *(const size_t *)v);
		return;
	case SHAPE_DIGEST:
		digest_hex(v, hex);
		if (!digest_is_zero(v))
			buf_addf(out, "    %s: \"%s\"\n", f->name, hex);
		return;
	case SHAPE_NAMES:
		if (set->n)
			buf_addf(out, "    %s:\n", f->name);
		for (size_t i = 0; i < set->n; i++) {
			buf_adds(out, "      - ");
			quoted(out, set->item[i]);
			buf_addc(out, '\n');
		}
		return;
	case SHAPE_OBJECTS:
		buf_addf(out, "    %s:%s\n", f->name, k->objects ? "" : " []");
		for (const struct state_object *r = k->objects; r; r = r->next)
			write_object(r, out);
		return;
	}
}

void pin_write(const struct known *first, struct buf *out)
{
	buf_adds(out, "# Which Terraform states are the true ones. Written by `pawl pin`; commit it, and let changes to it be reviewed.\n"
		      "version: 1\nstates:\n");
	for (const struct known *k = first; k; k = k->next) {
		size_t start = out->len;

		for (size_t i = 0; i < ARRAY_LEN(fields); i++)
			write_field(k, &fields[i], out);
		if (!out->failed && out->len > start + 4)
			out->ptr[start + 2] = '-';
	}
}

struct known *pin_put(struct known *first, struct known *k)
{
	struct known **p = &first;

	while (*p && !known_same_place(*p, k))
		p = &(*p)->next;
	k->next = *p ? (*p)->next : NULL;
	*p = k;
	return first;
}
