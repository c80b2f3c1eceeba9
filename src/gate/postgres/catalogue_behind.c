/* What runs where a relation is read or written, and nobody says so: triggers, rules, views, and expressions of its definition. */
#include <libpq-fe.h>

#include "gate/postgres/catalogue_reading.h"
#include "gate/postgres/catalogue_sql.h"

/* --- routines of our own, named by the relation --- */

static void call(struct reading *r, struct routine *to, struct str schema, struct str name)
{
	if (to)
		catalogue_call(r->c, to, arena_fmt(&r->rows, "%.*s%s%.*s", STR_ARG(schema), schema.len ? "." : "", STR_ARG(name)));
}

/* Rows stand ordered by name, so the last made is the one. */
static struct routine *own(struct reading *r, struct str name)
{
	struct routine *last = r->c->n_routines ? &r->c->routines[r->c->n_routines - 1] : NULL;

	if (last && last->oid == 0 && str_eq(last->name, name))
		return last;
	last = catalogue_add(r);
	if (last) {
		last->name = catalogue_keep(r, name);
		last->language = STR("sql");
	}
	return last;
}

static struct routine *behind(struct reading *r, uint32_t oid, enum catalogue_event event)
{
	char name[32];

	return own(r, catalogue_behind(name, sizeof(name), oid, event));
}

/* pg_trigger.tgtype's bits. */
static const unsigned trigger_bits[CATALOGUE_EVENTS] = {
	[EVENT_INSERT] = 4,
	[EVENT_DELETE] = 8,
	[EVENT_UPDATE] = 16,
	[EVENT_TRUNCATE] = 32,
};

/* The condition in "CREATE TRIGGER … WHEN (…) EXECUTE FUNCTION …", which is worked out for every row. */
static void add_condition(struct reading *r, struct routine *f, struct str definition)
{
	size_t from = str_find(definition, STR(" WHEN (")), to = from, more;

	while (from != SIZE_MAX && (more = str_find(str_sub(definition, to + 1, SIZE_MAX), STR(") EXECUTE "))) != SIZE_MAX)
		to += 1 + more;
	if (to == from)
		return;
	definition = str_sub(definition, from + 6, to - from - 5);
	f->source = arena_fmt(&r->c->arena, "%.*s%sSELECT %.*s", STR_ARG(f->source), f->source.len ? "; " : "", STR_ARG(definition));
}

