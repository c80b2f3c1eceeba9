#include "recovery/drill_beside.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "recovery/drill_exec.h"
#include "recovery/drill_rows.h"

struct one {
	const struct fingerprint_table *table;
	uint64_t file, rows; /* file: of the server's, when it was read */
	struct digest digest;
	bool read, equal;
};

struct drill_beside {
	struct drill_run *r;
	PGconn *(*connect)(void *ctx);
	void *ctx;
	struct one *all;
	size_t n;
	bool started, joined, spoiled, waited_for;
	atomic_bool stop;
	pthread_t thread;
	pthread_mutex_t lock;
	PGconn *c; /* the thread's; made by it, closed when it has ended */
};

/* --- which statements --- */

static bool starts_with_one(struct str s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_starts(s, str_from(words[i])))
			return true;
	}
	return false;
}

/* One action, of a constraint that is kept by an index or refers to another table. */
static bool adds_constraint(struct str s)
{
	static const char *const kinds[] = { " PRIMARY KEY (", " UNIQUE (", " FOREIGN KEY (" };
	size_t at = str_find(s, STR("\n    ADD CONSTRAINT ")), next;
	bool known = false;

	if (!str_starts(s, STR("ALTER TABLE ONLY ")) || at >= s.len)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		known |= str_find(s, str_from(kinds[i])) < s.len;
	/* A comma outside parentheses would begin another action. */
	for (next = at; next < s.len && s.ptr[next] != '('; next++)
		;
	for (unsigned depth = 0; next < s.len; next++) {
		depth += s.ptr[next] == '(';
		depth -= s.ptr[next] == ')' && depth;
		if (!depth && s.ptr[next] == ',')
			return false;
	}
	return known;
}

static bool makes_index(struct str s)
{
	static const char *const words[] = { "CREATE INDEX ", "CREATE UNIQUE INDEX " };

	return starts_with_one(s, words, ARRAY_LEN(words)) || adds_constraint(s);
}

static bool changes_no_row(struct str s)
{
	static const char *const words[] = { "COMMENT ON ",	   "GRANT ",		 "REVOKE ",
					     "ALTER INDEX ",	   "CREATE TRIGGER ",	 "CREATE CONSTRAINT TRIGGER ",
					     "CREATE STATISTICS ", "ALTER STATISTICS ",	 "ALTER DEFAULT PRIVILEGES ",
					     "CREATE POLICY ",	   "CREATE PUBLICATION ", "ALTER PUBLICATION ",
					     "SET default_" };

	return !s.len || makes_index(s) || starts_with_one(s, words, ARRAY_LEN(words));
}

/* Cut at every semicolon: where a statement begins a piece begins, whatever else does. */
bool drill_beside_harmless(struct str text)
{
	while (text.len) {
		size_t end = str_find_char(text, ';');

		if (!changes_no_row(str_trim(str_sub(text, 0, end))))
			return false;
		text = str_sub(text, end < text.len ? end + 1 : end, text.len);
	}
	return true;
}

/* --- the second session --- */

/* The file that the table's rows are in, and its columns are there; 0: no. */
static uint64_t file_of(struct drill_run *r, PGconn *c, const struct fingerprint_table *t)
{
	struct str columns = t->columns.len > 2 ? str_sub(t->columns, 1, t->columns.len - 2) : STR_NONE;
	char *name = PQescapeLiteral(c, t->name.ptr, t->name.len);
	struct buf sql = BUF_MAX((size_t)1 << 20);
	PGresult *one = NULL;
	uint64_t file = 0;

	if (name)
		buf_addf(&sql,
			 "SELECT pg_catalog.pg_relation_filenode(%s::pg_catalog.regclass), (SELECT count(*) FROM (SELECT %.*s FROM "
			 "ONLY %.*s LIMIT 0) x)",
			 name, STR_ARG(columns), STR_ARG(t->name));
	PQfreemem(name);
	if (name && !sql.failed)
		one = drill_exec(r, c, sql.ptr);
	if (PQresultStatus(one) != PGRES_TUPLES_OK || PQntuples(one) != 1 || !str_to_u64(str_from(PQgetvalue(one, 0, 0)), &file))
		file = 0;
	PQclear(one);
	buf_free(&sql);
	return file;
}

/* The digest follows when the lanes are done. */
static bool read_one(struct drill_beside *b, struct digest_lanes *lanes, struct one *x)
{
	struct digest_tree *tree;

	x->file = file_of(NULL, b->c, x->table);
	if (!x->file || !drill_rows_begin(b->c, x->table, NULL))
		return false;
	tree = digest_tree_begin(lanes, NULL);
	if (!tree)
		return false;
	x->read = drill_rows_read(b->c, tree, b->r->stall, &b->stop, &x->rows);
	digest_tree_end(tree, &x->digest);
	return x->read;
}

