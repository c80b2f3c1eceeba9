#include "gate/postgres/scope.h"

#include "facts/sql_findings.h"
#include "gate/postgres/aside.h"
#include "gate/postgres/statement.h"

#define SCOPE_COUNTED 8
#define SMALL_BYTES ((uint64_t)256 << 20) /* counted exactly, where two seconds are enough */
#define RELATIONS_MAX 2000
#define PROBED_MAX 200 /* changes of one statement */

struct filling {
	struct postgres_aside *aside;
	const struct catalogue *c;
	const struct scope_asked *asked;
	struct arena *arena;
	struct scope *scope;
	unsigned counted;
	size_t n_asked;
	bool failed;
	struct err *err;
};

static bool is(const struct change *c, enum sql_meaning means)
{
	return str_eq(c->finding, sql_finding(means)->code);
}

/* --- words --- */

static void say(struct filling *f, struct change *c, struct str what)
{
	c->reason = c->reason.len ? arena_fmt(f->arena, "%.*s; %.*s", STR_ARG(c->reason), STR_ARG(what)) : what;
}

/* --- one relation --- */

struct size {
	uint64_t rows, bytes;
	bool counted;
};

/* The server's own numbers, fresh. */
static bool size_of(struct filling *f, const struct catalogue_relation *r, struct size *ret)
{
	static const char sql[] = "SELECT coalesce(pg_total_relation_size(c.oid), 0), "
				  "CASE WHEN c.reltuples > 0 THEN c.reltuples ELSE pg_stat_get_live_tuples(c.oid) END::bigint "
				  "FROM pg_class c WHERE c.oid = $1::bigint::oid";
	struct str oid = arena_fmt(f->arena, "%u", r->oid);
	struct aside_rows rows;

	if (!aside_query(f->aside, sql, &oid, 1, f->arena, &rows, f->err))
		return false;
	if (rows.n_rows != 1 || !str_to_u64(rows.cells[0], &ret->bytes) || !str_to_u64(rows.cells[1], &ret->rows))
		return err_set(f->err, ERR_STATE, "%.*s.%.*s is not there any more", STR_ARG(r->schema), STR_ARG(r->name));
	return true;
}

static struct str quoted(struct str name, struct arena *arena)
{
	auto_buf b = BUF_MAX(512);

	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"')
			buf_addc(&b, '"');
		buf_addc(&b, name.ptr[i]);
	}
	return arena_fmt(arena, "\"%.*s\"", STR_ARG(buf_str(&b)));
}

static bool run(struct filling *f, const char *sql)
{
	struct aside_rows rows;

	return aside_query(f->aside, sql, NULL, 0, f->arena, &rows, f->err);
}

/* Only what takes no time. */
static bool count(struct filling *f, const struct catalogue_relation *r, uint64_t *ret)
{
	struct str schema = quoted(r->schema, f->arena), name = quoted(r->name, f->arena);
	struct str sql = arena_fmt(f->arena, "SELECT count(*) FROM %.*s.%.*s", STR_ARG(schema), STR_ARG(name));
	struct aside_rows rows;
	struct err ignored;
	bool ok;

	if (!sql.ptr || !run(f, "BEGIN READ ONLY"))
		return false;
	ok = run(f, "SET LOCAL statement_timeout = '2s'") && run(f, "SET LOCAL lock_timeout = '500ms'") &&
	     aside_query(f->aside, sql.ptr, NULL, 0, f->arena, &rows, f->err) && rows.n_rows == 1 && str_to_u64(rows.cells[0], ret);
	return aside_query(f->aside, "ROLLBACK", NULL, 0, f->arena, &rows, &ignored) && ok;
}

static bool holds_rows(const struct catalogue_relation *r)
{
	return r->kind == 'r' || r->kind == 'm' || r->kind == 'p' || r->kind == 'f';
}

static bool measure(struct filling *f, const struct catalogue_relation *r, struct size *ret)
{
	*ret = (struct size){ .counted = true };
	if (r->kind == 'p')
		return true; /* its parts hold its rows */
	ret->counted = false;
	if (!size_of(f, r, ret))
		return false;
	if ((r->kind == 'r' || r->kind == 'm') && ret->bytes <= SMALL_BYTES && f->counted < SCOPE_COUNTED) {
		f->counted++;
		ret->counted = count(f, r, &ret->rows);
	}
	return true;
}