static bool read_triggers(struct reading *r)
{
	struct aside_rows rows;

	if (!catalogue_ask(r, triggers_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !catalogue_full(r); i++) {
		const struct str *cell = catalogue_row(&rows, i);
		const struct catalogue_relation *rel = catalogue_by_oid(r->c, (uint32_t)catalogue_number(cell[0]));

		if (!rel)
			continue;
		((struct catalogue_relation *)(uintptr_t)rel)->triggers = true;
		for (enum catalogue_event e = EVENT_INSERT; e < CATALOGUE_EVENTS; e++) {
			struct routine *f = catalogue_number(cell[1]) & trigger_bits[e] ? behind(r, rel->oid, e) : NULL;

			if (f)
				call(r, f, cell[2], cell[3]);
			if (f && cell[4].len)
				add_condition(r, f, cell[4]);
		}
	}
	return !catalogue_full(r);
}

/* pg_rewrite.ev_type */
static enum catalogue_event rule_event(struct str type)
{
	static const enum catalogue_event events[] = { EVENT_READ, EVENT_UPDATE, EVENT_INSERT, EVENT_DELETE };
	uint64_t n = catalogue_number(type);

	return n >= 1 && n <= 4 ? events[n - 1] : EVENT_READ;
}

/* Texts of rules and views; a view that stands on another also does what that one does. */
static bool read_texts(struct reading *r, const char *sql)
{
	struct aside_rows rows;

	if (!catalogue_ask(r, sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !catalogue_full(r); i++) {
		const struct str *cell = catalogue_row(&rows, i);
		const struct catalogue_relation *rel = catalogue_by_oid(r->c, (uint32_t)catalogue_number(cell[0]));
		enum catalogue_event event = rule_event(cell[1]);
		struct routine *f = rel && cell[2].len ? behind(r, rel->oid, event) : NULL;

		if (!f)
			continue;
		f->source = arena_fmt(&r->c->arena, "%.*s%s%.*s", STR_ARG(f->source), f->source.len ? "; " : "", STR_ARG(cell[2]));
		if (event != EVENT_READ)
			((struct catalogue_relation *)(uintptr_t)rel)->rules = true;
	}
	return !catalogue_full(r);
}

/* Casts to and from a type, and what a domain checks. */
static bool read_types(struct reading *r)
{
	struct aside_rows rows;

	if (!catalogue_ask(r, types_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !catalogue_full(r); i++) {
		const struct str *cell = catalogue_row(&rows, i);
		struct routine *f = own(r, arena_fmt(&r->rows, CATALOGUE_TYPE "%.*s", STR_ARG(cell[0])));

		if (f && cell[3].len)
			f->source = arena_fmt(&r->c->arena, "%.*s%sSELECT %.*s", STR_ARG(f->source), f->source.len ? "; " : "",
					      STR_ARG(cell[3]));
		else if (f)
			call(r, f, cell[1], cell[2]);
	}
	return !catalogue_full(r);
}

/* --- expressions of a relation's definition: checks, defaults, generated columns, indexes, policies --- */

static void behind_all(struct reading *r, struct catalogue_relation *rel, uint64_t events, struct str name)
{
	rel->expressions = true;
	for (enum catalogue_event e = EVENT_READ; e < CATALOGUE_EVENTS; e++) {
		if (events & ((uint64_t)1 << e))
			call(r, behind(r, rel->oid, e), STR_NONE, name);
	}
}

/* One routine for all that runs at the same events. */
static bool read_expressions(struct reading *r, const char *sql)
{
	struct aside_rows rows;

	if (!catalogue_ask(r, sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !catalogue_full(r); i++) {
		const struct str *cell = catalogue_row(&rows, i);
		const struct catalogue_relation *rel = catalogue_by_oid(r->c, (uint32_t)catalogue_number(cell[0]));
		struct routine *f = rel ? catalogue_add(r) : NULL;
		struct str name;

		if (!f)
			continue;
		name = arena_fmt(&r->c->arena, CATALOGUE_EXPRESSIONS "%.*s:%u", STR_ARG(cell[1]), rel->oid);
		f->name = name;
		f->language = STR("sql");
		f->source = catalogue_keep(r, cell[2]);
		behind_all(r, (struct catalogue_relation *)(uintptr_t)rel, catalogue_number(cell[1]), name);
	}
	return !catalogue_full(r);
}

/* A column whose type is a domain, or holds one, has the domain's checks. */
static bool read_columns(struct reading *r)
{
	struct aside_rows rows;

	if (!catalogue_ask(r, columns_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !catalogue_full(r); i++) {
		const struct str *cell = catalogue_row(&rows, i);
		const struct catalogue_relation *rel = catalogue_by_oid(r->c, (uint32_t)catalogue_number(cell[0]));

		if (rel)
			behind_all(r, (struct catalogue_relation *)(uintptr_t)rel, 1u << EVENT_INSERT | 1u << EVENT_UPDATE,
				   arena_fmt(&r->rows, CATALOGUE_TYPE "%.*s", STR_ARG(cell[1])));
	}
	return !catalogue_full(r);
}

/* --- from one relation to others --- */

static void nest_views(struct reading *r)
{
	char from[32];

	for (size_t i = 0; i < r->c->n_edges; i++) {
		const struct edge *e = &r->c->edges[i];

		if (e->how == EDGE_VIEW && (e->from->kind == 'v' || e->from->kind == 'm'))
			call(r, behind(r, e->to->oid, EVENT_READ), STR_NONE,
				 catalogue_behind(from, sizeof(from), e->from->oid, EVENT_READ));
	}
}

static void leads(struct reading *r, const struct catalogue_relation *from, enum catalogue_event event,
		  const struct catalogue_relation *to, enum catalogue_event then)
{
	char name[32];

	if (catalogue_acts(to))
		call(r, behind(r, from->oid, event), STR_NONE, catalogue_behind(name, sizeof(name), to->oid, then));
}

/* Rows of one relation are others' too: of its partitions, of what points to it, of what a view is made of. */
static void lead_on(struct reading *r)
{
	for (size_t i = 0; i < r->c->n_edges && !catalogue_full(r); i++) {
		const struct edge *e = &r->c->edges[i];

		for (enum catalogue_event v = EVENT_INSERT; v < CATALOGUE_EVENTS; v++) {
			if (e->how == EDGE_CHILD)
				leads(r, e->from, v, e->to, v);
			else if (e->how == EDGE_VIEW && e->to->kind == 'v' && v != EVENT_TRUNCATE)
				leads(r, e->to, v, e->from, v);
		}
		if (e->how == 'c' || e->how == 'n' || e->how == 'd')
			leads(r, e->from, EVENT_DELETE, e->to, e->how == 'c' ? EVENT_DELETE : EVENT_UPDATE);
		else if (e->how == EDGE_UPDATES)
			leads(r, e->from, EVENT_UPDATE, e->to, EVENT_UPDATE);
	}
}

bool catalogue_read_behind(struct reading *r)
{
	bool old = PQserverVersion(aside_connection(r->aside)) < 140000;

	if (!read_triggers(r) || !read_texts(r, rules_sql) || !read_texts(r, views_sql) || !read_types(r) ||
	    !read_expressions(r, expressions_sql) || (!old && !read_expressions(r, statistics_sql)) || !read_columns(r))
		return false;
	nest_views(r);
	lead_on(r);
	return !catalogue_full(r);
}
