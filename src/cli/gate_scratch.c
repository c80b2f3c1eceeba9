#include "cli/gate_scratch.h"

#include <libpq-fe.h>
#include <unistd.h>

#include "base/proc.h"

#define DUMP_MAX ((size_t)256 << 20)
#define SAID_MAX ((size_t)1 << 20)
#define DUMP_S 300

extern char **environ;

/* The same words with another database and that password (NULL: none), as libpq quotes them. */
static struct str connect_words(const struct database_upstream *of, const char *database, const char *password, struct arena *arena)
{
	PQconninfoOption *all = PQconninfoParse(of->connect.ptr, NULL);
	auto_buf b = BUF_MAX(65536);

	for (const PQconninfoOption *o = all; o && o->keyword; o++) {
		const char *v = strcmp(o->keyword, "dbname") == 0 ? database : strcmp(o->keyword, "password") == 0 ? password : o->val;

		if (!v)
			continue;
		buf_addf(&b, "%s%s='", b.len ? " " : "", o->keyword);
		for (; *v; v++) {
			if (*v == '\'' || *v == '\\')
				buf_addc(&b, '\\');
			buf_addc(&b, *v);
		}
		buf_addc(&b, '\'');
	}
	PQconninfoFree(all);
	return all && !b.failed ? arena_str(arena, buf_str(&b)) : STR_NONE;
}

/* What the upstream logs in with: a password file may have a line for that database alone, and none for the copy. "": none. */
static struct str password_of(const struct database_upstream *of, struct arena *arena, struct err *err)
{
	auto_buf secret = BUF_MAX(DATABASE_SECRET_MAX);
	struct str text = STR_NONE;
	PGconn *pg;

	if (of->secret_command.len)
		return database_secret(of, &secret, err) ? arena_str(arena, buf_str(&secret)) : STR_NONE;
	pg = PQconnectStart(of->connect.ptr); /* where it looks for one is libpq's to know */
	if (pg)
		text = arena_str(arena, str_from(PQpass(pg)));
	PQfinish(pg);
	if (!text.ptr)
		err_set(err, ERR_LIMIT, "no memory");
	return text;
}

/* Our environment, with the password: in the words of a command everybody could read it. */
static char **with_password(struct str password, struct arena *arena)
{
	size_t n = 0, to = 0;
	char **env;

	while (environ[n])
		n++;
	env = ARENA_ARRAY(arena, n + 2, char *);
	for (size_t i = 0; env && i < n; i++) {
		if (!password.len || strncmp(environ[i], "PGPASSWORD=", 11) != 0)
			env[to++] = environ[i];
	}
	if (env && password.len)
		env[to] = (char *)(uintptr_t)arena_fmt(arena, "PGPASSWORD=%.*s", STR_ARG(password)).ptr;
	return env;
}

static bool run(const char *tool, const char *const *words, const struct proc_opts *with, struct err *err)
{
	char program[4096], *argv[16] = { program };
	auto_buf said = BUF_MAX(SAID_MAX);
	struct proc_opts o = *with;
	int status = -1;

	for (size_t i = 0; words[i] && i + 2 < ARRAY_LEN(argv); i++)
		argv[i + 1] = (char *)(uintptr_t)words[i];
	o.errout = &said;
	o.timeout_s = DUMP_S;
	if (!proc_find(tool, getenv("PATH"), NULL, program, sizeof(program)))
		return err_set(err, ERR_TOOL, "a rehearsal needs %s (Debian: postgresql-client)", tool);
	if (!proc_run(argv, &o, &status, err))
		return err_prefix(err, "%s", tool);
	return status == 0 || err_set(err, ERR_TOOL, "%s ended with status %d: %.*s", tool, status,
				      STR_ARG(str_sub(str_trim(buf_str(&said)), 0, 700)));
}

struct copying {
	struct str from, to;
	char **env;
	bool superuser; /* only that one may give things to their owners, and say what these grant */
};

static bool copy_schema(const struct copying *k, struct err *err)
{
	const char *dump[] = { "-w", "--schema-only", "--no-publications", "--no-subscriptions", "-N", "pawl_trash", "-d", k->from.ptr,
			       k->superuser ? NULL : "-O", "-x", NULL };
	const char *load[] = { "-w", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", k->to.ptr, NULL };
	auto_buf schema = BUF_MAX(DUMP_MAX), out = BUF_MAX(SAID_MAX);

	return run("pg_dump", dump, &(struct proc_opts){ .env = k->env, .out = &schema }, err) &&
	       run("psql", load, &(struct proc_opts){ .env = k->env, .out = &out, .input = buf_str(&schema) }, err);
}

/* ${ret}: the first value of what it yields is "t"; NULL: nobody asks. */
static bool statement(struct gate_scratch *s, const char *sql, bool *ret, struct err *err)
{
	struct aside_rows rows = { 0 };
	struct arena arena;
	bool ok;

	if (!arena_map(&arena, (size_t)1 << 20))
		return err_set(err, ERR_LIMIT, "no memory");
	ok = aside_query(s->aside, sql, NULL, 0, &arena, &rows, err);
	if (ok && ret)
		*ret = rows.n_rows && str_is(rows.cells[0], "t");
	arena_unmap(&arena);
	return ok;
}

bool gate_scratch_make(const struct database_upstream *of, struct arena *arena, struct gate_scratch *ret, struct err *err)
{
	struct copying k = { .from = connect_words(of, of->place.database.len ? of->place.database.ptr : NULL, NULL, arena) };
	struct str password;
	char sql[128];

	snprintf(ret->name, sizeof(ret->name), "pawl_rehearsal_%d", (int)getpid());
	password = password_of(of, arena, err);
	if (!password.ptr)
		return false;
	k.to = connect_words(of, ret->name, NULL, arena);
	ret->upstream = *of;
	ret->upstream.connect = connect_words(of, ret->name, of->secret_command.len || !password.len ? NULL : password.ptr, arena);
	k.env = with_password(password, arena);
	if (!k.from.len || !k.to.len || !ret->upstream.connect.len || !k.env)
		return err_set(err, ERR_INPUT, "upstream %.*s: its connect words cannot be read", STR_ARG(of->name));
	if (!aside_open(of, &ret->aside, err))
		return false;
	snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE template0", ret->name);
	if (!statement(ret, sql, NULL, err))
		return err_prefix(err, "no scratch copy can be made on that server (its role needs CREATEDB)");
	ret->made = true;
	return (statement(ret, "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user", &k.superuser, err) &&
		copy_schema(&k, err)) ||
	       err_prefix(err, "copying the schema");
}

void gate_scratch_drop(struct gate_scratch *s)
{
	char sql[128];
	struct err err = { 0 };

	snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS %s WITH (FORCE)", s->name);
	if (s->made && !statement(s, sql, NULL, &err))
		fprintf(stderr, "pawl: the scratch copy %s is still there: %s\n", s->name, err.msg);
	aside_close(s->aside);
	s->aside = NULL;
}
