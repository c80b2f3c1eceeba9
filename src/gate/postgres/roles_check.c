/* What the role in use could do beside the gate: one row of a table a question, one sentence an answer. */
#include "gate/postgres/roles.h"

/* Each yields at most one row of one column: the sentence. No row: it is not so. Run with search_path = ''. */
static const struct {
	const char *what;
	bool bad;
	const char *sql;
} rows[] = {
	{ "role", false,
	  "SELECT 'logs in as ' || session_user || ' to ' || current_database() || ' on PostgreSQL ' || "
	  "pg_catalog.current_setting('server_version')" },
	{ "superuser", true,
	  "SELECT 'is a superuser: reads and writes files, runs programs, turns everything off' FROM pg_catalog.pg_roles "
	  "WHERE rolname = current_user AND rolsuper" },
	{ "createdb", true,
	  "SELECT 'may create and so own databases (CREATEDB)' FROM pg_catalog.pg_roles "
	  "WHERE rolname = current_user AND rolcreatedb AND NOT rolsuper" },
	{ "createrole", true,
	  "SELECT 'may make and alter roles (CREATEROLE): also one that may more than itself' FROM pg_catalog.pg_roles "
	  "WHERE rolname = current_user AND rolcreaterole AND NOT rolsuper" },
	{ "replication", true,
	  "SELECT 'may replicate (REPLICATION): copies the whole server, holds and drops slots' FROM pg_catalog.pg_roles "
	  "WHERE rolname = current_user AND rolreplication AND NOT rolsuper" },
	{ "bypassrls", true,
	  "SELECT 'passes row level security (BYPASSRLS)' FROM pg_catalog.pg_roles "
	  "WHERE rolname = current_user AND rolbypassrls AND NOT rolsuper" },
	{ "server-member", true,
	  "SELECT 'is a member of ' || pg_catalog.string_agg(rolname, ', ' ORDER BY rolname) || "
	  "': files and programs of the server, other sessions, or all data' FROM pg_catalog.pg_roles "
	  "WHERE rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_signal_backend', "
	  "'pg_write_all_data', 'pg_database_owner', 'pg_checkpoint', 'pg_maintain', 'pg_create_subscription') "
	  "AND pg_catalog.pg_has_role(current_user, oid, 'MEMBER') "
	  "AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) HAVING count(*) > 0" },
	{ "member", true,
	  "SELECT 'may become ' || pg_catalog.string_agg(r.rolname, ', ' ORDER BY r.rolname) || ' (SET ROLE)' FROM pg_catalog.pg_roles r "
	  "WHERE r.rolname <> current_user AND r.rolname NOT LIKE 'pg\\_%' AND r.rolname NOT LIKE 'pawl\\_agent\\_%' "
	  "AND pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER') "
	  "AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) HAVING count(*) > 0" },
	{ "owns-database", true,
	  "SELECT 'owns the database: may drop and alter it' FROM pg_catalog.pg_database WHERE datname = current_database() "
	  "AND pg_catalog.pg_has_role(current_user, datdba, 'USAGE')" },
	{ "owns-schemas", true,
	  "SELECT 'owns ' || count(*) || ' schema(s), with all that is in them: ' || "
	  "pg_catalog.array_to_string((pg_catalog.array_agg(nspname ORDER BY nspname))[1:5], ', ') FROM pg_catalog.pg_namespace "
	  "WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'pawl_trash') "
	  "AND pg_catalog.pg_has_role(current_user, nspowner, 'USAGE') HAVING count(*) > 0" },
	{ "owns-tables", true,
	  "SELECT 'owns ' || count(*) || ' table(s): may drop, truncate and alter them: ' || "
	  "pg_catalog.array_to_string((pg_catalog.array_agg(n.nspname || '.' || c.relname ORDER BY c.reltuples DESC))[1:5], ', ') "
	  "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm', 'f') "
	  "AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'pawl_trash') "
	  "AND pg_catalog.pg_has_role(current_user, c.relowner, 'USAGE') HAVING count(*) > 0" },
	{ "truncate", true,
	  "SELECT 'may TRUNCATE ' || count(*) || ' table(s) that are not its own' FROM pg_catalog.pg_class c "
	  "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "
	  "AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' "
	  "AND NOT pg_catalog.pg_has_role(current_user, c.relowner, 'USAGE') "
	  "AND pg_catalog.has_table_privilege(c.oid, 'TRUNCATE') HAVING count(*) > 0" },
	{ "create-schema", true,
	  "SELECT 'may create schemas in the database' WHERE pg_catalog.has_database_privilege(current_database(), 'CREATE')" },
	{ "untrusted-functions", true,
	  "SELECT 'may call ' || count(*) || ' function(s) in untrusted languages (' || "
	  "pg_catalog.string_agg(DISTINCT l.lanname::text, ', ') || '): they do what the server may' "
	  "FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang WHERE NOT l.lanpltrusted "
	  "AND l.lanname NOT IN ('internal', 'c') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE') HAVING count(*) > 0" },
	{ "untrusted-language", false,
	  "SELECT 'untrusted languages are installed: ' || pg_catalog.string_agg(lanname, ', ' ORDER BY lanname) "
	  "FROM pg_catalog.pg_language WHERE NOT lanpltrusted AND lanname NOT IN ('internal', 'c') HAVING count(*) > 0" },
	{ "definer-functions", true,
	  "SELECT 'may call ' || count(*) || ' function(s) that run as a superuser (SECURITY DEFINER): ' || "
	  "pg_catalog.array_to_string((pg_catalog.array_agg(n.nspname || '.' || p.proname ORDER BY n.nspname, p.proname))[1:5], ', ') "
	  "FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_roles r ON r.oid = p.proowner "
	  "JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef AND r.rolsuper "
	  "AND n.nspname <> 'pg_catalog' AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE') "
	  "AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) HAVING count(*) > 0" },
	{ "extensions", true,
	  "SELECT 'extensions that reach elsewhere are installed: ' || pg_catalog.string_agg(extname, ', ' ORDER BY extname) "
	  "FROM pg_catalog.pg_extension WHERE extname IN ('dblink', 'postgres_fdw', 'file_fdw', 'adminpack', 'pg_cron', 'http', 'pg_net', "
	  "'plpython3u', 'plperlu', 'pltclu', 'plsh', 'oracle_fdw', 'mysql_fdw', 'multicorn', 'aws_s3', 'aws_lambda', 'pg_background') "
	  "HAVING count(*) > 0" },
	{ "user-mappings", true,
	  "SELECT 'is known to foreign servers: ' || pg_catalog.string_agg(srvname, ', ' ORDER BY srvname) || "
	  "' (user mappings): what it does there no gate sees' FROM pg_catalog.pg_user_mappings "
	  "WHERE umuser = 0 OR usename = current_user HAVING count(*) > 0" },
	{ "session-replication-role", true,
	  "SELECT 'may set session_replication_role: triggers and foreign keys off' "
	  "WHERE pg_catalog.current_setting('server_version_num')::int >= 150000 "
	  "AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) "
	  "AND pg_catalog.has_parameter_privilege('session_replication_role', 'SET')" },
	{ "databases", false,
	  "SELECT 'may connect to ' || count(*) || ' other database(s): ' || "
	  "pg_catalog.array_to_string((pg_catalog.array_agg(datname ORDER BY datname))[1:5], ', ') FROM pg_catalog.pg_database "
	  "WHERE datallowconn AND NOT datistemplate AND datname <> current_database() "
	  "AND pg_catalog.has_database_privilege(datname, 'CONNECT') HAVING count(*) > 0" },
};