/* The last first: the other session begins with the first. */
static void *work(void *ctx)
{
	struct drill_beside *b = ctx;
	PGconn *c = b->connect(b->ctx);
	struct digest_lanes *lanes = digest_lanes_new(DIGEST_LANES_MANY);

	pthread_mutex_lock(&b->lock);
	b->c = c;
	if (c && b->waited_for)
		stall_watch_fd(b->r->stall, PQsocket(c));
	pthread_mutex_unlock(&b->lock);
	/* From here on whoever stops it finds its connection to shut down. */
	for (size_t i = b->n; c && lanes && !b->stop && i-- > 0;) {
		if (!read_one(b, lanes, &b->all[i]))
			break;
	}
	if (lanes)
		digest_lanes_wait(lanes);
	digest_lanes_free(lanes);
	for (size_t i = 0; i < b->n; i++) {
		struct one *x = &b->all[i];

		x->equal = x->read && x->rows == x->table->rows && digest_eq(&x->digest, &x->table->digest);
	}
	return NULL;
}

struct drill_beside *drill_beside_new(struct drill_run *r, PGconn *(*connect)(void *ctx), void *ctx)
{
	struct drill_beside *b = calloc(1, sizeof(*b));
	size_t i = 0;

	if (!b)
		return NULL;
	*b = (struct drill_beside){ .r = r, .connect = connect, .ctx = ctx };
	for (const struct fingerprint_table *t = r->done->manifest.tables; t; t = t->next)
		b->n++;
	b->all = calloc(b->n + 1, sizeof(*b->all));
	if (!b->all) {
		free(b);
		return NULL;
	}
	PAWL_ASSERT(pthread_mutex_init(&b->lock, NULL) == 0);
	for (const struct fingerprint_table *t = r->done->manifest.tables; t; t = t->next)
		b->all[i++].table = t;
	return b;
}

void drill_beside_statement(void *beside, struct str text, uint64_t tables)
{
	struct drill_beside *b = beside;
	bool harmless = drill_beside_harmless(text);

	if (b->started)
		b->spoiled |= !harmless;
	else if (harmless && tables == b->n && makes_index(str_trim(text)))
		b->started = pthread_create(&b->thread, NULL, work, b) == 0;
}

static void join(struct drill_beside *b)
{
	if (b->started && !b->joined)
		PAWL_ASSERT(pthread_join(b->thread, NULL) == 0);
	b->joined = true;
}

static bool no_event_trigger(struct drill_run *r, PGconn *c)
{
	PGresult *one = drill_exec(r, c, "SELECT FROM pg_catalog.pg_event_trigger");
	bool none = PQresultStatus(one) == PGRES_TUPLES_OK && PQntuples(one) == 0;

	PQclear(one);
	return none;
}

/* Should it never answer again, it is this one that is given up, and not the first. */
static void watch_instead(struct drill_beside *b)
{
	pthread_mutex_lock(&b->lock);
	b->waited_for = true;
	if (b->c)
		stall_watch_fd(b->r->stall, PQsocket(b->c));
	pthread_mutex_unlock(&b->lock);
}

static void stop(struct drill_beside *b)
{
	pthread_mutex_lock(&b->lock);
	b->stop = true;
	if (b->c && b->started && !b->joined)
		(void)shutdown(PQsocket(b->c), SHUT_RDWR);
	pthread_mutex_unlock(&b->lock);
}

void drill_beside_end(struct drill_beside *b, PGconn *c)
{
	if (b->started)
		watch_instead(b);
	join(b);
	stall_watch_fd(b->r->stall, PQsocket(c));
	b->spoiled |= b->started && !no_event_trigger(b->r, c);
	for (size_t i = 0; i < b->n; i++) {
		struct one *x = &b->all[i];

		x->equal = x->equal && !b->spoiled && file_of(b->r, c, x->table) == x->file;
		b->r->done->beside += x->equal;
	}
}

bool drill_beside_equal(const struct drill_beside *b, size_t i)
{
	return i < b->n && b->all[i].equal;
}

void drill_beside_free(struct drill_beside *b)
{
	if (!b)
		return;
	stop(b);
	join(b);
	PQfinish(b->c);
	pthread_mutex_destroy(&b->lock);
	free(b->all);
	free(b);
}
