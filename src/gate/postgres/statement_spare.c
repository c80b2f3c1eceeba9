/* Statements that take nothing from anybody: on temporary tables of this session, and drops of what is not there. */
#include "gate/postgres/catalogue_inner.h"
#include "gate/postgres/statement_inner.h"
#include "read/sql/sql_lex.h"

/* --- what is made --- */

static bool path_has_temp(const struct weighing *w)
{
	/* First of all unless it is named, or the path is not known. */
	return str_find(w->c->search_path, STR("pg_temp")) != SIZE_MAX || str_find_char(w->c->search_path, '\001') != SIZE_MAX;
}

static const struct sql_relation *only_relation(const struct statement *s, enum sql_use use)
{
	const struct sql_relation *found = NULL;

	for (const struct sql_relation *r = s->shape ? s->shape->relations : NULL; r; r = r->next) {
		if (r->use != use)
			continue;
		if (found)
			return NULL;
		found = r;
	}
	return found;
}

static struct sql_token after(struct sql_lex *lex, const char *words)
{
	struct sql_token t = sql_lex_next(lex);

	while (sql_token_among(&t, words))
		t = sql_lex_next(lex);
	return t;
}

static bool drops_at_commit(struct sql_lex *lex)
{
	struct sql_token t, before = { .kind = SQL_TOKEN_END };

	for (t = sql_lex_next(lex); t.kind != SQL_TOKEN_END; t = sql_lex_next(lex)) {
		if (sql_token_is(&before, "commit") && sql_token_is(&t, "drop"))
			return true;
		before = t;
	}
	return false;
}

/* What may take others along, or does what nobody sees: better ask about one that is still there than name one that is not. */
static const char *const forgetting[] = { "DISCARD", "DROP SCHEMA", "DROP OWNED", "DROP TYPE", "DO", "CALL", "RENAME",
					  "ALTER SET SCHEMA" };

static bool forgets(const struct statement *s)
{
	for (size_t i = 0; i < ARRAY_LEN(forgetting); i++) {
		if (str_eq_nocase(s->verb, str_from(forgetting[i])))
			return true;
	}
	return false;
}

static void dropped(struct statement *s, struct str name)
{
	s->temporary_name = name;
	s->temporary = TEMPORARY_DROPPED;
}

static void temporary(struct statement *s)
{
	struct sql_lex lex = { .text = s->text, .way = SQL_LEX_POSTGRES, .line_start = true };
	const struct sql_relation *one;
	struct sql_token t;

	if (forgets(s)) {
		s->temporary = TEMPORARY_NONE_LEFT;
		return;
	}
	if (str_eq_nocase(s->verb, STR("DROP TABLE"))) {
		one = only_relation(s, SQL_USE_DROP);
		if (one && !one->schema.len)
			dropped(s, one->name);
		else if (!one)
			s->temporary = TEMPORARY_NONE_LEFT;
	}
	if (!str_is(s->verb, "CREATE TABLE") && !str_is(s->verb, "CREATE TABLE AS"))
		return;
	one = only_relation(s, SQL_USE_CREATE);
	t = after(&lex, "create global local");
	if (!one || (one->schema.len && !str_is(one->schema, "pg_temp")) || !sql_token_among(&t, "temp temporary"))
		return;
	s->temporary_name = one->name;
	s->temporary = drops_at_commit(&lex) ? TEMPORARY_FOR_NOW : TEMPORARY_MADE;
}

/* --- what is done to it --- */

/* What stands before the name, and how the relation is used by it. */
static const struct spare_row {
	const char *verb, *before; /* NULL: whatever stands before ON */
	enum sql_use use;
} rows[] = {
	{ "DROP TABLE", "drop table if exists", SQL_USE_DROP },
	{ "TRUNCATE", "truncate table only", SQL_USE_TRUNCATE },
	{ "DELETE", "delete from only", SQL_USE_DELETE },
	{ "UPDATE", "update only", SQL_USE_UPDATE },
	{ "ALTER TABLE", "alter table if exists only", SQL_USE_ALTER },
	{ "CREATE INDEX", NULL, SQL_USE_ALTER },
};