/* What only those see who may look at pg_authid and pg_hba_file_rules; who may not, is told that nobody looked. */
static const struct {
	const char *what, *sql, *unseen;
} guarded[] = {
	{ "logins-without-password",
	  "SELECT 'login roles without a password: ' || pg_catalog.string_agg(rolname, ', ' ORDER BY rolname) || "
	  "': where pg_hba.conf trusts, anybody is them' FROM pg_catalog.pg_authid WHERE rolcanlogin AND rolpassword IS NULL "
	  "AND rolname <> session_user HAVING count(*) > 0",
	  "which roles have no password cannot be seen by this role (that is as it should be): look as a superuser" },
	{ "trusted-logins",
	  "SELECT 'pg_hba.conf lets in without a proof (trust): ' || count(*) || ' line(s), the first is line ' || min(line_number) "
	  "FROM pg_catalog.pg_hba_file_rules WHERE auth_method = 'trust' HAVING count(*) > 0",
	  "pg_hba.conf cannot be seen by this role: look as a superuser for lines that say trust" },
};

static bool ask(struct postgres_aside *a, const char *sql, struct arena *arena, struct str *ret_text, struct err *err)
{
	struct aside_rows r = { .n_rows = 0 };

	struct err no = { 0 };

	if (!aside_query(a, sql, NULL, 0, arena, &r, &no)) {
		*ret_text = STR_NONE;
		/* A server too old to have what is asked about. */
		return str_starts(str_from(no.msg), STR("42883")) || err_set(err, ERR_TOOL, "%s", no.msg);
	}
	*ret_text = r.n_rows && r.n_columns == 1 ? r.cells[0] : STR_NONE;
	return true;
}

bool roles_check(struct postgres_aside *a, struct arena *arena, struct roles_finding **ret, size_t *ret_n, struct err *err)
{
	struct roles_finding *f = ARENA_ARRAY(arena, ARRAY_LEN(rows) + ARRAY_LEN(guarded), struct roles_finding);
	struct str text;
	size_t n = 0;

	if (!f)
		return err_set(err, ERR_LIMIT, "no memory");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!ask(a, rows[i].sql, arena, &text, err))
			return err_prefix(err, "%s", rows[i].what);
		if (text.len)
			f[n++] = (struct roles_finding){ rows[i].what, rows[i].bad, text };
	}
	for (size_t i = 0; i < ARRAY_LEN(guarded); i++) {
		struct err no = { 0 };
		bool seen = ask(a, guarded[i].sql, arena, &text, &no);

		if (!seen && !str_starts(str_from(no.msg), STR("42501")))
			return err_set(err, ERR_TOOL, "%s: %s", guarded[i].what, no.msg);
		if (!seen || text.len)
			f[n++] = (struct roles_finding){ guarded[i].what, seen, seen ? text : str_from(guarded[i].unseen) };
	}
	*ret = f;
	*ret_n = n;
	return true;
}
