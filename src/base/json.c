#include "base/json.h"

#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/json_memory.h"

#define FEW_KEYS ((size_t)24)
#define DUPLICATE_KEY "duplicate key"
#define LONE_SURROGATE "text with half a surrogate pair"

void json_build_begin(struct json_build *b, struct arena *arena)
{
	*b = (struct json_build){ .arena = arena };
}

static bool refuse(struct json_build *b, const char *why)
{
	b->wrong = why;
	return false;
}

static struct json *put(struct json_build *b, enum json_type type)
{
	struct json *v = ARENA_NEW(b->arena, struct json), *up;

	if (!v)
		return NULL;
	v->type = type;
	if (b->depth == 0) {
		b->root = v;
		return v;
	}
	up = b->stack[b->depth - 1];
	if (up->type == JSON_OBJECT) {
		v->key = b->key;
		b->key = STR_NONE;
	}
	if (up->last)
		up->last->next = v;
	else
		up->child = v;
	up->last = v;
	up->n++;
	return v;
}

bool json_build_scalar(struct json_build *b, enum json_type type, struct str text)
{
	struct json *v = put(b, type);

	if (!v)
		return refuse(b, "too large");
	if (type != JSON_STRING && type != JSON_NUMBER)
		return true;
	v->text = arena_str(b->arena, text);
	return b->arena->full ? refuse(b, "too large") : true;
}

bool json_build_key(struct json_build *b, struct str key)
{
	b->key = arena_str(b->arena, key);
	return b->arena->full ? refuse(b, "too large") : true;
}

bool json_build_open(struct json_build *b, enum json_type array_or_object)
{
	struct json *v;

	if (b->depth >= JSON_MAX_DEPTH)
		return refuse(b, "nested too deep");
	v = put(b, array_or_object);
	if (!v)
		return refuse(b, "too large");
	b->stack[b->depth++] = v;
	return true;
}

/* Keys that only rise, as most writers sort them, have no duplicate among them. */
static bool rising(const struct json *obj)
{
	JSON_EACH(m, obj) {
		if (m->next && str_cmp(m->key, m->next->key) >= 0)
			return false;
	}
	return true;
}

static bool duplicate_few(const struct json *obj)
{
	JSON_EACH(a, obj) {
		for (const struct json *c = a->next; c; c = c->next) {
			if (str_eq(a->key, c->key))
				return true;
		}
	}
	return false;
}

/* Open addressing over a table twice the number of keys, in the arena, given back at once. */
static bool duplicate_many(struct json_build *b, const struct json *obj)
{
	size_t used = b->arena->used, slots = 64, i;
	const struct json **table;
	bool found = false;

	while (slots < obj->n * 2)
		slots *= 2;
	table = ARENA_ARRAY(b->arena, slots, const struct json *);
	if (!table)
		return false; /* full: refused as such by the caller */
	JSON_EACH(m, obj) {
		for (i = str_hash(m->key) & (slots - 1); table[i]; i = (i + 1) & (slots - 1)) {
			if (str_eq(table[i]->key, m->key)) {
				found = true;
				break;
			}
		}
		if (found)
			break;
		table[i] = m;
	}
	memset(table, 0, slots * sizeof(*table));
	b->arena->used = used;
	return found;
}

bool json_build_close(struct json_build *b)
{
	const struct json *v;

	PAWL_ASSERT(b->depth > 0);
	v = b->stack[--b->depth];
	if (v->type != JSON_OBJECT || rising(v))
		return true;
	if (v->n <= FEW_KEYS ? duplicate_few(v) : duplicate_many(b, v))
		return refuse(b, DUPLICATE_KEY);
	return b->arena->full ? refuse(b, "too large") : true;
}

/* --- yajl to events --- */

static int on_null(void *ctx)
{
	return json_build_scalar(ctx, JSON_NULL, STR_NONE);
}

static int on_bool(void *ctx, int v)
{
	return json_build_scalar(ctx, v ? JSON_TRUE : JSON_FALSE, STR_NONE);
}

static int on_number(void *ctx, const char *p, size_t n)
{
	return json_build_scalar(ctx, JSON_NUMBER, (struct str){ p, n });
}

/* yajl checks the bytes, but decodes the escape of a lone low surrogate into what is no UTF-8. */
static bool proper(struct json_build *b, struct str text)
{
	return str_is_utf8(text) || refuse(b, LONE_SURROGATE);
}

