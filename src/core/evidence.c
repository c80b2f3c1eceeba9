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
		p->radius_why = redact_str(p->radius_why, arena);
		p->radius_helps = redact_str(p->radius_helps, arena);
		p->note = redact_str(p->note, arena);
		p->target = redact_str(p->target, arena);
		p->user = redact_str(p->user, arena);
	}
	for (struct evidence_note *n = e->notes; n; n = n->next)
		n->text = redact_str(n->text, arena);
}

bool recovery_stale(const struct recovery_point *p, int64_t now_us, int64_t within_s)
{
	return p->result != RECOVERY_VERIFIED || p->verified_us <= 0 || (within_s && (now_us - p->verified_us) / 1000000 > within_s);
}

struct digest evidence_digest(const struct evidence *e)
{
	struct digest_run run;

	digest_begin(&run);
	digest_field(&run, STR("version"), STR("pawl-evidence-1"));
	for (const struct evidence_note *n = e->notes; n; n = n->next)
		digest_field(&run, n->bad ? STR("bad") : STR("note"), n->text);
	return digest_end(&run);
}

/* --- what was shown, against what is so now --- */

static bool good(const struct recovery_point *p)
{
	return p->result == RECOVERY_VERIFIED && !p->same_blast_radius && p->verified_us > 0;
}

/* The points known now, by resource; several may have one. */
struct now {
	const struct recovery_point **slot;
	size_t mask;
};

static bool index_now(const struct evidence *e, struct arena *arena, struct now *ret)
{
	size_t n = 0, slots = 16;

	for (const struct recovery_point *p = e->recovery; p; p = p->next)
		n++;
	while (slots < n * 2)
		slots *= 2;
	ret->slot = ARENA_ARRAY(arena, slots, const struct recovery_point *);
	ret->mask = slots - 1;
	if (!ret->slot)
		return false;
	for (const struct recovery_point *p = e->recovery; p; p = p->next) {
		size_t i = str_hash(p->resource) & ret->mask;

		while (ret->slot[i])
			i = (i + 1) & ret->mask;
		ret->slot[i] = p;
	}
	return true;
}

/* Why the best that is known of it now is worse than what was shown; NULL when it is not. */
static const char *worse(const struct recovery_point *shown, const struct recovery_point *p)
{
	if (p->same_blast_radius)
		return "could now be destroyed along with what it is to bring back";
	if (p->result == RECOVERY_FAILED)
		return "was found to be no good since";
	if (!good(p))
		return "can no longer be believed";
	if (p->verified_us < shown->verified_us || p->taken_us < shown->taken_us)
		return "is now an older one than was shown";
	if (shown->proven_us > 0 && p->proven_us == 0)
		return "lies in a vault that could be harmed when that was tried since";
	return NULL;
}

static struct str fallen(const struct now *now, const struct recovery_point *shown, struct arena *arena)
{
	const char *why = "is gone";
	struct str more = STR_NONE;

	for (size_t i = str_hash(shown->resource) & now->mask; now->slot[i]; i = (i + 1) & now->mask) {
		const struct recovery_point *last = now->slot[i];

		if (!str_eq(last->resource, shown->resource))
			continue;
		why = worse(shown, last);
		if (!why)
			return STR_NONE;
		more = last->same_blast_radius && last->radius_why.len ? last->radius_why : last->note;
	}
	return arena_fmt(arena, "the backup of %.*s that was shown as restored and checked %s%s%.*s",
			 STR_ARG(str_sub(shown->resource, 0, 150)), why, more.len ? ": " : "", STR_ARG(str_sub(more, 0, 300)));
}

struct str evidence_fallen(const struct evidence *shown, const struct evidence *now, struct arena *arena)
{
	struct now index;

	for (const struct recovery_point *p = shown->recovery; p; p = p->next) {
		struct str why;

		if (!good(p))
			continue;
		if (!index_now(now, arena, &index))
			return STR("there is no memory to look at the backups again");
		for (; p; p = p->next) {
			why = good(p) ? fallen(&index, p, arena) : STR_NONE;
			if (why.len)
				return why;
		}
		break;
	}
	return STR_NONE;
}
