#include "cli/gate_scratch.h"

#include <libpq-fe.h>
#include <unistd.h>

#include "base/proc.h"

#define DUMP_MAX ((size_t)256 << 20)
#define SAID_MAX ((size_t)1 << 20)
#define DUMP_S 300

extern char **environ;

/* The same words with another database, as libpq quotes them. */
static struct str connect_words(const struct database_upstream *of, const char *database, struct arena *arena)
{
	PQconninfoOption *all = PQconninfoParse(of->connect.ptr, NULL);
	auto_buf b = BUF_MAX(65536);

	for (const PQconninfoOption *o = all; o && o->keyword; o++) {
		const char *v = strcmp(o->keyword, "dbname") == 0 ? database : o->val;

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

/* Our environment, with the password where a secret command has it. */
static char **with_password(const struct database_upstream *of, struct arena *arena, struct err *err)
{
	auto_buf secret = BUF_MAX(DATABASE_SECRET_MAX);
	size_t n = 0, to = 0;
	char **env;

	if (!database_secret(of, &secret, err))
		return NULL;
	while (environ[n])
		n++;
	env = ARENA_ARRAY(arena, n + 2, char *);
	if (!env) {
		err_set(err, ERR_LIMIT, "no memory");
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		if (!secret.len || strncmp(environ[i], "PGPASSWORD=", 11) != 0)
			env[to++] = environ[i];
	}
	if (secret.len)
		env[to] = (char *)(uintptr_t)arena_fmt(arena, "PGPASSWORD=%s", secret.ptr).ptr;
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

static bool copy_schema(const struct database_upstream *of, struct str from, struct str to, struct arena *arena, struct err *err)
{
	const char *dump[] = { "--schema-only", "--no-publications", "--no-subscriptions", "-N", "pawl_trash", "-d", from.ptr, NULL };
	const char *load[] = { "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", to.ptr, NULL };
	auto_buf schema = BUF_MAX(DUMP_MAX), out = BUF_MAX(SAID_MAX);
	char **env = with_password(of, arena, err);

	return env && run("pg_dump", dump, &(struct proc_opts){ .env = env, .out = &schema }, err) &&
	       run("psql", load, &(struct proc_opts){ .env = env, .out = &out, .input = buf_str(&schema) }, err);
}

static bool statement(struct gate_scratch *s, const char *sql, struct err *err)
{
	struct aside_rows rows;
	struct arena arena;
	bool ok;

	if (!arena_map(&arena, (size_t)1 << 20))
		return err_set(err, ERR_LIMIT, "no memory");
	ok = aside_query(s->aside, sql, NULL, 0, &arena, &rows, err);
	arena_unmap(&arena);
	return ok;
}

bool gate_scratch_make(const struct database_upstream *of, struct arena *arena, struct gate_scratch *ret, struct err *err)
{
	struct str real = connect_words(of, of->place.database.len ? of->place.database.ptr : NULL, arena), copy;
	char sql[128];

	snprintf(ret->name, sizeof(ret->name), "pawl_rehearsal_%d", (int)getpid());
	copy = connect_words(of, ret->name, arena);
	ret->upstream = *of;
	ret->upstream.connect = copy;
	if (!real.len || !copy.len)
		return err_set(err, ERR_INPUT, "upstream %.*s: its connect words cannot be read", STR_ARG(of->name));
	if (!aside_open(of, &ret->aside, err))
		return false;
	snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE template0", ret->name);
	if (!statement(ret, sql, err))
		return err_prefix(err, "no scratch copy can be made on that server (its role needs CREATEDB)");
	ret->made = true;
	return copy_schema(of, real, copy, arena, err) || err_prefix(err, "copying the schema");
}

void gate_scratch_drop(struct gate_scratch *s)
{
	char sql[128];
	struct err err = { 0 };

	snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS %s WITH (FORCE)", s->name);
	if (s->made && !statement(s, sql, &err))
		fprintf(stderr, "pawl: the scratch copy %s is still there: %s\n", s->name, err.msg);
	aside_close(s->aside);
	s->aside = NULL;
}
