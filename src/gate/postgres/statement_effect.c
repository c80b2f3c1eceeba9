/* What the schema adds to a statement: what the functions it calls do, what views and triggers hide, what goes with the rows. */
#include "gate/postgres/catalogue_inner.h"
#include "gate/postgres/statement_inner.h"
#include "read/sql/sql_lex.h"

#define HIDERS_MAX 8 /* of one statement */
#define STRINGS_DEEP 4

/* --- names that hide something, anywhere in the text: bodies and literals too --- */

struct hidden {
	const struct hider *item[HIDERS_MAX];
	size_t n;
	bool unsure; /* a name is written so that it is not read here */
	bool quoted; /* something was found within a string, which may be SQL */
};

static void add_hider(struct hidden *h, const struct hider *found)
{
	for (size_t i = 0; found && i < h->n; i++) {
		if (h->item[i] == found)
			return;
	}
	if (found && h->n < HIDERS_MAX) {
		h->item[h->n++] = found;
		return;
	}
	/* Where there is no more room, a worse one takes the place of one that does rows. */
	for (size_t i = 0; found && found->runs->effect == EFFECT_DESTROYS && i < h->n; i++) {
		if (h->item[i]->runs->effect == EFFECT_DESTROYS)
			continue;
		h->item[i] = found;
		return;
	}
}

static void look_up(const struct catalogue *c, struct hidden *h, const struct sql_token *t)
{
	char name[64];
	const struct hider *found;
	size_t len = 0;

	/* As the server folds it, or with its doubled quotes single. No name is longer than this. */
	for (size_t i = 0; i < t->text.len && len < sizeof(name); i++) {
		char b = t->text.ptr[i];

		i += t->kind == SQL_TOKEN_QUOTED && b == '"';
		name[len++] = (char)(t->kind == SQL_TOKEN_WORD && b >= 'A' && b <= 'Z' ? b + 32 : b);
	}
	found = catalogue_hider(c, (struct str){ name, len < sizeof(name) ? len : sizeof(name) - 1 });
	add_hider(h, found);
}

/* Deeper ones are nobody's. */
static bool may_be_sql(struct str text)
{
	struct sql_lex lex = { .text = text, .way = SQL_LEX_POSTGRES, .line_start = true };
	struct sql_token t = sql_lex_next(&lex);

	if (sql_token_is(&t, "("))
		t = sql_lex_next(&lex);
	return sql_token_is(&t, "<") || sql_token_among(&t, "select with table values insert update delete merge copy create do call "
							    "execute declare begin explain");
}

static void look_at_text(const struct catalogue *c, struct hidden *h, struct str text, unsigned depth)
{
	struct sql_lex lex = { .text = text, .way = SQL_LEX_POSTGRES, .line_start = true };

	for (struct sql_token t = sql_lex_next(&lex); t.kind != SQL_TOKEN_END; t = sql_lex_next(&lex)) {
		if (t.kind == SQL_TOKEN_WORD || t.kind == SQL_TOKEN_QUOTED || t.kind == SQL_TOKEN_OPERATOR)
			look_up(c, h, &t);
		/* Their relations may be named by a value. */
		if (t.kind == SQL_TOKEN_BAD || sql_token_among(&t, "table_to_xml table_to_xml_and_xmlschema schema_to_xml "
								   "schema_to_xml_and_xmlschema database_to_xml "
								   "database_to_xml_and_xmlschema"))
			h->unsure = true;
		if (t.kind == SQL_TOKEN_STRING && depth < STRINGS_DEEP && may_be_sql(t.text)) {
			size_t before = h->n;

			look_at_text(c, h, t.text, depth + 1);
			h->quoted = h->quoted || h->n > before;
		}
	}
}

/* What a name in the text may be: a relation only where the statement names one. */
static void keep_named(struct hidden *h, const struct sql_shape *shape)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++) {
		bool named = !h->item[i]->relation;

		for (const struct sql_relation *r = shape->relations; r && !named; r = r->next)
			named = str_eq(r->name, h->item[i]->name);
		if (named)
			h->item[n++] = h->item[i];
	}
	h->n = n;
}


/* --- functions --- */

static bool is_call(const struct change *c)
{
	return statement_has(c, SQL_MEANS_FUNCTION) || statement_has(c, SQL_MEANS_PROCEDURE);
}

