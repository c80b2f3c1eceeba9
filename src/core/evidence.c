#include "core/evidence.h"

#include "base/redact.h"

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

void evidence_redact(struct evidence *e, struct arena *arena)
{
	for (struct recovery_point *p = e->recovery; p; p = p->next) {
		p->resource = redact_str(p->resource, arena);
		p->note = redact_str(p->note, arena);
	}
	for (struct evidence_note *n = e->notes; n; n = n->next)
		n->text = redact_str(n->text, arena);
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
		digest_field(&run, STR("result"), recovery_result_name(p->result));
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
