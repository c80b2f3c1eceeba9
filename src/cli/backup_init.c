/* pawl backup init: which databases there are, the key, and backup.yaml. It asks nothing. */
#include <errno.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/backup_copies.h"
#include "cli/backup_file.h"
#include "cli/backups.h"
#include "cli/commands.h"
#include "recovery/login.h"

#define ARENA_SIZE ((size_t)256 << 20)
#define FILE_MAX CONFIG_MAX_BYTES
#define DATABASES_MAX 256

struct beginning {
	struct cli *c;
	struct places places;
	struct arena arena;
	char path[PLACES_MAX], directory[PLACES_MAX + 16];
	bool there; /* backup.yaml */
	struct backup_config config; /* when there */
	struct backup_copy *copies;
	struct buf text, items, notes;
	unsigned n;
};

/* --- databases --- */

static bool refused_word(const char *word)
{
	return strcmp(word, "password") == 0 || strcmp(word, "sslpassword") == 0;
}

/* What the caller said, and where that led to; no password, nothing that libpq would say by itself. */
static bool said(const PQconninfoOption *o)
{
	static const char *const always[] = { "host",	  "hostaddr", "port",	 "user",   "service",
					      "passfile", "sslmode",  "sslcert", "sslkey", "sslrootcert" };
	const char *fallback = o->compiled;

	if (!o->val || !*o->val || refused_word(o->keyword))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(always); i++) {
		if (strcmp(o->keyword, always[i]) == 0)
			return i < 4 || (!fallback || strcmp(fallback, o->val) != 0);
	}
	return false;
}

static void put_word(struct buf *b, const char *key, const char *value)
{
	buf_addf(b, "%s%s=", b->len ? " " : "", key);
	if (*value && !strpbrk(value, " '\\")) {
		buf_adds(b, value);
		return;
	}
	buf_addc(b, '\'');
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			buf_addc(b, '\\');
		buf_addc(b, *value);
	}
	buf_addc(b, '\'');
}

static void words_of(PGconn *conn, const char *database, struct buf *ret)
{
	PQconninfoOption *all = PQconninfo(conn);
	bool passfile = false;

	for (const PQconninfoOption *o = all; o && o->keyword; o++) {
		/* The usual ~/.pgpass need not be said. */
		passfile = strcmp(o->keyword, "passfile") == 0 && !getenv("PGPASSFILE");
		if (said(o) && !passfile)
			put_word(ret, o->keyword, o->val);
	}
	put_word(ret, "dbname", database);
	PQconninfoFree(all);
}

static bool known(const struct beginning *k, struct str connect)
{
	for (const struct config_target *t = k->there ? k->config.targets : NULL; t; t = t->next) {
		if (str_eq(t->connect, connect))
			return true;
	}
	return false;
}

static void add(struct beginning *k, PGconn *conn, const char *database)
{
	auto_buf words = BUF_MAX(8192);
	char name[65];

	words_of(conn, database, &words);
	if (known(k, buf_str(&words))) {
		buf_addf(&k->notes, "%s is there already.\n", database);
		return;
	}
	backup_file_name(str_from(database), k->there ? &k->config : NULL, &k->items, name);
	backup_file_target(&k->items, str_from(name), buf_str(&words));
	buf_addf(&k->notes, "%s: %.*s\n", name, STR_ARG(buf_str(&words)));
	if (PQconnectionUsedPassword(conn) && getenv("PGPASSWORD"))
		buf_adds(&k->notes, "  Its password came from PGPASSWORD, which a timer does not have: put it into ~/.pgpass.\n");
	k->n++;
}

static PGconn *reach(const char *connect, struct err *err)
{
	const char *const names[] = { "dbname", "fallback_application_name", "connect_timeout", NULL };
	const char *const values[] = { connect, "pawl backup init", "10", NULL };
	PGconn *conn = PQconnectdbParams(names, values, 1);
	char wants[900];

	if (PQstatus(conn) == CONNECTION_OK)
		return conn;
	if (login_wanted(conn, wants, sizeof(wants)))
		(void)err_set(err, ERR_DENIED, "%s", wants);
	else
		(void)err_said(err, ERR_TOOL, NULL, PQerrorMessage(conn));
	PQfinish(conn);
	return NULL;
}

