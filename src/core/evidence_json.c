#include "core/evidence.h"

static const struct str levels[] = {
	[ENFORCEMENT_UNKNOWN] = STR_INIT("unknown"),
	[ENFORCEMENT_SAME_UID] = STR_INIT("same uid"),
	[ENFORCEMENT_OTHER_UID] = STR_INIT("other uid"),
	[ENFORCEMENT_HARDWARE] = STR_INIT("hardware key"),
};
static const struct str results[] = {
	[RECOVERY_UNKNOWN] = STR_INIT("could not verify"),
	[RECOVERY_VERIFIED] = STR_INIT("verified"),
	[RECOVERY_FAILED] = STR_INIT("failed"),
};

struct str enforcement_name(enum enforcement_level l)
{
	return levels[(unsigned)l < ARRAY_LEN(levels) ? l : ENFORCEMENT_UNKNOWN];
}

struct str recovery_result_name(enum recovery_result r)
{
	return results[(unsigned)r < ARRAY_LEN(results) ? r : RECOVERY_UNKNOWN];
}

/* --- out --- */

static void out_point(const struct recovery_point *p, struct json_out *o)
{
	json_out_open(o, '{');
	json_out_kv(o, "resource", p->resource);
	json_out_kv(o, "result", recovery_result_name(p->result));
	json_out_kv_i64(o, "taken_us", p->taken_us);
	json_out_kv_i64(o, "verified_us", p->verified_us);
	json_out_kv_i64(o, "proven_us", p->proven_us);
	json_out_kv_bool(o, "same_blast_radius", p->same_blast_radius);
	if (p->radius_why.len)
		json_out_kv(o, "radius_why", p->radius_why);
	if (p->radius_helps.len)
		json_out_kv(o, "radius_helps", p->radius_helps);
	json_out_kv(o, "note", p->note);
	if (p->target.len)
		json_out_kv(o, "target", p->target);
	if (p->user.len)
		json_out_kv(o, "user", p->user);
	json_out_close(o, '}');
}

void evidence_to_json(const struct evidence *e, struct json_out *o)
{
	json_out_open(o, '{');
	json_out_kv_i64(o, "now_us", e->now_us);
	json_out_kv_bool(o, "frozen", e->frozen);
	if (e->frozen_why.len)
		json_out_kv(o, "frozen_why", e->frozen_why);
	json_out_kv(o, "enforcement", enforcement_name(e->level));
	json_out_key(o, "recovery");
	json_out_open(o, '[');
	for (const struct recovery_point *p = e->recovery; p; p = p->next)
		out_point(p, o);
	json_out_close(o, ']');
	json_out_key(o, "notes");
	json_out_open(o, '[');
	for (const struct evidence_note *n = e->notes; n; n = n->next) {
		json_out_open(o, '{');
		json_out_kv(o, "text", n->text);
		json_out_kv_bool(o, "bad", n->bad);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
	json_out_close(o, '}');
}

/* --- in --- */

static bool number(const struct json *v, int64_t *ret)
{
	uint64_t n;

	if (!json_is(v, JSON_NUMBER) || !str_to_u64(v->text, &n) || n > INT64_MAX)
		return false;
	*ret = (int64_t)n;
	return true;
}

static bool flag(const struct json *v, bool *ret)
{
	*ret = json_is(v, JSON_TRUE);
	return *ret || json_is(v, JSON_FALSE);
}

static bool text(const struct json *v, struct arena *arena, struct str *ret)
{
	if (!json_is(v, JSON_STRING))
		return false;
	*ret = v->text.len ? arena_str(arena, v->text) : STR_NONE;
	return true;
}

static bool word(const struct json *v, const struct str *words, size_t n, unsigned *ret)
{
	for (unsigned i = 0; i < n; i++) {
		if (str_eq(json_text(v), words[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static bool point_member(const struct json *m, struct arena *arena, struct recovery_point *p)
{
	unsigned i;

	if (str_is(m->key, "result")) {
		if (!word(m, results, ARRAY_LEN(results), &i))
			return false;
		p->result = (enum recovery_result)i;
		return true;
	}
	if (str_is(m->key, "resource"))
		return text(m, arena, &p->resource);
	if (str_is(m->key, "note"))
		return text(m, arena, &p->note);
	if (str_is(m->key, "radius_why"))
		return text(m, arena, &p->radius_why);
	if (str_is(m->key, "radius_helps"))
		return text(m, arena, &p->radius_helps);
	if (str_is(m->key, "target"))
		return text(m, arena, &p->target);
	if (str_is(m->key, "user"))
		return text(m, arena, &p->user);
	if (str_is(m->key, "taken_us"))
		return number(m, &p->taken_us);
	if (str_is(m->key, "verified_us"))
		return number(m, &p->verified_us);
	if (str_is(m->key, "proven_us"))
		return number(m, &p->proven_us);
	return str_is(m->key, "same_blast_radius") && flag(m, &p->same_blast_radius);
}

static bool points(const struct json *list, struct arena *arena, struct evidence *e)
{
	struct recovery_point **at = &e->recovery;

	if (!json_is(list, JSON_ARRAY))
		return false;
	JSON_EACH(it, list) {
		struct recovery_point *p = ARENA_NEW(arena, struct recovery_point);

		if (!p || !json_is(it, JSON_OBJECT))
			return false;
		JSON_EACH(m, it) {
			if (!point_member(m, arena, p))
				return false;
		}
		*at = p;
		at = &p->next;
	}
	return true;
}

static bool notes(const struct json *list, struct arena *arena, struct evidence *e)
{
	struct str s;

	if (!json_is(list, JSON_ARRAY))
		return false;
	JSON_EACH(it, list) {
		if (!text(json_get(it, "text"), arena, &s))
			return false;
		evidence_note_add(e, arena, json_true(it, "bad"), s);
	}
	return true;
}

static bool member(const struct json *m, struct arena *arena, struct evidence *e)
{
	unsigned i;

	if (str_is(m->key, "now_us"))
		return number(m, &e->now_us);
	if (str_is(m->key, "frozen"))
		return flag(m, &e->frozen);
	if (str_is(m->key, "frozen_why"))
		return text(m, arena, &e->frozen_why);
	if (str_is(m->key, "enforcement")) {
		if (!word(m, levels, ARRAY_LEN(levels), &i))
			return false;
		e->level = (enum enforcement_level)i;
		return true;
	}
	if (str_is(m->key, "recovery"))
		return points(m, arena, e);
	return str_is(m->key, "notes") && notes(m, arena, e);
}

bool evidence_from_json(const struct json *v, struct arena *arena, struct evidence *ret, struct err *err)
{
	struct evidence e = { 0 };

	if (!json_is(v, JSON_OBJECT))
		return err_set(err, ERR_INPUT, "evidence: not a JSON object");
	JSON_EACH(m, v) {
		if (!member(m, arena, &e))
			return err_set(err, ERR_INPUT, "evidence: no such member or value: \"%.*s\"", STR_ARG(m->key));
	}
	if (arena->full)
		return err_set(err, ERR_LIMIT, "evidence: too large");
	*ret = e;
	return true;
}
