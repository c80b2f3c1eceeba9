#include "recovery/bring_inner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/fd.h"

#define ROWS_MAX (SIZE_MAX / 32)

/* A row as a number: the first bytes of its SHA-256. */
struct rows {
	uint64_t *row;
	size_t n, room;
};

static void rows_free(struct rows *r)
{
	free(r->row);
}
#define auto_rows __attribute__((cleanup(rows_free))) struct rows

static uint64_t number(const char *row, size_t n)
{
	struct digest d = digest_of(row, n);
	uint64_t v;

	memcpy(&v, d.b, sizeof(v));
	return v;
}

static bool add(struct rows *r, uint64_t v, struct err *err)
{
	if (r->n == r->room) {
		size_t room = r->room ? r->room * 2 : 4096;
		uint64_t *more = room < ROWS_MAX ? realloc(r->row, room * sizeof(*more)) : NULL;

		if (!more)
			return err_set(err, ERR_LIMIT, "no memory to compare %zu rows", r->n);
		r->row = more;
		r->room = room;
	}
	r->row[r->n++] = v;
	return true;
}

static int by_value(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return a < b ? -1 : a > b;
}

static bool read_rows(PGconn *c, const struct bring_table *t, struct arena *arena, struct rows *ret, bool *ret_there, struct err *err)
{
	bool good = true;
	char *row;
	int n;

	if (!bring_copy(c, t->name, t->columns, arena, ret_there, err))
		return false;
	while (*ret_there && (n = bring_row(c, &row, err)) != 0) {
		if (n < 0)
			return false;
		good = good && add(ret, number(row, (size_t)n), err);
		PQfreemem(row);
	}
	if (good && ret->n)
		qsort(ret->row, ret->n, sizeof(*ret->row), by_value);
	return good;
}

/* What only one of both has, each row as often as it is there. ${ret_only}: those of ${a}; NULL: counted alone. */
static void differ(const struct rows *a, const struct rows *b, uint64_t *ret_a, uint64_t *ret_b, uint64_t *ret_only)
{
	size_t i = 0, j = 0;
	uint64_t only_a = 0, only_b = 0;

	while (i < a->n || j < b->n) {
		if (j == b->n || (i < a->n && a->row[i] < b->row[j])) {
			if (ret_only)
				ret_only[only_a] = a->row[i];
			only_a++;
			i++;
		} else if (i == a->n || b->row[j] < a->row[i]) {
			only_b++;
			j++;
		} else {
			i++;
			j++;
		}
	}
	*ret_a = only_a;
	*ret_b = only_b;
}

static bool compare_one(PGconn *brought, PGconn *live, struct bring_table *t, struct arena *arena, struct err *err)
{
	auto_rows there = { 0 };
	auto_rows here = { 0 };
	bool is;

	if (!bring_shape(brought, live, t, arena, err))
		return err_prefix(err, "%.*s", STR_ARG(t->name));
	if (t->lost) {
		t->live = true;
		t->only_there = t->rows;
		return bring_count(live, t->name, arena, &t->only_here, err) || err_prefix(err, "%.*s", STR_ARG(t->name));
	}
	if (!read_rows(brought, t, arena, &there, &is, err) || !read_rows(live, t, arena, &here, &t->live, err))
		return err_prefix(err, "%.*s", STR_ARG(t->name));
	differ(&there, &here, &t->only_there, &t->only_here, NULL);
	return true;
}

/* Is it one database under two names? A lock of the one that the other finds taken: what no other database of any server does. */
static bool is_one(PGconn *a, PGconn *b, bool *ret, struct err *err)
{
	char take[100], try[100];
	int64_t key;
	PGresult *r;

	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return err_sys(err, "getrandom");
	snprintf(take, sizeof(take), "BEGIN; SELECT pg_advisory_xact_lock(%" PRId64 ")", key);
	snprintf(try, sizeof(try), "SELECT pg_try_advisory_xact_lock(%" PRId64 ")", key);
	bring_asks(a);
	if (!bring_exec(a, take, err))
		return false;
	bring_asks(b);
	r = PQexec(b, try);
	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		PQclear(r);
		return bring_says(b, "the live database", err);
	}
	*ret = strcmp(PQgetvalue(r, 0, 0), "f") == 0;
	PQclear(r);
	bring_asks(a);
	return bring_exec(a, "ROLLBACK", err);
}