static void add_up(struct filling *f, const struct catalogue_relation *r, const struct size *size)
{
	struct scope *s = f->scope;

	s->relations += holds_rows(r);
	s->bytes += size->bytes;
	s->rows += size->rows;
	s->critical = s->critical || r->critical;
	s->estimated = s->estimated || !size->counted;
	if (size->rows > s->largest_rows) {
		s->largest_rows = size->rows;
		s->largest = arena_fmt(f->arena, "%.*s.%.*s", STR_ARG(r->schema), STR_ARG(r->name));
	}
}

/* --- what a name means --- */

static const struct catalogue_relation *find(struct filling *f, struct str name)
{
	size_t dot = str_rfind_char(name, '.'), n;
	struct str schema = dot == SIZE_MAX ? STR_NONE : str_sub(name, 0, dot);
	struct str last = dot == SIZE_MAX ? name : str_sub(name, dot + 1, SIZE_MAX);
	const struct catalogue_relation *r = f->c ? catalogue_find(f->c, schema, last, f->asked->search_path) : NULL;

	if (r || schema.len || !f->c)
		return r;
	return catalogue_named(f->c, last, &n);
}

/* By which backups are told from those of another schema's table of that name. */
static void identify(struct filling *f, struct change *c, const struct catalogue_relation *r)
{
	if (r && !c->identity.len)
		c->identity = arena_fmt(f->arena, "%.*s.%.*s", STR_ARG(r->schema), STR_ARG(r->name));
}

static void not_measured(struct filling *f, struct change *c, const char *why)
{
	say(f, c, arena_fmt(f->arena, "how much could not be measured (%s)", why));
	f->failed = true;
}

/* --- statements that take a relation away, or all its rows --- */

/* The relations that are parts of it hold its rows. */
static void parts_of(struct filling *f, const struct catalogue_relation *r, struct size *all)
{
	const struct catalogue_relation *part[RELATIONS_MAX];
	size_t n = catalogue_parts(f->c, r, part, ARRAY_LEN(part));

	for (size_t i = 0; i < n; i++) {
		struct size size;

		if (!measure(f, part[i], &size))
			continue;
		add_up(f, part[i], &size);
		all->rows += size.rows;
		all->bytes += size.bytes;
		all->counted = all->counted && size.counted;
	}
}

/* "about 1,000 rows, 4.1 GB" */
static struct str holds(struct filling *f, const struct size *size)
{
	struct str rows = scope_number(size->rows, f->arena), bytes = scope_bytes(size->bytes, f->arena);

	return arena_fmt(f->arena, "%s%.*s rows, %.*s", size->counted ? "" : "about ", STR_ARG(rows), STR_ARG(bytes));
}

static void fill_relation(struct filling *f, struct change *c, bool goes)
{
	const struct catalogue_relation *r = find(f, c->name);
	struct size size;

	identify(f, c, r);
	if (!r || !measure(f, r, &size)) {
		not_measured(f, c, r ? f->err->msg : "no such relation is known");
		return;
	}
	add_up(f, r, &size);
	if (r->kind == 'p')
		parts_of(f, r, &size);
	c->rows = size.rows;
	if (r->kind != 'v')
		say(f, c, arena_fmt(f->arena, "%.*s.%.*s holds %.*s", STR_ARG(r->schema), STR_ARG(r->name), STR_ARG(holds(f, &size))));
	if (r->critical)
		say(f, c, STR("it is on the owner's list of critical tables"));
	catalogue_dies_with(f->c, r, !goes, f->arena, c);
}

static void fill_schema(struct filling *f, struct change *c)
{
	const struct catalogue_relation *in[RELATIONS_MAX];
	size_t n = f->c ? catalogue_in_schema(f->c, c->name, in, ARRAY_LEN(in)) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct catalogue_relation *r = in[i];
		struct size size;

		if (!measure(f, r, &size)) {
			f->failed = true;
			continue;
		}
		add_up(f, r, &size);
		c->rows += size.rows;
		if (i < PROBED_MAX)
			change_dies_with(c, f->arena, arena_fmt(f->arena, "%.*s.%.*s (%.*s)", STR_ARG(r->schema), STR_ARG(r->name),
								STR_ARG(holds(f, &size))));
	}
	if (!n)
		not_measured(f, c, "nothing is known of that schema");
	else if (n > PROBED_MAX)
		change_dies_with(c, f->arena, arena_fmt(f->arena, "and %zu more", n - PROBED_MAX));
}

