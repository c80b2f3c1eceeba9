/* Why a backup has no rows of a table by that name, and which name it has them by. */
#include "recovery/bring_inner.h"

#define NAMES_MAX 8

static bool has(const struct manifest *m, struct str name)
{
	const struct fingerprint_table *t = m->tables;

	while (t && !str_eq(t->name, name))
		t = t->next;
	return t;
}

/* ${s} without its quotes, in small letters: how somebody may write it who left them out. */
static struct str plain(struct str s, struct arena *arena)
{
	char *to = s.len ? arena_alloc(arena, s.len) : NULL;
	size_t n = 0;

	for (size_t i = 0; to && i < s.len; i++) {
		if (s.ptr[i] != '"')
			to[n++] = (char)(s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? s.ptr[i] + ('a' - 'A') : s.ptr[i]);
	}
	return (struct str){ to, n };
}

/* Of the same name but for quotes, or for the schema before it. */
static struct str meant(const struct manifest *m, struct str asked, struct arena *arena)
{
	struct str want = plain(asked, arena), list = STR_NONE;
	size_t n = 0;

	for (const struct fingerprint_table *t = m->tables; t && want.len && n < NAMES_MAX; t = t->next) {
		struct str is = plain(t->name, arena), behind = str_sub(is, is.len > want.len ? is.len - want.len - 1 : 0, SIZE_MAX);

		if (!str_eq(is, want) && !(is.len > want.len && behind.ptr[0] == '.' && str_eq(str_sub(behind, 1, SIZE_MAX), want)))
			continue;
		list = arena_fmt(arena, "%.*s%s'%.*s'", STR_ARG(list), n++ ? " or " : "", STR_ARG(t->name));
	}
	return list;
}

/* Of a partitioned table: those that have rows in the backup. */
static struct str partitions(const struct manifest *m, const PGresult *r, struct arena *arena)
{
	struct str list = STR_NONE;
	int n = 0;

	for (int i = 0; i < PQntuples(r); i++) {
		struct str name = str_from(PQgetvalue(r, i, 1));

		if (!PQgetisnull(r, i, 1) && has(m, name) && n++ < NAMES_MAX)
			list = arena_fmt(arena, "%.*s%s'%.*s'", STR_ARG(list), n > 1 ? ", " : "", STR_ARG(name));
	}
	return n > NAMES_MAX ? arena_fmt(arena, "%.*s and %d more", STR_ARG(list), n - NAMES_MAX) : list;
}

/* What the live server knows by that name; STR_NONE where it knows nothing, or cannot be asked. */
static struct str kind_of(const struct manifest *m, struct str table, const struct bring_place *live, struct arena *arena)
{
	static const char question[] =
		"WITH RECURSIVE o AS (SELECT to_regclass($1) AS oid), "
		"below AS (SELECT inhrelid FROM pg_inherits, o WHERE inhparent = o.oid UNION "
		"SELECT i.inhrelid FROM pg_inherits i JOIN below b ON i.inhparent = b.inhrelid) "
		"SELECT c.relkind, p.name FROM o JOIN pg_class c ON c.oid = o.oid LEFT JOIN (SELECT quote_ident(nspname) || '.' || "
		"quote_ident(relname) AS name FROM below JOIN pg_class q ON q.oid = inhrelid "
		"JOIN pg_namespace n ON n.oid = relnamespace) p ON true ORDER BY 2";
	struct str name = arena_fmt(arena, "%.*s", STR_ARG(table)), says = STR_NONE, parts;
	struct err ignored = { 0 };
	auto_pg c = name.ptr ? bring_connect(live, STR_NONE, &ignored) : NULL;
	PGresult *r = c ? PQexecParams(c, question, 1, NULL, &name.ptr, NULL, NULL, 0) : NULL;
	char kind = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) ? PQgetvalue(r, 0, 0)[0] : '\0';

	if (kind == 'p') {
		parts = partitions(m, r, arena);
		says = parts.len ? arena_fmt(arena, "it is a partitioned table, whose rows lie in its partitions: %.*s", STR_ARG(parts))
				 : STR("it is a partitioned table, and none of its partitions is in that backup");
	} else if (kind == 'v') {
		says = STR("it is a view, which has no rows of its own: without --table the whole database comes back, views too");
	} else if (kind == 'm') {
		says = STR("it is a materialized view, made anew of its query: without --table it comes back with the whole database");
	} else if (kind == 'f') {
		says = STR("it is a foreign table, whose rows lie on another server");
	} else if (kind) {
		says = STR("the live database has it: it was made behind that backup, or has no rows that are backed up");
	}
	PQclear(r);
	return says;
}

bool bring_named(const struct manifest *m, struct str table, const struct bring_place *live, struct arena *arena, struct err *err)
{
	struct str other, says;

	if (has(m, table))
		return true;
	other = meant(m, table, arena);
	if (other.len)
		return err_set(err, ERR_INPUT, "the backup %.*s has no table %.*s: say --table %.*s, with its schema, and quoted as in SQL",
			       STR_ARG(m->id), STR_ARG(table), STR_ARG(str_sub(other, 0, 600)));
	says = kind_of(m, table, live, arena);
	return err_set(err, ERR_INPUT, "the backup %.*s has no table %.*s%s%.*s", STR_ARG(m->id), STR_ARG(table), says.len ? ": " : "",
		       STR_ARG(says.len ? says : STR(" (with its schema, and quoted as in SQL: public.users, public.\"Odd Name\")")));
}
