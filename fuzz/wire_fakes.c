/* libpq and the gate's own connection, as far as the relay uses them. */
#include <libpq-fe.h>
#include <unistd.h>

#include "gate/postgres/aside.h"
#include "gate/postgres/keeping.h"
#include "gate/postgres/witness.h"
#include "wire_world.h"

/* --- libpq, as far as the gate uses it on a connection --- */

struct pg_cancel {
	int nothing;
};

int PQsocket(const PGconn *c)
{
	return c->fd;
}

void PQfinish(PGconn *c)
{
	close(c->fd);
	free(c);
}

const char *PQparameterStatus(const PGconn *c, const char *name)
{
	(void)c;
	return !strcmp(name, "server_version") ? "15.2" : !strcmp(name, "client_encoding") ? "UTF8" : NULL;
}

void *PQsslStruct(PGconn *c, const char *name)
{
	(void)c;
	(void)name;
	return NULL;
}

int PQserverVersion(const PGconn *c)
{
	(void)c;
	return 150020;
}

int PQsetnonblocking(PGconn *c, int on)
{
	(void)c;
	(void)on;
	return 0;
}

PGcancel *PQgetCancel(PGconn *c)
{
	(void)c;
	return calloc(1, sizeof(PGcancel));
}

int PQcancel(PGcancel *c, char *why, int size)
{
	(void)c;
	snprintf(why, (size_t)size, "no");
	return 1;
}

void PQfreeCancel(PGcancel *c)
{
	free(c);
}

/* --- the gate's own connection --- */

bool aside_open(const struct database_upstream *u, struct postgres_aside **ret, struct err *err)
{
	(void)u;
	(void)err;
	*ret = (struct postgres_aside *)(void *)&world;
	return true;
}

void aside_close(struct postgres_aside *a)
{
	(void)a;
}

void *aside_connection(struct postgres_aside *a)
{
	(void)a;
	return NULL;
}

bool aside_query(struct postgres_aside *a, const char *sql, const struct str *params, size_t n, struct arena *arena,
		 struct aside_rows *ret, struct err *err)
{
	static const struct str relations[] = {
		STR_INIT("16400"), STR_INIT("public"), STR_INIT("t"),	STR_INIT("r"), STR_INIT("3"),	    STR_INIT("8192"),
		STR_INIT("16401"), STR_INIT("public"), STR_INIT("big"), STR_INIT("r"), STR_INIT("3000000"), STR_INIT("819200000"),
	};
	static const struct str routine[] = {
		STR_INIT("16500"), STR_INIT("public"), STR_INIT("f"), STR_INIT("f"), STR_INIT("v"), STR_INIT("sql"), STR_INIT("SELECT 1"),
		STR_INIT("f"),	   STR_INIT("f"),
	};
	static const struct str looked_up[] = { STR_INIT("16999"), STR_INIT("public"), STR_INIT("unknown"), STR_INIT("r"), STR_INIT("p") };
	static const struct str version = STR_INIT("0123456789abcdef");

	(void)a;
	(void)params;
	(void)n;
	(void)arena;
	*ret = (struct aside_rows){ 0 };
	if (world.answer & 4)
		return err_set(err, ERR_IO, "08006: gone");
	if (strstr(sql, "substr(md5"))
		*ret = (struct aside_rows){ 1, 1, &version };
	else if (strstr(sql, "c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S'"))
		*ret = (struct aside_rows){ 2, 6, relations };
	else if (sql == witness_lookup_sql)
		*ret = (struct aside_rows){ 1, 5, looked_up };
	else if (strstr(sql, "FROM pg_proc p JOIN pg_namespace n"))
		*ret = (struct aside_rows){ 1, 9, routine };
	return true;
}

bool keeping_prepare(struct postgres_aside *a, struct err *err)
{
	(void)a;
	(void)err;
	return true;
}

bool keeping_plan(struct postgres_aside *a, const struct keeping_ask *ask, struct arena *arena, struct keeping_plan *ret, struct err *err)
{
	(void)a;
	(void)ask;
	(void)arena;
	(void)err;
	*ret = (struct keeping_plan){ .way = KEEPING_ROWS, .before = str_from(model_before), .after = str_from(model_after) };
	if (world.answer & 16)
		*ret = (struct keeping_plan){ .way = KEEPING_MOVE, .instead = str_from(model_instead), .tag = STR("DROP TABLE") };
	if (world.answer & 32) {
		ret->way = KEEPING_DUMP;
		ret->lock = str_from(model_lock);
	}
	return true;
}

bool keeping_restore(struct postgres_aside *a, const struct keeping_back *what, struct arena *arena, struct str *ret_says,
		     struct err *err)
{
	(void)a;
	(void)what;
	(void)arena;
	(void)ret_says;
	return err_set(err, ERR_INPUT, "not here");
}

bool keeping_dump(struct postgres_aside *a, const struct keeping_plan *plan, const struct keeping_dumping *how, uint64_t *ret_bytes,
		  struct err *err)
{
	(void)a;
	(void)plan;
	(void)how;
	*ret_bytes = 1;
	return !(world.answer & 4) || err_set(err, ERR_IO, "the disk is full");
}

bool keeping_expire(struct postgres_aside *a, int64_t now_us, uint64_t *ret_gone, struct err *err)
{
	(void)a;
	(void)now_us;
	(void)ret_gone;
	return err_set(err, ERR_INPUT, "not here");
}