static bool has_password(const char *connect)
{
	PQconninfoOption *all = PQconninfoParse(connect, NULL);
	bool found = false;

	for (const PQconninfoOption *o = all; o && o->keyword; o++)
		found = found || (refused_word(o->keyword) && o->val && *o->val);
	PQconninfoFree(all);
	return found;
}

static bool add_named(struct beginning *k, const char *connect, struct err *err)
{
	PGconn *conn;

	if (has_password(connect))
		return err_set(err, ERR_INPUT, "a password on a command line is everybody's: put it into ~/.pgpass, or say service=NAME");
	conn = reach(connect, err);
	if (!conn)
		return err_prefix(err, "the database cannot be reached");
	add(k, conn, PQdb(conn));
	PQfinish(conn);
	return true;
}

/* A table of somebody's, and no extension's. In doubt there is one. */
static bool holds_tables(PGconn *conn)
{
	static const char question[] =
		"SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p', 'm') "
		"AND nspname !~ '^pg_' AND nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d "
		"WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e') LIMIT 1";
	PGresult *r = PQexec(conn, question);
	bool none = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 0;

	PQclear(r);
	return !none;
}

/* One of ours among those that were found; who wants it backed up names it. */
static bool is_copy(struct beginning *k, PGconn *conn, const char *database)
{
	auto_buf words = BUF_MAX(8192);

	words_of(conn, database, &words);
	if (known(k, buf_str(&words)) || !backup_copies_has(k->copies, str_from(database)))
		return false;
	buf_addf(&k->notes, "%s is a copy that pawl made, and was not added. It is, with: pawl backup init \"%.*s\"\n", database,
		 STR_ARG(buf_str(&words)));
	return true;
}

/* What root would leave in another user's ledger is not worth it: there a name of pawl's own tells. */
static bool read_copies(struct beginning *k, struct err *err)
{
	return k->config.state.len || backup_copies_read(k->places.ledger, &k->arena, &k->copies, err);
}

/* Where libpq's environment leads, without a word of ours: that database, or all of that server. */
static bool add_found(struct beginning *k, struct err *err)
{
	static const char question[] = "SELECT datname FROM pg_catalog.pg_database WHERE NOT datistemplate AND datallowconn "
				       "AND pg_catalog.has_database_privilege(oid, 'CONNECT') ORDER BY datname <> 'postgres', 1";
	bool one = getenv("PGDATABASE") || getenv("PGSERVICE");
	PGconn *conn = reach(one ? "" : "dbname=postgres", err);
	PGresult *r;
	int n, first;

	if (conn && !read_copies(k, err)) {
		PQfinish(conn);
		return false;
	}
	if (!conn && err->code == ERR_DENIED) /* so there is one */
		return false;
	if (!conn)
		return err_prefix(err, "no database was named (pawl backup init \"host=… dbname=…\"), and libpq's own way leads to none");
	if (one) {
		add(k, conn, PQdb(conn));
		PQfinish(conn);
		return true;
	}
	r = PQexec(conn, question);
	n = PQresultStatus(r) == PGRES_TUPLES_OK ? PQntuples(r) : -1;
	if (n < 0)
		(void)err_said(err, ERR_TOOL, NULL, PQerrorMessage(conn));
	/* An empty "postgres" with others beside it is nobody's. */
	first = n > 1 && strcmp(PQgetvalue(r, 0, 0), "postgres") == 0 && !holds_tables(conn) ? 1 : 0;
	for (int i = first; i < n && i < DATABASES_MAX; i++)
		if (!is_copy(k, conn, PQgetvalue(r, i, 0)))
			add(k, conn, PQgetvalue(r, i, 0));
	PQclear(r);
	PQfinish(conn);
	return n >= 0;
}

