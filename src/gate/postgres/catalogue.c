#include "gate/postgres/catalogue_inner.h"
#include "gate/postgres/scope.h"

#define CASUALTIES_MAX 200

const struct catalogue *catalogue_ref(const struct catalogue *c)
{
	struct catalogue *own = (struct catalogue *)(uintptr_t)c;

	atomic_fetch_add(&own->references, 1);
	return c;
}

void catalogue_unref(const struct catalogue *c)
{
	struct catalogue *own = (struct catalogue *)(uintptr_t)c;

	if (!c || atomic_fetch_sub(&own->references, 1) != 1)
		return;
	arena_unmap(&own->arena);
	free(own);
}

uint64_t catalogue_version(const struct catalogue *c)
{
	return c ? c->version : 0;
}

/* --- relations --- */

/* The first relation of that name; they stand together. */
static size_t first_named(const struct catalogue *c, struct str name)
{
	size_t low = 0, high = c->n_relations;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (str_cmp(c->relations[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct catalogue_relation *in_schema(const struct catalogue *c, struct str schema, struct str name)
{
	for (size_t i = first_named(c, name); i < c->n_relations && str_eq(c->relations[i].name, name); i++) {
		if (str_eq(c->relations[i].schema, schema))
			return &c->relations[i];
	}
	return NULL;
}

const struct catalogue_relation *catalogue_find(const struct catalogue *c, struct str schema, struct str name, struct str search_path)
{
	struct str path = search_path.len ? search_path : STR("public");
	const struct catalogue_relation *r;

	if (schema.len)
		return in_schema(c, schema, name);
	r = in_schema(c, STR("pg_catalog"), name);
	while (!r && path.len) {
		size_t comma = str_find_char(path, ',');

		r = in_schema(c, str_trim(str_sub(path, 0, comma)), name);
		path = comma == SIZE_MAX ? STR_NONE : str_sub(path, comma + 1, SIZE_MAX);
	}
	return r;
}

const struct catalogue_relation *catalogue_named(const struct catalogue *c, struct str name, size_t *ret_n)
{
	size_t first = first_named(c, name), n = 0;

	while (first + n < c->n_relations && str_eq(c->relations[first + n].name, name))
		n++;
	*ret_n = n;
	return n ? &c->relations[first] : NULL;
}

bool catalogue_small(const struct catalogue *c, size_t most)
{
	return c->n_tables <= most && !c->n_foreign;
}

const struct catalogue_relation *catalogue_by_oid(const struct catalogue *c, uint32_t oid)
{
	size_t low = 0, high = c->n_relations;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->by_oid[mid]->oid == oid)
			return c->by_oid[mid];
		if (c->by_oid[mid]->oid < oid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* --- routines --- */

struct str catalogue_behind(char *buf, size_t size, uint32_t oid, enum catalogue_event event)
{
	int n = snprintf(buf, size, CATALOGUE_OWN "%d:%u", (int)event, oid);

	return (struct str){ buf, n > 0 ? (size_t)n : 0 };
}

const struct routine *catalogue_routines(const struct catalogue *c, struct str name, size_t *ret_n)
{
	size_t low = 0, high = c->n_routines, n = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (str_cmp(c->routines[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	while (low + n < c->n_routines && str_eq(c->routines[low + n].name, name))
		n++;
	*ret_n = n;
	return n ? &c->routines[low] : NULL;
}

const struct hider *catalogue_hider(const struct catalogue *c, struct str name)
{
	size_t low = 0, high = c->n_hiders;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_cmp(c->hiders[mid].name, name);

		if (order == 0)
			return &c->hiders[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static unsigned badness(enum catalogue_effect e)
{
	switch (e) {
	case EFFECT_READS:
		return 0;
	case EFFECT_WRITES:
		return 1;
	case EFFECT_UNKNOWN:
		return 2;
	case EFFECT_DESTROYS:
		return 3;
	}
	return 3;
}

const struct routine *catalogue_worst(const struct catalogue *c, struct str schema, struct str name)
{
	size_t n;
	const struct routine *found = catalogue_routines(c, name, &n), *worst = NULL;

	for (size_t i = 0; i < n; i++) {
		if (schema.len && !str_eq(found[i].schema, schema))
			continue;
		if (!worst || badness(found[i].effect) > badness(worst->effect))
			worst = &found[i];
	}
	return worst;
}

enum catalogue_effect catalogue_function(const struct catalogue *c, struct str schema, struct str name, struct str search_path,
					 struct str *ret_why)
{
	const struct routine *r = catalogue_worst(c, schema, name);

	/* Whatever the path, a session may change it within the message: all of that name count. */
	(void)search_path;
	*ret_why = r && r->n_acts ? r->acts[0].reason : STR_NONE;
	return r ? r->effect : EFFECT_UNKNOWN;
}

/* --- what goes with it --- */

const struct edge *catalogue_edges(const struct catalogue *c, const struct catalogue_relation *from, size_t *ret_n)
{
	size_t low = 0, high = c->n_edges, n = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->edges[mid].from->oid < from->oid)
			low = mid + 1;
		else
			high = mid;
	}
	while (low + n < c->n_edges && c->edges[low + n].from == from)
		n++;
	*ret_n = n;
	return n ? &c->edges[low] : NULL;
}

static struct str on_delete(const struct edge *e)
{
	return e->how == 'c' ? STR("CASCADE") : e->how == 'n' ? STR("SET NULL") : STR("SET DEFAULT");
}

/* "about 1,943,200 rows" */
static struct str about_rows(const struct catalogue_relation *r, struct arena *arena)
{
	struct str n = scope_number(r->rows >= 1 ? (uint64_t)r->rows : 0, arena);

	return arena_fmt(arena, "about %.*s rows", STR_ARG(n));
}

/* What happens to the rows of ${e}'s other side when rows go. STR_NONE: nothing. */
static struct str rows_say(const struct edge *e, struct arena *arena)
{
	const struct catalogue_relation *to = e->to;
	struct str name = arena_fmt(arena, "%.*s.%.*s", STR_ARG(to->schema), STR_ARG(to->name));

	if (to->rows >= 1)
		name = arena_fmt(arena, "%.*s (%.*s)", STR_ARG(name), STR_ARG(about_rows(to, arena)));
	if (e->how == 'c')
		return arena_fmt(arena, "rows of %.*s that point to it, by %.*s ON DELETE CASCADE", STR_ARG(name), STR_ARG(e->name));
	if (e->how == 'n' || e->how == 'd')
		return arena_fmt(arena, "what rows of %.*s point to it with, by %.*s ON DELETE %.*s", STR_ARG(name), STR_ARG(e->name),
				 STR_ARG(on_delete(e)));
	return e->how == EDGE_CHILD ? arena_fmt(arena, "rows of %.*s, a part of it", STR_ARG(name)) : STR_NONE;
}

/* What goes or breaks when the relation itself goes. */
static struct str drop_says(const struct edge *e, struct arena *arena)
{
	struct str name = arena_fmt(arena, "%.*s.%.*s", STR_ARG(e->to->schema), STR_ARG(e->to->name));

	if (e->how == EDGE_CHILD)
		return arena_fmt(arena, "%.*s (%.*s), a part of it", STR_ARG(name), STR_ARG(about_rows(e->to, arena)));
	if (e->how == EDGE_UPDATES)
		return STR_NONE;
	if (e->how == EDGE_VIEW)
		return arena_fmt(arena, "view %.*s", STR_ARG(name));
	if (e->how == EDGE_OWNS)
		return arena_fmt(arena, "sequence %.*s", STR_ARG(name));
	return arena_fmt(arena, "foreign key %.*s of %.*s", STR_ARG(e->name), STR_ARG(name));
}

/* Do the rows behind it go on to others? */
static bool goes_on(const struct edge *e, bool rows)
{
	return e->how == EDGE_CHILD || (rows ? e->how == 'c' : e->how == EDGE_VIEW);
}

static bool met(const struct catalogue_relation *const *seen, size_t n, const struct catalogue_relation *r)
{
	for (size_t i = 0; i < n; i++) {
		if (seen[i] == r)
			return true;
	}
	return false;
}

void catalogue_dies_with(const struct catalogue *c, const struct catalogue_relation *r, bool rows, struct arena *arena,
			 struct change *change)
{
	const struct catalogue_relation **queue = ARENA_ARRAY(arena, CASUALTIES_MAX + 1, const struct catalogue_relation *);
	size_t head = 0, n = 0, told = 0, more = 0;

	if (!queue)
		return;
	queue[n++] = r;
	while (head < n) {
		size_t n_edges;
		const struct edge *e = catalogue_edges(c, queue[head++], &n_edges);

		for (size_t i = 0; i < n_edges; i++) {
			struct str what = rows ? rows_say(&e[i], arena) : drop_says(&e[i], arena);

			if (!what.len || (e[i].from != e[i].to && met(queue, n, e[i].to) && goes_on(&e[i], rows)))
				continue;
			if (told < CASUALTIES_MAX)
				change_dies_with(change, arena, what);
			told < CASUALTIES_MAX ? told++ : more++;
			if (goes_on(&e[i], rows) && n <= CASUALTIES_MAX && !met(queue, n, e[i].to))
				queue[n++] = e[i].to;
		}
	}
	if (more)
		change_dies_with(change, arena, arena_fmt(arena, "and %zu more", more));
	if (r->effects.len)
		change_dies_with(change, arena, r->effects);
}

size_t catalogue_parts(const struct catalogue *c, const struct catalogue_relation *r, const struct catalogue_relation **ret, size_t max)
{
	size_t head = 0, n = 0;

	for (const struct catalogue_relation *at = r; at; at = head < n ? ret[head++] : NULL) {
		size_t n_edges;
		const struct edge *e = catalogue_edges(c, at, &n_edges);

		for (size_t i = 0; i < n_edges && n < max; i++) {
			if (e[i].how == EDGE_CHILD && e[i].to != r && !met(ret, n, e[i].to))
				ret[n++] = e[i].to;
		}
	}
	return n;
}

static int by_bytes(const void *a, const void *b)
{
	const struct catalogue_relation *const *x = a, *const *y = b;

	return (*x)->bytes > (*y)->bytes ? -1 : (*x)->bytes < (*y)->bytes;
}

size_t catalogue_in_schema(const struct catalogue *c, struct str schema, const struct catalogue_relation **ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_relations && n < max; i++) {
		const struct catalogue_relation *r = &c->relations[i];

		if (str_eq(r->schema, schema) && (r->kind == 'r' || r->kind == 'm' || r->kind == 'p'))
			ret[n++] = r;
	}
	qsort(ret, n, sizeof(const struct catalogue_relation *), by_bytes);
	return n;
}

/* --- what is done to rows --- */

static const struct row_event row_events[] = {
	{ SQL_MEANS_INSERT, EVENT_INSERT, EVENT_READ },	    { SQL_MEANS_UPSERT, EVENT_INSERT, EVENT_UPDATE },
	{ SQL_MEANS_UPDATE, EVENT_UPDATE, EVENT_READ },	    { SQL_MEANS_UPDATE_ALL, EVENT_UPDATE, EVENT_INSERT },
	{ SQL_MEANS_DELETE, EVENT_DELETE, EVENT_READ },	    { SQL_MEANS_DELETE_ALL, EVENT_DELETE, EVENT_READ },
	{ SQL_MEANS_TRUNCATE, EVENT_TRUNCATE, EVENT_READ }, { SQL_MEANS_MERGE, EVENT_DELETE, EVENT_UPDATE },
};

const struct row_event *catalogue_row_event(const struct change *c)
{
	for (size_t i = 0; i < ARRAY_LEN(row_events); i++) {
		if (str_eq(c->finding, sql_finding(row_events[i].means)->code))
			return &row_events[i];
	}
	return NULL;
}

bool catalogue_acts(const struct catalogue_relation *r)
{
	return r->triggers || r->rules || r->cascades || r->expressions || r->kind == 'p' || r->kind == 'v';
}

void catalogue_split(struct str name, struct str *ret_schema, struct str *ret_last)
{
	size_t dot = str_rfind_char(name, '.');

	*ret_schema = dot == SIZE_MAX ? STR_NONE : str_sub(name, 0, dot);
	*ret_last = dot == SIZE_MAX ? name : str_sub(name, dot + 1, SIZE_MAX);
}
