#include "gate/postgres/roles.h"

/* "a ""b""" and 'a ''b', as SQL quotes names and texts. */
static void quoted(struct buf *b, char mark, const char *s)
{
	buf_addc(b, mark);
	for (; *s; s++) {
		if (*s == mark)
			buf_addc(b, mark);
		buf_addc(b, *s);
	}
	buf_addc(b, mark);
}

/* %1 and %2: ${first} and ${second} as names; %3 and %4: the same as texts. */
static void line(struct buf *b, const char *text, const char *first, const char *second)
{
	for (const char *p = text; *p; p++) {
		if (p[0] == '%' && p[1] >= '1' && p[1] <= '4') {
			quoted(b, p[1] <= '2' ? '"' : '\'', p[1] == '1' || p[1] == '3' ? first : second);
			p++;
		} else {
			buf_addc(b, *p);
		}
	}
}

static const char head[] =
	"-- Roles for agents. Run by a superuser, or by the database's owner with CREATEROLE:\n"
	"-- pawl postgres roles | psql -X -v ON_ERROR_STOP=1 DATABASE\n"
	"-- pawl_agent_read:    sees everything in the schemas below, writes nothing.\n"
	"-- pawl_agent_migrate: also writes rows, and makes and alters what is its own. It owns nothing that is there now, so it drops,\n"
	"--                     truncates and alters nothing that is there now: a migration that has to is a person's.\n"
	"BEGIN;\n"
	"SET LOCAL client_min_messages = warning;\n"
	"DO $$ BEGIN\n"
	"  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'pawl_agent_read') THEN CREATE ROLE pawl_agent_read; END IF;\n"
	"  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'pawl_agent_migrate') THEN\n"
	"    CREATE ROLE pawl_agent_migrate;\n"
	"  END IF;\n"
	"END $$;\n"
	"ALTER ROLE pawl_agent_read NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;\n"
	"ALTER ROLE pawl_agent_migrate NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;\n"
	"GRANT pawl_agent_read TO pawl_agent_migrate;\n";

static const char of_database[] =
	"DO $$ BEGIN\n"
	"  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());\n"
	"  EXECUTE format('GRANT CONNECT ON DATABASE %I TO pawl_agent_read', current_database());\n"
	"  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO pawl_agent_migrate', current_database());\n"
	"END $$;\n";

static const char of_schema[] =
	"\n-- schema %1\n"
	"REVOKE CREATE ON SCHEMA %1 FROM PUBLIC;\n"
	"GRANT USAGE ON SCHEMA %1 TO pawl_agent_read;\n"
	"GRANT CREATE ON SCHEMA %1 TO pawl_agent_migrate;\n"
	"GRANT SELECT ON ALL TABLES IN SCHEMA %1 TO pawl_agent_read;\n"
	"GRANT SELECT ON ALL SEQUENCES IN SCHEMA %1 TO pawl_agent_read;\n"
	"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %1 TO pawl_agent_migrate;\n"
	"REVOKE TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA %1 FROM pawl_agent_read, pawl_agent_migrate;\n"
	"GRANT USAGE ON ALL SEQUENCES IN SCHEMA %1 TO pawl_agent_migrate;\n"
	"ALTER DEFAULT PRIVILEGES IN SCHEMA %1 GRANT SELECT ON TABLES TO pawl_agent_read;\n"
	"ALTER DEFAULT PRIVILEGES IN SCHEMA %1 GRANT INSERT, UPDATE, DELETE ON TABLES TO pawl_agent_migrate;\n"
	"ALTER DEFAULT PRIVILEGES IN SCHEMA %1 GRANT USAGE ON SEQUENCES TO pawl_agent_migrate;\n";

static const char of_owner[] =
	"ALTER DEFAULT PRIVILEGES FOR ROLE %2 IN SCHEMA %1 GRANT SELECT ON TABLES TO pawl_agent_read;\n"
	"ALTER DEFAULT PRIVILEGES FOR ROLE %2 IN SCHEMA %1 GRANT INSERT, UPDATE, DELETE ON TABLES TO pawl_agent_migrate;\n"
	"ALTER DEFAULT PRIVILEGES FOR ROLE %2 IN SCHEMA %1 GRANT USAGE ON SEQUENCES TO pawl_agent_migrate;\n";

static const char of_login[] =
	"\n-- The gate logs in as this one; give it a password (\\password), or a certificate, that no agent can read.\n"
	"DO $$ BEGIN\n"
	"  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = %3) THEN CREATE ROLE %1; END IF;\n"
	"END $$;\n"
	"ALTER ROLE %1 LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;\n"
	"GRANT pawl_agent_migrate TO %1;\n"
	"ALTER ROLE %1 SET lock_timeout = '10s';\n"
	"ALTER ROLE %1 SET idle_in_transaction_session_timeout = '10min';\n";

/* The gate keeps what is destroyed in a schema of its own, and its role may make none. */
static const char of_trash[] =
	"DO $$ BEGIN\n"
	"  IF NOT pg_catalog.pg_has_role(current_user, %3, 'MEMBER') THEN GRANT %1 TO CURRENT_USER; END IF;\n"
	"  IF pg_catalog.to_regnamespace('pawl_trash') IS NULL THEN CREATE SCHEMA pawl_trash AUTHORIZATION %1; END IF;\n"
	"END $$;\n";

/* What an agent makes belongs to the gate's role: those who own the rest own that too. Not where it would go round in a circle. */
static const char of_maker[] =
	"DO $$ BEGIN\n"
	"  IF NOT pg_catalog.pg_has_role(%3, %4, 'MEMBER') THEN GRANT %1 TO %2; END IF;\n"
	"END $$;\n";

static void login(const struct roles_wish *w, struct buf *out)
{
	line(out, of_login, w->login, "");
	line(out, of_trash, w->login, "");
	for (size_t o = 0; w->owners[o]; o++)
		line(out, of_maker, w->login, w->owners[o]);
}

void roles_sql(const struct roles_wish *w, struct buf *out)
{
	buf_adds(out, head);
	if (w->database) {
		line(out, "REVOKE CREATE, TEMPORARY ON DATABASE %1 FROM PUBLIC;\nGRANT CONNECT ON DATABASE %1 TO pawl_agent_read;\n"
			  "GRANT TEMPORARY ON DATABASE %1 TO pawl_agent_migrate;\n", w->database, "");
	} else {
		buf_adds(out, of_database);
	}
	for (size_t i = 0; w->schemas[i]; i++) {
		line(out, of_schema, w->schemas[i], "");
		for (size_t o = 0; w->owners[o]; o++)
			line(out, of_owner, w->schemas[i], w->owners[o]);
	}
	if (w->login)
		login(w, out);
	buf_adds(out, "COMMIT;\n");
}
