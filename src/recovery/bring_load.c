/* What stands around the rows of one table in a file, so that psql puts back what is gone, in one transaction, and nothing else. */
#include "recovery/bring_inner.h"

#define TEXT_MAX ((size_t)1 << 20)

/* Of the table that it is for, $1: the columns of the primary key compared, the others' assignments, whether its columns may be given
 * where an identity would be made, whether ON CONFLICT may be said (no deferrable index, no rule), and what refuses where it lacks
 * columns, $3. Of the backup's columns, $2, alone: it may have others by now, and a key of them, or a generated one, has nothing to be
 * compared with. Attributes by way of to_jsonb: older servers lack some. */
#define ASKS                                                                                                                              \
	"WITH c AS (SELECT a.attname AS name, to_jsonb(a)->>'attidentity' = 'a' AS own, coalesce(to_jsonb(a)->>'attgenerated', '') <> ''" \
	" OR a.attname::text <> ALL ($2::text[]) AS without,"                                                                             \
	" coalesce(a.attnum = ANY (i.indkey), false) AS key, a.attnum AS at"                                                              \
	" FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary"                                         \
	" WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped) "                                                \
	"SELECT (SELECT string_agg(format('live.%1$I = old.%1$I', name), ' AND ' ORDER BY at) FROM c WHERE key"                           \
	" AND NOT EXISTS (SELECT FROM c WHERE key AND without)),"                                                                         \
	" (SELECT string_agg(format('%1$I = old.%1$I', name), ', ' ORDER BY at) FROM c WHERE NOT key"                                     \
	" AND NOT without AND own IS NOT TRUE),"                                                                                          \
	" CASE WHEN EXISTS (SELECT FROM c WHERE own AND NOT without) THEN ' OVERRIDING SYSTEM VALUE' ELSE '' END,"                        \
	" CASE WHEN EXISTS (SELECT FROM pg_index WHERE indrelid = $1::text::regclass AND NOT indimmediate) OR"                            \
	" EXISTS (SELECT FROM pg_rewrite WHERE ev_class = $1::text::regclass) THEN '' ELSE ' ON CONFLICT DO NOTHING' END,"                \
	" format('DO %L;', format('BEGIN RAISE EXCEPTION USING MESSAGE = %L, HINT = %L; END',"                                            \
	" 'nothing is loaded: when this file was written, ' || $1::text || ' lacked columns that the backup has: ' || $3::text,"          \
	" 'Give them back (ALTER TABLE, ADD COLUMN or RENAME COLUMN); then pawl restore writes a new file.'))"

static const char begin[] = "\\set ON_ERROR_STOP on\nBEGIN;\nSET LOCAL client_encoding = 'UTF8';\nSET LOCAL DateStyle = ISO;\n"
				 "SET LOCAL IntervalStyle = postgres;\nSET LOCAL xmloption = content;\n";

struct loading {
	const struct bring_table *t;
	struct str list;		       /* its columns, without parentheses */
	const char *key, *set, *given, *twice; /* "": the table has none */
	const char *refuses;		       /* behind that nothing is loaded */
};

static const char changed[] = "-- A row that was changed is there under its key and stays, too. To make those what they were in\n"
			      "-- the backup, take the \"-- \" before UPDATE, below the rows, away.\n";
static const char no_key[] = "-- No primary key of columns that the backup has tells what was changed from what is gone: a\n"
			     "-- changed row comes back beside what became of it, and all of them come once more with each\n"
			     "-- loading, unless a unique index refuses it.\n";
static const char lost[] = "-- The live table lacked columns of them, so no row could be compared: here are all, and none is loaded,\n"
			   "-- which DO, below, says. Give the columns back and write this file anew. Or, with the columns back, take\n"
			   "-- DO away.\n";

