/* A snapshot, read from pg_catalog in one transaction. */
#include <libpq-fe.h>

#include "facts/sql_functions.h"
#include "gate/postgres/aside.h"
#include "gate/postgres/catalogue_inner.h"
#include "gate/postgres/catalogue_sql.h"

#define ROWS_ARENA ((size_t)2 << 30)
#define BODY_ARENA ((size_t)256 << 20)

struct reading {
	struct postgres_aside *aside;
	struct catalogue *c;
	struct arena rows, body;
	const struct str *critical;
	size_t n_critical;
	size_t cap_routines;
	struct err *err;
};

static bool ask(struct reading *r, const char *sql, struct aside_rows *ret)
{
	arena_reset(&r->rows);
	return aside_query(r->aside, sql, NULL, 0, &r->rows, ret, r->err);
}

static const struct str *row(const struct aside_rows *rows, size_t i)
{
	return rows->cells + i * rows->n_columns;
}

static uint64_t number(struct str s)
{
	uint64_t v;

	return str_to_u64(s, &v) ? v : 0;
}

static struct str keep(struct reading *r, struct str s)
{
	return s.len ? arena_str(&r->c->arena, s) : STR_NONE;
}

static bool full(struct reading *r)
{
	if (r->c->arena.full || r->rows.full)
		return !err_set(r->err, ERR_LIMIT, "the schema is larger than fits into memory");
	return false;
}

/* --- relations and what hangs on them --- */

static int by_name(const void *a, const void *b)
{
	const struct catalogue_relation *x = a, *y = b;
	int order = str_cmp(x->name, y->name);

	return order ? order : str_cmp(x->schema, y->schema);
}

static int by_oid(const void *a, const void *b)
{
	const struct catalogue_relation *const *x = a, *const *y = b;

	return (*x)->oid < (*y)->oid ? -1 : (*x)->oid > (*y)->oid;
}

static bool is_critical(const struct reading *r, const struct catalogue_relation *rel)
{
	char name[300];
	int n = snprintf(name, sizeof(name), "%.*s.%.*s", STR_ARG(rel->schema), STR_ARG(rel->name));

	for (size_t i = 0; n > 0 && i < r->n_critical; i++) {
		if (str_glob(r->critical[i], str_from(name)) || str_glob(r->critical[i], rel->name))
			return true;
	}
	return false;
}

static bool read_relations(struct reading *r)
{
	struct catalogue *c = r->c;
	struct aside_rows rows;

	if (!ask(r, relations_sql, &rows))
		return false;
	c->relations = ARENA_ARRAY(&c->arena, rows.n_rows + 1, struct catalogue_relation);
	c->by_oid = ARENA_ARRAY(&c->arena, rows.n_rows + 1, const struct catalogue_relation *);
	for (size_t i = 0; i < rows.n_rows && !full(r); i++) {
		const struct str *cell = row(&rows, i);
		struct catalogue_relation *rel = &c->relations[i];

		rel->oid = (uint32_t)number(cell[0]);
		rel->schema = keep(r, cell[1]);
		rel->name = keep(r, cell[2]);
		rel->kind = cell[3].len ? cell[3].ptr[0] : '?';
		rel->rows = (double)number(cell[4]);
		rel->bytes = number(cell[5]);
		rel->critical = is_critical(r, rel);
		c->n_tables += rel->oid >= 16384 && strchr("rpm", rel->kind);
		c->n_foreign += rel->kind == 'f';
	}
	if (full(r))
		return false;
	c->n_relations = rows.n_rows;
	qsort(c->relations, c->n_relations, sizeof(*c->relations), by_name);
	for (size_t i = 0; i < c->n_relations; i++)
		c->by_oid[i] = &c->relations[i];
	qsort(c->by_oid, c->n_relations, sizeof(const struct catalogue_relation *), by_oid);
	return true;
}

static int by_from(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->from->oid < y->from->oid ? -1 : x->from->oid > y->from->oid;
}