/* By the session's past, and by what stands before in the text. */
static bool is_temporary(const struct weighing *w, struct str name)
{
	bool is = w->c->temporary(w->c->relay, name);

	for (const struct statement *s = w->answer->statements; s; s = s->next) {
		if (s->temporary == TEMPORARY_NONE_LEFT || s->control == CONTROL_ROLLBACK_TO)
			is = false;
		else if (s->temporary != TEMPORARY_UNSAID && str_eq(s->temporary_name, name))
			is = s->temporary != TEMPORARY_DROPPED;
	}
	return is;
}

#define BEFORE "pg_temp."

/* The name that the row's words stand before. CONCURRENTLY is for tables that others use. */
static struct sql_token named(const struct spare_row *row, struct sql_lex *lex)
{
	struct sql_token t;

	if (row->before)
		return after(lex, row->before);
	do {
		t = sql_lex_next(lex);
	} while (t.kind != SQL_TOKEN_END && !sql_token_among(&t, "on concurrently"));
	return sql_token_is(&t, "on") ? after(lex, "only") : (struct sql_token){ .kind = SQL_TOKEN_END };
}

/* The text with pg_temp before the name: it can mean nothing else then, whatever is made meanwhile. */
static struct str said_temporary(const struct weighing *w, const struct statement *s, size_t *ret_at)
{
	struct sql_lex lex = { .text = s->text, .way = SQL_LEX_POSTGRES, .line_start = true };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct sql_relation *r = str_eq_nocase(s->verb, str_from(rows[i].verb)) ? only_relation(s, rows[i].use) : NULL;
		struct sql_token t;

		if (!r || r->schema.len || r->cte || !is_temporary(w, r->name))
			continue;
		t = named(&rows[i], &lex);
		if ((t.kind != SQL_TOKEN_WORD && t.kind != SQL_TOKEN_QUOTED) || t.escaped)
			return STR_NONE;
		*ret_at = t.at;
		return arena_fmt(w->arena, "%.*s" BEFORE "%.*s", STR_ARG(str_sub(s->text, 0, t.at)),
				 STR_ARG(str_sub(s->text, t.at, SIZE_MAX)));
	}
	return STR_NONE;
}

static bool spare_temporary(const struct weighing *w, struct statement *s)
{
	struct sql_input in = { .text = STR_NONE, .shape = true };
	const struct sql_relation *gone = only_relation(s, SQL_USE_DROP);
	struct sql_answer *a;
	size_t at = 0;

	if (!w->c->temporary || path_has_temp(w))
		return false;
	in.text = said_temporary(w, s, &at);
	a = in.text.len ? ARENA_NEW(w->arena, struct sql_answer) : NULL;
	if (!a)
		return false;
	sql_read(&in, w->arena, a);
	if (a->n != 1 || !a->statements->parsed || a->statements->n_changes || !a->statements->shape)
		return false;
	if (gone)
		dropped(s, gone->name);
	s->instead = in.text;
	s->added_at = at;
	s->added = sizeof(BEFORE) - 1;
	s->shape = a->statements->shape;
	return true;
}

/* --- what is not there --- */

/* Should somebody have made it meanwhile, the witness meets a lock that nothing announced, and it is rolled back. */
static bool spare_nothing(const struct weighing *w, struct statement *s)
{
	static const char *const verbs[] = { "DROP TABLE", "DROP VIEW", "DROP MATERIALIZED VIEW" };
	bool drops = false;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		drops = drops || str_eq_nocase(s->verb, str_from(verbs[i]));
	if (!drops || !s->shape || !s->shape->if_exists || !w->c->catalogue || !s->shape->relations)
		return false;
	for (const struct sql_relation *r = s->shape->relations; r; r = r->next) {
		if (catalogue_named(w->c->catalogue, r->name, &n) || str_starts(r->schema, STR("pg_")))
			return false;
	}
	s->nothing = true;
	return true;
}

void statement_spare(const struct weighing *w, struct statement *s)
{
	if (s->n_changes && (spare_temporary(w, s) || spare_nothing(w, s)))
		s->n_changes = 0;
	else
		temporary(s);
}
