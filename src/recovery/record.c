#include "recovery/record.h"

#define PATH_MAX_LEN 200

/* --- out --- */

static bool put(const struct record_kind *kind, const char *record, struct json_out *o);

static bool put_text(struct str s, struct json_out *o)
{
	json_out_str(o, s);
	return str_is_utf8(s);
}

static void put_digest(const struct digest *d, struct json_out *o)
{
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(d, hex);
	json_out_str(o, str_from(hex));
}

static void put_digests(const struct digest *d, size_t n, struct json_out *o)
{
	json_out_open(o, '[');
	for (size_t i = 0; i < n; i++)
		put_digest(&d[i], o);
	json_out_close(o, ']');
}

static bool put_list(const struct record_kind *kind, const char *first, struct json_out *o)
{
	bool good = true;

	json_out_open(o, '[');
	for (const char *p = first; p; p = *(const char *const *)(const void *)(p + kind->next))
		good &= put(kind, p, o);
	json_out_close(o, ']');
	return good;
}

static bool put_member(const struct record_member *m, const char *record, struct json_out *o)
{
	const void *at = record + m->offset;

	switch (m->type) {
	case RECORD_TEXT:
		return put_text(*(const struct str *)at, o);
	case RECORD_COUNT:
		json_out_u64(o, *(const uint64_t *)at);
		return true;
	case RECORD_SMALL:
		json_out_u64(o, *(const unsigned *)at);
		return true;
	case RECORD_TIME:
		json_out_i64(o, *(const int64_t *)at);
		return *(const int64_t *)at >= 0;
	case RECORD_FLAG:
		json_out_bool(o, *(const bool *)at);
		return true;
	case RECORD_WORD:
		PAWL_ASSERT(*(const unsigned *)at < m->n_words);
		return put_text(m->words[*(const unsigned *)at], o);
	case RECORD_DIGEST:
		put_digest(at, o);
		return true;
	case RECORD_DIGESTS:
		put_digests(*(const struct digest *const *)at,
			    *(const size_t *)(const void *)(record + m->beside), o);
		return true;
	case RECORD_STRUCT:
		return put(m->kind, at, o);
	case RECORD_LIST:
		return put_list(m->kind, *(const char *const *)at, o);
	}
	return false;
}

static bool put(const struct record_kind *kind, const char *record, struct json_out *o)
{
	bool good = true;

	json_out_open(o, '{');
	for (size_t i = 0; i < kind->n; i++) {
		json_out_key(o, kind->members[i].name);
		good &= put_member(&kind->members[i], record, o);
	}
	json_out_close(o, '}');
	return good;
}

struct str record_write(const struct record_kind *kind, const void *record, struct arena *arena,
			struct err *err)
{
	auto_buf b = BUF_MAX((size_t)256 << 20);
	struct json_out o = { .buf = &b };
	struct str all;

	if (!put(kind, record, &o)) {
		(void)err_set(
			err, ERR_INPUT,
			"a text that is no UTF-8, or a time before 1970, cannot be written down");
		return STR_NONE;
	}
	buf_addc(&b, '\n');
	all = b.failed ? STR_NONE : arena_str(arena, buf_str(&b));
	if (!all.ptr)
		(void)err_set(err, ERR_LIMIT, "too large to be written down");
	return all;
}

/* --- in --- */

struct reading {
	struct str file;
	struct arena *arena;
	struct err *err;
	char path[PATH_MAX_LEN];
	size_t n_path;
};

static bool get(struct reading *r, const struct record_kind *kind, const struct json *v, char *ret);

static bool wrong(struct reading *r, const char *what)
{
	return err_set(r->err, ERR_INPUT, "%.*s: %.*s: %s", STR_ARG(r->file),
		       r->n_path ? (int)r->n_path : 4, r->n_path ? r->path : "file", what);
}

/* The path one step down; what is too long for it is left out. */
static size_t step(struct reading *r, const char *name, size_t index)
{
	size_t was = r->n_path;
	int n = name ? snprintf(r->path + was, PATH_MAX_LEN - was, "%s%s", was ? "." : "", name)
		     : snprintf(r->path + was, PATH_MAX_LEN - was, "[%zu]", index);

	if (n > 0 && (size_t)n < PATH_MAX_LEN - was)
		r->n_path += (size_t)n;
	return was;
}

static bool get_number(struct reading *r, const struct json *v, uint64_t most, uint64_t *ret)
{
	if (!json_is(v, JSON_NUMBER) || !str_to_u64(v->text, ret) || *ret > most)
		return wrong(r, "a whole number is wanted here");
	return true;
}

static bool get_text(struct reading *r, const struct json *v, struct str *ret)
{
	if (!json_is(v, JSON_STRING))
		return wrong(r, "a text is wanted here");
	*ret = v->text.len ? arena_str(r->arena, v->text) : STR_NONE;
	return ret->ptr || !v->text.len || wrong(r, "more than can be read");
}

