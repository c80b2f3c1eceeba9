#include "recovery/restore.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "base/buf.h"
#include "recovery/dump.h"
#include "recovery/restore_lanes.h"

#define SHOWN 120
#define SAYS_MAX 500

struct restore {
	PGconn *c;
	struct arena *arena;
	struct dump *dump;
	struct buf entry; /* text not sent yet */
	struct str table; /* whose rows pass; STR_NONE: none */
	struct str only;  /* no other's rows are sent; STR_NONE: all */
	void (*tell)(void *ctx, struct str text, uint64_t tables);
	void *tell_ctx;
	struct restore_lanes *lanes; /* NULL: all in order */
	uint64_t tables;  /* whose rows came, whole */
	bool copying;	  /* the server takes them */
	bool throw_away;  /* restore_throw_away() */
	bool in_one;	  /* in a transaction of our own, up to the end of the rows */
	struct restore_error *errors, **errors_end;
	uint64_t n_errors;
};

static bool gone(struct restore *r, struct err *err)
{
	return err_said(err, ERR_TOOL, "the server that is restored into is gone", PQerrorMessage(r->c));
}

static void remember(struct restore *r, const char *state, const char *says, struct str on)
{
	struct restore_error *e;
	struct str text = str_trim(str_from(says));

	if (r->n_errors++ >= RESTORE_ERRORS_MAX)
		return;
	e = arena_alloc(r->arena, sizeof(*e));
	if (!e)
		return;
	*e = (struct restore_error){ .says = arena_str(r->arena, str_sub(text, 0, SAYS_MAX)),
				     .on = arena_str(r->arena, str_sub(str_trim(on), 0, SHOWN)) };
	snprintf(e->state, sizeof(e->state), "%s", state ? state : "");
	*r->errors_end = e;
	r->errors_end = &e->next;
}

