#include "core/request.h"

#include "base/redact.h"

static const struct str gate_names[GATE_COUNT] = {
	[GATE_UNSET] = STR_INIT("unset"),
	[GATE_HOOK] = STR_INIT("hook"),
	[GATE_EXEC] = STR_INIT("exec"),
	[GATE_TERRAFORM] = STR_INIT("terraform"),
	[GATE_POSTGRES] = STR_INIT("postgres"),
	[GATE_AWS] = STR_INIT("aws"),
	[GATE_MCP] = STR_INIT("mcp"),
};

struct row {
	const char *key;
	size_t offset;
};

/* The order is part of the approval digest: append, never move. */
#define BINDING(f) { #f, offsetof(struct binding, f) }
static const struct row binding_rows[] = {
	BINDING(cwd),	   BINDING(backend),	  BINDING(workspace),	  BINDING(account),
	BINDING(region),   BINDING(lineage),	  BINDING(serial),	  BINDING(state_digest),
	BINDING(config_digest), BINDING(environment), BINDING(evidence),
};

static const struct str *row_const(const void *base, const struct row *r)
{
	return (const struct str *)(const void *)((const char *)base + r->offset);
}

static struct str *row_of(void *base, const struct row *r)
{
	return (struct str *)(void *)((char *)base + r->offset);
}

struct str gate_name(enum gate g)
{
	size_t i = (size_t)g;

	return gate_names[i < GATE_COUNT ? i : GATE_UNSET];
}

bool gate_from(struct str name, enum gate *ret_gate)
{
	for (size_t i = 0; i < GATE_COUNT; i++) {
		if (str_eq(gate_names[i], name)) {
			*ret_gate = (enum gate)i;
			return true;
		}
	}
	return false;
}

struct digest request_digest(const struct request *r)
{
	char hex[DIGEST_HEX_LEN + 1];
	struct digest_run run;

	digest_begin(&run);
	digest_field(&run, STR("version"), STR("pawl-request-1"));
	digest_hex(&r->bytes, hex);
	digest_field(&run, STR("bytes"), str_from(hex));
	digest_field(&run, STR("gate"), gate_name(r->gate));
	digest_field(&run, STR("tool"), r->tool);
	for (size_t i = 0; i < ARRAY_LEN(binding_rows); i++)
		digest_field(&run, str_from(binding_rows[i].key), *row_const(&r->binding, &binding_rows[i]));
	return digest_end(&run);
}

static void redact_rows(void *base, const struct row *rows, size_t n, struct arena *arena)
{
	for (size_t i = 0; i < n; i++)
		*row_of(base, &rows[i]) = redact_str(*row_of(base, &rows[i]), arena);
}

void request_redact(struct request *r, struct arena *arena)
{
	place_redact(&r->place, arena);
	redact_rows(&r->binding, binding_rows, ARRAY_LEN(binding_rows), arena);
	r->principal.name = redact_str(r->principal.name, arena);
	r->principal.session = redact_str(r->principal.session, arena);
	r->tool = redact_str(r->tool, arena);
	r->summary = redact_str(r->summary, arena);
	CHANGE_EACH(c, &r->changes)
		change_redact(c, arena);
	for (struct request_bucket *b = r->buckets; b; b = b->next) {
		b->address = redact_str(b->address, arena);
		b->name = redact_str(b->name, arena);
	}
}

static void out_rows(struct json_out *o, const char *key, const void *base, const struct row *rows, size_t n)
{
	json_out_key(o, key);
	json_out_open(o, '{');
	for (size_t i = 0; i < n; i++) {
		const struct str *s = row_const(base, &rows[i]);

		if (s->len)
			json_out_kv(o, rows[i].key, *s);
	}
	json_out_close(o, '}');
}

static void out_principal(struct json_out *o, const struct principal *p)
{
	json_out_key(o, "principal");
	json_out_open(o, '{');
	json_out_kv(o, "kind", principal_kind_name(p->kind));
	json_out_kv(o, "name", p->name);
	json_out_key(o, "uid");
	json_out_u64(o, p->uid);
	if (p->session.len)
		json_out_kv(o, "session", p->session);
	if (p->key.len)
		json_out_kv(o, "key", p->key);
	json_out_close(o, '}');
}