bool bring_compare(const struct bring_place *brought, const struct bring_place *live, struct arena *arena, struct bring_done *done,
		   struct err *err)
{
	auto_pg a = bring_connect(brought, STR_NONE, err);
	auto_pg b = a ? bring_connect(live, STR_NONE, err) : NULL;
	bool one = false;

	if (!a || !b || !is_one(a, b, &one, err))
		return false;
	if (one)
		return err_set(err, ERR_STATE, BRING_IS_LIVE);
	for (struct bring_table *t = done->tables; t; t = t->next) {
		if (!compare_one(a, b, t, arena, err))
			return false;
	}
	return true;
}

/* --- the rows themselves --- */

/* Takes one of ${v} out, by marking: equal rows are written as often as they are only there. */
static bool take_out(const uint64_t *only, unsigned char *taken, size_t n, uint64_t v)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (only[mid] < v)
			low = mid + 1;
		else
			high = mid;
	}
	while (low < n && only[low] == v && taken[low])
		low++;
	if (low == n || only[low] != v)
		return false;
	taken[low] = 1;
	return true;
}

struct only {
	uint64_t *row;
	unsigned char *taken;
	size_t n;
};

static bool write_rows(PGconn *c, const struct bring_table *t, const struct only *o, int fd, struct err *err)
{
	char place[1 << 14];
	struct arena arena;
	bool there, good = true;
	char *row;
	int n;

	arena_init(&arena, place, sizeof(place));
	if (!bring_copy(c, t->name, t->columns, &arena, &there, err))
		return false;
	while (there && (n = bring_row(c, &row, err)) != 0) {
		if (n < 0)
			return false;
		if (good && take_out(o->row, o->taken, o->n, number(row, (size_t)n)))
			good = fd_write_all(fd, row, (size_t)n, err);
		PQfreemem(row);
	}
	return good;
}

static bool write_all(PGconn *c, PGconn *whose, const struct bring_table *t, const struct only *o, int fd, struct err *err)
{
	auto_buf before = { 0 };
	auto_buf after = { 0 };

	return bring_load(whose, t, o->n, &before, &after, err) && fd_write_all(fd, before.ptr, before.len, err) &&
	       write_rows(c, t, o, fd, err) && fd_write_all(fd, after.ptr, after.len, err);
}

/* Of a live table that lacks columns of it nothing is read: no row of it can be the backup's. */
static bool read_live(PGconn *c, struct bring_table *t, struct arena *arena, struct rows *ret, struct err *err)
{
	t->live = true;
	return t->lost || read_rows(c, t, arena, ret, &t->live, err);
}

bool bring_rows(const struct bring_place *brought, const struct bring_place *live, struct arena *arena, struct bring_table *t, int fd,
		struct err *err)
{
	auto_pg a = bring_connect(brought, STR_NONE, err);
	auto_pg b = a ? bring_connect(live, STR_NONE, err) : NULL;
	auto_rows there = { 0 };
	auto_rows here = { 0 };
	struct only o = { 0 };
	uint64_t n = 0, m = 0;
	bool is, good;

	if (!a || !b || !bring_shape(a, b, t, arena, err) || !read_rows(a, t, arena, &there, &is, err) ||
	    !read_live(b, t, arena, &here, err))
		return false;
	o.row = calloc(there.n + 1, sizeof(*o.row));
	o.taken = calloc(there.n + 1, 1);
	good = (o.row && o.taken) || err_set(err, ERR_LIMIT, "no memory to tell the rows apart");
	if (good) {
		differ(&there, &here, &n, &m, o.row);
		o.n = (size_t)n;
		good = write_all(a, t->live ? b : a, t, &o, fd, err);
	}
	if (good)
		t->written = n;
	free(o.row);
	free(o.taken);
	return good;
}
