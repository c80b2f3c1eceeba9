/* A snapshot, read from pg_catalog in one transaction. */
#include <libpq-fe.h>

#include "facts/sql_functions.h"
#include "gate/postgres/catalogue_reading.h"
#include "gate/postgres/catalogue_sql.h"

#define ROWS_ARENA ((size_t)2 << 30)
#define BODY_ARENA ((size_t)256 << 20)

bool catalogue_ask(struct reading *r, const char *sql, struct aside_rows *ret)
{
	arena_reset(&r->rows);
	return aside_query(r->aside, sql, NULL, 0, &r->rows, ret, r->err);
}

const struct str *catalogue_row(const struct aside_rows *rows, size_t i)
{
	return rows->cells + i * rows->n_columns;
}

uint64_t catalogue_number(struct str s)
{
	uint64_t v;

	return str_to_u64(s, &v) ? v : 0;
}

struct str catalogue_keep(struct reading *r, struct str s)
{
	return s.len ? arena_str(&r->c->arena, s) : STR_NONE;
}

bool catalogue_full(struct reading *r)
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

	if (!catalogue_ask(r, relations_sql, &rows))
		return false;
	c->relations = ARENA_ARRAY(&c->arena, rows.n_rows + 1, struct catalogue_relation);
	c->by_oid = ARENA_ARRAY(&c->arena, rows.n_rows + 1, const struct catalogue_relation *);
	for (size_t i = 0; i < rows.n_rows && !catalogue_full(r); i++) {
		const struct str *cell = catalogue_row(&rows, i);
		struct catalogue_relation *rel = &c->relations[i];

		rel->oid = (uint32_t)catalogue_number(cell[0]);
		rel->schema = catalogue_keep(r, cell[1]);
		rel->name = catalogue_keep(r, cell[2]);
		rel->kind = cell[3].len ? cell[3].ptr[0] : '?';
		rel->rows = (double)catalogue_number(cell[4]);
		rel->bytes = catalogue_number(cell[5]);
		rel->critical = is_critical(r, rel);
		c->n_tables += rel->oid >= 16384 && strchr("rpm", rel->kind);
		rel->foreign = rel->kind == 'f';
		c->n_foreign += rel->foreign;
	}
	if (catalogue_full(r))
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

	if (!catalogue_ask(r, edges_sql, &rows))
		return false;
	c->edges = ARENA_ARRAY(&c->arena, rows.n_rows + 1, struct edge);
	for (size_t i = 0; i < rows.n_rows && !catalogue_full(r); i++) {
		const struct str *cell = catalogue_row(&rows, i);
		struct edge e = {
			.from = catalogue_by_oid(c, (uint32_t)catalogue_number(cell[0])),
			.to = catalogue_by_oid(c, (uint32_t)catalogue_number(cell[1])),
			.how = cell[2].len ? cell[2].ptr[0] : '?',
			.name = catalogue_keep(r, cell[3]),
		};

		if (!e.from || !e.to)
			continue;
		if (e.how == 'c' || e.how == 'n' || e.how == 'd')
			((struct catalogue_relation *)(uintptr_t)e.from)->cascades = true;
		c->edges[c->n_edges++] = e;
	}
	qsort(c->edges, c->n_edges, sizeof(*c->edges), by_from);
	return !catalogue_full(r);
}

/* --- routines --- */

struct routine *catalogue_add(struct reading *r)
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

static void call(struct reading *r, struct routine *to, struct str schema, struct str name)
{
	catalogue_call(r->c, to, arena_fmt(&r->rows, "%.*s.%.*s", STR_ARG(schema), STR_ARG(name)));
}