static void tell_acts(struct weighing *w, const struct routine *r, struct str how, bool known_only)
{
	for (size_t i = 0; i < r->n_acts; i++) {
		struct change *c;

		/* Of bounded rows, and of code in other languages, the witness tells before it is committed. Of text from a row it
		 * could not: settings, programs, counters and rights leave it no trace. */
		if (known_only && !catalogue_matters(&r->acts[i]))
			continue;
		c = change_add(&w->answer->changes, w->arena);
		if (!c)
			return;
		*c = r->acts[i];
		c->reason = arena_fmt(w->arena, "%.*s: %.*s", STR_ARG(how), STR_ARG(c->reason));
	}
}

/* True when the schema knows better than the text what is called. */
static bool tell_call(struct weighing *w, const struct change *c)
{
	struct str schema, last;
	const struct routine *r;

	if (!w->c->catalogue || !is_call(c))
		return false;
	catalogue_split(c->name, &schema, &last);
	r = catalogue_worst(w->c->catalogue, schema, last);
	if (!r)
		return false;
	tell_acts(w, r, arena_fmt(w->arena, "%.*s is called", STR_ARG(str_sub(c->name, 0, 100))), false);
	return true;
}

/* --- rows --- */

static bool has_parts(const struct catalogue *c, const struct catalogue_relation *r)
{
	size_t n;
	const struct edge *e = catalogue_edges(c, r, &n);

	for (size_t i = 0; i < n; i++) {
		if (e[i].how == EDGE_CHILD)
			return true;
	}
	return false;
}

/* Is it certain what a name without its schema means? Not by the role's own path, nor by one that hangs on who it is. */
static bool path_certain(const struct weighing *w)
{
	return w->c->search_path.len && str_find_char(w->c->search_path, '$') == SIZE_MAX;
}

/* The relation that a name means; where that is not certain, one of that name that hides something is taken for it. */
static const struct catalogue_relation *relation_of(const struct weighing *w, struct str name)
{
	const struct catalogue_relation *r, *named;
	struct str schema, last;
	size_t n;

	catalogue_split(name, &schema, &last);
	r = catalogue_find(w->c->catalogue, schema, last, w->c->search_path);
	if (schema.len || (r && path_certain(w)))
		return r;
	named = catalogue_named(w->c->catalogue, last, &n);
	for (size_t i = 0; (!r || !r->hides) && i < n; i++) {
		if (!r || named[i].hides)
			r = &named[i];
	}
	return r;
}

static void tell_behind(struct weighing *w, const struct catalogue_relation *r, enum catalogue_event event)
{
	char name[32];
	size_t n;
	const struct routine *behind = catalogue_routines(w->c->catalogue, catalogue_behind(name, sizeof(name), r->oid, event), &n);

	for (size_t i = 0; i < n; i++)
		tell_acts(w, &behind[i], arena_fmt(w->arena, "triggers and rules of %.*s", STR_ARG(r->name)), true);
}

/* Others of its name that may be meant: until one of them does harm. */
static void tell_namesakes(struct weighing *w, const struct catalogue_relation *r, const struct row_event *e)
{
	size_t n, before = w->answer->changes.n;
	const struct catalogue_relation *named = catalogue_named(w->c->catalogue, r->name, &n);

	for (size_t i = 0; i < n && w->answer->changes.n == before; i++) {
		if (&named[i] == r || !named[i].hides)
			continue;
		tell_behind(w, &named[i], e->event);
		if (e->also != EVENT_READ)
			tell_behind(w, &named[i], e->also);
	}
}

static void tell_rows(struct weighing *w, const struct change *told, struct change *c)
{
	const struct row_event *e = catalogue_row_event(told);
	const struct catalogue_relation *r = e && w->c->catalogue ? relation_of(w, told->name) : NULL;

	if (!r)
		return;
	if (e->event == EVENT_DELETE && (r->cascades || has_parts(w->c->catalogue, r)))
		catalogue_dies_with(w->c->catalogue, r, true, w->arena, c);
	else if (r->effects.len)
		change_dies_with(c, w->arena, r->effects);
	tell_behind(w, r, e->event);
	if (e->also != EVENT_READ)
		tell_behind(w, r, e->also);
	if (str_find_char(told->name, '.') == SIZE_MAX && !path_certain(w))
		tell_namesakes(w, r, e);
}

