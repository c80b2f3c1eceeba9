/* What kinds of statements there are for the relay: those that read, those that cannot run in a transaction block. */
#include "gate/postgres/statement_inner.h"
#include "read/sql/sql_lex.h"

/* Told of without a change, these read, and the server lets them be read-only. */
static const char *const reads[] = { "SELECT", "FETCH", "EXPLAIN", "COPY", "DECLARE", "VALUES", "TABLE", "EXECUTE" };

bool statement_reads(const struct statement *s)
{
	for (size_t i = 0; i < ARRAY_LEN(reads); i++) {
		if (str_is(s->verb, reads[i]))
			return true;
	}
	return false;
}

enum alone_when { ALONE_ALWAYS, ALONE_CONCURRENTLY, ALONE_WHOLE, ALONE_PREPARED };

struct alone_row {
	const char *verb;
	enum alone_when when;
};

static const struct alone_row rows[] = {
	{ "CREATE DATABASE", ALONE_ALWAYS },
	{ "DROP DATABASE", ALONE_ALWAYS },
	{ "CREATE TABLESPACE", ALONE_ALWAYS },
	{ "DROP TABLESPACE", ALONE_ALWAYS },
	{ "ALTER SYSTEM", ALONE_ALWAYS },
	{ "CREATE SUBSCRIPTION", ALONE_ALWAYS },
	{ "DROP SUBSCRIPTION", ALONE_ALWAYS },
	{ "CREATE INDEX", ALONE_CONCURRENTLY },
	{ "DROP INDEX", ALONE_CONCURRENTLY },
	{ "ALTER TABLE", ALONE_CONCURRENTLY },
	{ "REINDEX", ALONE_WHOLE },
	{ "CLUSTER", ALONE_WHOLE },
	{ "VACUUM", ALONE_WHOLE },
	{ "ALTER SUBSCRIPTION", ALONE_WHOLE },
	{ "ALTER DATABASE", ALONE_WHOLE },
	{ "TRANSACTION", ALONE_PREPARED },
};

/* Words that stand in the statement itself, quoted names and strings not counted. */
static bool says(struct str text, const char *words)
{
	struct sql_lex lex = { .text = text, .way = SQL_LEX_POSTGRES, .line_start = true };

	for (struct sql_token t = sql_lex_next(&lex); t.kind != SQL_TOKEN_END; t = sql_lex_next(&lex)) {
		if (sql_token_among(&t, words))
			return true;
	}
	return false;
}

static size_t count_words(struct str text, struct sql_token *first)
{
	struct sql_lex lex = { .text = text, .way = SQL_LEX_POSTGRES, .line_start = true };
	size_t n = 0;

	for (struct sql_token t = sql_lex_next(&lex); t.kind != SQL_TOKEN_END && n < 4; t = sql_lex_next(&lex)) {
		if (n == 0)
			*first = t;
		n++;
	}
	return n;
}

static bool alone_whole(const struct statement *s)
{
	struct sql_token first = { .kind = SQL_TOKEN_END };
	size_t n = count_words(s->text, &first);

	if (str_is(s->verb, "VACUUM"))
		return sql_token_is(&first, "vacuum"); /* ANALYZE has the same node */
	if (str_is(s->verb, "CLUSTER"))
		return n < 2 || (n == 2 && says(s->text, "verbose"));
	if (str_is(s->verb, "REINDEX"))
		return says(s->text, "concurrently database system schema");
	if (str_is(s->verb, "ALTER DATABASE"))
		return says(s->text, "tablespace");
	return says(s->text, "refresh publication slot_name");
}

bool statement_alone(const struct statement *s)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!str_eq_nocase(s->verb, str_from(rows[i].verb)))
			continue;
		switch (rows[i].when) {
		case ALONE_ALWAYS:
			return true;
		case ALONE_CONCURRENTLY:
			return says(s->text, "concurrently");
		case ALONE_WHOLE:
			return alone_whole(s);
		case ALONE_PREPARED:
			return s->control == CONTROL_NONE;
		}
	}
	return false;
}
