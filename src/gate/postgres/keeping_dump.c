#include "gate/postgres/keeping_dump.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "gate/postgres/keeping_text.h"

#define HEAD "pawl-dump 1\n"
#define PIECE ((size_t)256 << 10)
#define PIECE_MAX ((size_t)1 << 30) /* a row is in one */
#define LINE_LEN 4096
#define SILENCE_US (60 * CLOCK_SECOND)
#define LOOK_MS 500
#define DISK_LEFT ((uint64_t)256 << 20) /* for the ledger, which is on the same disk */
#define DISK_LOOK ((uint64_t)32 << 20)

struct dumping {
	const struct keeping_dumping *how;
	PGconn *conn;
	gzFile z;
	int fd;
	uint64_t bytes, looked; /* taken from the database */
	struct buf piece;
};

/* --- the plan's part --- */

bool keeping_dump_wanted(struct postgres_aside *a, struct arena *arena, struct keeping_plan *io, struct err *err)
{
	struct aside_rows got = { 0 };
	struct keeping_dump *list;
	struct str tables = STR_NONE;
	struct json *all;
	size_t n = 0;

	if (!aside_query(a, "select pg_catalog.current_setting('pawl.dumps', true)", NULL, 0, arena, &got, err))
		return false;
	if (!got.n_rows || !got.cells[0].len || str_is(got.cells[0], "[]"))
		return true;
	if (!json_parse(got.cells[0], arena, &all, err))
		return false;
	JSON_EACH(one, all)
		n++;
	list = ARENA_ARRAY(arena, n + 1, struct keeping_dump);
	if (!list)
		return err_set(err, ERR_LIMIT, "too much to be dumped");
	n = 0;
	JSON_EACH(one, all) {
		uint64_t bytes = 0;

		list[n] = (struct keeping_dump){ json_str(one, "key"), json_str(one, "of"), json_str(one, "query") };
		tables = arena_fmt(arena, "%.*s%s%.*s", STR_ARG(tables), n ? ", " : "", STR_ARG(list[n].of));
		(void)!json_u64(one, "bytes", &bytes);
		io->dump_bytes += bytes;
		n++;
	}
	struct keeping_word words[] = { { "LOCKS", tables } };
	io->dumps = list;
	io->n_dumps = n;
	io->lock = keeping_text("keeping_lock", words, 1, arena);
	io->way = KEEPING_DUMP;
	return io->lock.len || err_set(err, ERR_LIMIT, "too much to be dumped");
}

struct str keeping_dump_keys(const struct keeping_plan *tried, struct arena *arena)
{
	struct str s = STR("array[");

	if (!tried)
		return STR("null");
	for (size_t i = 0; i < tried->n_dumps; i++)
		s = arena_fmt(arena, "%.*s%s%.*s", STR_ARG(s), i ? ", " : "", STR_ARG(keeping_literal(tried->dumps[i].key, arena)));
	return arena_join(arena, s, STR("]::text[]"));
}

/* --- talking --- */

static bool said(PGresult *r, PGconn *conn, ExecStatusType wanted, struct err *err)
{
	bool ok = r && PQresultStatus(r) == wanted;

	if (!ok)
		err_said(err, ERR_TOOL, NULL, r ? PQresultErrorMessage(r) : PQerrorMessage(conn));
	PQclear(r);
	return ok;
}

static bool run(PGconn *conn, const char *sql, struct err *err)
{
	return said(PQexec(conn, sql), conn, PGRES_COMMAND_OK, err);
}

static const char settings[] = "set local statement_timeout = 0; set local intervalstyle = postgres; set local extra_float_digits = 3; "
			       "set local bytea_output = hex; set local datestyle = iso; set local row_security = off; "
			       "set local search_path = ''";

static bool stopped(const struct keeping_dumping *how)
{
	return how->stopped && how->stopped(how->ctx);
}

/* Until there is something to read. False: nobody wants it any more, or the server is silent. */
static bool more(const struct dumping *d, struct err *err)
{
	int64_t until = clock_now_us() + SILENCE_US;
	struct pollfd p = { .fd = PQsocket(d->conn), .events = POLLIN };

	while (clock_now_us() < until) {
		if (stopped(d->how))
			return err_set(err, ERR_STATE, "nobody waits for it any more");
		if (poll(&p, 1, LOOK_MS) > 0)
			return PQconsumeInput(d->conn) || err_said(err, ERR_TOOL, "the database is gone", PQerrorMessage(d->conn));
	}
	return err_set(err, ERR_TOOL, "the database says nothing");
}

/* --- there --- */

