#include "gate/postgres/aside.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>

#include "base/clock.h"

#define CONNECT_S "10"
#define ANSWER_S 90 /* after the server's own limit: it is not there any more */
#define ROWS_MAX ((size_t)4 << 20)

struct postgres_aside {
	const struct database_upstream *upstream;
	PGconn *conn;
	unsigned answer_s;
};

/* The server's own limits come first. Every name in our statements is qualified: nobody's schema stands before pg_catalog. */
static const char begin_sql[] = "SET statement_timeout = '60s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = 0; "
				"SET standard_conforming_strings = on; SET search_path = ''; SET datestyle = 'ISO'; SET row_security = off";

/* --- what went wrong --- */

static bool says(struct err *err, const char *sqlstate, const char *primary, const char *detail)
{
	struct str words = str_trim(str_from(primary));

	return err_set(err, ERR_TOOL, "%s%s%.*s%s%s", sqlstate ? sqlstate : "", sqlstate ? ": " : "", STR_ARG(words), detail ? ": " : "",
		       detail ? detail : "");
}

static bool result_failed(const PGresult *r, PGconn *conn, struct err *err)
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	const char *primary = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	return says(err, state, primary ? primary : PQerrorMessage(conn), r ? PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL) : NULL);
}

/* --- waiting --- */

