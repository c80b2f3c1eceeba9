#include "core/evidence.h"

struct str enforcement_name(enum enforcement_level l)
{
	switch (l) {
	case ENFORCEMENT_UNKNOWN:
		return STR("unknown");
	case ENFORCEMENT_SAME_UID:
		return STR("same uid");
	case ENFORCEMENT_OTHER_UID:
		return STR("other uid");
	case ENFORCEMENT_HARDWARE:
		return STR("hardware key");
	}
	return STR("unknown");
}

static struct str result_name(enum recovery_result r)
{
	switch (r) {
	case RECOVERY_UNKNOWN:
		return STR("could not verify");
	case RECOVERY_VERIFIED:
		return STR("verified");
	case RECOVERY_FAILED:
		return STR("failed");
	}
	return STR("could not verify");
}

void evidence_note_add(struct evidence *e, struct arena *arena, bool bad, struct str text)
{
	struct evidence_note *n = ARENA_NEW(arena, struct evidence_note);

	if (!n)
		return;
	n->text = text;
	n->bad = bad;
	if (e->notes_last)
		e->notes_last->next = n;
	else
		e->notes = n;
	e->notes_last = n;
}

static void add_number(struct digest_run *run, struct str name, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%lld", (long long)v);

	digest_field(run, name, (struct str){ text, (size_t)n });
}

struct digest evidence_digest(const struct evidence *e)
{
	struct digest_run run;

	digest_begin(&run);
	digest_field(&run, STR("version"), STR("pawl-evidence-1"));
	for (const struct recovery_point *p = e->recovery; p; p = p->next) {
		digest_field(&run, STR("recovery"), p->resource);
		digest_field(&run, STR("result"), result_name(p->result));
		add_number(&run, STR("taken"), p->taken_us);
		add_number(&run, STR("verified"), p->verified_us);
		add_number(&run, STR("proven"), p->proven_us);
		digest_field(&run, STR("same"), p->same_blast_radius ? STR("yes") : STR("no"));
		digest_field(&run, STR("note"), p->note);
	}
	for (const struct evidence_note *n = e->notes; n; n = n->next)
		digest_field(&run, n->bad ? STR("bad") : STR("note"), n->text);
	return digest_end(&run);
}

static void out_recovery(const struct recovery_point *p, struct json_out *o)
{
	json_out_open(o, '{');
	json_out_kv(o, "resource", p->resource);
	json_out_kv(o, "result", result_name(p->result));
	json_out_key(o, "taken_us");
	json_out_i64(o, p->taken_us);
	json_out_key(o, "verified_us");
	json_out_i64(o, p->verified_us);
	json_out_key(o, "proven_us");
	json_out_i64(o, p->proven_us);
	json_out_key(o, "same_blast_radius");
	json_out_bool(o, p->same_blast_radius);
	json_out_kv(o, "note", p->note);
	json_out_close(o, '}');
}

void evidence_to_json(const struct evidence *e, struct json_out *o)
{
	json_out_open(o, '{');
	json_out_key(o, "frozen");
	json_out_bool(o, e->frozen);
	json_out_kv(o, "enforcement", enforcement_name(e->level));
	json_out_key(o, "recovery");
	json_out_open(o, '[');
	for (const struct recovery_point *p = e->recovery; p; p = p->next)
		out_recovery(p, o);
	json_out_close(o, ']');
	json_out_key(o, "notes");
	json_out_open(o, '[');
	for (const struct evidence_note *n = e->notes; n; n = n->next) {
		json_out_open(o, '{');
		json_out_kv(o, "text", n->text);
		json_out_key(o, "bad");
		json_out_bool(o, n->bad);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
	json_out_close(o, '}');
}