static bool read_routines(struct reading *r)
{
	bool old = PQserverVersion(aside_connection(r->aside)) < 140000;
	struct aside_rows rows;

	if (!catalogue_ask(r, old ? routines_old_sql : routines_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !catalogue_full(r); i++) {
		const struct str *cell = catalogue_row(&rows, i);
		uint32_t oid = (uint32_t)catalogue_number(cell[0]);
		struct routine *f;

		/* The server's own that facts know need no row. */
		if (oid < 16384 && sql_function(cell[2]).means != SQL_MEANS_FUNCTION)
			continue;
		f = catalogue_add(r);
		if (!f)
			break;
		f->oid = oid;
		f->schema = catalogue_keep(r, cell[1]);
		f->name = catalogue_keep(r, cell[2]);
		f->kind = cell[3].ptr[0];
		f->is_volatile = cell[4].ptr[0];
		f->language = catalogue_keep(r, cell[5]);
		f->source = catalogue_keep(r, cell[6]);
		f->extension = str_is(cell[7], "t");
		f->fluent = str_is(cell[8], "t");
	}
	return !catalogue_full(r);
}

static bool read_operators(struct reading *r)
{
	struct aside_rows rows;

	if (!catalogue_ask(r, operators_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !catalogue_full(r); i++) {
		const struct str *cell = catalogue_row(&rows, i);
		struct routine *o = catalogue_add(r);

		if (!o)
			break;
		o->oid = (uint32_t)catalogue_number(cell[0]);
		o->schema = catalogue_keep(r, cell[1]);
		o->name = catalogue_keep(r, cell[2]);
		o->is_operator = true;
		call(r, o, cell[3], cell[4]);
	}
	return !catalogue_full(r);
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
	if (!catalogue_ask(r, aggregates_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows; i++) {
		struct routine *f = routine_of(r, n, (uint32_t)catalogue_number(catalogue_row(&rows, i)[0]));

		if (f)
			call(r, f, catalogue_row(&rows, i)[1], catalogue_row(&rows, i)[2]);
	}
	return !catalogue_full(r);
}

/* What is worked out where an argument is left away: a routine of its own that the function calls. */
static bool read_defaults(struct reading *r)
{
	size_t n = r->c->n_routines;
	struct aside_rows rows;

	if (!catalogue_ask(r, defaults_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && !catalogue_full(r); i++) {
		const struct str *cell = catalogue_row(&rows, i);
		struct routine *f = routine_of(r, n, (uint32_t)catalogue_number(cell[0]));
		struct str name = arena_fmt(&r->c->arena, CATALOGUE_EXPRESSIONS "f:%.*s", STR_ARG(cell[0]));

		if (!f)
			continue;
		catalogue_call(r->c, f, name);
		f = catalogue_add(r);
		if (!f)
			break;
		*f = (struct routine){ .name = name, .language = STR("sql"), .source = catalogue_keep(r, cell[1]) };
	}
	return !catalogue_full(r);
}

/* Of a foreign table the server counts no rows: nor of what is made of one. Where a chain goes round, twice is enough. */
static void mark_foreign(struct catalogue *c)
{
	bool more = c->n_foreign > 0;

	for (unsigned round = 0; more && round < 64; round++) {
		more = false;
		for (size_t i = 0; i < c->n_edges; i++) {
			const struct edge *e = &c->edges[i];
			bool child = e->how == EDGE_CHILD;
			const struct catalogue_relation *from = child ? e->to : e->from, *to = child ? e->from : e->to;

			if ((!child && !(e->how == EDGE_VIEW && to->kind == 'v')) || !from->foreign || to->foreign)
				continue;
			((struct catalogue_relation *)(uintptr_t)to)->foreign = more = true;
		}
	}
}

/* --- what it comes to --- */

static bool tell_event_triggers(struct reading *r)
{
	struct aside_rows rows;

	if (!catalogue_ask(r, event_triggers_sql, &rows))
		return false;
	for (size_t i = 0; i < rows.n_rows && i < 8; i++) {
		const struct str *cell = catalogue_row(&rows, i);
		const struct routine *f = catalogue_worst(r->c, cell[1], cell[2]);

		if (!f || f->effect == EFFECT_READS)
			continue;
		r->c->event_triggers = arena_fmt(&r->c->arena, "%.*s%sevent trigger %.*s: %.*s", STR_ARG(r->c->event_triggers),
						 r->c->event_triggers.len ? "; " : "", STR_ARG(cell[0]),
						 STR_ARG(catalogue_says(f->acts, f->n_acts, &r->c->arena)));
	}
	return !catalogue_full(r);
}

static bool read_all(struct reading *r)
{
	struct catalogue *c = r->c;

	if (!read_relations(r) || !read_edges(r) || !read_routines(r) || !read_operators(r) || !read_aggregates(r) ||
	    !read_defaults(r) || !catalogue_read_behind(r))
		return false;
	mark_foreign(c);
	for (size_t i = 0; i < c->n_routines && !catalogue_full(r); i++)
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

	if (!catalogue_ask(r, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &rows))
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
