#include "recovery/drill.h"

#include <libpq-fe.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/clock.h"
#include "recovery/restore.h"
#include "recovery/scratch.h"

static const struct str codes[DRILL_CODES] = {
	[DRILL_SIGNATURE] = STR_INIT("signature"),
	[DRILL_BYTES] = STR_INIT("bytes"),
	[DRILL_HALF] = STR_INIT("half"),
	[DRILL_ERROR] = STR_INIT("error"),
	[DRILL_ROLE] = STR_INIT("role"),
	[DRILL_TABLE_LOST] = STR_INIT("table-lost"),
	[DRILL_TABLE_MORE] = STR_INIT("table-more"),
	[DRILL_ROWS] = STR_INIT("rows"),
	[DRILL_VALUES] = STR_INIT("values"),
	[DRILL_SCHEMA] = STR_INIT("schema"),
	[DRILL_INVARIANT] = STR_INIT("invariant"),
	[DRILL_QUERY] = STR_INIT("query"),
	[DRILL_RTO] = STR_INIT("rto"),
	[DRILL_RPO] = STR_INIT("rpo"),
	[DRILL_NO_SERVER] = STR_INIT("no-server"),
	[DRILL_OLDER_SERVER] = STR_INIT("older-server"),
	[DRILL_NO_EXTENSION] = STR_INIT("no-extension"),
	[DRILL_NO_VAULT] = STR_INIT("no-vault"),
	[DRILL_NO_KEY] = STR_INIT("no-key"),
	[DRILL_BROKE_OFF] = STR_INIT("broke-off"),
};

struct run {
	const struct drill_ask *ask;
	struct arena *arena;
	struct drill_done *done;
	struct drill_reason **end;
	struct scratch *server;
	PGconn *c;
	struct fingerprint *fingerprint;
	struct restore *restore;
};

struct str drill_code_name(enum drill_code c)
{
	return codes[(unsigned)c < DRILL_CODES ? c : 0];
}

/* Yields false, so that `return because(…)` reads as an end. */
static bool PAWL_PRINTF(3, 4) because(struct run *r, enum drill_code code, const char *fmt, ...)
{
	struct drill_reason *one;
	char text[900];
	va_list args;

	if (r->done->n_reasons++ >= DRILL_REASONS_MAX)
		return false;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	one = arena_alloc(r->arena, sizeof(*one));
	if (!one)
		return false;
	*one = (struct drill_reason){ .code = code, .text = arena_str(r->arena, str_from(text)) };
	*r->end = one;
	r->end = &one->next;
	return false;
}

/* --- which backup --- */

static bool newest(struct run *r, struct str *ret_id)
{
	struct vault_entry *e;
	struct err err = { 0 };

	if (!vault_list(r->ask->vault, r->ask->target, r->arena, &e, &err))
		return because(r, DRILL_NO_VAULT, "%s", err.msg);
	while (e && !e->whole)
		e = e->next;
	if (!e)
		return because(r, DRILL_NO_VAULT, "there is no whole backup of %.*s in the vault",
			       STR_ARG(r->ask->target));
	*ret_id = e->id;
	return true;
}

static bool manifest(struct run *r, struct str id)
{
	struct err err = { 0 };

	if (backup_manifest(r->ask->vault, r->ask->target, id, r->ask->key, r->arena,
			    &r->done->manifest, &err))
		return true;
	return because(r,
		       err.code == ERR_BROKEN || err.code == ERR_INPUT ? DRILL_SIGNATURE
								       : DRILL_NO_VAULT,
		       "%s", err.msg);
}

/* --- the server --- */

static bool exec(struct run *r, const char *sql)
{
	PGresult *one = PQexec(r->c, sql);
	bool good =
		PQresultStatus(one) == PGRES_COMMAND_OK || PQresultStatus(one) == PGRES_TUPLES_OK;

	PQclear(one);
	return good;
}

static bool connect(struct run *r, const char *database)
{
	const char *const names[] = {
		"host", "user", "dbname", "options", "client_encoding", NULL
	};
	const char *const values[] = { scratch_socket(r->server),
				       SCRATCH_USER,
				       database,
				       "-c DateStyle=ISO -c IntervalStyle=postgres -c "
				       "extra_float_digits=3 -c TimeZone=UTC "
				       "-c bytea_output=hex -c xmloption=content",
				       "UTF8",
				       NULL };

	PQfinish(r->c);
	r->c = PQconnectdbParams(names, values, 0);
	return PQstatus(r->c) == CONNECTION_OK ||
	       because(r, DRILL_BROKE_OFF, "the scratch server does not answer: %.200s",
		       PQerrorMessage(r->c));
}

