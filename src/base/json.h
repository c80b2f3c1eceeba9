/* json.h -- JSON in (a bounded tree, by yajl) and JSON out (an escaping writer).
 * Room: base. Pure, but for yajl's own small allocations.
 * The tree lives in an arena. Numbers stay text, as written. Duplicate keys, invalid UTF-8, depth and size past the
 * limits are errors that name the byte offset and the line.
 */
#ifndef PAWL_BASE_JSON_H
#define PAWL_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define JSON_MAX_DEPTH 128

enum json_type {
	JSON_NULL = 1,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json {
	enum json_type type;
	struct str key;	 /* of a member of an object */
	struct str text; /* of a string (unescaped) or a number */
	struct json *child, *last, *next;
	size_t n; /* children */
};

/* Parse a whole document. The tree lives and dies with ${arena}. */
bool json_parse(struct str text, struct arena *arena, struct json **ret_root, struct err *err) PAWL_MUST_USE;

/* Member of an object, or NULL (also when ${obj} is NULL or no object). */
const struct json *json_get(const struct json *obj, const char *key);
/* The same along "a.b.c". */
const struct json *json_at(const struct json *obj, const char *dotted);
/* Text of a string member, STR_NONE when absent or of another type. */
struct str json_str(const struct json *obj, const char *key);
/* Text of a string value, STR_NONE otherwise. */
struct str json_text(const struct json *v);
bool json_is(const struct json *v, enum json_type type);
/* Number member that is a non-negative integer. */
bool json_u64(const struct json *obj, const char *key, uint64_t *ret_value) PAWL_MUST_USE;
bool json_true(const struct json *obj, const char *key);
/* Deep equality; members of objects in any order, numbers by their text. */
bool json_equal(const struct json *a, const struct json *b);

#define JSON_EACH(it, parent)                                                                      \
	for (const struct json *it = (parent) ? (parent)->child : NULL; it; it = it->next)

/* --- building a tree from events, for readers that stream and want only a part as a tree --- */

struct json_build {
	struct arena *arena;
	struct json *root;
	struct json *stack[JSON_MAX_DEPTH];
	size_t depth;
	struct str key; /* pending */
	const char *wrong; /* why the last event was refused: "duplicate key", "nested too deep", "too large" */
};

void json_build_begin(struct json_build *b, struct arena *arena);
/* Each yields false (and sets wrong) when it cannot be taken. */
bool json_build_scalar(struct json_build *b, enum json_type type, struct str text) PAWL_MUST_USE;
bool json_build_key(struct json_build *b, struct str key) PAWL_MUST_USE;
bool json_build_open(struct json_build *b, enum json_type array_or_object) PAWL_MUST_USE;
bool json_build_close(struct json_build *b) PAWL_MUST_USE; /* checks for duplicate keys */
/* Is one whole value built? */
static inline bool json_build_done(const struct json_build *b)
{
	return b->root && b->depth == 0;
}

/* --- writing; commas are put where they belong --- */

struct json_out {
	struct buf *buf;
	bool comma; /* the next value needs a comma first */
	bool after_key;
};

void json_out_open(struct json_out *o, char bracket); /* '{' or '[' */
void json_out_close(struct json_out *o, char bracket); /* '}' or ']' */
void json_out_key(struct json_out *o, const char *key);
void json_out_str(struct json_out *o, struct str s); /* invalid UTF-8 becomes U+FFFD */
void json_out_u64(struct json_out *o, uint64_t v);
void json_out_i64(struct json_out *o, int64_t v);
void json_out_bool(struct json_out *o, bool v);
void json_out_null(struct json_out *o);
/* A value already in JSON. */
void json_out_raw(struct json_out *o, struct str json);
/* A tree as JSON. */
void json_out_tree(struct json_out *o, const struct json *v);
/* key and value at once */
void json_out_kv(struct json_out *o, const char *key, struct str value);
static inline void json_out_kv_u64(struct json_out *o, const char *key, uint64_t n)
{
	json_out_key(o, key);
	json_out_u64(o, n);
}

static inline void json_out_kv_bool(struct json_out *o, const char *key, bool b)
{
	json_out_key(o, key);
	json_out_bool(o, b);
}

static inline void json_out_kv_i64(struct json_out *o, const char *key, int64_t n)
{
	json_out_key(o, key);
	json_out_i64(o, n);
}

#endif
