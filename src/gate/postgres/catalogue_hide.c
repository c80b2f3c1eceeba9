/* Names that look harmless where they are read: views, types and functions that do more. */
#include "facts/sql_functions.h"
#include "gate/postgres/catalogue_inner.h"

static void add_hider(struct catalogue *c, struct str name, bool relation, const struct routine *runs)
{
	if (c->n_hiders < c->cap_hiders)
		c->hiders[c->n_hiders++] = (struct hider){ name, relation, runs };
}

static void tell_relation(struct catalogue *c, struct catalogue_relation *rel, enum catalogue_event event)
{
	static const char *const when[CATALOGUE_EVENTS] = { "read", "inserted into", "updated", "deleted from", "truncated", "analyzed" };
	char name[32];
	const struct routine *f = catalogue_worst(c, STR_NONE, catalogue_behind(name, sizeof(name), rel->oid, event));
	struct str says;

	if (!f || f->effect == EFFECT_READS)
		return;
	rel->hides = true;
	says = catalogue_says(f->acts, f->n_acts, &c->arena);
	if (rel->effects.len < 1000)
		rel->effects = arena_fmt(&c->arena, "%.*s%swhen %.*s is %s: %.*s", STR_ARG(rel->effects), rel->effects.len ? "; " : "",
					 STR_ARG(rel->name), when[event], STR_ARG(says));
	if (event == EVENT_READ)
		add_hider(c, rel->name, true, f);
}

static int hider_name(const void *a, const void *b)
{
	const struct hider *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

/* A type is known by its name where something is cast to it. */
static void tell_type(struct catalogue *c, const struct routine *f)
{
	if (f->effect != EFFECT_READS && str_starts(f->name, STR(CATALOGUE_TYPE)))
		add_hider(c, str_sub(f->name, sizeof(CATALOGUE_TYPE) - 1, SIZE_MAX), false, f);
}

/* Would nobody tell of it, neither the reader nor the server? An operator with a known name is in every other statement: only where it
 * does what the witness does not see. */
static bool goes_unseen(const struct routine *f)
{
	for (size_t i = 0; f->is_operator && sql_operator_known(f->name) && i < f->n_acts; i++) {
		const struct change *a = &f->acts[i];

		if (catalogue_matters(a) && !catalogue_opaque(a) && !catalogue_row_event(a))
			return true;
	}
	return !f->is_operator && (f->fluent || sql_function(f->name).means == SQL_MEANS_READ);
}

void catalogue_hide(struct catalogue *c)
{
	c->cap_hiders = c->n_routines + c->n_relations;
	c->hiders = ARENA_ARRAY(&c->arena, c->cap_hiders + 1, struct hider);
	if (!c->hiders)
		return;
	for (size_t i = 0; i < c->n_relations; i++) {
		for (enum catalogue_event e = EVENT_READ; e < CATALOGUE_EVENTS; e++)
			tell_relation(c, &c->relations[i], e);
	}
	for (size_t i = 0; i < c->n_routines; i++) {
		const struct routine *f = &c->routines[i];

		if (f->oid >= 16384 && f->effect != EFFECT_READS && goes_unseen(f))
			add_hider(c, f->name, false, f);
		tell_type(c, f);
	}
	if (c->n_hiders)
		qsort(c->hiders, c->n_hiders, sizeof(*c->hiders), hider_name);
}