static void before(const struct loading *l, uint64_t rows, struct buf *b)
{
	buf_addf(b, "-- Rows that only the backup has: %llu. One transaction: what is gone comes back; what is there by now stays.\n",
		 (unsigned long long)rows);
	if (l->t->lost)
		buf_adds(b, lost);
	if (!*l->key)
		buf_adds(b, no_key);
	else if (*l->set)
		buf_adds(b, changed);
	buf_adds(b, begin);
	if (l->t->lost)
		buf_addf(b, "%s\n", l->refuses);
	buf_addf(b, "CREATE TEMPORARY TABLE pawl_rows ON COMMIT DROP AS SELECT %.*s FROM ONLY %.*s WITH NO DATA;\n", STR_ARG(l->list),
		 STR_ARG(l->t->name));
	buf_addf(b, "COPY pg_temp.pawl_rows %.*s FROM stdin;\n", STR_ARG(l->t->columns));
}

/* Each line of it, be it one that a name holds: what is behind is a comment until a person says otherwise. */
static void put_comment(struct str text, struct buf *b)
{
	buf_adds(b, "-- ");
	for (size_t i = 0; i < text.len; i++) {
		buf_addc(b, text.ptr[i]);
		if (text.ptr[i] == '\n' || text.ptr[i] == '\r')
			buf_adds(b, "-- ");
	}
	buf_addc(b, '\n');
}

static void put_overwrite(const struct loading *l, struct buf *b)
{
	auto_buf update = BUF_MAX(TEXT_MAX);

	buf_addf(&update, "UPDATE ONLY %.*s AS live SET %s FROM pg_temp.pawl_rows AS old WHERE %s;", STR_ARG(l->t->name), l->set, l->key);
	if (update.failed)
		b->failed = true;
	put_comment(buf_str(&update), b);
}

static void after(const struct loading *l, struct buf *b)
{
	struct str name = l->t->name;

	buf_adds(b, "\\.\n");
	if (*l->key)
		buf_addf(b,
			 "SELECT count(*) AS \"rows in this file\", count(*) FILTER (WHERE EXISTS (SELECT FROM ONLY %.*s AS live "
			 "WHERE %s)) AS \"there by now\" FROM pg_temp.pawl_rows AS old;\n",
			 STR_ARG(name), l->key);
	if (*l->key && *l->set)
		put_overwrite(l, b);
	buf_addf(b, "INSERT INTO %.*s %.*s%s SELECT %.*s FROM pg_temp.pawl_rows AS old", STR_ARG(name), STR_ARG(l->t->columns), l->given,
		 STR_ARG(l->list));
	if (*l->key)
		buf_addf(b, " WHERE NOT EXISTS (SELECT FROM ONLY %.*s AS live WHERE %s)", STR_ARG(name), l->key);
	buf_addf(b, "%s;\nCOMMIT;\n", l->twice);
}

static void put_lost(const struct bring_table *t, struct buf *b)
{
	for (const struct manifest_word *w = t->lost; w; w = w->next) {
		buf_add(b, w->text);
		buf_adds(b, w->next ? ", " : "");
	}
	buf_addc(b, '\0');
}

bool bring_load(PGconn *c, const struct bring_table *t, uint64_t rows, struct buf *ret_before, struct buf *ret_after, struct err *err)
{
	struct loading l = { .t = t, .list = str_sub(t->columns, 1, t->columns.len < 2 ? 0 : t->columns.len - 2) };
	auto_buf name = BUF_MAX(4096);
	auto_buf without = BUF_MAX(TEXT_MAX);
	PGresult *r;
	bool good;

	*ret_before = *ret_after = BUF_MAX(TEXT_MAX);
	buf_add(&name, t->name);
	buf_addc(&name, '\0');
	put_lost(t, &without);
	if (name.failed || without.failed)
		return err_set(err, ERR_LIMIT, "a name is too long");
	bring_asks(c);
	r = PQexecParams(c, ASKS, 3, NULL, (const char *const[]){ name.ptr, t->names, without.ptr }, NULL, NULL, 0);
	good = (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1) || bring_says(c, "the server was asked for a key", err);
	if (good) {
		l.key = PQgetvalue(r, 0, 0);
		l.set = PQgetvalue(r, 0, 1);
		l.given = PQgetvalue(r, 0, 2);
		l.twice = PQgetvalue(r, 0, 3);
		l.refuses = PQgetvalue(r, 0, 4);
		before(&l, rows, ret_before);
		after(&l, ret_after);
	}
	PQclear(r);
	if (good && (ret_before->failed || ret_after->failed))
		return err_set(err, ERR_LIMIT, "a table has too many columns to write them");
	return good;
}
