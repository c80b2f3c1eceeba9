#include "recovery/mask.h"

#include <sys/random.h>

#include "recovery/bring_inner.h"

struct masking {
	PGconn *c;
	struct arena *arena;
	char key[33];
};

/* The table as the server quotes it; what is not there is an error. */
static bool table_of(struct masking *m, const struct config_mask *rule, struct str *ret, struct err *err)
{
	const char *value = arena_fmt(m->arena, "%.*s", STR_ARG(rule->table)).ptr;
	PGresult *r = value ? PQexecParams(m->c, "SELECT to_regclass($1)::text", 1, NULL, &value, NULL, NULL, 0) : NULL;
	bool good = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1 && !PQgetisnull(r, 0, 0);

	if (good)
		*ret = arena_str(m->arena, str_from(PQgetvalue(r, 0, 0)));
	PQclear(r);
	return good || err_set(err, ERR_INPUT, "mask: there is no table %.*s", STR_ARG(rule->table));
}

static struct str value_of(struct masking *m, enum mask_how how, const char *column)
{
	switch (how) {
	case MASK_HASH:
		return arena_fmt(m->arena, "left(encode(sha256(convert_to('%s' || %s::text, 'UTF8')), 'hex'), 16)", m->key, column);
	case MASK_EMAIL:
		return arena_fmt(m->arena, "left(encode(sha256(convert_to('%s' || %s::text, 'UTF8')), 'hex'), 16) || '@example.invalid'",
				 m->key, column);
	case MASK_NULL:
		break;
	}
	return STR("NULL");
}

static bool mask_one(struct masking *m, const struct config_mask *rule, struct err *err)
{
	char *column = PQescapeIdentifier(m->c, rule->column.ptr, rule->column.len);
	struct str table, sql = STR_NONE;
	bool good = column && table_of(m, rule, &table, err);

	if (good) {
		struct str value = value_of(m, rule->how, column);

		sql = arena_fmt(m->arena, "UPDATE %.*s SET %s = %.*s WHERE %s IS NOT NULL", STR_ARG(table), column, STR_ARG(value), column);
		good = (sql.ptr && bring_exec(m->c, sql.ptr, err)) ||
		       err_prefix(err, "mask: %.*s.%.*s", STR_ARG(rule->table), STR_ARG(rule->column));
		sql = arena_fmt(m->arena, "VACUUM (FULL, ANALYZE) %.*s", STR_ARG(table));
		good = good && sql.ptr && bring_exec(m->c, sql.ptr, err);
	}
	PQfreemem(column);
	return good;
}

bool mask_columns(const struct bring_place *place, const struct config_mask *masks, struct arena *arena, struct err *err)
{
	static const char again[] = "DO $$ DECLARE v text; BEGIN FOR v IN SELECT oid::regclass::text FROM pg_class WHERE relkind = 'm' "
				    "ORDER BY oid LOOP EXECUTE 'REFRESH MATERIALIZED VIEW ' || v; END LOOP; END $$";
	auto_pg c = masks ? bring_connect(place, STR_NONE, err) : NULL;
	struct masking m = { .c = c, .arena = arena };
	unsigned char key[16];

	if (!masks)
		return true;
	if (!c || !bring_exec(c, "SET session_replication_role = replica", err))
		return false;
	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return err_sys(err, "getrandom");
	for (size_t i = 0; i < sizeof(key); i++)
		snprintf(m.key + 2 * i, 3, "%02x", key[i]);
	for (const struct config_mask *rule = masks; rule; rule = rule->next) {
		if (!mask_one(&m, rule, err))
			return false;
	}
	return bring_exec(c, again, err) || err_prefix(err, "mask: the materialized views, made again");
}
