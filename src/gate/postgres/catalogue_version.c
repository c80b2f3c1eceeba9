/* Whether the schema changed, without reading it. */
#include "gate/postgres/aside.h"
#include "gate/postgres/catalogue.h"

/* Numbers of rows and of the transactions that made them: whatever is made, changed or dropped changes these. Temporary things aside,
 * and what lies in the trash: to keep something there first is no change of the schema that somebody said yes to. */
#define TRASH "(SELECT oid FROM pg_namespace WHERE nspname = 'pawl_trash' OR nspname LIKE 'pawl\\_trash.%')"
#define TRASHED "(SELECT oid FROM pg_class WHERE relnamespace IN " TRASH ")"
#define PART(table, where)                                                                                                  \
	"(SELECT concat(count(*), ':', sum(xmin::text::bigint * (oid::bigint % 65521 + 1))) FROM " table " WHERE " where ")"
static const char version_sql[] =
	"SELECT substr(md5(concat_ws(',', "
	PART("pg_class", "relpersistence <> 't' AND relnamespace <> 'pg_toast'::regnamespace AND relnamespace NOT IN " TRASH) ", "
	PART("pg_proc", "pronamespace NOT IN " TRASH) ", " PART("pg_trigger", "tgrelid NOT IN " TRASHED) ", "
	PART("pg_rewrite", "ev_class NOT IN " TRASHED) ", " PART("pg_constraint", "connamespace NOT IN " TRASH) ", "
	PART("pg_policy", "polrelid NOT IN " TRASHED) ", "
	PART("pg_event_trigger", "true") ", " PART("pg_operator", "oid >= 16384") ", " PART("pg_cast", "oid >= 16384") ", "
	PART("pg_namespace", "nspname !~ '^pg_(toast_)?temp_' AND oid NOT IN " TRASH) ", " PART("pg_publication", "true") ", "
	PART("pg_statistic_ext", "stxrelid NOT IN " TRASHED) ", "
	/* The search_path that a session begins with. */
	"(SELECT concat(count(*), ':', sum(xmin::text::bigint)) FROM pg_db_role_setting WHERE setrole IN (0, current_user::regrole) "
	"AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))), "
	"(SELECT concat(count(*), ':', sum(xmin::text::bigint * (inhrelid::bigint % 65521 + 1))) FROM pg_inherits "
	"WHERE inhrelid NOT IN " TRASHED "), "
	"(SELECT concat(count(*), ':', sum(a.xmin::text::bigint * (a.attnum % 97 + 1))) FROM pg_attribute a "
	"JOIN pg_class c ON c.oid = a.attrelid WHERE a.attrelid >= 16384 AND a.attnum > 0 AND c.relpersistence <> 't' "
	"AND c.relnamespace <> 'pg_toast'::regnamespace AND c.relnamespace NOT IN " TRASH "))), 1, 16)";

bool catalogue_version_now(struct postgres_aside *a, uint64_t *ret, struct err *err)
{
	char space[512] __attribute__((aligned(16))) = { 0 };
	struct arena arena;
	struct aside_rows rows;
	char hex[20];

	arena_init(&arena, space, sizeof(space));
	if (!aside_query(a, version_sql, NULL, 0, &arena, &rows, err))
		return err_prefix(err, "the schema's version");
	if (rows.n_rows != 1 || rows.cells[0].len != 16)
		return err_set(err, ERR_TOOL, "the schema's version: an odd answer");
	snprintf(hex, sizeof(hex), "%.*s", STR_ARG(rows.cells[0]));
	*ret = strtoull(hex, NULL, 16);
	return true;
}