static bool write_failed(const struct dumping *d, struct err *err)
{
	int number;
	const char *why = gzerror(d->z, &number);

	return number == Z_ERRNO ? err_sys(err, "%s", d->how->path) : err_set(err, ERR_IO, "%s: %s", d->how->path, why);
}

static bool put(struct dumping *d, const void *p, size_t n, struct err *err)
{
	return !n || gzwrite(d->z, p, (unsigned)n) == (int)n || write_failed(d, err);
}

static bool room(struct dumping *d, struct err *err)
{
	struct statvfs v;

	if (d->bytes - d->looked < DISK_LOOK && d->looked)
		return true;
	d->looked = d->bytes ? d->bytes : 1;
	if (d->how->progress)
		d->how->progress(d->how->ctx, d->bytes);
	if (fstatvfs(d->fd, &v) != 0 || (uint64_t)v.f_bavail * v.f_frsize >= DISK_LEFT)
		return true;
	return err_set(err, ERR_LIMIT, "%s: the disk has too little room left for a dump", d->how->path);
}

static bool put_piece(struct dumping *d, struct err *err)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "%zu\n", d->piece.len);

	if (d->piece.failed)
		return err_set(err, ERR_LIMIT, "a row that is too large to be dumped");
	if (!d->piece.len)
		return true;
	if (!put(d, line, (size_t)n, err) || !put(d, d->piece.ptr, d->piece.len, err) || !room(d, err))
		return false;
	buf_clear(&d->piece);
	return true;
}

static bool copy_rows(struct dumping *d, struct err *err)
{
	for (;;) {
		char *row = NULL;
		int n = PQgetCopyData(d->conn, &row, 1);

		if (n == 0) {
			if (!more(d, err))
				return false;
			continue;
		}
		if (n < 0)
			return n == -1 || err_said(err, ERR_TOOL, NULL, PQerrorMessage(d->conn));
		buf_add(&d->piece, (struct str){ row, (size_t)n });
		PQfreemem(row);
		d->bytes += (uint64_t)n;
		if ((d->piece.len >= PIECE || d->piece.failed) && !put_piece(d, err))
			return false;
	}
}

static bool dump_one(struct dumping *d, const struct keeping_dump *one, struct err *err)
{
	auto_buf line = BUF_MAX((size_t)1 << 20), sql = BUF_MAX((size_t)1 << 20);
	struct json_out o = { .buf = &line };
	PGresult *r;
	char rows[40];
	int n;

	json_out_open(&o, '{');
	json_out_kv(&o, "key", one->key);
	json_out_kv(&o, "of", one->of);
	json_out_close(&o, '}');
	buf_addc(&line, '\n');
	buf_addf(&sql, "copy (%.*s) to stdout", STR_ARG(one->query));
	if (line.failed || sql.failed)
		return err_set(err, ERR_LIMIT, "too large to be dumped");
	if (!said(PQexec(d->conn, sql.ptr), d->conn, PGRES_COPY_OUT, err) || !put(d, line.ptr, line.len, err) || !copy_rows(d, err) ||
	    !put_piece(d, err))
		return false;
	r = PQgetResult(d->conn);
	n = snprintf(rows, sizeof(rows), "0\n%s\n", r && *PQcmdTuples(r) ? PQcmdTuples(r) : "0");
	if (!said(r, d->conn, PGRES_COMMAND_OK, err) || !put(d, rows, (size_t)n, err))
		return false;
	while ((r = PQgetResult(d->conn)))
		PQclear(r);
	return true;
}

static bool dump_all(struct dumping *d, const struct keeping_plan *plan, struct err *err)
{
	if (!run(d->conn, "begin isolation level repeatable read read only", err) || !run(d->conn, settings, err) ||
	    !put(d, HEAD, sizeof(HEAD) - 1, err) || !room(d, err))
		return false;
	for (size_t i = 0; i < plan->n_dumps; i++) {
		if (!dump_one(d, &plan->dumps[i], err))
			return false;
	}
	return put(d, "end\n", 4, err) && run(d->conn, "commit", err);
}

