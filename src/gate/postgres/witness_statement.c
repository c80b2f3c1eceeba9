/* What one statement of several changed: what was counted less what was counted before. */
#include "gate/postgres/witness.h"

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Locks that a savepoint took back are no longer listed, but their counts run on: so nothing is forgotten before the transaction ends. */
void witness_statement(struct witness_saw *w, struct witness_memory *m, struct arena *transaction)
{
	size_t at = 0, known = m->n;

	for (size_t i = 0; i < w->n_counts; i++) {
		struct budget_count all = w->counts[i], *k = &w->counts[i], *was = NULL;

		/* Mostly in the same order as the time before. */
		for (size_t tries = 0; tries < known && !was; tries++, at = (at + 1) % known) {
			if (str_eq(m->counts[at].relation, all.relation))
				was = &m->counts[at];
		}
		if (was) {
			k->deleted = less(k->deleted, was->deleted);
			k->updated = less(k->updated, was->updated);
			k->inserted = less(k->inserted, was->inserted);
			all.relation = was->relation;
			*was = all;
			continue;
		}
		if (m->n == m->cap) {
			size_t cap = m->cap ? m->cap * 2 : 8;
			struct budget_count *grown = ARENA_ARRAY(transaction, cap, struct budget_count);

			if (!grown) {
				w->why = w->broken ? w->why : STR("it changed more relations than can be counted");
				w->broken = true;
				return;
			}
			if (m->n)
				memcpy(grown, m->counts, m->n * sizeof(*grown));
			m->counts = grown;
			m->cap = cap;
		}
		all.relation = arena_str(transaction, all.relation);
		m->counts[m->n++] = all;
	}
}