/* Every answer that is due. Ends at a COPY that the server waits for. */
static bool answers(struct restore *r, struct str on, struct err *err)
{
	PGresult *one;

	while ((one = PQgetResult(r->c))) {
		ExecStatusType status = PQresultStatus(one);

		if (status == PGRES_FATAL_ERROR)
			remember(r, PQresultErrorField(one, PG_DIAG_SQLSTATE),
				 PQresultErrorField(one, PG_DIAG_MESSAGE_PRIMARY), on);
		PQclear(one);
		if (status == PGRES_COPY_IN) {
			r->copying = true;
			break;
		}
		/* A dump asks for nothing; and libpq would say this for ever. */
		if (status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
			return err_set(err, ERR_BROKEN, "the dump asks the server for rows: %.*s",
				       STR_ARG(str_sub(str_trim(on), 0, SHOWN)));
		if (PQstatus(r->c) == CONNECTION_BAD)
			return gone(r, err);
	}
	return PQstatus(r->c) != CONNECTION_BAD || gone(r, err);
}

static bool done(struct restore *r, const char *sql)
{
	PGresult *one = PQexec(r->c, sql);
	ExecStatusType status = PQresultStatus(one);

	PQclear(one);
	return status == PGRES_COMMAND_OK;
}

/* pg_dump's first words. With them a materialized view over a table with row-level security is an error, where its owner saw some of the
 * rows. */
static bool rows_unfiltered(const struct restore *r)
{
	struct str s = str_trim((struct str){ r->entry.ptr, r->entry.len - 1 });
	struct str off = STR("SET row_security = off;");

	return str_starts(s, STR("SET ")) && str_find(s, off) < s.len;
}

/* One message, NUL-terminated: the server finds the statements in it. */
static bool send_text(struct restore *r, struct str text, struct err *err)
{
	return PQsendQuery(r->c, text.ptr) ? answers(r, text, err) : gone(r, err);
}

/* What is being made is done first; what failed beside another has its turn alone. */
static bool in_order(struct restore *r, struct err *err)
{
	struct str text;

	if (!r->lanes)
		return true;
	if (!restore_lanes_wait(r->lanes))
		return gone(r, err);
	while ((text = restore_lanes_failed(r->lanes)).len) {
		if (!send_text(r, text, err))
			return false;
	}
	return true;
}

/* *${ret_taken}: it is made beside others, and its error is told when it is in order again. */
static bool beside(struct restore *r, bool *ret_taken, struct err *err)
{
	*ret_taken = false;
	return !r->lanes || restore_lanes_give(r->lanes, buf_str(&r->entry), ret_taken) || gone(r, err);
}

/* The text so far. */
static bool send_entry(struct restore *r, struct err *err)
{
	bool good, taken;

	if (!str_trim(buf_str(&r->entry)).len) {
		buf_clear(&r->entry);
		return true;
	}
	if (r->tell)
		r->tell(r->tell_ctx, buf_str(&r->entry), r->tables);
	if (!r->entry.failed && !beside(r, &taken, err))
		return false;
	if (!r->entry.failed && taken) {
		buf_clear(&r->entry);
		return true;
	}
	buf_addc(&r->entry, '\0');
	if (r->entry.failed)
		return err_set(err, ERR_LIMIT,
			       "a statement of the dump is longer than can be restored");
	good = in_order(r, err) && send_text(r, buf_str(&r->entry), err);
	good = good && (!rows_unfiltered(r) || done(r, "SET row_security = on") || gone(r, err));
	buf_clear(&r->entry);
	return good;
}

static bool on_text(void *ctx, const char *p, size_t n, struct err *err)
{
	struct restore *r = ctx;

	(void)err;
	buf_add(&r->entry, (struct str){ p, n });
	return true;
}

static bool on_between(void *ctx, struct err *err)
{
	return send_entry(ctx, err);
}

/* The line that begins the COPY comes as text first of all. */
static bool on_table(void *ctx, struct str name, struct str columns, struct err *err)
{
	struct restore *r = ctx;

	(void)columns;
	(void)err;
	r->table = arena_str(r->arena, name);
	return true;
}

/* An ordinary table without rows: extensions fill some of theirs, and the dump adds to them. */
static bool empty(struct restore *r, struct str table)
{
	char *name = PQescapeLiteral(r->c, table.ptr, table.len);
	struct buf sql = BUF_MAX(4096);
	PGresult *one = NULL;
	bool is;

	if (name)
		buf_addf(&sql, "SELECT FROM pg_class WHERE oid = %s::regclass AND relkind = 'r' AND NOT EXISTS (SELECT FROM ONLY %.*s)",
			 name, STR_ARG(table));
	PQfreemem(name);
	if (name && !sql.failed)
		one = PQexec(r->c, sql.ptr);
	is = PQresultStatus(one) == PGRES_TUPLES_OK && PQntuples(one) == 1;
	PQclear(one);
	buf_free(&sql);
	return is;
}

/* The line of the COPY is all that is unsent. What does not work out so is done as the dump says. */
static void in_one(struct restore *r)
{
	static const char end[] = " FROM stdin;";
	struct str line = str_trim(buf_str(&r->entry));
	struct buf sql = BUF_MAX(4096);

	if (!str_starts(line, STR("COPY ")) || !str_ends(line, STR(end)) || !empty(r, r->table))
		return;
	buf_addf(&sql, "BEGIN; TRUNCATE ONLY %.*s", STR_ARG(r->table));
	r->in_one = !sql.failed && done(r, sql.ptr);
	if (!r->in_one)
		(void)done(r, "ROLLBACK");
	buf_clear(&sql);
	buf_addf(&sql, "%.*s WITH (FREEZE);", (int)(line.len - 1), line.ptr);
	if (r->in_one && !sql.failed) {
		buf_clear(&r->entry);
		buf_add(&r->entry, buf_str(&sql));
	}
	buf_free(&sql);
}

/* After an error it takes back what was undone already. */
static bool over_in_one(struct restore *r, struct str on, struct err *err)
{
	if (!r->in_one)
		return true;
	r->in_one = false;
	return PQsendQuery(r->c, "COMMIT") ? answers(r, on, err) : gone(r, err);
}

static bool begin_copy(struct restore *r, struct err *err)
{
	if (!in_order(r, err))
		return false;
	if (r->only.len && !str_eq(r->only, r->table))
		buf_clear(&r->entry); /* its COPY line, unsent: so its rows go nowhere */
	if (r->throw_away && r->entry.len)
		in_one(r);
	return !r->entry.len || send_entry(r, err);
}

static bool on_rows(void *ctx, const char *p, size_t n, uint64_t rows, struct err *err)
{
	struct restore *r = ctx;

	(void)rows;
	if (!begin_copy(r, err))
		return false;
	while (n && r->copying) {
		int k = n > (size_t)1 << 20 ? 1 << 20 : (int)n;

		if (PQputCopyData(r->c, p, k) != 1)
			return gone(r, err);
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static bool on_table_end(void *ctx, struct err *err)
{
	struct restore *r = ctx;
	struct str on = r->table;

	if (!begin_copy(r, err))
		return false;
	r->tables += r->table.len > 0;
	r->table = STR_NONE;
	if (!r->copying)
		return over_in_one(r, on, err);
	r->copying = false;
	return (PQputCopyEnd(r->c, NULL) == 1 ? answers(r, on, err) : gone(r, err)) && over_in_one(r, on, err);
}

static const struct dump_events events = { on_text, NULL, on_between, on_table, on_rows, on_table_end };

struct restore *restore_new(struct pg_conn *c, struct arena *arena)
{
	struct restore *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->c = (PGconn *)c;
	r->arena = arena;
	r->entry = BUF_MAX(RESTORE_ENTRY_MAX);
	r->errors_end = &r->errors;
	r->dump = dump_new(DUMP_POSTGRES, &events, r);
	if (!r->dump) {
		free(r);
		return NULL;
	}
	return r;
}

void restore_only(struct restore *r, struct str table)
{
	r->only = table;
}

void restore_throw_away(struct restore *r)
{
	r->throw_away = true;
}

void restore_tell(struct restore *r, void (*tell)(void *ctx, struct str text, uint64_t tables), void *ctx)
{
	r->tell = tell;
	r->tell_ctx = ctx;
}

bool restore_beside(struct restore *r, struct pg_conn *(*connect)(void *ctx), void *ctx)
{
	r->lanes = restore_lanes_new(r->c, connect, ctx);
	return r->lanes;
}

bool restore_take(void *restore, const void *p, size_t n, struct err *err)
{
	struct restore *r = restore;

	return dump_add(r->dump, p, n, err);
}

bool restore_end(struct restore *r, const struct restore_error **ret_errors, uint64_t *ret_n_errors,
		 struct err *err)
{
	if (!dump_end(r->dump, err) || !send_entry(r, err) || !in_order(r, err))
		return false;
	*ret_errors = r->errors;
	*ret_n_errors = r->n_errors;
	return true;
}

void restore_free(struct restore *r)
{
	if (!r)
		return;
	dump_free(r->dump);
	restore_lanes_free(r->lanes);
	buf_free(&r->entry);
	free(r);
}