/* --- the file --- */

static bool begin_file(struct beginning *k, struct err *err)
{
	struct backup_file_vault v = { .name = "local", .directory = k->directory };
	const char *said_directory = cli_value(k->c, "vault");
	char folder[PLACES_MAX + 32], config[PLACES_MAX];
	uint8_t key[ED25519_KEY_LEN];
	struct str pem;

	if (said_directory && said_directory[0] != '/')
		return err_set(err, ERR_INPUT, "--vault wants an absolute path");
	snprintf(k->directory, sizeof(k->directory), "%s%s", said_directory ? said_directory : k->places.state,
		 said_directory ? "" : "/vault");
	snprintf(folder, sizeof(folder), "%s/recovery", k->places.state);
	snprintf(config, sizeof(config), "%s", k->places.config);
	if (!dir_make(k->places.state, 0700, err) || !backups_key(folder, true, &k->arena, &pem, key, err) ||
	    !dir_make(k->directory, 0700, err) || !dir_make(config, 0700, err))
		return false;
	backup_file_begin(&k->text, key, &v);
	return true;
}

/* Whose its folder is, when it is not this user's. */
static bool give(const struct config_vault *v, const char *path, struct err *err)
{
	char name[80];
	const struct passwd *p;

	if (!v->user.len)
		return true;
	snprintf(name, sizeof(name), "%.*s", STR_ARG(v->user));
	p = getpwnam(name);
	if (!p)
		return err_set(err, ERR_STATE, "there is no user %s, whose the vault is", name);
	return chown(path, p->pw_uid, p->pw_gid) == 0 || err_sys(err, "%s", path);
}

/* A vault's folder that went: empty again; what lay there is not. */
static bool make_vaults(struct beginning *k, struct err *err)
{
	for (const struct config_vault *v = k->config.vaults; v; v = v->next) {
		char path[PLACES_MAX];
		struct stat st;

		snprintf(path, sizeof(path), "%.*s", STR_ARG(v->place.directory));
		if (v->place.kind != VAULT_DIRECTORY || stat(path, &st) == 0 || errno != ENOENT)
			continue;
		if (!dir_make(path, 0700, err) || !give(v, path, err))
			return err_prefix(err, "vault %.*s is gone", STR_ARG(v->place.name));
		buf_addf(&k->notes, "Vault %.*s was gone; %s is made anew, empty. Does it lie on a disk that is not mounted? Mount that.\n",
			 STR_ARG(v->place.name), path);
	}
	return true;
}

/* A key that went: another one, which nothing believes before a person says so in backup.yaml. */
static bool make_key(struct beginning *k, struct err *err)
{
	char folder[PLACES_MAX + 32], path[PLACES_MAX + 64], text[CONFIG_KEY_TEXT];
	uint8_t key[ED25519_KEY_LEN];
	struct str pem;

	snprintf(folder, sizeof(folder), "%s/recovery", k->places.state);
	snprintf(path, sizeof(path), "%s/key.pem", folder);
	/* The key of a vault's user is that one's. */
	for (const struct config_vault *v = k->config.vaults; v; v = v->next) {
		if (v->user.len)
			return true;
	}
	if (file_exists(path))
		return true;
	if (!dir_make(k->places.state, 0700, err) || !backups_key(folder, true, &k->arena, &pem, key, err))
		return false;
	config_key_text(key, text);
	return err_set(err, ERR_STATE,
		       "%s was gone, and a new key is made there, which nothing believes yet. Is there a copy of the old one: put it back. "
		       "If the new one shall sign from now on (and nothing older be believed), write into %s `key: %s`",
		       path, k->path, text);
}

static bool read_there(struct beginning *k, struct err *err)
{
	if (cli_value(k->c, "vault"))
		return err_set(err, ERR_STATE, "%s is there already: its vaults stand in it", k->path);
	return config_load(k->path, &k->arena, &k->config, err) && file_read(k->path, &k->text, err) && make_vaults(k, err) &&
	       make_key(k, err);
}