static int on_string(void *ctx, const unsigned char *p, size_t n)
{
	struct str text = { (const char *)p, n };

	return proper(ctx, text) && json_build_scalar(ctx, JSON_STRING, text);
}

static int on_key(void *ctx, const unsigned char *p, size_t n)
{
	struct str text = { (const char *)p, n };

	return proper(ctx, text) && json_build_key(ctx, text);
}

static int on_map(void *ctx)
{
	return json_build_open(ctx, JSON_OBJECT);
}

static int on_array(void *ctx)
{
	return json_build_open(ctx, JSON_ARRAY);
}

static int on_end(void *ctx)
{
	return json_build_close(ctx);
}

static unsigned line_of(struct str text, size_t at)
{
	unsigned line = 1;

	for (size_t i = 0; i < at && i < text.len; i++)
		line += text.ptr[i] == '\n';
	return line;
}

static bool explain(yajl_handle h, const struct json_build *b, struct str text, struct err *err)
{
	size_t at = yajl_get_bytes_consumed(h);

	if (b->wrong) {
		bool limit = strcmp(b->wrong, DUPLICATE_KEY) != 0 && strcmp(b->wrong, LONE_SURROGATE) != 0;

		err_set(err, limit ? ERR_LIMIT : ERR_INPUT, "JSON %s at byte %zu, line %u", b->wrong, at,
			line_of(text, at));
	} else {
		unsigned char *why = yajl_get_error(h, 0, (const unsigned char *)text.ptr, text.len);
		struct str w = str_trim(str_from((const char *)why));

		err_set(err, ERR_INPUT, "not valid JSON at byte %zu, line %u: %.*s", at, line_of(text, at),
			STR_ARG(w));
		yajl_free_error(h, why);
	}
	if (err)
		err->line = line_of(text, at);
	return false;
}

bool json_parse(struct str text, struct arena *arena, struct json **ret_root, struct err *err)
{
	static const yajl_callbacks calls = {
		.yajl_null = on_null,
		.yajl_boolean = on_bool,
		.yajl_number = on_number,
		.yajl_string = on_string,
		.yajl_start_map = on_map,
		.yajl_map_key = on_key,
		.yajl_end_map = on_end,
		.yajl_start_array = on_array,
		.yajl_end_array = on_end,
	};
	struct json_build b;
	yajl_handle h;
	bool ok;

	json_build_begin(&b, arena);
	h = yajl_alloc(&calls, json_memory(), &b);
	if (!h)
		return err_set(err, ERR_LIMIT, "out of memory");
	ok = yajl_parse(h, (const unsigned char *)text.ptr, text.len) == yajl_status_ok &&
	     yajl_complete_parse(h) == yajl_status_ok;
	if (!ok)
		explain(h, &b, text, err);
	else if (!json_build_done(&b))
		ok = err_set(err, ERR_INPUT, "not valid JSON: empty");
	yajl_free(h);
	if (ok)
		*ret_root = b.root;
	return ok;
}

/* --- looking --- */

bool json_is(const struct json *v, enum json_type type)
{
	return v && v->type == type;
}

static const struct json *member(const struct json *obj, struct str key)
{
	if (!json_is(obj, JSON_OBJECT))
		return NULL;
	JSON_EACH(m, obj) {
		if (str_eq(m->key, key))
			return m;
	}
	return NULL;
}

const struct json *json_get(const struct json *obj, const char *key)
{
	return member(obj, str_from(key));
}

const struct json *json_at(const struct json *obj, const char *dotted)
{
	struct str left = str_from(dotted);

	while (obj && left.len) {
		size_t dot = str_find_char(left, '.');

		obj = member(obj, str_sub(left, 0, dot));
		left = dot == SIZE_MAX ? STR_NONE : str_sub(left, dot + 1, left.len);
	}
	return obj;
}

struct str json_text(const struct json *v)
{
	return json_is(v, JSON_STRING) ? v->text : STR_NONE;
}

struct str json_str(const struct json *obj, const char *key)
{
	return json_text(json_get(obj, key));
}

bool json_u64(const struct json *obj, const char *key, uint64_t *ret_value)
{
	const struct json *v = json_get(obj, key);

	return json_is(v, JSON_NUMBER) && str_to_u64(v->text, ret_value);
}

bool json_true(const struct json *obj, const char *key)
{
	return json_is(json_get(obj, key), JSON_TRUE);
}

