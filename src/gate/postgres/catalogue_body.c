/* What functions do: their bodies read as SQL, and what they call, until nothing new is found. */
#include "gate/postgres/catalogue_inner.h"
#include "facts/sql_functions.h"
#include "read/sql/sql.h"
#include "read/sql/sql_lex.h"

#define ROUNDS_MAX 64
#define OWN_BODY "pawl_body"

/* --- one body --- */

static bool is_own(struct str name)
{
	return name.len && name.ptr[0] == CATALOGUE_OWN[0];
}

static bool is(const struct change *c, enum sql_meaning means)
{
	return str_eq(c->finding, sql_finding(means)->code);
}

static bool is_call(const struct change *c)
{
	return is(c, SQL_MEANS_FUNCTION) || is(c, SQL_MEANS_PROCEDURE);
}

static bool is_unknown(const struct change *c)
{
	return is_call(c) || c->kind == CHANGE_OPAQUE || c->kind == CHANGE_UNSET;
}

enum catalogue_effect catalogue_effect_of(const struct change *acts, size_t n)
{
	bool unknown = false, writes = false;

	for (size_t i = 0; i < n; i++) {
		if (acts[i].kind == CHANGE_READ)
			writes = writes || !is(&acts[i], SQL_MEANS_SEARCH_PATH);
		else if (is_unknown(&acts[i]))
			unknown = true;
		else if (is(&acts[i], SQL_MEANS_DELETE) || !change_is_destructive(&acts[i]))
			writes = true;
		else
			return EFFECT_DESTROYS;
	}
	return unknown ? EFFECT_UNKNOWN : writes ? EFFECT_WRITES : EFFECT_READS;
}

/* How a text put together at run time begins, up to the first piece that may be anything. */
static bool begins_as_rows(struct str text)
{
	struct sql_lex lex = { .text = text, .way = SQL_LEX_POSTGRES, .line_start = true };
	struct sql_token t = sql_lex_next(&lex);

	if (sql_token_among(&t, "insert update delete merge drop truncate lock analyze notify refresh"))
		return true;
	if (sql_token_is(&t, "create")) {
		t = sql_lex_next(&lex);
		return sql_token_among(&t, "table temp temporary unlogged index unique");
	}
	/* What is selected from is said: a name may be put behind it. */
	if (!sql_token_is(&t, "select"))
		return false;
	while (t.kind != SQL_TOKEN_END && !sql_token_among(&t, "from pawl_unknown"))
		t = sql_lex_next(&lex);
	return sql_token_is(&t, "from");
}

bool catalogue_opaque(const struct change *c)
{
	return is(c, SQL_MEANS_DYNAMIC) && !(str_is(c->type, "statement") && begins_as_rows(c->name));
}

bool catalogue_matters(const struct change *c)
{
	static const enum sql_meaning elsewhere[] = { SQL_MEANS_PROGRAM, SQL_MEANS_SERVER_FILE, SQL_MEANS_NETWORK, SQL_MEANS_TERMINATE };

	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++) {
		if (is(c, elsewhere[i]))
			return true;
	}
	return catalogue_effect_of(c, 1) == EFFECT_DESTROYS || catalogue_opaque(c);
}

static bool told(const struct change *acts, size_t n, const struct change *c)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(acts[i].finding, c->finding) && str_eq(acts[i].name, c->name))
			return true;
	}
	return false;
}

static struct change own_copy(struct arena *arena, const struct change *c)
{
	const struct sql_finding *f = sql_finding_by_code(c->finding);
	struct change copy = *c;

	copy.name = arena_str(arena, str_sub(c->name, 0, 200));
	copy.type = arena_str(arena, c->type);
	/* The words of facts live for ever; what a reader put round them does not. */
	copy.reason = f ? f->reason : arena_str(arena, c->reason);
	copy.safer = f ? f->safer : STR_NONE;
	copy.dies_with = copy.dies_with_last = NULL;
	copy.n_dies_with = 0;
	return copy;
}

