#include "recovery/restore_lanes.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/buf.h"

#define TEXT_MAX ((size_t)64 << 10)
#define SOON_MS 20 /* what is done so soon is not worth another session */

struct lane {
	PGconn *c;
	struct buf text;
	struct str table; /* of the statement that it is busy with */
	bool busy, failed;
};

struct restore_lanes {
	struct lane own, other; /* other.c: NULL: there is none yet */
	struct pg_conn *(*connect)(void *ctx);
	void *ctx;
	bool alone, settled; /* alone: there is no other to be had */
};

/* --- which statements --- */

/* One statement, of plain words and one list in parentheses at its end. */
static bool is_plain(struct str s)
{
	size_t opened = str_find_char(s, '(');

	if (s.len > TEXT_MAX || !str_ends(s, STR(");")) || str_find_char(s, ';') != s.len - 1)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (strchr("'\"$\\", s.ptr[i]) || !s.ptr[i] || (s.ptr[i] == '(' && i != opened))
			return false;
	}
	return str_find(s, STR("--")) >= s.len && str_find(s, STR("/*")) >= s.len;
}

/* The word at the beginning; *${s} goes behind it and the ${then} that has to follow. */
static struct str word(struct str *s, const char *then)
{
	size_t n = 0;

	while (n < s->len && s->ptr[n] != ' ' && s->ptr[n] != '\n' && s->ptr[n] != '(')
		n++;
	if (!n || !str_starts(str_sub(*s, n, s->len), str_from(then)))
		return STR_NONE;
	*s = str_sub(*s, n + strlen(then), s->len);
	return (struct str){ s->ptr - strlen(then) - n, n };
}

static bool passes(struct str *s, const char *words)
{
	if (!str_starts(*s, str_from(words)))
		return false;
	*s = str_sub(*s, strlen(words), s->len);
	return true;
}

struct str restore_lanes_table(struct str text)
{
	struct str s = str_trim(text), table;

	if (!is_plain(s))
		return STR_NONE;
	if (passes(&s, "ALTER TABLE ONLY ")) {
		table = word(&s, "\n    ADD CONSTRAINT ");
		return table.len && word(&s, " ").len && (passes(&s, "PRIMARY KEY (") || passes(&s, "UNIQUE (")) ? table : STR_NONE;
	}
	if ((!passes(&s, "CREATE INDEX ") && !passes(&s, "CREATE UNIQUE INDEX ")) || !word(&s, " ON ").len)
		return STR_NONE;
	(void)passes(&s, "ONLY ");
	table = word(&s, " USING ");
	return table.len && word(&s, " (").len ? table : STR_NONE;
}

/* --- two sessions --- */

/* Has the session any setting that the other has not, and that an index would be another by? */
static bool settled(struct restore_lanes *l)
{
	char *user = PQescapeLiteral(l->own.c, PQuser(l->own.c), strlen(PQuser(l->own.c)));
	struct buf sql = BUF_MAX(4096);
	PGresult *one = NULL;
	bool is;

	if (user)
		buf_addf(&sql,
			 "SELECT FROM (VALUES (1)) x WHERE pg_catalog.current_setting('default_tablespace') = '' AND "
			 "pg_catalog.current_setting('client_encoding') = 'UTF8' AND "
			 "pg_catalog.current_setting('search_path') IN ('', '\"\"') AND "
			 "pg_catalog.current_setting('standard_conforming_strings') = 'on' AND current_user = %s AND session_user = %s AND "
			 "NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger)",
			 user, user);
	PQfreemem(user);
	if (user && !sql.failed && PQtransactionStatus(l->own.c) == PQTRANS_IDLE)
		one = PQexec(l->own.c, sql.ptr);
	is = PQresultStatus(one) == PGRES_TUPLES_OK && PQntuples(one) == 1;
	PQclear(one);
	buf_free(&sql);
	return is;
}