static bool equal_object(const struct json *a, const struct json *b)
{
	const struct json *y = b->child;

	JSON_EACH(x, a) { /* same order first: the common case stays linear */
		const struct json *z = y && str_eq(y->key, x->key) ? y : member(b, x->key);

		if (!z || !json_equal(x, z))
			return false;
		y = y ? y->next : NULL;
	}
	return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
	if (!a || !b)
		return a == b;
	if (a->type != b->type || a->n != b->n || !str_eq(a->text, b->text))
		return false;
	if (a->type == JSON_OBJECT)
		return equal_object(a, b);
	for (const struct json *x = a->child, *y = b->child; x && y; x = x->next, y = y->next) {
		if (!json_equal(x, y))
			return false;
	}
	return true;
}

/* --- writing --- */

static void before_value(struct json_out *o)
{
	if (o->comma && !o->after_key)
		buf_addc(o->buf, ',');
	o->comma = true;
	o->after_key = false;
}

void json_out_open(struct json_out *o, char bracket)
{
	before_value(o);
	buf_addc(o->buf, bracket);
	o->comma = false;
}

void json_out_close(struct json_out *o, char bracket)
{
	buf_addc(o->buf, bracket);
	o->comma = true;
}

/* Bytes of one well-formed character at the front of s, or 0. */
static size_t char_len(struct str s)
{
	for (size_t n = 1; n <= 4 && n <= s.len; n++) {
		if (str_is_utf8(str_sub(s, 0, n)))
			return n;
	}
	return 0;
}

static void add_escape(struct buf *b, char c)
{
	static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
	const char *at = c ? strchr(from, c) : NULL;

	if (at) {
		buf_addc(b, '\\');
		buf_addc(b, to[at - from]);
	} else {
		buf_addf(b, "\\u%04x", (unsigned)(unsigned char)c);
	}
}

static void add_quoted(struct buf *b, struct str s)
{
	size_t plain = 0;

	buf_addc(b, '"');
	for (size_t i = 0; i < s.len;) {
		unsigned char c = (unsigned char)s.ptr[i];
		size_t n = c < 0x80 ? 1 : char_len(str_sub(s, i, 4));

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && n > 0) {
			i += n;
			continue;
		}
		buf_add(b, str_sub(s, plain, i - plain));
		if (n == 0)
			buf_adds(b, "\xef\xbf\xbd");
		else
			add_escape(b, (char)c);
		plain = ++i;
	}
	buf_add(b, str_sub(s, plain, s.len));
	buf_addc(b, '"');
}

void json_out_key(struct json_out *o, const char *key)
{
	before_value(o);
	add_quoted(o->buf, str_from(key));
	buf_addc(o->buf, ':');
	o->after_key = true;
}

void json_out_str(struct json_out *o, struct str s)
{
	before_value(o);
	add_quoted(o->buf, s);
}

void json_out_u64(struct json_out *o, uint64_t v)
{
	before_value(o);
	buf_addf(o->buf, "%llu", (unsigned long long)v);
}

void json_out_i64(struct json_out *o, int64_t v)
{
	before_value(o);
	buf_addf(o->buf, "%lld", (long long)v);
}

void json_out_bool(struct json_out *o, bool v)
{
	json_out_raw(o, v ? STR("true") : STR("false"));
}

void json_out_null(struct json_out *o)
{
	json_out_raw(o, STR("null"));
}

void json_out_raw(struct json_out *o, struct str json)
{
	before_value(o);
	buf_add(o->buf, json);
}

static void out_members(struct json_out *o, const struct json *v)
{
	json_out_open(o, v->type == JSON_OBJECT ? '{' : '[');
	JSON_EACH(m, v) {
		if (v->type == JSON_OBJECT) {
			before_value(o);
			add_quoted(o->buf, m->key);
			buf_addc(o->buf, ':');
			o->after_key = true;
		}
		json_out_tree(o, m);
	}
	json_out_close(o, v->type == JSON_OBJECT ? '}' : ']');
}

void json_out_tree(struct json_out *o, const struct json *v)
{
	switch (v->type) {
	case JSON_NULL:
		json_out_null(o);
		return;
	case JSON_FALSE:
	case JSON_TRUE:
		json_out_bool(o, v->type == JSON_TRUE);
		return;
	case JSON_NUMBER:
		json_out_raw(o, v->text);
		return;
	case JSON_STRING:
		json_out_str(o, v->text);
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		out_members(o, v);
		return;
	}
	abort(); /* no such type */
}

void json_out_kv(struct json_out *o, const char *key, struct str value)
{
	json_out_key(o, key);
	json_out_str(o, value);
}
