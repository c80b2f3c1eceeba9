/* What a statement is, for the keep: by its verb when it is DDL, by its findings when it changes rows. */
#include "gate/postgres/keeping_way.h"

/* `why` is for the card, and stands in docs/undo.md. */
static const struct keeping_verb verbs[] = {
	{ "DROP TABLE", "drop", NULL },
	{ "DROP FOREIGN TABLE", "drop", NULL },
	{ "DROP VIEW", "drop", NULL },
	{ "DROP MATERIALIZED VIEW", "drop", NULL },
	{ "DROP INDEX", "drop", NULL },
	{ "DROP SEQUENCE", "drop", NULL },
	{ "DROP SCHEMA", "drop", NULL },
	{ "DROP FUNCTION", "drop", NULL },
	{ "DROP PROCEDURE", "drop", NULL },
	{ "DROP ROUTINE", "drop", NULL },
	{ "DROP AGGREGATE", "drop", NULL },
	{ "DROP TYPE", "drop", NULL },
	{ "DROP DOMAIN", "drop", NULL },
	{ "DROP TRIGGER", "drop", NULL },
	{ "DROP RULE", "drop", NULL },
	{ "DROP POLICY", "drop", NULL },
	{ "DROP STATISTICS", "drop", NULL },
	{ "DROP PUBLICATION", "drop", NULL },
	{ "TRUNCATE", "truncate", NULL },
	{ "ALTER TABLE", "alter", NULL },
	{ "ALTER DOMAIN", "alter", NULL },
	{ "DROP DATABASE", NULL, "a dropped database is gone with its files: there is no transaction to keep it in; dump it first" },
	{ "DROP EXTENSION", NULL, "an extension's own objects cannot be moved out of it" },
	{ "DROP OWNED", NULL, "what a role owns and may do is not noted down" },
	{ "DROP ROLE", NULL, "a role, its password and its memberships are not noted down" },
	{ "DROP TABLESPACE", NULL, "a tablespace is a folder of the server" },
	{ "DROP SUBSCRIPTION", NULL, "a subscription and its slot on the other server are not noted down" },
	{ "DROP USER MAPPING", NULL, "a user mapping has a secret in it" },
	{ "DROP CAST", NULL, "casts are not noted down" },
	{ "DROP OPERATOR", NULL, "operators are not noted down" },
	{ "DROP EVENT TRIGGER", NULL, "event triggers are not noted down" },
	{ "DROP SERVER", NULL, "servers elsewhere are not noted down" },
	{ "DROP LANGUAGE", NULL, "languages are not noted down" },
};

const struct keeping_verb *keeping_verb(struct str verb)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (str_eq_nocase(verb, str_from(verbs[i].verb)))
			return &verbs[i];
	}
	return NULL;
}

static const struct {
	const char *finding;
	bool rows; /* changes rows of the relation named */
} row_findings[] = {
	{ "sql.bounded-update", true }, { "sql.bounded-delete", true }, { "sql.unbounded-update", true }, { "sql.unbounded-delete", true },
	{ "sql.upsert", true },		{ "sql.merge", true },		{ "sql.insert", false },	 { "sql.row-lock", false },
	{ "sql.next-value", false },
};

bool keeping_changes_rows(const struct change *c)
{
	for (size_t i = 0; i < ARRAY_LEN(row_findings); i++) {
		if (str_is(c->finding, row_findings[i].finding))
			return row_findings[i].rows;
	}
	return false;
}

static bool about_rows(const struct change *c)
{
	for (size_t i = 0; i < ARRAY_LEN(row_findings); i++) {
		if (str_is(c->finding, row_findings[i].finding))
			return true;
	}
	return false;
}

const struct sql_statement *keeping_nth(const struct sql_answer *sql, size_t nth)
{
	const struct sql_statement *s = sql->statements;

	while (s && nth--)
		s = s->next;
	return s;
}

static enum keeping_way refuse(const char *why, struct str *ret_why)
{
	*ret_why = str_from(why);
	return KEEPING_NOT;
}

static enum keeping_way rows_way(const struct sql_answer *sql, const struct sql_statement *s, struct str *ret_why)
{
	enum keeping_way way = KEEPING_NONE;

	for (size_t i = 0; i < s->n_changes; i++) {
		const struct change *c = change_nth(&sql->changes, s->first_change + i);

		if (!c || !about_rows(c))
			return c && !change_is_destructive(c) && c->kind != CHANGE_OPAQUE ? way :
				refuse("what it would change is not known beforehand", ret_why);
		if (keeping_changes_rows(c))
			way = KEEPING_ROWS;
	}
	return way;
}

static bool mentions(struct str text, const char *word)
{
	struct str w = str_from(word);

	for (size_t i = 0; i + w.len <= text.len; i++) {
		if (str_eq_nocase(str_sub(text, i, w.len), w))
			return true;
	}
	return false;
}

/* Words that may stand in a text of a value as well: then it goes the other way, which is as good. */
bool keeping_plain_delete(const struct sql_answer *sql, const struct sql_statement *s, struct str *ret_name)
{
	const struct change *c = change_nth(&sql->changes, s->first_change);

	if (s->n_changes != 1 || !c || !str_eq_nocase(str_sub(s->text, 0, 7), STR("delete ")) ||
	    !c->name.len || !str_is(c->type, "table") || mentions(s->text, "using") ||
	    mentions(s->text, "returning") || mentions(s->text, "current"))
		return false;
	*ret_name = c->name;
	return true;
}

enum keeping_way keeping_way(const struct sql_answer *sql, size_t nth, struct str *ret_why)
{
	const struct sql_statement *s = keeping_nth(sql, nth);
	const struct keeping_verb *v = s ? keeping_verb(s->verb) : NULL;

	*ret_why = STR_NONE;
	if (!s)
		return KEEPING_NONE;
	if (v && !v->mode)
		return refuse(v->why, ret_why);
	if (v && mentions(s->text, "concurrently"))
		return refuse("CONCURRENTLY cannot be undone by what runs in a transaction; without it the definition is kept", ret_why);
	if (v)
		return KEEPING_MOVE;
	if (str_starts(s->verb, STR("DROP ")))
		return refuse("what kind of thing this is, is not noted down", ret_why);
	return rows_way(sql, s, ret_why);
}