static bool read_edges(struct reading *r)
{
	struct catalogue *c = r->c;
	struct aside_rows rows;

	if (!ask(r, edges_sql, &rows))
		return false;
	c->edges = ARENA_ARRAY(&c->arena, rows.n_rows + 1, struct edge);
	for (size_t i = 0; i < rows.n_rows && !full(r); i++) {
		const struct str *cell = row(&rows, i);
		struct edge e = {
			.from = catalogue_by_oid(c, (uint32_t)number(cell[0])),
			.to = catalogue_by_oid(c, (uint32_t)number(cell[1])),
			.how = cell[2].len ? cell[2].ptr[0] : '?',
			.name = keep(r, cell[3]),
		};

		if (!e.from || !e.to)
			continue;
		if (e.how == 'c' || e.how == 'n' || e.how == 'd')
			((struct catalogue_relation *)(uintptr_t)e.from)->cascades = true;
		c->edges[c->n_edges++] = e;
	}
	qsort(c->edges, c->n_edges, sizeof(*c->edges), by_from);
	return !full(r);
}

/* --- routines --- */

static struct routine *add_routine(struct reading *r)
{
	struct catalogue *c = r->c;

	if (c->n_routines == r->cap_routines) {
		size_t cap = r->cap_routines ? r->cap_routines * 2 : 512;
		struct routine *more = ARENA_ARRAY(&c->arena, cap, struct routine);

		if (!more)
			return NULL;
		if (c->n_routines)
			memcpy(more, c->routines, c->n_routines * sizeof(*more));
		c->routines = more;
		r->cap_routines = cap;
	}
	return &c->routines[c->n_routines++];
}

static void add_call(struct reading *r, struct routine *to, struct str schema, struct str name)
{
	if (!to->calls)
		to->calls = ARENA_ARRAY(&r->c->arena, CATALOGUE_CALLS, struct str);
	if (to->calls && to->n_calls < CATALOGUE_CALLS)
		to->calls[to->n_calls++] = arena_fmt(&r->c->arena, "%.*s%s%.*s", STR_ARG(schema), schema.len ? "." : "", STR_ARG(name));
}

