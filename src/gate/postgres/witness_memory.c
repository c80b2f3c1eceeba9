/* What was counted by looks before: of the transaction that another was chained to, of statements before, of what was approved. */
#include "gate/postgres/witness.h"

static void broken(struct witness_saw *w)
{
	if (!w->broken)
		w->why = STR("it changed more relations than can be counted");
	w->broken = true;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Mostly in the same order as the time before: ${*at} goes on from there. */
static struct witness_counted *counted(const struct witness_memory *m, size_t *at, uint32_t oid)
{
	for (size_t tries = 0; tries < m->n; tries++) {
		struct witness_counted *c = &m->counted[*at % m->n];

		*at = (*at + 1) % m->n;
		if (c->oid == oid)
			return c;
	}
	return NULL;
}

/* One with no rows; NULL, and ${w} is broken: no room. */
static struct witness_counted *counted_new(struct witness_saw *w, struct witness_memory *m, uint32_t oid, struct arena *arena)
{
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 8;
		struct witness_counted *grown = ARENA_ARRAY(arena, cap, struct witness_counted);

		if (!grown) {
			broken(w);
			return NULL;
		}
		if (m->n)
			memcpy(grown, m->counted, m->n * sizeof(*grown));
		m->counted = grown;
		m->cap = cap;
	}
	m->counted[m->n] = (struct witness_counted){ .oid = oid };
	return &m->counted[m->n++];
}

static void take(uint64_t rows[3], const uint64_t from[3])
{
	for (size_t i = 0; i < 3; i++)
		rows[i] = less(rows[i], from[i]);
}

static void count_less(struct budget_count *k, const uint64_t rows[3])
{
	k->deleted = less(k->deleted, rows[0]);
	k->updated = less(k->updated, rows[1]);
	k->inserted = less(k->inserted, rows[2]);
}

bool witness_counted_before(struct witness_saw *w, uint32_t oid, uint64_t rows[3])
{
	struct witness_counted *c = w->base ? counted(w->base, &w->at, oid) : NULL;

	if (c)
		take(rows, c->rows);
	c = w->collects ? counted_new(w, w->collects, oid, w->collects_in) : NULL;
	if (c)
		memcpy(c->rows, rows, sizeof(c->rows));
	return w->collects;
}

/* Locks that a savepoint took back are no longer listed, but their counts run on: so nothing is forgotten before the transaction ends. */
void witness_statement(struct witness_saw *w, struct witness_memory *m, struct arena *transaction)
{
	size_t at = 0;

	for (size_t i = 0; i < w->n_counts; i++) {
		struct budget_count *k = &w->counts[i];
		const uint64_t all[3] = { k->deleted, k->updated, k->inserted };
		struct witness_counted *was = counted(m, &at, k->id);

		if (was)
			count_less(k, was->rows);
		else
			was = counted_new(w, m, k->id, transaction);
		if (!was)
			return;
		memcpy(was->rows, all, sizeof(all));
	}
}

void witness_excuse(struct witness_saw *w, struct witness_memory *excused, struct arena *transaction)
{
	size_t at = 0;

	for (size_t i = 0; i < w->n_counts; i++) {
		const struct budget_count *k = &w->counts[i];
		struct witness_counted *c = counted(excused, &at, k->id);

		if (!c)
			c = counted_new(w, excused, k->id, transaction);
		if (!c)
			return;
		c->rows[0] += k->deleted;
		c->rows[1] += k->updated;
		c->rows[2] += k->inserted;
	}
}

void witness_excused(struct witness_saw *w, const struct witness_memory *excused)
{
	size_t at = 0;

	for (size_t i = 0; i < w->n_counts; i++) {
		const struct witness_counted *c = counted(excused, &at, w->counts[i].id);

		if (c)
			count_less(&w->counts[i], c->rows);
	}
}

bool witness_memory_copy(const struct witness_memory *m, struct arena *arena, struct witness_memory *ret)
{
	struct witness_memory copy = { .n = m->n, .cap = m->n };

	if (m->n && !(copy.counted = ARENA_ARRAY(arena, m->n, struct witness_counted)))
		return false;
	if (m->n)
		memcpy(copy.counted, m->counted, m->n * sizeof(*copy.counted));
	*ret = copy;
	return true;
}