/* True when it is new. Where there is no more room, a worse one takes the place of a call or a bounded write. */
static bool add_act(struct catalogue *c, struct routine *r, const struct change *act)
{
	if (!r->acts)
		r->acts = ARENA_ARRAY(&c->arena, CATALOGUE_ACTS, struct change);
	if (!r->acts || told(r->acts, r->n_acts, act))
		return false;
	if (r->n_acts < CATALOGUE_ACTS) {
		r->acts[r->n_acts++] = own_copy(&c->arena, act);
		return true;
	}
	for (size_t i = 0; i < r->n_acts; i++) {
		if (catalogue_effect_of(&r->acts[i], 1) == EFFECT_DESTROYS || catalogue_effect_of(act, 1) != EFFECT_DESTROYS)
			continue;
		r->acts[i] = own_copy(&c->arena, act);
		return true;
	}
	return false;
}

void catalogue_call(struct catalogue *c, struct routine *r, struct str name)
{
	for (size_t i = r->n_calls > 64 ? r->n_calls - 64 : 0; i < r->n_calls; i++) {
		if (str_eq(r->calls[i], name))
			return;
	}
	if (r->n_calls == r->cap_calls) {
		size_t cap = r->cap_calls ? r->cap_calls * 2 : 4;
		struct str *more = ARENA_ARRAY(&c->arena, cap, struct str);

		if (!more)
			return; /* a full arena is no snapshot */
		if (r->n_calls)
			memcpy(more, r->calls, r->n_calls * sizeof(*more));
		r->calls = more;
		r->cap_calls = cap;
	}
	r->calls[r->n_calls++] = arena_str(&c->arena, name);
}

static void act_of(struct catalogue *c, struct routine *r, enum sql_meaning means, const char *type)
{
	const struct sql_finding *f = sql_finding(means);
	struct change act = {
		.kind = f->kind,
		.reversible = f->reversible,
		.holds_data = f->holds_data,
		.finding = f->code,
		.type = str_from(type),
		.name = r->name,
	};

	add_act(c, r, &act);
}

static void call_behind(struct catalogue *c, struct routine *r, const struct catalogue_relation *rel, enum catalogue_event event)
{
	char name[32];

	catalogue_call(c, r, catalogue_behind(name, sizeof(name), rel->oid, event));
}

/* What a body does to rows runs what stands behind their relation: whichever of that name, where no schema is said. */
static void leads_to(struct catalogue *c, struct routine *r, const struct change *change)
{
	const struct row_event *e = catalogue_row_event(change);
	const struct catalogue_relation *named;
	struct str schema, last;
	size_t n = 0;

	catalogue_split(change->name, &schema, &last);
	named = e ? catalogue_named(c, last, &n) : NULL;
	for (size_t i = 0; i < n; i++) {
		if ((schema.len && !str_eq(schema, named[i].schema)) || !catalogue_acts(&named[i]))
			continue;
		call_behind(c, r, &named[i], e->event);
		if (e->also != EVENT_READ)
			call_behind(c, r, &named[i], e->also);
	}
}

static char to_lower(char b)
{
	return (char)(b >= 'A' && b <= 'Z' ? b + 32 : b);
}