static unsigned major_of(struct str version)
{
	uint64_t n;
	size_t digits = 0;

	while (digits < version.len && version.ptr[digits] >= '0' && version.ptr[digits] <= '9')
		digits++;
	return str_to_u64(str_sub(version, 0, digits), &n) && n < 1000 ? (unsigned)n : 0;
}

static bool start(struct run *r)
{
	struct scratch_opts o = { .major = major_of(r->done->manifest.server),
				  .cache = r->ask->cache,
				  .folder = r->ask->folder };
	struct err err = { 0 };
	unsigned major = 0;

	if (!scratch_start(&o, &r->server, &major, &err))
		return because(r,
			       !major		 ? DRILL_NO_SERVER
			       : major < o.major ? DRILL_OLDER_SERVER
						 : DRILL_BROKE_OFF,
			       "%s", err.msg);
	return connect(r, "postgres");
}

static bool quoted(struct run *r, const char *before, struct str name, const char *after,
		   struct str *ret)
{
	char *q = PQescapeIdentifier(r->c, name.ptr ? name.ptr : "", name.len);

	*ret = q ? arena_fmt(r->arena, "%s%s%s", before, q, after) : STR_NONE;
	PQfreemem(q);
	return ret->ptr || because(r, DRILL_BROKE_OFF, "out of memory");
}

/* Roles that own something there, and the database. */
static bool prepare(struct run *r)
{
	struct str sql;

	for (const struct manifest_word *w = r->done->manifest.roles; w; w = w->next) {
		if (str_is(w->text, SCRATCH_USER))
			continue;
		if (!quoted(r, "CREATE ROLE ", w->text, "", &sql))
			return false;
		if (!exec(r, sql.ptr))
			return because(r, DRILL_ROLE, "role %.*s cannot be made: %.200s",
				       STR_ARG(w->text), PQerrorMessage(r->c));
	}
	if (!exec(r, "CREATE DATABASE drill TEMPLATE template0"))
		return because(r, DRILL_BROKE_OFF, "%.300s", PQerrorMessage(r->c));
	return connect(r, "drill");
}

static bool has_extension(struct run *r, struct str name)
{
	const char *const values[] = { arena_fmt(r->arena, "%.*s", STR_ARG(name)).ptr };
	PGresult *one = PQexecParams(r->c, "SELECT 1 FROM pg_available_extensions WHERE name = $1",
				     1, NULL, values, NULL, NULL, 0);
	bool there = PQresultStatus(one) == PGRES_TUPLES_OK && PQntuples(one) == 1;

	PQclear(one);
	return there;
}

static bool extensions(struct run *r)
{
	bool all = true;

	for (const struct manifest_word *w = r->done->manifest.extensions; w; w = w->next) {
		if (!has_extension(r, w->text))
			all = because(r, DRILL_NO_EXTENSION,
				      "the extension %.*s is not installed for the PostgreSQL "
				      "here: install it, and drill again",
				      STR_ARG(w->text));
	}
	return all;
}

/* --- restoring --- */

static bool take(void *ctx, const void *p, size_t n, struct err *err)
{
	struct run *r = ctx;

	return fingerprint_add(r->fingerprint, p, n, err) && restore_take(r->restore, p, n, err);
}

/* What the dump that was unpacked holds must be what its manifest says, before anybody asks the server. */
static bool dump_is_that(struct run *r)
{
	const struct fingerprint_table *want = r->done->manifest.tables;
	struct fingerprint_found found;
	struct err err = { 0 };

	if (!fingerprint_end(r->fingerprint, &found, &err))
		return because(r, DRILL_HALF, "%s", err.msg);
	for (const struct fingerprint_table *t = found.tables; t; t = t->next, want = want->next) {
		if (!want || !str_eq(t->name, want->name) || t->rows != want->rows ||
		    !digest_eq(&t->digest, &want->digest))
			return because(
				r, DRILL_SIGNATURE,
				"the dump does not hold what its manifest says, from table %.*s on",
				STR_ARG(t->name));
	}
	if (want)
		return because(r, DRILL_SIGNATURE,
			       "the manifest has a table that the dump has not: %.*s",
			       STR_ARG(want->name));
	return digest_eq(&found.schema, &r->done->manifest.schema) ||
	       because(r, DRILL_SCHEMA, "the dump's schema is not the one of its manifest");
}

/* What the server had no room, no time or no disk for says nothing of the backup. */
static enum drill_code error_code(const struct restore_error *e)
{
	if (!strncmp(e->state, "53", 2) || !strncmp(e->state, "57", 2) ||
	    !strncmp(e->state, "58", 2) || !strncmp(e->state, "XX", 2))
		return DRILL_BROKE_OFF;
	return !strcmp(e->state, "42704") && str_starts(e->says, STR("role ")) ? DRILL_ROLE
									       : DRILL_ERROR;
}

