#include "read/plan_words.h"

#define FORCED_MAX 8 /* attribute paths named; the rest are counted */
#define SEARCHES_MAX ((size_t)1 << 20)

/* action_reason in people's words. */
static const struct {
	const char *word, *text;
} reasons[] = {
	{ "delete_because_no_resource_config", "its block is gone from the configuration" },
	{ "delete_because_no_module", "its module is gone from the configuration" },
	{ "delete_because_wrong_repetition", "count and for_each of its block have changed" },
	{ "delete_because_count_index", "its index lies beyond the count of its block" },
	{ "delete_because_each_key", "its key is no longer in for_each" },
	{ "delete_because_no_move_target", "it was moved to an address that the configuration does not have" },
	{ "replace_because_cannot_update", "an attribute cannot be changed in place" },
	{ "replace_because_tainted", "it is marked as tainted" },
	{ "replace_by_request", "asked for by -replace" },
	{ "replace_by_triggers", "asked for by replace_triggered_by" },
};


void plan_words_why(struct plan_say *say, struct str word)
{
	if (word.len == 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (str_is(word, reasons[i].word)) {
			plan_say(say, ": %s", reasons[i].text);
			return;
		}
	}
	plan_say(say, ": %.*s", STR_ARG(plan_say_cut(word, 80)));
}

/* ["network",0,"name"] as network.0.name. */
static void say_path(struct plan_say *say, const struct json *path)
{
	bool first = true;

	JSON_EACH(step, path) {
		if (step->text.len)
			plan_say(say, "%s%.*s", first ? "" : ".", STR_ARG(plan_say_cut(step->text, 80)));
		first = false;
	}
}

struct str plan_words_forced_by(struct arena *arena, const struct json *v)
{
	static const struct {
		const char *word, *forced;
	} by[] = {
		{ "replace_by_request", "requested" },
		{ "replace_because_tainted", "tainted" },
		{ "replace_by_triggers", "replace_triggered_by" },
	};
	const struct json *paths = json_get(json_get(v, "change"), "replace_paths");
	struct str why = json_str(v, "action_reason");
	struct plan_say say = { .len = 0 };
	size_t n = 0;

	if (json_is(paths, JSON_ARRAY)) {
		JSON_EACH(path, paths) {
			if (n++ >= FORCED_MAX)
				continue;
			if (n > 1)
				plan_say(&say, ", ");
			say_path(&say, path);
		}
	}
	if (n > FORCED_MAX)
		plan_say(&say, " and %zu more", n - FORCED_MAX);
	if (say.len)
		return plan_say_keep(&say, arena);
	for (size_t i = 0; i < ARRAY_LEN(by); i++) {
		if (str_is(why, by[i].word))
			return str_from(by[i].forced);
	}
	return STR_NONE;
}

/* Attributes that, changed in place, seldom go back: what grew does not shrink, what was upgraded stays so. */
static bool one_way(struct str key)
{
	static const struct str words[] = { STR_INIT("version"), STR_INIT("engine_version"), STR_INIT("kubernetes_version"),
					    STR_INIT("allocated_storage"), STR_INIT("size"), STR_INIT("disk_size"),
					    STR_INIT("disk_size_gb"), STR_INIT("storage_mb"), STR_INIT("storage_gb") };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq(key, words[i]))
			return true;
	}
	return false;
}

struct changed {
	struct plan_say *say;
	size_t n;
	size_t searches; /* left; terraform sorts its keys, so none is needed; who scrambles many gets "changed" */
	bool one_way;
};

static void say_attribute(struct changed *ch, struct str key)
{
	ch->one_way |= one_way(key);
	if (ch->n == 0)
		plan_say_clause(ch->say, "changed in place: ");
	if (ch->n++ < FORCED_MAX)
		plan_say(ch->say, "%s%.*s", ch->n > 1 ? ", " : "", STR_ARG(plan_say_cut(key, 80)));
}

/* ${hint}, where it is of that name, saves the search: both sides have their members in the same order. */
static const struct json *same_member(struct changed *ch, const struct json *obj, const struct json *hint, struct str key)
{
	if (hint && str_eq(hint->key, key))
		return hint;
	if (!json_is(obj, JSON_OBJECT) || obj->n > ch->searches)
		return NULL;
	ch->searches -= obj->n;
	JSON_EACH(m, obj) {
		if (str_eq(m->key, key))
			return m;
	}
	return NULL;
}

static bool same(struct changed *ch, const struct json *a, const struct json *b)
{
	const struct json *y = b->child;

	if (a->type != b->type || a->n != b->n || !str_eq(a->text, b->text))
		return false;
	JSON_EACH(x, a) {
		const struct json *z = a->type == JSON_OBJECT ? same_member(ch, b, y, x->key) : y;

		if (!z || !same(ch, x, z))
			return false;
		y = z->next;
	}
	return true;
}

void plan_words_changed(struct plan_say *say, const struct plan_resource *res, struct change *c)
{
	const struct json *b = json_is(res->before.value, JSON_OBJECT) ? res->before.value->child : NULL;
	struct changed ch = { .say = say, .searches = SEARCHES_MAX };

	if (!json_is(res->after.value, JSON_OBJECT))
		return;
	JSON_EACH(a, res->after.value) {
		const struct json *was = same_member(&ch, res->before.value, b, a->key);

		b = was ? was->next : b;
		if (!was || !same(&ch, was, a))
			say_attribute(&ch, a->key);
	}
	JSON_EACH(u, res->after.unknown) {
		if (u->type == JSON_TRUE)
			say_attribute(&ch, u->key);
	}
	if (ch.n > FORCED_MAX)
		plan_say(say, " and %zu more", ch.n - FORCED_MAX);
	if (ch.one_way && res->row && res->row->holds_data == HOLDS_DATA_YES)
		c->reversible = REVERSIBLE_UNKNOWN;
}
