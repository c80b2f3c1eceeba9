#include "read/plan_value.h"

/* One value on the way along a path, with what is known of it. */
struct look {
	const struct json *v;
	bool sensitive, unknown;
};

/* Called for each value at a path; false stops. */
typedef bool (*look_each)(const struct look *l, void *ctx);

static bool is_true(const struct json *v)
{
	return json_is(v, JSON_TRUE);
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

/* The element of a shadow list that goes with the one looked at; the shadow may be shorter, or true as a whole. */
static const struct json *shadow_next(const struct json *shadow)
{
	return shadow ? shadow->next : NULL;
}

static bool walk(const struct plan_values *s, struct str path, look_each each, void *ctx);

static bool walk_list(const struct plan_values *s, struct str path, look_each each, void *ctx)
{
	const struct json *sensitive = json_is(s->sensitive, JSON_ARRAY) ? s->sensitive->child : NULL;
	const struct json *unknown = json_is(s->unknown, JSON_ARRAY) ? s->unknown->child : NULL;

	if (!s->value->child) /* an empty block list: as if it were not there */
		return each(&(struct look){ NULL, is_true(s->sensitive), false }, ctx);
	JSON_EACH(item, s->value) {
		struct plan_values down = { item, is_true(s->sensitive) ? s->sensitive : sensitive, unknown };

		if (!walk(&down, path, each, ctx))
			return false;
		sensitive = shadow_next(sensitive);
		unknown = shadow_next(unknown);
	}
	return true;
}

/* Depth: one level a path element or a list, and json.h bounds the nesting of lists. */
static bool walk(const struct plan_values *s, struct str path, look_each each, void *ctx)
{
	size_t dot = str_find_char(path, '.');
	struct str head = str_sub(path, 0, dot);
	struct plan_values down;

	if (is_true(s->unknown))
		return each(&(struct look){ NULL, is_true(s->sensitive), true }, ctx);
	if (json_is(s->value, JSON_ARRAY) && path.len > 0)
		return walk_list(s, path, each, ctx);
	if (path.len == 0)
		return each(&(struct look){ s->value, is_true(s->sensitive), false }, ctx);
	down = (struct plan_values){ member(s->value, head), member(s->sensitive, head), member(s->unknown, head) };
	if (is_true(s->sensitive))
		down.sensitive = s->sensitive;
	return walk(&down, dot == SIZE_MAX ? STR_NONE : str_sub(path, dot + 1, path.len), each, ctx);
}

/* --- questions --- */

static struct str scalar(const struct json *v)
{
	if (json_is(v, JSON_TRUE))
		return STR("true");
	if (json_is(v, JSON_FALSE))
		return STR("false");
	if (json_is(v, JSON_STRING) || json_is(v, JSON_NUMBER))
		return v->text;
	return STR_NONE;
}

static bool empty(const struct json *v)
{
	struct str text = scalar(v);

	if (json_is(v, JSON_ARRAY) || json_is(v, JSON_OBJECT))
		return v->n == 0;
	return text.len == 0 || str_is(text, "false") || str_is(text, "0");
}

struct holds {
	struct str want;
	bool strict; /* null is not false */
	enum plan_truth answer;
};

static bool each_holds(const struct look *l, void *ctx)
{
	struct holds *h = ctx;
	bool yes;

	if (l->unknown) {
		h->answer = PLAN_UNKNOWN;
		return true;
	}
	if (str_is(h->want, "set") || str_is(h->want, "any"))
		yes = !empty(l->v);
	else if (!h->strict && str_is(h->want, "false") && (!l->v || l->v->type == JSON_NULL))
		yes = true;
	else
		yes = str_eq(scalar(l->v), h->want);
	if (yes)
		h->answer = PLAN_YES;
	return !yes;
}

enum plan_truth plan_value_holds(const struct plan_values *s, struct str path, struct str want)
{
	struct holds h = { .want = want };

	walk(s, path, each_holds, &h);
	return h.answer;
}

enum plan_truth plan_value_says(const struct plan_values *s, struct str path, struct str want)
{
	struct holds h = { .want = want, .strict = true };

	walk(s, path, each_holds, &h);
	return h.answer;
}

struct smallest {
	uint64_t n;
	bool found, unknown;
};

static bool each_number(const struct look *l, void *ctx)
{
	struct smallest *m = ctx;
	uint64_t n;

	m->unknown |= l->unknown;
	if (!l->v || !str_to_u64(scalar(l->v), &n))
		return true;
	if (!m->found || n < m->n)
		m->n = n;
	m->found = true;
	return true;
}

bool plan_value_number(const struct plan_values *s, struct str path, uint64_t *ret_number)
{
	struct smallest m = { 0 };

	walk(s, path, each_number, &m);
	if (!m.found || m.unknown)
		return false;
	*ret_number = m.n;
	return true;
}

static bool each_text(const struct look *l, void *ctx)
{
	struct str *text = ctx;

	if (l->sensitive || l->unknown || !(json_is(l->v, JSON_STRING) || json_is(l->v, JSON_NUMBER)))
		return true;
	*text = l->v->text;
	return text->len == 0;
}

struct str plan_value_text(const struct plan_values *s, struct str path)
{
	struct str text = STR_NONE;

	walk(s, path, each_text, &text);
	return text;
}

static bool each_shown(const struct look *l, void *ctx)
{
	struct str *text = ctx;

	if (l->sensitive)
		*text = STR("(sensitive)");
	else if (l->unknown)
		*text = STR("(known after apply)");
	else if (json_is(l->v, JSON_ARRAY) || json_is(l->v, JSON_OBJECT))
		*text = STR("(a structure)");
	else
		*text = scalar(l->v);
	return text->len == 0;
}

struct str plan_value_shown(const struct plan_values *s, struct str path)
{
	struct str text = STR_NONE;

	walk(s, path, each_shown, &text);
	return text.len ? text : STR("null");
}

/* --- what everybody asks for --- */

static struct str first_of(const struct plan_values *s, const struct str *paths, size_t n)
{
	struct str text = STR_NONE;

	for (size_t i = 0; i < n && text.len == 0; i++)
		text = plan_value_text(s, paths[i]);
	return text;
}

struct str plan_value_title(const struct plan_values *s, const struct terraform_type *row)
{
	static const struct str usual[] = { STR_INIT("name"), STR_INIT("tags.Name"), STR_INIT("tags_all.Name"),
					    STR_INIT("metadata.name"), STR_INIT("id") };
	struct str title = STR_NONE;

	if (row && row->title_attribute.len)
		title = plan_value_text(s, row->title_attribute);
	return title.len ? title : first_of(s, usual, ARRAY_LEN(usual));
}

struct str plan_value_identity(const struct plan_values *s)
{
	static const struct str usual[] = { STR_INIT("arn"), STR_INIT("self_link"), STR_INIT("id") };

	return first_of(s, usual, ARRAY_LEN(usual));
}

static struct str tag_in(const struct plan_values *s, struct str map)
{
	static const struct str names[] = { STR_INIT("environment"), STR_INIT("env"), STR_INIT("stage") };
	struct plan_values tags = { member(s->value, map), member(s->sensitive, map), member(s->unknown, map) };

	if (is_true(s->sensitive))
		return STR_NONE;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		JSON_EACH(m, tags.value) {
			struct plan_values one = { m, is_true(tags.sensitive) ? tags.sensitive : member(tags.sensitive, m->key),
						   NULL };
			struct str text;

			if (!str_eq_nocase(m->key, names[i]))
				continue;
			text = plan_value_text(&one, STR_NONE);
			if (text.len)
				return text;
		}
	}
	return STR_NONE;
}