bool keeping_dump(struct postgres_aside *a, const struct keeping_plan *plan, const struct keeping_dumping *how, uint64_t *ret_bytes,
		  struct err *err)
{
	struct dumping d = { .how = how, .conn = aside_connection(a), .piece = BUF_MAX(PIECE_MAX) };
	auto_fd fd = open(how->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int own = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	struct stat st;
	bool ok;

	d.fd = fd;
	d.z = own < 0 ? NULL : gzdopen(own, "wb1");
	if (!d.z) {
		if (own >= 0)
			close(own);
		return err_sys(err, "%s", how->path);
	}
	ok = dump_all(&d, plan, err);
	buf_free(&d.piece);
	if (gzclose(d.z) != Z_OK && ok)
		ok = err_sys(err, "%s", how->path);
	if (ok && (fsync(fd) != 0 || fstat(fd, &st) != 0))
		ok = err_sys(err, "%s", how->path);
	if (!ok) {
		unlink(how->path);
		return err_prefix(err, "it could not be dumped");
	}
	*ret_bytes = (uint64_t)st.st_size;
	return true;
}

/* --- back --- */

static bool broken(const char *path, struct err *err)
{
	return err_set(err, ERR_BROKEN, "%s: the dump is not whole; nothing was changed", path);
}

/* Without its newline. */
static bool get_line(gzFile z, char line[LINE_LEN])
{
	size_t n;

	if (!gzgets(z, line, LINE_LEN))
		return false;
	n = strlen(line);
	if (!n || line[n - 1] != '\n')
		return false;
	line[n - 1] = '\0';
	return true;
}

static bool load_rows(PGconn *conn, gzFile z, const char *path, struct err *err)
{
	char line[LINE_LEN];
	uint64_t n;

	for (;;) {
		char *piece;
		bool ok;

		if (!get_line(z, line) || !str_to_u64(str_from(line), &n) || n > PIECE_MAX)
			return broken(path, err);
		if (!n)
			return true;
		piece = malloc(n);
		if (!piece)
			return err_set(err, ERR_LIMIT, "no memory");
		ok = gzread(z, piece, (unsigned)n) == (int)n ? PQputCopyData(conn, piece, (int)n) == 1 : broken(path, err);
		free(piece);
		if (!ok)
			return err->code != ERR_NONE ? false : err_said(err, ERR_TOOL, NULL, PQerrorMessage(conn));
	}
}

static bool load_one(PGconn *conn, gzFile z, const char *path, const char *into, struct err *err)
{
	auto_buf sql = BUF_MAX(1024);
	struct err why = { 0 };
	char line[LINE_LEN];
	PGresult *r;
	bool same;

	buf_addf(&sql, "copy %s from stdin", into);
	if (!said(PQexec(conn, sql.ptr), conn, PGRES_COPY_IN, err))
		return false;
	if (!load_rows(conn, z, path, &why)) {
		(void)!PQputCopyEnd(conn, "the dump is not whole");
		while ((r = PQgetResult(conn)))
			PQclear(r);
		*err = why;
		return false;
	}
	if (PQputCopyEnd(conn, NULL) != 1)
		return err_said(err, ERR_TOOL, NULL, PQerrorMessage(conn));
	r = PQgetResult(conn);
	same = get_line(z, line) && r && strcmp(PQcmdTuples(r), line) == 0;
	if (!said(r, conn, PGRES_COMMAND_OK, err))
		return false;
	while ((r = PQgetResult(conn)))
		PQclear(r);
	return same || broken(path, err);
}

static bool key_good(struct str key)
{
	for (size_t i = 0; i < key.len; i++) {
		if (!(key.ptr[i] == '.' || (key.ptr[i] >= 'a' && key.ptr[i] <= 'z') || (key.ptr[i] >= '0' && key.ptr[i] <= '9')))
			return false;
	}
	return key.len > 0;
}

static bool load_all(PGconn *conn, gzFile z, struct str item, const char *path, struct arena *arena, struct err *err)
{
	char line[LINE_LEN];

	if (!get_line(z, line) || strcmp(line, "pawl-dump 1") != 0)
		return broken(path, err);
	while (get_line(z, line)) {
		struct json *one;
		struct str into;

		if (strcmp(line, "end") == 0)
			return gzgetc(z) < 0 || broken(path, err);
		if (!json_parse(arena_str(arena, str_from(line)), arena, &one, NULL) || !key_good(json_str(one, "key")))
			return broken(path, err);
		into = arena_fmt(arena, "pawl_trash.\"%.*s.%.*s\"", STR_ARG(item), STR_ARG(json_str(one, "key")));
		if (!into.len || !load_one(conn, z, path, into.ptr, err))
			return false;
	}
	return broken(path, err);
}

bool keeping_dump_load(struct postgres_aside *a, struct str item, const char *path, struct arena *arena, struct err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	gzFile z = fd < 0 ? NULL : gzdopen(fd, "rb");
	PGconn *conn = aside_connection(a);
	bool ok;

	if (!z) {
		if (fd >= 0)
			close(fd);
		return err_sys(err, "%s", path);
	}
	ok = run(conn, settings, err) && load_all(conn, z, item, path, arena, err);
	gzclose(z);
	return ok;
}