static bool write_file(struct beginning *k, struct err *err)
{
	auto_buf whole = BUF_MAX(FILE_MAX);
	struct stat st;
	mode_t mode = k->there && stat(k->path, &st) == 0 ? st.st_mode & 0777 : 0600;

	if (!k->n)
		return true;
	return backup_file_add(k->path, buf_str(&k->text), buf_str(&k->items), &whole, err) &&
	       file_replace(k->path, buf_str(&whole), mode, err);
}

/* Key and vault alone: databases of other kinds, files and commands are written into it by hand. */
static bool write_empty(struct beginning *k, struct err *err)
{
	if (k->there)
		return err_set(err, ERR_STATE, "%s is there already: targets are added under 'targets'", k->path);
	return file_replace(k->path, buf_str(&k->text), 0600, err);
}

static bool begin(struct beginning *k, struct err *err)
{
	if (!places_find(NULL, &k->places, err) || !backups_path(&k->places, k->path, &k->there, err))
		return false;
	if (!arena_map(&k->arena, ARENA_SIZE))
		return err_set(err, ERR_LIMIT, "no memory");
	if (!(k->there ? read_there : begin_file)(k, err))
		return false;
	if (cli_flag(k->c, "empty"))
		return write_empty(k, err);
	for (int i = 0; i < k->c->n_args; i++) {
		if (!add_named(k, k->c->args[i], err))
			return false;
	}
	if (!k->c->n_args && !add_found(k, err))
		return false;
	if (!k->n && !k->there)
		return err_set(err, ERR_STATE, "%.*sno database was found to back up: pawl backup init \"host=… dbname=…\"",
			       STR_ARG(str_sub(buf_str(&k->notes), 0, 800)));
	return write_file(k, err);
}

static const char empty[] = "Nothing is backed up yet: write it under 'targets' there (docs/backup.md), or let\n"
			    "`pawl backup init \"host=… dbname=…\"` add a database.\n";

static int tell(struct cli *c, const struct beginning *k)
{
	auto_buf b = BUF_MAX(FILE_MAX);
	struct json_out o = { .buf = &b };

	if (c->json) {
		json_out_open(&o, '{');
		json_out_kv(&o, "config", str_from(k->path));
		json_out_key(&o, "added");
		json_out_u64(&o, k->n);
		json_out_kv(&o, "notes", str_trim(buf_str(&k->notes)));
		json_out_close(&o, '}');
		buf_addc(&b, '\n');
	} else {
		buf_add(&b, buf_str(&k->notes));
		buf_addf(&b, "%s %s.\n", k->n || cli_flag(c, "empty") ? "Written to" : "Nothing to add to", k->path);
		if (!k->there)
			buf_adds(&b, "The vault is a folder of this user: an agent of the same user could destroy it too.\n"
				     "`sudo pawl vault init` makes one of a user of its own.\n");
		buf_adds(&b, cli_flag(c, "empty") ? empty : "");
		buf_adds(&b, "Next:  pawl backup --drill    takes a backup, restores it and compares\n"
			     "       pawl schedule          does that every day\n"
			     "       pawl status            shows where it stands\n");
	}
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

int cmd_backup_init(struct cli *c)
{
	struct beginning k = { .c = c, .text = BUF_MAX(FILE_MAX), .items = BUF_MAX(FILE_MAX), .notes = BUF_MAX(FILE_MAX) };
	struct err err = { 0 };
	int status = cli_flag(c, "empty") && c->n_args ? cli_usage(c, "--empty names no database") :
		     begin(&k, &err) ? tell(c, &k) : cli_fail(c, &err);

	buf_free(&k.text);
	buf_free(&k.items);
	buf_free(&k.notes);
	if (k.arena.mem)
		arena_unmap(&k.arena);
	return status;
}