static bool read_routines(struct reading *r)
{
	bool old = PQserverVersion(aside_connection(r->aside)) < 140000;
	struct aside_rows rows;

	if (!ask(r, old ? routines_old_sql : routines_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !full(r); i++) {
		const struct str *cell = row(&rows, i);
		uint32_t oid = (uint32_t)number(cell[0]);
		struct routine *f;

		/* The server's own that facts know need no row. */
		if (oid < 16384 && sql_function(cell[2]).means != SQL_MEANS_FUNCTION)
			continue;
		f = add_routine(r);
		if (!f)
			break;
		f->oid = oid;
		f->schema = keep(r, cell[1]);
		f->name = keep(r, cell[2]);
		f->kind = cell[3].ptr[0];
		f->is_volatile = cell[4].ptr[0];
		f->language = keep(r, cell[5]);
		f->source = keep(r, cell[6]);
		f->extension = str_is(cell[7], "t");
	}
	return !full(r);
}

static bool read_operators(struct reading *r)
{
	struct aside_rows rows;

	if (!ask(r, operators_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !full(r); i++) {
		const struct str *cell = row(&rows, i);
		struct routine *o = add_routine(r);

		if (!o)
			break;
		o->oid = (uint32_t)number(cell[0]);
		o->schema = keep(r, cell[1]);
		o->name = keep(r, cell[2]);
		o->is_operator = true;
		add_call(r, o, cell[3], cell[4]);
	}
	return !full(r);
}

static int routine_oid(const void *a, const void *b)
{
	const struct routine *x = a, *y = b;

	return x->oid < y->oid ? -1 : x->oid > y->oid;
}

static int routine_name(const void *a, const void *b)
{
	const struct routine *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

/* Functions by oid, as they are before they are sorted by name. */
static struct routine *routine_of(struct reading *r, size_t n, uint32_t oid)
{
	struct routine key = { .oid = oid };

	return n ? bsearch(&key, r->c->routines, n, sizeof(key), routine_oid) : NULL;
}

static bool read_aggregates(struct reading *r)
{
	size_t n = r->c->n_routines;
	struct aside_rows rows;

	qsort(r->c->routines, n, sizeof(*r->c->routines), routine_oid);
	if (!ask(r, aggregates_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows; i++) {
		struct routine *f = routine_of(r, n, (uint32_t)number(row(&rows, i)[0]));

		if (f)
			add_call(r, f, row(&rows, i)[1], row(&rows, i)[2]);
	}
	return !full(r);
}

/* --- what runs where a relation is read or written: routines of our own, named by the relation --- */

/* Rows stand ordered by name, so the last made is the one. */
static struct routine *own(struct reading *r, struct str name)
{
	struct routine *last = r->c->n_routines ? &r->c->routines[r->c->n_routines - 1] : NULL;

	if (last && last->oid == 0 && str_eq(last->name, name))
		return last;
	last = add_routine(r);
	if (last) {
		last->name = keep(r, name);
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

	if (!ask(r, triggers_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !full(r); i++) {
		const struct str *cell = row(&rows, i);
		const struct catalogue_relation *rel = catalogue_by_oid(r->c, (uint32_t)number(cell[0]));

		if (!rel)
			continue;
		((struct catalogue_relation *)(uintptr_t)rel)->triggers = true;
		for (enum catalogue_event e = EVENT_INSERT; e < CATALOGUE_EVENTS; e++) {
			struct routine *f = number(cell[1]) & trigger_bits[e] ? behind(r, rel->oid, e) : NULL;

			if (f)
				add_call(r, f, cell[2], cell[3]);
			if (f && cell[4].len)
				add_condition(r, f, cell[4]);
		}
	}
	return !full(r);
}

/* pg_rewrite.ev_type */
static enum catalogue_event rule_event(struct str type)
{
	static const enum catalogue_event events[] = { EVENT_READ, EVENT_UPDATE, EVENT_INSERT, EVENT_DELETE };
	uint64_t n = number(type);

	return n >= 1 && n <= 4 ? events[n - 1] : EVENT_READ;
}

/* Texts of rules and views; a view that stands on another also does what that one does. */
static bool read_texts(struct reading *r, const char *sql)
{
	struct aside_rows rows;

	if (!ask(r, sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !full(r); i++) {
		const struct str *cell = row(&rows, i);
		const struct catalogue_relation *rel = catalogue_by_oid(r->c, (uint32_t)number(cell[0]));
		enum catalogue_event event = rule_event(cell[1]);
		struct routine *f = rel && cell[2].len ? behind(r, rel->oid, event) : NULL;

		if (!f)
			continue;
		f->source = arena_fmt(&r->c->arena, "%.*s%s%.*s", STR_ARG(f->source), f->source.len ? "; " : "", STR_ARG(cell[2]));
		if (event != EVENT_READ)
			((struct catalogue_relation *)(uintptr_t)rel)->rules = true;
	}
	return !full(r);
}

/* Casts to and from a type, and what a domain checks. */
static bool read_types(struct reading *r)
{
	struct aside_rows rows;

	if (!ask(r, types_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !full(r); i++) {
		const struct str *cell = row(&rows, i);
		struct routine *f = own(r, arena_fmt(&r->rows, CATALOGUE_TYPE "%.*s", STR_ARG(cell[0])));

		if (f && cell[3].len)
			f->source = arena_fmt(&r->c->arena, "%.*s%sSELECT %.*s", STR_ARG(f->source), f->source.len ? "; " : "",
					      STR_ARG(cell[3]));
		else if (f)
			add_call(r, f, cell[1], cell[2]);
	}
	return !full(r);
}

static void nest_views(struct reading *r)
{
	char from[32];

	for (size_t i = 0; i < r->c->n_edges; i++) {
		const struct edge *e = &r->c->edges[i];

		if (e->how == EDGE_VIEW && (e->from->kind == 'v' || e->from->kind == 'm'))
			add_call(r, behind(r, e->to->oid, EVENT_READ), STR_NONE,
				 catalogue_behind(from, sizeof(from), e->from->oid, EVENT_READ));
	}
}

static void leads(struct reading *r, const struct catalogue_relation *from, enum catalogue_event event,
		  const struct catalogue_relation *to, enum catalogue_event then)
{
	char name[32];

	if (to->triggers || to->rules || to->cascades || to->kind == 'p' || to->kind == 'v')
		add_call(r, behind(r, from->oid, event), STR_NONE, catalogue_behind(name, sizeof(name), to->oid, then));
}

/* Rows of one relation are others' too: of its partitions, of what points to it, of what a view is made of. */
static void lead_on(struct reading *r)
{
	for (size_t i = 0; i < r->c->n_edges && !full(r); i++) {
		const struct edge *e = &r->c->edges[i];

		for (enum catalogue_event v = EVENT_INSERT; v < CATALOGUE_EVENTS; v++) {
			if (e->how == EDGE_CHILD)
				leads(r, e->from, v, e->to, v);
			else if (e->how == EDGE_VIEW && e->to->kind == 'v' && v != EVENT_TRUNCATE)
				leads(r, e->to, v, e->from, v);
		}
		if (e->how == 'c' || e->how == 'n' || e->how == 'd')
			leads(r, e->from, EVENT_DELETE, e->to, e->how == 'c' ? EVENT_DELETE : EVENT_UPDATE);
	}
}

/* --- what it comes to --- */

static bool tell_event_triggers(struct reading *r)
{
	struct aside_rows rows;

	if (!ask(r, event_triggers_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && i < 8; i++) {
		const struct str *cell = row(&rows, i);
		const struct routine *f = catalogue_worst(r->c, cell[1], cell[2]);

		if (!f || f->effect == EFFECT_READS)
			continue;
		r->c->event_triggers = arena_fmt(&r->c->arena, "%.*s%sevent trigger %.*s: %.*s", STR_ARG(r->c->event_triggers),
						 r->c->event_triggers.len ? "; " : "", STR_ARG(cell[0]),
						 STR_ARG(catalogue_says(f->acts, f->n_acts, &r->c->arena)));
	}
	return !full(r);
}

static bool read_all(struct reading *r)
{
	struct catalogue *c = r->c;

	if (!read_relations(r) || !read_edges(r) || !read_routines(r) || !read_operators(r) || !read_aggregates(r) || !read_triggers(r) ||
	    !read_texts(r, rules_sql) || !read_texts(r, views_sql) || !read_types(r))
		return false;
	nest_views(r);
	lead_on(r);
	for (size_t i = 0; i < c->n_routines && !full(r); i++)
		catalogue_body(c, &c->routines[i], &r->body);
	qsort(c->routines, c->n_routines, sizeof(*c->routines), routine_name);
	catalogue_settle(c);
	catalogue_hide(c);
	return tell_event_triggers(r);
}

static bool snapshot(struct reading *r)
{
	struct err ignored;
	struct aside_rows rows;
	bool ok;

	if (!ask(r, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &rows))
		return false;
	ok = catalogue_version_now(r->aside, &r->c->version, r->err) && read_all(r);
	arena_reset(&r->rows);
	if (!aside_query(r->aside, "ROLLBACK", NULL, 0, &r->rows, &rows, &ignored) && ok)
		return err_set(r->err, ERR_TOOL, "%s", ignored.msg);
	return ok;
}

bool catalogue_read(struct postgres_aside *a, const struct str *critical, size_t n_critical, struct catalogue **ret, struct err *err)
{
	struct reading r = { .aside = a, .critical = critical, .n_critical = n_critical, .err = err };
	bool ok = false;

	r.c = calloc(1, sizeof(*r.c));
	if (!r.c)
		return err_set(err, ERR_LIMIT, "no memory");
	atomic_init(&r.c->references, 1);
	if (!arena_map(&r.c->arena, CATALOGUE_ARENA) || !arena_map(&r.rows, ROWS_ARENA) || !arena_map(&r.body, BODY_ARENA))
		err_set(err, ERR_LIMIT, "no memory");
	else
		ok = snapshot(&r);
	arena_unmap(&r.rows);
	arena_unmap(&r.body);
	if (!ok) {
		catalogue_unref(r.c);
		return err_prefix(err, "the schema");
	}
	*ret = r.c;
	return true;
}