static void out_buckets(struct json_out *o, const struct request_bucket *b)
{
	json_out_key(o, "buckets");
	json_out_open(o, '[');
	for (; b; b = b->next) {
		json_out_open(o, '{');
		json_out_kv(o, "address", b->address);
		json_out_kv(o, "name", b->name);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

void request_to_json(const struct request *r, struct json_out *o)
{
	struct digest d = request_digest(r);
	char hex[DIGEST_HEX_LEN + 1];

	json_out_open(o, '{');
	digest_hex(&d, hex);
	json_out_kv(o, "digest", str_from(hex));
	out_principal(o, &r->principal);
	json_out_kv(o, "gate", gate_name(r->gate));
	json_out_kv(o, "tool", r->tool);
	json_out_kv(o, "summary", r->summary);
	json_out_key(o, "place");
	place_to_json(&r->place, o);
	out_rows(o, "binding", &r->binding, binding_rows, ARRAY_LEN(binding_rows));
	digest_hex(&r->bytes, hex);
	json_out_kv(o, "bytes", str_from(hex));
	json_out_key(o, "partial");
	json_out_bool(o, r->partial);
	json_out_key(o, "changes");
	json_out_open(o, '[');
	CHANGE_EACH(c, &r->changes)
		change_to_json(c, o);
	json_out_close(o, ']');
	if (r->buckets)
		out_buckets(o, r->buckets);
	json_out_close(o, '}');
}

static bool in_rows(const struct json *v, void *base, const struct row *rows, size_t n, struct err *err)
{
	JSON_EACH(m, v) {
		size_t i = 0;

		while (i < n && !str_is(m->key, rows[i].key))
			i++;
		if (i == n || m->type != JSON_STRING)
			return err_set(err, ERR_INPUT, "request: unknown or wrongly typed field \"%.*s\"",
				       STR_ARG(m->key));
		*row_of(base, &rows[i]) = m->text;
	}
	return true;
}

static bool in_principal(const struct json *v, struct principal *p, struct err *err)
{
	uint64_t uid = 0;

	if (!principal_kind_from(json_str(v, "kind"), &p->kind) || !json_u64(v, "uid", &uid) || uid > UINT32_MAX)
		return err_set(err, ERR_INPUT, "request: principal without kind or uid");
	p->uid = (uint32_t)uid;
	p->name = json_str(v, "name");
	p->session = json_str(v, "session");
	p->key = json_str(v, "key");
	return true;
}

static bool in_changes(const struct json *list, struct arena *arena, struct change_list *l, struct err *err)
{
	if (!json_is(list, JSON_ARRAY))
		return err_set(err, ERR_INPUT, "request: no list of changes");
	JSON_EACH(m, list) {
		struct change *c = change_add(l, arena);

		if (!c)
			return err_set(err, ERR_LIMIT, "request: too large");
		if (!change_from_json(m, arena, c, err))
			return false;
	}
	return true;
}

static bool in_buckets(const struct json *list, struct arena *arena, struct request_bucket **ret, struct err *err)
{
	if (list && list->type != JSON_ARRAY)
		return err_set(err, ERR_INPUT, "request: buckets are no list");
	JSON_EACH(m, list) {
		struct request_bucket *b = ARENA_NEW(arena, struct request_bucket);

		if (!b)
			return err_set(err, ERR_LIMIT, "request: too large");
		*b = (struct request_bucket){ .address = json_str(m, "address"), .name = json_str(m, "name") };
		if (!b->address.len || !b->name.len)
			return err_set(err, ERR_INPUT, "request: a bucket without address or name");
		*ret = b;
		ret = &b->next;
	}
	return true;
}

static bool known_members(const struct json *v, struct err *err)
{
	static const char *const known[] = { "digest", "principal", "gate", "tool", "summary", "place",
					     "binding", "bytes", "partial", "changes", "buckets" };

	JSON_EACH(m, v) {
		size_t i = 0;

		while (i < ARRAY_LEN(known) && !str_is(m->key, known[i]))
			i++;
		if (i == ARRAY_LEN(known))
			return err_set(err, ERR_INPUT, "request: unknown field \"%.*s\"", STR_ARG(m->key));
	}
	return true;
}

/* Where a digest is said, it is that of what is said. */
static bool digest_fits(const struct json *v, const struct request *r, struct err *err)
{
	struct digest said, is = request_digest(r);

	if (!json_get(v, "digest") || (digest_from_hex(json_str(v, "digest"), &said) && digest_eq(&said, &is)))
		return true;
	return err_set(err, ERR_INPUT, "request: its digest is not that of what it says");
}

bool request_from_json(const struct json *v, struct arena *arena, struct request *ret, struct err *err)
{
	struct request r = { .tool = json_str(v, "tool"), .summary = json_str(v, "summary"),
			     .partial = json_true(v, "partial") };

	if (!known_members(v, err))
		return false;
	if (!gate_from(json_str(v, "gate"), &r.gate))
		return err_set(err, ERR_INPUT, "request: no gate");
	if (!digest_from_hex(json_str(v, "bytes"), &r.bytes))
		return err_set(err, ERR_INPUT, "request: no digest of its bytes");
	if (!in_principal(json_get(v, "principal"), &r.principal, err) ||
	    !place_from_json(json_get(v, "place"), &r.place, err) ||
	    !in_rows(json_get(v, "binding"), &r.binding, binding_rows, ARRAY_LEN(binding_rows), err) ||
	    !in_changes(json_get(v, "changes"), arena, &r.changes, err) ||
	    !in_buckets(json_get(v, "buckets"), arena, &r.buckets, err))
		return false;
	if (!digest_fits(v, &r, err))
		return false;
	*ret = r;
	return true;
}