/* What has come. */
static bool take_in(struct lane *a)
{
	if (!a->c)
		return true;
	if (!PQconsumeInput(a->c))
		return false;
	while (a->busy && !PQisBusy(a->c)) {
		PGresult *one = PQgetResult(a->c);

		a->failed |= one && PQresultStatus(one) != PGRES_COMMAND_OK;
		a->busy = one;
		PQclear(one);
		if (PQstatus(a->c) != CONNECTION_OK)
			return false;
	}
	return true;
}

/* Waits for one of them; ${ms} -1: for good. The one that does nothing is listened to as well: whoever gives up shuts it down. */
static bool listen(struct restore_lanes *l, int ms)
{
	struct pollfd fds[2] = { { PQsocket(l->own.c), POLLIN, 0 }, { l->other.c ? PQsocket(l->other.c) : -1, POLLIN, 0 } };
	bool own = l->own.busy, other = l->other.busy;

	/* It may have been read already, while something was sent. */
	if (!take_in(&l->own) || !take_in(&l->other))
		return false;
	if (l->own.busy != own || l->other.busy != other)
		return true;
	if (poll(fds, 2, ms) < 0 && errno != EINTR)
		return false;
	return take_in(&l->own) && take_in(&l->other);
}

static bool is_free(const struct lane *a)
{
	return a->c && !a->busy && !a->failed;
}

static void another(struct restore_lanes *l)
{
	l->other.c = (PGconn *)l->connect(l->ctx);
	l->alone = !l->other.c;
}

/* *${ret} NULL: one failed, so it is to go in order. */
static bool choose(struct restore_lanes *l, struct str table, struct lane **ret)
{
	*ret = NULL;
	while (!l->own.failed && !l->other.failed) {
		bool taken = (l->own.busy && str_eq(l->own.table, table)) || (l->other.busy && str_eq(l->other.table, table));

		if (!taken && (is_free(&l->own) || is_free(&l->other))) {
			*ret = is_free(&l->own) ? &l->own : &l->other;
			return true;
		}
		if (taken || l->other.c || l->alone) {
			if (!listen(l, -1))
				return false;
			continue;
		}
		if (!listen(l, SOON_MS))
			return false;
		if (l->own.busy)
			another(l);
	}
	return true;
}

bool restore_lanes_give(struct restore_lanes *l, struct str text, bool *ret_taken)
{
	struct str table = restore_lanes_table(text);
	struct lane *a = NULL;

	*ret_taken = false;
	if (!table.len)
		return true;
	if (!l->own.busy && !l->other.busy && !l->settled)
		l->settled = settled(l);
	if (!l->settled)
		return true;
	if (!choose(l, table, &a))
		return false;
	if (!a)
		return true;
	buf_clear(&a->text);
	buf_add(&a->text, str_trim(text));
	if (a->text.failed)
		return true;
	a->table = restore_lanes_table(buf_str(&a->text));
	*ret_taken = a->busy = true;
	return PQsendQuery(a->c, a->text.ptr);
}

bool restore_lanes_wait(struct restore_lanes *l)
{
	while (l->own.busy || l->other.busy) {
		if (!listen(l, -1))
			return false;
	}
	l->settled = false;
	return true;
}

struct str restore_lanes_failed(struct restore_lanes *l)
{
	struct lane *a = l->own.failed ? &l->own : &l->other;

	if (!a->failed)
		return STR_NONE;
	a->failed = false;
	return buf_str(&a->text);
}

struct restore_lanes *restore_lanes_new(PGconn *c, struct pg_conn *(*connect)(void *ctx), void *ctx)
{
	struct restore_lanes *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	*l = (struct restore_lanes){ .own = { .c = c, .text = BUF_MAX(TEXT_MAX + 1) },
				     .other = { .text = BUF_MAX(TEXT_MAX + 1) },
				     .connect = connect,
				     .ctx = ctx };
	return l;
}

void restore_lanes_free(struct restore_lanes *l)
{
	if (!l)
		return;
	PQfinish(l->other.c);
	buf_free(&l->own.text);
	buf_free(&l->other.text);
	free(l);
}