static void fill_database(struct filling *f, struct change *c)
{
	static const char sql[] = "SELECT pg_database_size(d.oid), (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid) "
				  "FROM pg_database d WHERE d.datname = $1";
	struct aside_rows rows = { .n_rows = 0 };
	uint64_t bytes;

	if (!aside_query(f->aside, sql, &c->name, 1, f->arena, &rows, f->err)) {
		not_measured(f, c, f->err->msg);
		return;
	}
	if (rows.n_rows != 1 || !str_to_u64(rows.cells[0], &bytes)) {
		not_measured(f, c, "no such database");
		return;
	}
	f->scope->bytes += bytes;
	say(f, c, arena_fmt(f->arena, "the database holds %.*s; %.*s connections are open to it", STR_ARG(scope_bytes(bytes, f->arena)),
			    STR_ARG(rows.cells[1])));
}

/* --- rows --- */

/* The planner runs functions that it takes for constant: it is asked only where the statement, as read anew, calls none but such as are
 * known to read, and where the schema added nothing. */
static bool plain(struct filling *f)
{
	struct sql_input in = { .text = f->asked->text };
	struct sql_answer *a = ARENA_NEW(f->arena, struct sql_answer);
	size_t reads = 0;
	struct str why;

	if (!a || !f->c)
		return false;
	sql_read(&in, f->arena, a);
	CHANGE_EACH(c, &a->changes) {
		size_t dot = str_rfind_char(c->name, '.');
		struct str schema = dot == SIZE_MAX ? STR_NONE : str_sub(c->name, 0, dot), last;

		if (c->kind == CHANGE_OPAQUE || is(c, SQL_MEANS_PROCEDURE))
			return false;
		if (!is(c, SQL_MEANS_FUNCTION))
			continue;
		last = dot == SIZE_MAX ? c->name : str_sub(c->name, dot + 1, SIZE_MAX);
		if (catalogue_function(f->c, schema, last, STR_NONE, &why) != EFFECT_READS)
			return false;
		reads++;
	}
	return a->n == 1 && a->statements->parsed && f->n_asked + reads == a->changes.n;
}

static void say_rows(struct filling *f, struct change *c, const struct size *size, bool all)
{
	struct str rows = scope_number(c->rows, f->arena), most = scope_number(size->rows, f->arena);

	if (all)
		say(f, c, arena_fmt(f->arena, "all %.*s", STR_ARG(holds(f, size))));
	else if (c->rows)
		say(f, c, arena_fmt(f->arena, "about %.*s of %.*s rows, as PostgreSQL estimates", STR_ARG(rows), STR_ARG(most)));
	else
		say(f, c, arena_fmt(f->arena, "at most %.*s rows; how many could not be estimated", STR_ARG(most)));
}

static void add_rows(struct filling *f, const struct change *c, const struct catalogue_relation *r, const struct size *size, bool all)
{
	struct scope *s = f->scope;

	s->relations++;
	s->rows += c->rows ? c->rows : size->rows;
	s->estimated = s->estimated || !all || !size->counted;
	s->critical = s->critical || (r && r->critical);
	if (c->rows < s->largest_rows)
		return;
	s->largest_rows = c->rows;
	s->largest = r ? arena_fmt(f->arena, "%.*s.%.*s", STR_ARG(r->schema), STR_ARG(r->name)) : c->name;
}

static void fill_rows(struct filling *f, struct change *c)
{
	const struct catalogue_relation *r = find(f, c->name);
	struct size size = { .rows = 0 };
	bool sized = r && measure(f, r, &size), all = is(c, SQL_MEANS_DELETE_ALL) || is(c, SQL_MEANS_UPDATE_ALL);
	uint64_t rows = 0;

	identify(f, c, r);
	if (sized && r->kind == 'p')
		parts_of(f, r, &size);
	if (all && sized)
		c->rows = size.rows;
	else if (plain(f) && scope_estimate(f->aside, f->asked, f->arena, &rows, f->err))
		c->rows = rows;
	else
		f->failed = true;
	if (!sized && !c->rows) {
		not_measured(f, c, r ? f->err->msg : "no such relation is known");
		return;
	}
	say_rows(f, c, &size, all && sized);
	if (r && r->critical)
		say(f, c, STR("it is on the owner's list of critical tables"));
	if (!r || r->kind != 'p')
		add_rows(f, c, r, &size, all);
}

/* --- all changes --- */

static bool is_rows(const struct change *c)
{
	return is(c, SQL_MEANS_DELETE) || is(c, SQL_MEANS_DELETE_ALL) || is(c, SQL_MEANS_UPDATE) || is(c, SQL_MEANS_UPDATE_ALL) ||
	       is(c, SQL_MEANS_MERGE);
}