struct str plan_value_tag(const struct plan_values *s)
{
	static const struct str maps[] = { STR_INIT("tags_all"), STR_INIT("tags"), STR_INIT("effective_labels"),
					   STR_INIT("labels") };
	struct str tag = STR_NONE;

	for (size_t i = 0; i < ARRAY_LEN(maps) && tag.len == 0; i++)
		tag = tag_in(s, maps[i]);
	return tag;
}

struct str plan_value_arn_part(struct str arn, unsigned n)
{
	if (!str_starts(arn, STR("arn:")))
		return STR_NONE;
	for (; n > 0; n--) {
		size_t colon = str_find_char(arn, ':');

		if (colon == SIZE_MAX)
			return STR_NONE;
		arn = str_sub(arn, colon + 1, arn.len);
	}
	return str_sub(arn, 0, str_find_char(arn, ':'));
}

struct str plan_value_account(const struct plan_values *s)
{
	struct str account = plan_value_arn_part(plan_value_text(s, STR("arn")), 4);
	struct str id;

	if (account.len)
		return account;
	id = plan_value_text(s, STR("id"));
	if (str_starts(id, STR("/subscriptions/"))) {
		id = str_sub(id, 15, id.len);
		return str_sub(id, 0, str_find_char(id, '/'));
	}
	return str_starts(plan_value_text(s, STR("self_link")), STR("https://")) ? plan_value_text(s, STR("project")) :
										  STR_NONE;
}

struct str plan_value_region(const struct plan_values *s)
{
	static const struct str usual[] = { STR_INIT("region"), STR_INIT("location") };
	struct str region = plan_value_arn_part(plan_value_text(s, STR("arn")), 3);

	return region.len ? region : first_of(s, usual, ARRAY_LEN(usual));
}