static void say_errors(struct run *r, const struct restore_error *e, uint64_t n)
{
	for (; e; e = e->next)
		(void)because(r, error_code(e), "%.*s (SQLSTATE %s, at: %.*s)", STR_ARG(e->says),
			      e->state, STR_ARG(e->on));
	if (n > RESTORE_ERRORS_MAX)
		(void)because(r, DRILL_BROKE_OFF, "and %llu errors more",
			      (unsigned long long)(n - RESTORE_ERRORS_MAX));
}

static enum drill_code code_of(const struct run *r, const struct err *err)
{
	if (err->code == ERR_BROKEN)
		return DRILL_BYTES;
	if (err->code == ERR_INPUT)
		return DRILL_HALF;
	if (err->code == ERR_TOOL && r->ask->filter && strstr(err->msg, r->ask->filter[0]))
		return DRILL_NO_KEY;
	return err->code == ERR_IO ? DRILL_NO_VAULT : DRILL_BROKE_OFF;
}

static bool restore(struct run *r)
{
	const struct manifest *m = &r->done->manifest;
	struct unpack_from from = { r->ask->vault,  r->ask->target, m->id,   m->files,
				    r->ask->filter, m->plain_bytes, m->plain };
	const struct restore_error *errors;
	struct err err = { 0 };
	uint64_t n;

	r->fingerprint = fingerprint_new(DUMP_POSTGRES, r->arena);
	r->restore = restore_new((struct pg_conn *)r->c, r->arena);
	if (!r->fingerprint || !r->restore)
		return because(r, DRILL_BROKE_OFF, "out of memory");
	if (!unpack(&from, take, r, &err))
		return because(r, code_of(r, &err), "%s", err.msg);
	if (!dump_is_that(r))
		return false;
	if (!restore_end(r->restore, &errors, &n, &err))
		return because(r, DRILL_BROKE_OFF, "%s", err.msg);
	say_errors(r, errors, n);
	return !n;
}

/* --- comparing --- */

struct copied {
	uint64_t rows;
	struct digest digest;
};

static bool copy_out(struct run *r, const struct fingerprint_table *t, struct copied *ret)
{
	struct str sql = arena_fmt(r->arena, "COPY %.*s %.*s TO STDOUT", STR_ARG(t->name),
				   STR_ARG(t->columns));
	PGresult *one = sql.ptr ? PQexec(r->c, sql.ptr) : NULL;
	bool good = PQresultStatus(one) == PGRES_COPY_OUT;
	struct digest_run d;
	char *row;
	int n;

	PQclear(one);
	if (!good)
		return because(r, DRILL_TABLE_LOST, "%.*s was not restored: %.200s",
			       STR_ARG(t->name), PQerrorMessage(r->c));
	digest_begin(&d);
	for (ret->rows = 0; (n = PQgetCopyData(r->c, &row, 0)) > 0; ret->rows++) {
		digest_add(&d, row, (size_t)n);
		PQfreemem(row);
	}
	ret->digest = digest_end(&d);
	while ((one = PQgetResult(r->c))) {
		good &= PQresultStatus(one) == PGRES_COMMAND_OK;
		PQclear(one);
	}
	return (good && n == -1) || because(r, DRILL_BROKE_OFF, "%.*s cannot be read back: %.200s",
					    STR_ARG(t->name), PQerrorMessage(r->c));
}

static bool compare_tables(struct run *r)
{
	bool all = true;

	for (const struct fingerprint_table *t = r->done->manifest.tables; t; t = t->next) {
		struct copied c;

		if (!copy_out(r, t, &c)) {
			all = false;
		} else if (c.rows != t->rows) {
			all = because(r, DRILL_ROWS, "%.*s has %llu rows, the backup had %llu",
				      STR_ARG(t->name), (unsigned long long)c.rows,
				      (unsigned long long)t->rows);
		} else if (!digest_eq(&c.digest, &t->digest)) {
			all = because(r, DRILL_VALUES,
				      "%.*s has as many rows as the backup had, and other values",
				      STR_ARG(t->name));
		} else {
			r->done->tables++;
			r->done->rows += c.rows;
		}
	}
	return all;
}

/* Tables that nobody dumped: triggers or functions of the dump made them. */
static bool no_more_tables(struct run *r)
{
	PGresult *one = PQexec(
		r->c, "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
		      "LEFT JOIN pg_depend d ON d.objid = c.oid AND d.classid = "
		      "'pg_class'::regclass AND d.deptype = 'e' "
		      "WHERE relkind = 'r' AND d.objid IS NULL AND nspname !~ '^pg_' AND nspname "
		      "<> 'information_schema'");
	uint64_t there = 0, want = 0;
	bool good = PQresultStatus(one) == PGRES_TUPLES_OK &&
		    str_to_u64(str_from(PQgetvalue(one, 0, 0)), &there);

	PQclear(one);
	for (const struct fingerprint_table *t = r->done->manifest.tables; t; t = t->next)
		want++;
	if (!good)
		return because(r, DRILL_BROKE_OFF, "the tables cannot be counted: %.200s",
			       PQerrorMessage(r->c));
	return there <= want ||
	       because(r, DRILL_TABLE_MORE, "there are %llu tables, the backup had %llu",
		       (unsigned long long)there, (unsigned long long)want);
}