static void fill(struct filling *f, struct change *c)
{
	if (is_rows(c))
		fill_rows(f, c);
	else if (is(c, SQL_MEANS_TRUNCATE))
		fill_relation(f, c, false);
	else if (!is(c, SQL_MEANS_DROP) && !is(c, SQL_MEANS_DROP_CODE) && !is(c, SQL_MEANS_REWRITE) && !is(c, SQL_MEANS_DETACH))
		return;
	else if (str_is(c->type, "schema"))
		fill_schema(f, c);
	else if (str_is(c->type, "database"))
		fill_database(f, c);
	else if (str_is(c->type, "table") || str_is(c->type, "materialized view") || str_is(c->type, "view"))
		fill_relation(f, c, is(c, SQL_MEANS_DROP) || is(c, SQL_MEANS_DROP_CODE));
	else if (is(c, SQL_MEANS_DROP))
		not_measured(f, c, "what it takes along is not known");
}

static struct str verb_of(const struct change_list *changes)
{
	CHANGE_EACH(c, changes) {
		if (is(c, SQL_MEANS_DROP))
			return STR("drops");
		if (is(c, SQL_MEANS_TRUNCATE))
			return STR("empties");
		if (is(c, SQL_MEANS_DELETE) || is(c, SQL_MEANS_DELETE_ALL))
			return STR("deletes from");
		if (is(c, SQL_MEANS_UPDATE) || is(c, SQL_MEANS_UPDATE_ALL))
			return STR("changes");
	}
	return STR("touches");
}

static void sum_up(struct filling *f, const struct change_list *changes)
{
	struct scope *s = f->scope;
	struct str rows = scope_number(s->rows, f->arena), most = scope_number(s->largest_rows, f->arena);
	struct str all = arena_fmt(f->arena, "%.*s %zu table%s", STR_ARG(verb_of(changes)), s->relations, s->relations == 1 ? "" : "s");

	if (!s->relations && !s->bytes)
		return;
	if (s->bytes)
		all = arena_fmt(f->arena, "%.*s, %.*s", STR_ARG(all), STR_ARG(scope_bytes(s->bytes, f->arena)));
	if (s->rows)
		all = arena_fmt(f->arena, "%.*s, %s%.*s rows", STR_ARG(all), s->estimated ? "about " : "", STR_ARG(rows));
	if (s->largest.len && s->relations > 1)
		all = arena_fmt(f->arena, "%.*s, %.*s of them in %.*s", STR_ARG(all), STR_ARG(most), STR_ARG(s->largest));
	else if (s->largest.len)
		all = arena_fmt(f->arena, "%.*s in %.*s", STR_ARG(all), STR_ARG(s->largest));
	s->says = s->critical ? arena_fmt(f->arena, "%.*s (critical)", STR_ARG(all)) : all;
}

static bool asked_about(const struct scope_asked *asked, size_t i)
{
	return !asked->n_changes || (i >= asked->first_change && i - asked->first_change < asked->n_changes);
}

bool scope_measure(struct postgres_aside *aside, const struct catalogue *c, const struct scope_asked *asked, struct arena *arena,
		   struct change_list *changes, struct scope *ret, struct err *err)
{
	struct filling f = { .aside = aside, .c = c, .asked = asked, .arena = arena, .scope = ret, .err = err };
	size_t n = 0, probed = 0;

	*ret = (struct scope){ 0 };
	*err = (struct err){ 0 };
	f.n_asked = asked->n_changes ? asked->n_changes : changes->n;
	CHANGE_EACH(change, changes) {
		if (asked_about(asked, n++) && probed++ < PROBED_MAX)
			fill(&f, change);
	}
	sum_up(&f, changes);
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the scope is larger than fits into memory");
	if (f.failed && !err->msg[0])
		err_set(err, ERR_STATE, "not all of it could be measured");
	return !f.failed;
}

bool scope_fill(struct postgres_aside *aside, const struct catalogue *c, const struct sql_answer *sql, size_t nth, struct arena *arena,
		struct change_list *changes, struct err *err)
{
	struct scope_asked asked = { .params_known = true };
	const struct sql_statement *s = sql->statements;
	struct scope all;

	while (s && nth--)
		s = s->next;
	if (!s)
		return err_set(err, ERR_INPUT, "no such statement");
	asked.text = s->text;
	/* Where the schema added to the changes they are told apart no more. */
	if (changes->n == sql->changes.n) {
		asked.first_change = s->first_change;
		asked.n_changes = s->n_changes;
	}
	return scope_measure(aside, c, &asked, arena, changes, &all, err);
}
