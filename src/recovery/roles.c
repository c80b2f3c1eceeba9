#include "recovery/roles.h"

#include "recovery/backup_postgres.h"

/* The bootstrap superuser always. */
#define MINE                                                                                                                  \
	"WITH mine AS (SELECT oid, rolname, rolsuper, rolbypassrls FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' AND (oid = 10 OR "  \
	"oid IN (SELECT refobjid FROM pg_catalog.pg_shdepend WHERE refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND dbid = " \
	"(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())))) "

static const char names[] = MINE "SELECT rolname FROM mine ORDER BY 1";

/* A superuser is a member of all, and by BYPASSRLS nothing more. Nobody is made a member of pg_database_owner: that is who owns it. */
static const char rights[] = MINE
	"SELECT rolname, 'superuser', NULL FROM mine WHERE rolsuper "
	"UNION ALL SELECT rolname, 'bypassrls', NULL FROM mine WHERE rolbypassrls AND NOT rolsuper "
	"UNION ALL SELECT a.rolname, 'member', b.rolname FROM mine a JOIN pg_catalog.pg_roles b ON a.oid <> b.oid AND NOT a.rolsuper AND "
	"b.rolname <> 'pg_database_owner' AND (b.rolname ~ '^pg_' OR b.oid IN (SELECT oid FROM mine)) AND "
	"pg_catalog.pg_has_role(a.oid, b.oid, 'USAGE') "
	"UNION ALL SELECT rolname, 'owner', NULL FROM mine JOIN pg_catalog.pg_database ON datdba = mine.oid WHERE datname = "
	"pg_catalog.current_database() AND NOT rolsuper ORDER BY 2, 1, 3";

static bool no_memory(struct err *err)
{
	return err_set(err, ERR_LIMIT, "no memory to take a backup");
}

static bool read_names(PGresult *r, struct arena *arena, struct manifest *ret, struct err *err)
{
	const struct manifest_word **end = &ret->roles;

	for (int i = 0; i < PQntuples(r); i++) {
		struct manifest_word *w = ARENA_NEW(arena, struct manifest_word);

		if (!w)
			return no_memory(err);
		*w = (struct manifest_word){ .text = arena_str(arena, str_from(PQgetvalue(r, i, 0))) };
		if (!w->text.ptr)
			return no_memory(err);
		*end = w;
		end = (const struct manifest_word **)(uintptr_t)&w->next;
	}
	return true;
}

static enum manifest_power power_of(struct str s)
{
	if (str_is(s, "superuser"))
		return MANIFEST_SUPERUSER;
	if (str_is(s, "bypassrls"))
		return MANIFEST_BYPASSRLS;
	return str_is(s, "owner") ? MANIFEST_OWNER : MANIFEST_MEMBER;
}

static bool read_rights(PGresult *r, struct arena *arena, struct manifest *ret, struct err *err)
{
	const struct manifest_right **end = &ret->rights;

	for (int i = 0; i < PQntuples(r); i++) {
		struct manifest_right *w = ARENA_NEW(arena, struct manifest_right);

		if (!w)
			return no_memory(err);
		*w = (struct manifest_right){ .role = arena_str(arena, str_from(PQgetvalue(r, i, 0))),
					      .power = power_of(str_from(PQgetvalue(r, i, 1))) };
		if (!PQgetisnull(r, i, 2))
			w->of = arena_str(arena, str_from(PQgetvalue(r, i, 2)));
		if (!w->role.ptr || (!PQgetisnull(r, i, 2) && !w->of.ptr))
			return no_memory(err);
		*end = w;
		end = (const struct manifest_right **)(uintptr_t)&w->next;
	}
	return true;
}

static bool ask(PGconn *c, const char *sql, struct arena *arena, struct manifest *ret,
		bool (*take)(PGresult *r, struct arena *arena, struct manifest *ret, struct err *err), struct err *err)
{
	PGresult *r = PQexec(c, sql);
	bool good = PQresultStatus(r) == PGRES_TUPLES_OK ? take(r, arena, ret, err)
							 : backup_postgres_failed(c, "the roles that the database needs", err);

	PQclear(r);
	return good;
}

bool roles_read(PGconn *c, struct arena *arena, struct manifest *ret, struct err *err)
{
	return ask(c, names, arena, ret, read_names, err) && ask(c, rights, arena, ret, read_rights, err);
}

/* ${before} "a" ${between} "b" ${after}; ${b} STR_NONE: without it and what stands between. */
struct words {
	const char *before, *between, *after;
};

static struct str with(PGconn *c, const struct words *w, struct str a, struct str b, struct arena *arena)
{
	char *p = PQescapeIdentifier(c, a.ptr ? a.ptr : "", a.len), *q = b.len ? PQescapeIdentifier(c, b.ptr, b.len) : NULL;
	struct str s = STR_NONE;

	if (p && (q || !b.len))
		s = arena_fmt(arena, "%s%s%s%s%s", w->before, p, q ? w->between : "", q ? q : "", w->after);
	PQfreemem(p);
	PQfreemem(q);
	return s;
}

struct str roles_give(PGconn *c, const struct manifest_right *r, struct str database, struct arena *arena)
{
	switch (r->power) {
	case MANIFEST_SUPERUSER:
		return with(c, &(struct words){ "ALTER ROLE ", "", " SUPERUSER" }, r->role, STR_NONE, arena);
	case MANIFEST_BYPASSRLS:
		return with(c, &(struct words){ "ALTER ROLE ", "", " BYPASSRLS" }, r->role, STR_NONE, arena);
	case MANIFEST_MEMBER:
		return with(c, &(struct words){ "GRANT ", " TO ", "" }, r->of, r->role, arena);
	case MANIFEST_OWNER:
		return with(c, &(struct words){ "ALTER DATABASE ", " OWNER TO ", "" }, database, r->role, arena);
	}
	return STR_NONE;
}

struct str roles_take_away(PGconn *c, const struct manifest_right *r, struct arena *arena)
{
	switch (r->power) {
	case MANIFEST_SUPERUSER:
		return with(c, &(struct words){ "ALTER ROLE ", "", " NOSUPERUSER" }, r->role, STR_NONE, arena);
	case MANIFEST_BYPASSRLS:
		return with(c, &(struct words){ "ALTER ROLE ", "", " NOBYPASSRLS" }, r->role, STR_NONE, arena);
	case MANIFEST_MEMBER:
		return with(c, &(struct words){ "REVOKE ", " FROM ", "" }, r->of, r->role, arena);
	case MANIFEST_OWNER:
		break;
	}
	return STR_NONE;
}