/* A view leads to what it is made of, and a table LIKE another has its checks, by a name that need not be known where it is used: a
 * temporary one is in no catalogue. */
static const struct catalogue_relation *made_of(const struct weighing *w, const struct sql_relation *named)
{
	const struct catalogue_relation *r = NULL;

	if (w->c->catalogue && (named->use == SQL_USE_READ || named->use == SQL_USE_ALTER) && named->name.len)
		r = relation_of(w, named->schema.len ? arena_fmt(w->arena, "%.*s.%.*s", STR_ARG(named->schema), STR_ARG(named->name))
						     : named->name);
	return r && r->hides ? r : NULL;
}

static void tell_made(struct weighing *w, const struct statement *s)
{
	for (const struct sql_relation *named = s->shape ? s->shape->relations : NULL; named; named = named->next) {
		const struct catalogue_relation *r = made_of(w, named);

		for (enum catalogue_event e = EVENT_INSERT; r && e < EVENT_TRUNCATE; e++)
			tell_behind(w, r, e);
	}
}

static bool is_made(struct str verb)
{
	return str_is(verb, "CREATE VIEW") || str_is(verb, "CREATE TABLE");
}

/* What indexes and statistics work out is worked out to be analyzed: of all tables where none is named. */
static bool is_analyzed(struct str verb)
{
	return str_is(verb, "ANALYZE") || str_is(verb, "VACUUM");
}

static void tell_analyzed(struct weighing *w, const struct statement *s)
{
	const struct sql_relation *named = s->shape ? s->shape->relations : NULL;
	const struct catalogue *c = w->c->catalogue;

	for (size_t i = 0; c && !named && i < c->n_relations; i++) {
		if (c->relations[i].hides)
			tell_behind(w, &c->relations[i], EVENT_ANALYZE);
	}
	for (; c && named; named = named->next) {
		struct str full = arena_fmt(w->arena, "%.*s.%.*s", STR_ARG(named->schema), STR_ARG(named->name));
		const struct catalogue_relation *r = relation_of(w, named->schema.len ? full : named->name);

		if (r && r->hides)
			tell_behind(w, r, EVENT_ANALYZE);
	}
}

/* What a WHERE bounds is bounded by the count before the commit. Where nobody counts, it may be every row. */
static void tell_uncounted(const struct weighing *w, struct change *c)
{
	static const struct { enum sql_meaning bounded, all; } rows[] = {
		{ SQL_MEANS_UPDATE, SQL_MEANS_UPDATE_ALL }, { SQL_MEANS_UPSERT, SQL_MEANS_UPDATE_ALL },
		{ SQL_MEANS_DELETE, SQL_MEANS_DELETE_ALL },
	};
	const struct catalogue_relation *r = catalogue_row_event(c) && w->c->catalogue ? relation_of(w, c->name) : NULL;

	for (size_t i = 0; r && r->foreign && i < ARRAY_LEN(rows); i++) {
		const struct sql_finding *f = sql_finding(rows[i].all);

		if (!statement_has(c, rows[i].bounded))
			continue;
		c->kind = f->kind;
		c->reversible = f->reversible;
		c->holds_data = f->holds_data;
		c->finding = f->code;
		c->reason = STR("its rows are on another server, where they cannot be counted: it may change all of them");
		return;
	}
}

/* --- all of it --- */

bool statement_touches(const struct weighing *w, const struct sql_answer *sql)
{
	for (const struct sql_statement *s = sql->statements; s; s = s->next) {
		if (str_is(s->verb, "EXECUTE") || is_made(s->verb) || is_analyzed(s->verb))
			return true;
	}
	if (!w->c->catalogue)
		return false;
	if (w->c->catalogue->n_hiders)
		return true;
	CHANGE_EACH(c, &sql->changes) {
		const struct row_event *e = catalogue_row_event(c);
		const struct catalogue_relation *r = e ? relation_of(w, c->name) : NULL;

		if (is_call(c) || (r && (r->hides || r->foreign)))
			return true;
		if (r && e->event == EVENT_DELETE && (r->cascades || has_parts(w->c->catalogue, r)))
			return true;
	}
	return false;
}