static bool get_digest(struct reading *r, const struct json *v, struct digest *ret)
{
	return (json_is(v, JSON_STRING) && digest_from_hex(v->text, ret)) ||
	       wrong(r, "a SHA-256 in hex is wanted here");
}

static bool get_word(struct reading *r, const struct record_member *m, const struct json *v,
		     unsigned *ret)
{
	for (unsigned i = 0; i < m->n_words && json_is(v, JSON_STRING); i++) {
		if (m->words[i].len && str_eq(m->words[i], v->text)) {
			*ret = i;
			return true;
		}
	}
	return wrong(r, "a word that is not known");
}

static bool get_digests(struct reading *r, const struct json *v, struct digest **ret, size_t *ret_n)
{
	struct digest *all;
	size_t n = 0;

	if (!json_is(v, JSON_ARRAY))
		return wrong(r, "a list is wanted here");
	all = arena_array(r->arena, v->n ? v->n : 1, sizeof(*all));
	if (!all)
		return wrong(r, "more than can be read");
	JSON_EACH(one, v)
		if (!get_digest(r, one, &all[n++]))
			return false;
	*ret = all;
	*ret_n = n;
	return true;
}

static bool get_list(struct reading *r, const struct record_kind *kind, const struct json *v,
		     char **ret)
{
	char **end = ret;
	size_t i = 0;

	if (!json_is(v, JSON_ARRAY))
		return wrong(r, "a list is wanted here");
	*ret = NULL;
	JSON_EACH(one, v) {
		size_t was = step(r, NULL, i++);
		char *p = arena_alloc(r->arena, kind->size);

		if (!p)
			return wrong(r, "more than can be read");
		memset(p, 0, kind->size);
		if (!get(r, kind, one, p))
			return false;
		*end = p;
		end = (char **)(void *)(p + kind->next);
		r->n_path = was;
	}
	return true;
}

static bool get_flag(struct reading *r, const struct json *v, bool *ret)
{
	*ret = json_is(v, JSON_TRUE);
	return *ret || json_is(v, JSON_FALSE) || wrong(r, "true or false is wanted here");
}

static bool get_member(struct reading *r, const struct record_member *m, const struct json *v,
		       char *record)
{
	void *at = record + m->offset;
	uint64_t n;

	switch (m->type) {
	case RECORD_TEXT:
		return get_text(r, v, at);
	case RECORD_COUNT:
		return get_number(r, v, UINT64_MAX, at);
	case RECORD_SMALL:
		if (!get_number(r, v, UINT32_MAX, &n))
			return false;
		*(unsigned *)at = (unsigned)n;
		return true;
	case RECORD_TIME:
		if (!get_number(r, v, INT64_MAX, &n))
			return false;
		*(int64_t *)at = (int64_t)n;
		return true;
	case RECORD_FLAG:
		return get_flag(r, v, at);
	case RECORD_WORD:
		return get_word(r, m, v, at);
	case RECORD_DIGEST:
		return get_digest(r, v, at);
	case RECORD_DIGESTS:
		return get_digests(r, v, at, (size_t *)(void *)(record + m->beside));
	case RECORD_STRUCT:
		return get(r, m->kind, v, at);
	case RECORD_LIST:
		return get_list(r, m->kind, v, at);
	}
	return false;
}

/* Members may come in any order; the text that was signed is what counts, not its order. */
static bool get(struct reading *r, const struct record_kind *kind, const struct json *v, char *ret)
{
	if (!json_is(v, JSON_OBJECT))
		return wrong(r, "an object is wanted here");
	for (size_t i = 0; i < kind->n; i++) {
		const struct record_member *m = &kind->members[i];
		const struct json *member = json_get(v, m->name);
		size_t was = step(r, m->name, 0);

		if (!member)
			return wrong(r, "missing");
		if (!get_member(r, m, member, ret))
			return false;
		r->n_path = was;
	}
	/* Keys are not twice in a tree: as many as were asked for are exactly those. */
	return v->n == kind->n || wrong(r, "it has members that are not known here");
}

bool record_read(const struct record_kind *kind, struct str file, struct str json,
		 struct arena *arena, void *ret, struct err *err)
{
	struct reading r = { .file = file, .arena = arena, .err = err };
	struct json *root;
	char *fresh = arena_alloc(arena, kind->size);

	if (!fresh)
		return err_set(err, ERR_LIMIT, "%.*s: more than can be read", STR_ARG(file));
	memset(fresh, 0, kind->size);
	if (!json_parse(json, arena, &root, err))
		return err_prefix(err, "%.*s", STR_ARG(file));
	if (!get(&r, kind, root, fresh))
		return false;
	memcpy(ret, fresh, kind->size);
	return true;
}