/* What a body names may be a relation that runs something where it is read. */
static void reads_from(struct catalogue *c, struct routine *r)
{
	struct sql_lex lex = { .text = r->source, .way = SQL_LEX_POSTGRES, .line_start = true };
	char name[64];

	if (r->source.len > CATALOGUE_BODY_MAX || !(str_is(r->language, "sql") || str_is(r->language, "plpgsql")))
		return;
	for (struct sql_token t = sql_lex_next(&lex); t.kind != SQL_TOKEN_END && t.kind != SQL_TOKEN_BAD; t = sql_lex_next(&lex)) {
		const struct catalogue_relation *named;
		size_t n = 0;

		if ((t.kind != SQL_TOKEN_WORD && t.kind != SQL_TOKEN_QUOTED) || t.text.len >= sizeof(name))
			continue;
		for (size_t i = 0; i < t.text.len; i++)
			name[i] = t.kind == SQL_TOKEN_WORD ? to_lower(t.text.ptr[i]) : t.text.ptr[i];
		named = catalogue_named(c, (struct str){ name, t.text.len }, &n);
		for (size_t i = 0; i < n && r->n_calls < CATALOGUE_CALLS; i++) {
			if (named[i].kind == 'v' || named[i].expressions)
				call_behind(c, r, &named[i], EVENT_READ);
		}
	}
}

static void read_body(struct catalogue *c, struct routine *r, struct str text, struct arena *scratch)
{
	struct sql_input in = { .text = text };
	struct sql_answer *a = ARENA_NEW(scratch, struct sql_answer);

	if (a)
		sql_read(&in, scratch, a);
	if (!a || scratch->full) {
		act_of(c, r, SQL_MEANS_TOO_MUCH, "function");
		return;
	}
	CHANGE_EACH(change, &a->changes) {
		/* The rule or function that the text makes is there already. */
		if (str_is(change->name, OWN_BODY) || str_is(change->type, "rule"))
			continue;
		if (is_call(change) && r->n_calls < CATALOGUE_CALLS)
			catalogue_call(c, r, change->name);
		else
			add_act(c, r, change);
		leads_to(c, r, change);
	}
}

/* A body between dollar quotes that it does not hold itself, so that it is read as what a DO block runs. */
static struct str as_block(struct str body, struct arena *scratch)
{
	char tag[24] = "$pawl$";

	for (unsigned i = 0; str_find(body, str_from(tag)) != SIZE_MAX && i < 1000; i++)
		snprintf(tag, sizeof(tag), "$pawl%u$", i);
	return arena_fmt(scratch, "DO LANGUAGE plpgsql %s%.*s%s", tag, STR_ARG(body), tag);
}

/* A body kept as a tree is written out as BEGIN ATOMIC … END or RETURN …, which only stands behind CREATE FUNCTION. */
static struct str as_statements(struct str body, struct arena *scratch)
{
	struct str start = str_trim(body);

	if (!str_starts(start, STR("BEGIN ATOMIC")) && !str_starts(start, STR("RETURN ")))
		return body;
	return arena_fmt(scratch, "CREATE FUNCTION " OWN_BODY "() RETURNS void LANGUAGE sql %.*s", STR_ARG(body));
}

/* Of extensions that come with PostgreSQL: volatile, for they give another value each time, and no more than that. */
static bool computes(const struct routine *r)
{
	static const char *const names[] = {
		"uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4", "gen_random_bytes", "gen_random_uuid",
		"gen_salt",	    "crypt",		  "pgp_sym_encrypt",  "pgp_pub_encrypt",  "normal_rand",
	};

	for (size_t i = 0; r->extension && i < ARRAY_LEN(names); i++) {
		if (str_is(r->name, names[i]))
			return true;
	}
	return false;
}

/* One written in C: what its name says where facts know it; an extension's that is said to compute is taken at its word. */
static void native(struct catalogue *c, struct routine *r)
{
	enum sql_meaning means = sql_function(str_is(r->language, "internal") ? r->source : r->name).means;

	if (means == SQL_MEANS_FUNCTION && (((r->extension || r->oid < 16384) && r->is_volatile != 'v') || computes(r)))
		return;
	if (means == SQL_MEANS_READ && !r->extension && str_is(r->language, "c"))
		means = SQL_MEANS_CODE;
	if (means != SQL_MEANS_READ)
		act_of(c, r, means, "function");
}