static bool answer(struct run *r, struct str name, struct str sql, struct str want,
		   enum drill_code code)
{
	struct str text = arena_fmt(r->arena, "%.*s", STR_ARG(sql));
	PGresult *one = text.ptr ? PQexec(r->c, text.ptr) : NULL;
	bool good = PQresultStatus(one) == PGRES_TUPLES_OK && PQntuples(one) == 1 &&
		    PQnfields(one) == 1;
	struct str got = !good			  ? STR_NONE
			 : PQgetisnull(one, 0, 0) ? STR("NULL")
						  : str_from(PQgetvalue(one, 0, 0));

	if (!good)
		(void)because(r, code, "%.*s cannot be answered: %.200s", STR_ARG(name),
			      PQerrorMessage(r->c));
	else if (!str_eq(got, want))
		good = because(r, code, "%.*s is %.*s, and should be %.*s", STR_ARG(name),
			       (int)(got.len < 100 ? got.len : 100), got.ptr, STR_ARG(want));
	PQclear(one);
	return good;
}

static bool compare_answers(struct run *r)
{
	bool all = true;

	for (const struct manifest_invariant *i = r->done->manifest.invariants; i; i = i->next)
		all &= answer(r, i->name, i->sql, i->value, DRILL_INVARIANT);
	for (const struct drill_query *q = r->ask->queries; q; q = q->next)
		all &= answer(r, q->name, q->sql, q->expect, DRILL_QUERY);
	return all;
}

static bool objectives(struct run *r, int64_t now)
{
	const struct drill_ask *a = r->ask;
	int64_t age = (now - r->done->manifest.taken_us) / CLOCK_SECOND,
		took = r->done->took_us / CLOCK_SECOND;
	bool good = true;

	if (a->rto_s && took > a->rto_s)
		good = because(r, DRILL_RTO, "the restore took %lld s, the objective is %lld s",
			       (long long)took, (long long)a->rto_s);
	if (a->rpo_s && age > a->rpo_s)
		good = because(r, DRILL_RPO, "the backup is %lld s old, the objective is %lld s",
			       (long long)age, (long long)a->rpo_s);
	if (age < 0)
		good = because(r, DRILL_BROKE_OFF,
			       "the backup is from a time to come: a clock is wrong");
	return good;
}

/* --- the whole --- */

static bool all_of_it(struct run *r)
{
	struct str id = r->ask->id;
	bool good;

	if ((!id.len && !newest(r, &id)) || !manifest(r, id))
		return false;
	if (r->done->manifest.kind != BACKUP_POSTGRES)
		return because(r, DRILL_BROKE_OFF,
			       "drills of this kind of backup are not built yet");
	if (!start(r) || !prepare(r) || !extensions(r) || !restore(r))
		return false;
	/* The dump's own settings end with its session. */
	if (!connect(r, "drill"))
		return false;
	good = compare_tables(r);
	good &= no_more_tables(r);
	return compare_answers(r) && good;
}

/* A single reason of the first kind is a failure; else nobody knows. */
static enum recovery_result result_of(const struct drill_done *d)
{
	for (const struct drill_reason *x = d->reasons; x; x = x->next) {
		if (x->code < DRILL_NO_SERVER)
			return RECOVERY_FAILED;
	}
	return RECOVERY_UNKNOWN;
}

void drill_run(const struct drill_ask *ask, struct arena *arena, struct drill_done *ret)
{
	struct drill_reason *reasons = NULL;
	struct run r = { .ask = ask, .arena = arena, .done = ret, .end = &reasons };
	int64_t began = clock_now_us();
	bool good;

	*ret = (struct drill_done){ .result = RECOVERY_UNKNOWN };
	good = all_of_it(&r);
	ret->at_us = clock_now_us();
	ret->took_us = ret->at_us > began ? ret->at_us - began : 0;
	if (ret->manifest.id.len)
		good &= objectives(&r, ret->at_us);
	restore_free(r.restore);
	fingerprint_free(r.fingerprint);
	PQfinish(r.c);
	scratch_stop(r.server);
	ret->reasons = reasons;
	ret->result =
		good && !ret->n_reasons && ret->at_us >= began ? RECOVERY_VERIFIED : result_of(ret);
	if (ret->result == RECOVERY_UNKNOWN && !ret->n_reasons)
		ret->n_reasons = 1; /* no memory even to say why */
}