static bool wait_socket(PGconn *conn, short events, int64_t until_us)
{
	struct pollfd p = { .fd = PQsocket(conn), .events = events };

	for (;;) {
		int64_t left = (until_us - clock_now_us()) / 1000;
		int n;

		if (left <= 0)
			return false;
		n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

static bool flush(PGconn *conn, int64_t until_us)
{
	for (;;) {
		int n = PQflush(conn);

		if (n == 0)
			return true;
		if (n < 0 || !wait_socket(conn, POLLIN | POLLOUT, until_us) || !PQconsumeInput(conn))
			return false;
	}
}

/* The last result of what was sent; NULL when the connection was lost, or time ran out: then it is of no more use. */
static PGresult *last_result(PGconn *conn, int64_t until_us)
{
	PGresult *last = NULL, *r;

	if (!flush(conn, until_us))
		return NULL;
	for (;;) {
		while (PQisBusy(conn)) {
			if (!wait_socket(conn, POLLIN, until_us) || !PQconsumeInput(conn)) {
				PQclear(last);
				return NULL;
			}
		}
		r = PQgetResult(conn);
		if (!r)
			return last;
		/* An error ends what was sent; what comes behind it is nothing. */
		if (last && PQresultStatus(last) == PGRES_FATAL_ERROR) {
			PQclear(r);
			continue;
		}
		PQclear(last);
		last = r;
		if (PQresultStatus(r) == PGRES_COPY_IN || PQresultStatus(r) == PGRES_COPY_OUT || PQresultStatus(r) == PGRES_COPY_BOTH)
			return last;
	}
}

/* --- connecting --- */

static PGconn *connect_upstream(const struct database_upstream *u, struct err *err)
{
	auto_buf secret = BUF_MAX(DATABASE_SECRET_MAX);
	const char *keys[] = { "dbname", "application_name", "connect_timeout", "client_encoding", "password", NULL };
	const char *values[] = { NULL, "pawl", CONNECT_S, "UTF8", NULL, NULL };
	auto_buf words = BUF_MAX(8192);
	PGconn *conn;

	buf_add(&words, u->connect);
	if (words.failed || (u->connect.len && memchr(u->connect.ptr, '\0', u->connect.len))) {
		err_set(err, ERR_INPUT, "upstream %.*s: its connect words are too long", STR_ARG(u->name));
		return NULL;
	}
	if (!database_secret(u, &secret, err))
		return NULL;
	values[0] = words.len ? words.ptr : "";
	values[4] = secret.len ? secret.ptr : NULL;
	conn = PQconnectdbParams(keys, values, 1);
	if (secret.len)
		explicit_bzero(secret.ptr, secret.len);
	if (!conn || PQstatus(conn) != CONNECTION_OK) {
		err_said(err, ERR_TOOL, NULL, conn ? PQerrorMessage(conn) : "no memory");
		err_prefix(err, "upstream %.*s", STR_ARG(u->name));
		PQfinish(conn);
		return NULL;
	}
	return conn;
}

static bool prepare(PGconn *conn, struct err *err)
{
	int64_t until = clock_now_us() + ANSWER_S * CLOCK_SECOND;
	PGresult *r = PQsendQuery(conn, begin_sql) ? last_result(conn, until) : NULL;
	bool ok = r && PQresultStatus(r) == PGRES_COMMAND_OK;

	if (!ok)
		result_failed(r, conn, err);
	PQclear(r);
	return ok;
}

static void quiet(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

static bool connected(struct postgres_aside *a, struct err *err)
{
	PGconn *conn;

	if (a->conn && PQstatus(a->conn) == CONNECTION_OK)
		return true;
	PQfinish(a->conn);
	a->conn = NULL;
	conn = connect_upstream(a->upstream, err);
	if (!conn)
		return false;
	PQsetNoticeReceiver(conn, quiet, NULL);
	if (!prepare(conn, err)) {
		PQfinish(conn);
		return false;
	}
	a->conn = conn;
	return true;
}

bool aside_open(const struct database_upstream *u, struct postgres_aside **ret, struct err *err)
{
	struct postgres_aside *a = calloc(1, sizeof(*a));

	if (!a)
		return err_set(err, ERR_LIMIT, "no memory");
	a->upstream = u;
	a->answer_s = ANSWER_S;
	if (!connected(a, err)) {
		aside_close(a);
		return false;
	}
	*ret = a;
	return true;
}

void aside_close(struct postgres_aside *a)
{
	if (!a)
		return;
	PQfinish(a->conn);
	free(a);
}

void aside_patience(struct postgres_aside *a, unsigned seconds)
{
	a->answer_s = seconds;
}

void *aside_connection(struct postgres_aside *a)
{
	return a->conn;
}

/* --- asking --- */

static bool take_rows(const PGresult *r, struct arena *arena, struct aside_rows *ret, struct err *err)
{
	size_t rows = (size_t)PQntuples(r), columns = (size_t)PQnfields(r);
	struct str *cells;

	if (rows * columns > ROWS_MAX)
		return err_set(err, ERR_LIMIT, "more rows than are taken into memory");
	cells = ARENA_ARRAY(arena, rows * columns + 1, struct str);
	if (!cells)
		return err_set(err, ERR_LIMIT, "more rows than fit into memory");
	for (size_t i = 0; i < rows * columns; i++) {
		int row = (int)(i / columns), column = (int)(i % columns);

		if (PQgetisnull(r, row, column))
			continue;
		cells[i] = arena_str(arena, (struct str){ PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column) });
		if (!cells[i].ptr)
			return err_set(err, ERR_LIMIT, "more rows than fit into memory");
	}
	*ret = (struct aside_rows){ rows, columns, cells };
	return true;
}

static PGresult *ask(struct postgres_aside *a, const char *sql, const char *const *values, int n)
{
	int64_t until = clock_now_us() + a->answer_s * CLOCK_SECOND;
	PGresult *r;

	if (!PQsendQueryParams(a->conn, sql, n, NULL, values, NULL, NULL, 0))
		return NULL;
	r = last_result(a->conn, until);
	if (!r && PQstatus(a->conn) == CONNECTION_OK) {
		/* Time ran out, and the answer may still come: never to be taken for another's. */
		PQfinish(a->conn);
		a->conn = NULL;
	}
	return r;
}

bool aside_query(struct postgres_aside *a, const char *sql, const struct str *params, size_t n, struct arena *arena, struct aside_rows *ret,
		 struct err *err)
{
	const char *values[32];
	PGresult *r = NULL;
	bool ok;

	if (n > ARRAY_LEN(values))
		return err_set(err, ERR_LIMIT, "too many parameters");
	for (size_t i = 0; i < n; i++) {
		/* NUL-terminated copies; a zero byte inside is no text. */
		if (params[i].len && memchr(params[i].ptr, '\0', params[i].len))
			return err_set(err, ERR_INPUT, "a zero byte in a parameter");
		values[i] = params[i].ptr ? arena_str(arena, params[i]).ptr : NULL;
		if (params[i].ptr && !values[i])
			return err_set(err, ERR_LIMIT, "parameters larger than fit into memory");
	}
	for (unsigned turn = 0; turn < 2; turn++) {
		bool outside;

		if (!connected(a, err))
			return false;
		outside = PQtransactionStatus(a->conn) == PQTRANS_IDLE;
		r = ask(a, sql, values, (int)n);
		if (!a->conn)
			return err_set(err, ERR_TOOL, "the database did not answer within %u s", a->answer_s);
		if (PQstatus(a->conn) == CONNECTION_OK || !outside)
			break;
		if (turn == 0) {
			PQclear(r);
			r = NULL;
		}
	}
	ok = r && (PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_COPY_IN ||
		   PQresultStatus(r) == PGRES_COPY_OUT);
	ok = ok ? take_rows(r, arena, ret, err) : result_failed(r, a->conn, err);
	PQclear(r);
	return ok;
}
