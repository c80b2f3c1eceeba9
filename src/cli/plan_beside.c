#include "cli/plan_beside.h"

#include "read/plan_compare.h"

#define NOTES_MAX 50

static void add_notes(struct plan_request *p, const char *path, const struct plan_comparison *c)
{
	size_t n = 0;

	evidence_note_add(&p->evidence, &p->arena, c->n_destructive > 0,
			  arena_fmt(&p->arena,
				    "Beside %s: %zu changes are the same, %zu differ, %zu of them destroy something it does not.",
				    path, c->n_same, c->n, c->n_destructive));
	for (const struct plan_difference *d = c->first; d; d = d->next) {
		if (n++ == NOTES_MAX) {
			evidence_note_add(&p->evidence, &p->arena, false,
					  arena_fmt(&p->arena, "… and %zu more differences.", c->n - NOTES_MAX));
			return;
		}
		evidence_note_add(&p->evidence, &p->arena, d->destructive, arena_str(&p->arena, d->text));
	}
}

bool plan_beside_add(const struct plan_ask *other, const struct places *places, struct plan_request *p, struct err *err)
{
	struct plan_comparison c = { 0 };
	auto_plan_request there = { 0 };

	if (!plan_request_read(other, places, &there, err))
		return err_prefix(err, "--compare");
	if (!there.summary.understood)
		return err_set(err, ERR_INPUT, "--compare: %s is not understood, so nothing can be said beside it; `pawl plan %s` says why",
			       other->path, other->path);
	if (!plan_compare(&p->request.changes, &there.request.changes, &there.arena, &c))
		return err_set(err, ERR_LIMIT, "--compare: the two plans together are larger than pawl holds in memory");
	add_notes(p, other->path, &c);
	return true;
}
