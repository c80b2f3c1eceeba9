/* What a transaction did besides rows: what of it was done by statements that somebody was asked about, and what by others. By looks before
 * and behind the first. Locks that were taken between are theirs, and so are rows of catalogues that were written between. */
#include "gate/postgres/witness.h"

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Linear in what was done; mostly in the same order as the time before. */
static struct witness_mark *find(struct witness_saw *w, char what, uint32_t oid)
{
	struct witness_acts *a = w->acts;

	for (size_t tries = 0; tries < a->n; tries++) {
		struct witness_mark *m = &a->mark[w->act++ % a->n];

		if (m->oid == oid && m->what == what)
			return m;
	}
	return NULL;
}

static struct witness_mark *add(struct witness_saw *w, char what, uint32_t oid)
{
	struct witness_acts *a = w->acts;

	if (a->n == a->cap) {
		size_t cap = a->cap ? a->cap * 2 : 16;
		struct witness_mark *grown = ARENA_ARRAY(w->acts_in, cap, struct witness_mark);

		if (!grown) {
			w->broken = true;
			w->why = STR("it did more than can be remembered");
			return NULL;
		}
		if (a->n)
			memcpy(grown, a->mark, a->n * sizeof(*grown));
		a->mark = grown;
		a->cap = cap;
	}
	a->mark[a->n] = (struct witness_mark){ .oid = oid, .what = what };
	return &a->mark[a->n++];
}

static void learn(struct witness_saw *w, char what, uint32_t oid, const uint64_t rows[3])
{
	struct witness_mark *m = find(w, what, oid);
	bool fresh = !m;

	if (!m)
		m = add(w, what, oid);
	if (!m)
		return;
	m->excused = m->excused || (fresh && w->asked);
	for (size_t i = 0; i < 3; i++) {
		if (w->asked)
			m->less[i] += less(rows[i], m->was[i]);
		m->was[i] = rows[i];
	}
}

bool witness_act(struct witness_saw *w, char what, uint32_t oid, uint64_t rows[3])
{
	static const uint64_t none[3];
	const struct witness_mark *m;

	if (!w->acts)
		return false;
	if (w->acts_in) {
		learn(w, what, oid, rows ? rows : none);
		return false;
	}
	m = find(w, what, oid);
	for (size_t i = 0; m && rows && i < 3; i++)
		rows[i] = less(rows[i], m->less[i]);
	return m && m->excused;
}

bool witness_acts_copy(const struct witness_acts *a, struct arena *arena, struct witness_acts *ret)
{
	struct witness_acts copy = { .n = a->n, .cap = a->n };

	if (a->n && !(copy.mark = ARENA_ARRAY(arena, a->n, struct witness_mark)))
		return false;
	if (a->n)
		memcpy(copy.mark, a->mark, a->n * sizeof(*copy.mark));
	*ret = copy;
	return true;
}