static bool holds_text(const struct sql_shape *shape)
{
	return !shape || shape->class == SQL_CLASS_CODE || shape->class == SQL_CLASS_DDL;
}

static void tell_hidden(struct weighing *w, struct str text, const struct sql_shape *shape)
{
	struct hidden h = { .n = 0 };

	if (!w->c->catalogue || !w->c->catalogue->n_hiders)
		return;
	look_at_text(w->c->catalogue, &h, text, 0);
	if (!h.unsure && !h.quoted && !holds_text(shape))
		keep_named(&h, shape);
	for (const struct sql_relation *r = shape ? shape->relations : NULL; r; r = r->next)
		add_hider(&h, catalogue_hider(w->c->catalogue, r->name));
	/* A name that is not read here may be any of them: all that hides is told of. */
	for (size_t i = 0; h.unsure && h.n < HIDERS_MAX && i < w->c->catalogue->n_hiders; i++)
		h.item[h.n++] = &w->c->catalogue->hiders[i];
	for (size_t i = 0; i < h.n; i++)
		tell_acts(w, h.item[i]->runs, arena_fmt(w->arena, "%.*s hides it", STR_ARG(str_sub(h.item[i]->name, 0, 100))), false);
}

static void tell(struct weighing *w, const struct change *told)
{
	struct change *c;

	if (tell_call(w, told))
		return;
	c = change_add(&w->answer->changes, w->arena);
	if (!c)
		return;
	*c = *told;
	tell_uncounted(w, c);
	tell_rows(w, told, c);
}

/* --- EXECUTE: what was prepared --- */

/* Earlier in this text. */
static bool tell_earlier(struct weighing *w, struct str name)
{
	const struct statement *found = NULL;

	for (const struct statement *s = w->answer->statements; s; s = s->next) {
		if (s->prepares.len && str_eq(s->prepares, name))
			found = s;
	}
	if (!found)
		return false;
	STATEMENT_EACH(e, w, found) {
		struct change *c = change_add(&w->answer->changes, w->arena);

		if (!c)
			return true;
		*c = *e.change;
	}
	return true;
}

/* Earlier in this session, by the text that prepared it. */
static bool tell_remembered(struct weighing *w, struct str name)
{
	struct sql_input in = { .text = STR_NONE, .shape = true };
	struct sql_answer *a;

	if (!w->c->prepared || !w->c->prepared(w->c->relay, name, &in.text))
		return false;
	a = ARENA_NEW(w->arena, struct sql_answer);
	if (!a)
		return false;
	sql_read(&in, w->arena, a);
	if (a->n != 1 || !a->statements->parsed || !str_is(a->statements->verb, "PREPARE"))
		return false;
	CHANGE_EACH(c, &a->changes)
		tell(w, c);
	tell_hidden(w, in.text, a->statements->shape);
	return true;
}

bool statement_of_rows(const struct change *c)
{
	const struct row_event *e = catalogue_row_event(c);

	return e && e->event != EVENT_TRUNCATE;
}

bool statement_executes(const struct change *c)
{
	return statement_has(c, SQL_MEANS_DYNAMIC) && str_is(c->type, "prepared statement");
}

void statement_effects(struct weighing *w, struct statement *s, const struct sql_statement *read, const struct sql_answer *sql)
{
	struct statement_answer as_read = { .changes = sql->changes };
	struct weighing before = { .c = w->c, .arena = w->arena, .answer = &as_read };
	struct statement part = { .first_change = read->first_change, .n_changes = read->n_changes };
	struct str name = s->shape && s->shape->prepared == SQL_PREPARED_EXECUTE ? s->shape->name : STR_NONE;
	size_t first = w->answer->changes.n;
	bool known = name.len && (tell_earlier(w, name) || tell_remembered(w, name));

	STATEMENT_EACH(e, &before, &part) {
		if (!known || !statement_executes(e.change))
			tell(w, e.change);
	}
	tell_hidden(w, s->text, s->shape);
	if (is_made(s->verb))
		tell_made(w, s);
	if (is_analyzed(s->verb))
		tell_analyzed(w, s);
	s->first_change = first;
	s->n_changes = w->answer->changes.n - first;
}
