/* The columns of a table that was brought back, and the live one's, whose shape may have changed since. */
#include "recovery/bring_inner.h"

/* Those whose values a dump has: none that is generated. By way of to_jsonb: older servers lack the attribute. */
#define NAMES                                                                                 \
	"SELECT coalesce(array_agg(attname::text ORDER BY attnum), '{}') FROM pg_attribute a" \
	" WHERE attnum > 0 AND NOT attisdropped AND coalesce(to_jsonb(a)->>'attgenerated', '') = '' AND attrelid = $1::regclass"

#define LOST                                                                                                                   \
	"SELECT name FROM unnest($2::text[]) WITH ORDINALITY AS n (name, at) WHERE to_regclass($1) IS NOT NULL AND NOT EXISTS" \
	" (SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attname = name)"  \
	" ORDER BY at DESC"

/* About the table $1; $2 where ${names} is set. NULL with ${err}. */
static PGresult *ask(PGconn *c, const char *sql, struct str table, const char *names, struct err *err)
{
	auto_buf name = BUF_MAX(4096);
	const char *values[2] = { NULL, names };
	PGresult *r;

	buf_add(&name, table);
	buf_addc(&name, '\0');
	if (name.failed)
		return err_set(err, ERR_LIMIT, "a name is too long"), NULL;
	values[0] = name.ptr;
	bring_asks(c);
	r = PQexecParams(c, sql, names ? 2 : 1, NULL, values, NULL, NULL, 0);
	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		return r;
	PQclear(r);
	return bring_says(c, "the columns of a table cannot be read", err), NULL;
}

static bool add_lost(struct bring_table *t, const char *name, struct arena *arena, struct err *err)
{
	struct manifest_word *w = ARENA_NEW(arena, struct manifest_word);

	if (!w)
		return err_set(err, ERR_LIMIT, "no memory for the columns of a table");
	*w = (struct manifest_word){ .text = arena_str(arena, str_from(name)), .next = (struct manifest_word *)(uintptr_t)t->lost };
	t->lost = w;
	return w->text.ptr || err_set(err, ERR_LIMIT, "no memory for the columns of a table");
}

bool bring_shape(PGconn *brought, PGconn *live, struct bring_table *t, struct arena *arena, struct err *err)
{
	PGresult *r = ask(brought, NAMES, t->name, NULL, err);
	bool good = r;

	t->lost = NULL;
	if (r)
		t->names = arena_fmt(arena, "%s", PQgetvalue(r, 0, 0)).ptr;
	PQclear(r);
	if (!good)
		return false;
	if (!t->names)
		return err_set(err, ERR_LIMIT, "no memory for the columns of a table");
	r = ask(live, LOST, t->name, t->names, err);
	good = r;
	for (int i = 0; good && i < PQntuples(r); i++)
		good = add_lost(t, PQgetvalue(r, i, 0), arena, err);
	PQclear(r);
	return good;
}

bool bring_count(PGconn *c, struct str table, struct arena *arena, uint64_t *ret, struct err *err)
{
	struct str sql = arena_fmt(arena, "SELECT count(*) FROM ONLY %.*s", STR_ARG(table));
	PGresult *r;
	bool good;

	if (!sql.ptr)
		return err_set(err, ERR_LIMIT, "no memory to count rows");
	bring_asks(c);
	r = PQexec(c, sql.ptr);
	good = (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1 && str_to_u64(str_from(PQgetvalue(r, 0, 0)), ret)) ||
	       bring_says(c, "rows cannot be counted", err);
	PQclear(r);
	return good;
}