void catalogue_body(struct catalogue *c, struct routine *r, struct arena *scratch)
{
	arena_reset(scratch);
	if (r->is_operator || r->kind == 'a')
		return; /* what they call is all */
	if (!is_own(r->name) || str_starts(r->name, STR(CATALOGUE_EXPRESSIONS)))
		reads_from(c, r);
	if (str_is(r->language, "c") || str_is(r->language, "internal"))
		native(c, r);
	else if (r->source.len > CATALOGUE_BODY_MAX)
		act_of(c, r, SQL_MEANS_TOO_MUCH, "function");
	else if (str_is(r->language, "sql"))
		read_body(c, r, as_statements(r->source, scratch), scratch);
	else if (str_is(r->language, "plpgsql"))
		read_body(c, r, as_block(r->source, scratch), scratch);
	else
		act_of(c, r, SQL_MEANS_CODE, "function");
}

/* --- through others --- */

/* Of what a definition works out, and of what stands behind relations that a body names, the witness and the wall before writes tell. */
static bool quiet(const struct routine *r, struct str name)
{
	return str_starts(name, STR(CATALOGUE_EXPRESSIONS)) || (is_own(r->name) && str_starts(name, STR(CATALOGUE_TYPE))) ||
	       (is_own(name) && !is_own(r->name));
}

/* What is called by a name that stands in no catalogue stays unknown. True when anything is new. */
static bool settle_call(struct catalogue *c, struct routine *r, struct str name)
{
	struct str schema, last;
	size_t n, met = 0;
	const struct routine *found;
	bool more = false, known_only = quiet(r, name);

	catalogue_split(name, &schema, &last);
	found = catalogue_routines(c, last, &n);
	for (size_t i = 0; i < n; i++) {
		if (schema.len && !str_eq(schema, found[i].schema))
			continue;
		met++;
		for (size_t k = 0; k < found[i].n_acts && &found[i] != r; k++) {
			if (!known_only || catalogue_matters(&found[i].acts[k]))
				more = add_act(c, r, &found[i].acts[k]) || more;
		}
	}
	if (!met && is_own(name))
		return more; /* nothing stands behind it */
	if (!met && (schema.len == 0 || str_is(schema, "pg_catalog")) && sql_function(last).means == SQL_MEANS_READ)
		return more;
	if (!met) {
		struct routine unknown = { .name = last };

		act_of(c, &unknown, sql_function(last).means == SQL_MEANS_READ ? SQL_MEANS_FUNCTION : sql_function(last).means, "function");
		if (unknown.n_acts)
			more = add_act(c, r, &unknown.acts[0]) || more;
	}
	return more;
}

void catalogue_settle(struct catalogue *c)
{
	bool more = true;

	for (unsigned round = 0; more && round < ROUNDS_MAX; round++) {
		more = false;
		for (size_t i = 0; i < c->n_routines; i++) {
			for (size_t k = 0; k < c->routines[i].n_calls; k++)
				more = settle_call(c, &c->routines[i], c->routines[i].calls[k]) || more;
		}
	}
	for (size_t i = 0; i < c->n_routines; i++) {
		struct routine *r = &c->routines[i];

		/* Still finding more: what it does in the end was not seen. */
		r->effect = more && r->n_calls ? EFFECT_UNKNOWN : catalogue_effect_of(r->acts, r->n_acts);
	}
}

struct str catalogue_says(const struct change *acts, size_t n, struct arena *arena)
{
	struct str all = STR_NONE;

	for (size_t i = 0; i < n && i < 3; i++) {
		const struct change *a = &acts[i];
		const char *between = a->name.len ? ": " : "";

		all = arena_fmt(arena, "%.*s%s%.*s%s%.*s", STR_ARG(all), i ? "; " : "", STR_ARG(a->reason), between,
				STR_ARG(str_sub(a->name, 0, 80)));
	}
	return n > 3 ? arena_fmt(arena, "%.*s; and more", STR_ARG(all)) : all;
}
