/* What was kept, back; and what has expired, gone. */
#include "base/buf.h"
#include "base/clock.h"
#include "gate/postgres/keeping.h"
#include "gate/postgres/keeping_dump.h"
#include "gate/postgres/keeping_text.h"

#define PATIENCE_S 86400 /* of whoever wants something large back */

static bool says(struct postgres_aside *a, struct arena *arena, struct str *ret, struct err *err)
{
	struct aside_rows got;

	if (!aside_query(a, "select pg_catalog.current_setting('pawl.says', true)", NULL, 0, arena, &got, err))
		return false;
	*ret = got.n_rows == 1 ? got.cells[0] : STR_NONE;
	return true;
}

static bool in_transaction(struct postgres_aside *a, struct str text, bool keep, struct arena *arena, struct str *ret, struct err *err)
{
	struct aside_rows none;
	bool ok = aside_query(a, "begin", NULL, 0, arena, &none, err) && aside_query(a, text.ptr, NULL, 0, arena, &none, err) &&
		  says(a, arena, ret, err) && aside_query(a, keep ? "commit" : "rollback", NULL, 0, arena, &none, err);

	if (!ok)
		(void)!aside_query(a, "rollback", NULL, 0, arena, &none, NULL);
	return ok;
}

static bool reorder(struct postgres_aside *a, struct str item, struct arena *arena, struct str *io_says, struct err *err);

/* Else the text says what is wrong. */
static bool there(struct postgres_aside *a, struct str item, struct arena *arena)
{
	struct aside_rows got = { 0 };

	return aside_query(a, "select pg_catalog.to_regclass('pawl_trash.items') is not null", NULL, 0, arena, &got, NULL) && got.n_rows &&
	       str_is(got.cells[0], "t") &&
	       aside_query(a, "select from pawl_trash.items where item = $1 and undone is null for update", &item, 1, arena, &got, NULL) &&
	       got.n_rows == 1;
}

static bool back(struct postgres_aside *a, const struct keeping_back *what, struct str text, struct arena *arena, struct str *ret,
		 struct err *err)
{
	struct aside_rows none;
	struct str said = STR_NONE, item = what->item;
	bool ok = aside_query(a, "begin", NULL, 0, arena, &none, err) &&
		  (!what->dump || !there(a, item, arena) || keeping_dump_load(a, item, what->dump, arena, err)) &&
		  aside_query(a, text.ptr, NULL, 0, arena, &none, err) &&
		  says(a, arena, &said, err) && reorder(a, item, arena, &said, err) &&
		  aside_query(a, "delete from pawl_trash.orders where item = $1", &item, 1, arena, &none, err) &&
		  aside_query(a, what->dry_run ? "rollback" : "commit", NULL, 0, arena, &none, err);

	if (ok)
		*ret = said;
	else
		(void)!aside_query(a, "rollback", NULL, 0, arena, &none, NULL);
	return ok;
}

/* A column comes back as the last one of its table, and an INSERT without names would fill the wrong ones: those that stood behind it
 * are dropped and brought back in turn, each as any dropped column is, in the same transaction. What cannot be (a partition key) stays, and
 * is said. */
static const char out_of_order[] =
	"with w as (select o.relation, o.relation::pg_catalog.regclass::text as tab, u.c, u.n from pawl_trash.orders o,"
	" pg_catalog.unnest(o.columns) with ordinality u(c, n) where o.item = $1),"
	" s as (select w.*, a.attnum, pg_catalog.row_number() over (partition by w.relation order by w.n) as want,"
	" pg_catalog.row_number() over (partition by w.relation order by a.attnum) as has from w join pg_catalog.pg_attribute a"
	" on a.attrelid = w.relation and a.attname = w.c and not a.attisdropped),"
	/* From the first that is out of place on; that one itself may stay, where it comes last. */
	" f as (select relation, pg_catalog.min(want) as first from s where want <> has group by relation)"
	" select s.tab, s.c from s join f using (relation) where s.want > f.first or (s.want = f.first and s.attnum <"
	" (select pg_catalog.max(x.attnum) from s x where x.relation = s.relation and x.want > s.want)) order by s.relation, s.want";

static bool move_last(struct postgres_aside *a, struct str item, struct str tab, struct str column, struct arena *arena, struct err *err)
{
	struct str name = arena_fmt(arena, "%.*s.order", STR_ARG(item)), quoted;
	auto_buf b = BUF_MAX(256);
	struct aside_rows none;

	buf_addc(&b, '"');
	for (size_t i = 0; i < column.len; i++)
		buf_adds(&b, column.ptr[i] == '"' ? "\"\"" : (char[]){ column.ptr[i], 0 });
	buf_addc(&b, '"');
	quoted = buf_str(&b);
	struct keeping_word words[] = {
		{ "ITEM", keeping_literal(name, arena) },
		{ "STATEMENT",
		  keeping_literal(arena_fmt(arena, "alter table %.*s drop column %.*s cascade",
					    STR_ARG(tab), STR_ARG(quoted)),
				  arena) },
		{ "ROWS", STR("9223372036854775807") },
		{ "EXPIRES", STR("'1 day'") },
		{ "MODE", STR("'alter'") },
		{ "DUMPED", STR("'{}'") },
	};
	struct str away = keeping_text("keeping_move", words, ARRAY_LEN(words), arena),
		   back = keeping_text("keeping_restore", words, 1, arena);

	return away.len && back.len && aside_query(a, away.ptr, NULL, 0, arena, &none, err) &&
	       aside_query(a, back.ptr, NULL, 0, arena, &none, err) &&
	       aside_query(a, "delete from pawl_trash.items where item = $1", &name, 1, arena,
			   &none, err);
}

/* ${io_says}: what could not be put in its place. */
static bool reorder(struct postgres_aside *a, struct str item, struct arena *arena, struct str *io_says, struct err *err)
{
	struct aside_rows got, none;
	struct err why = { 0 };

	if (!aside_query(a, out_of_order, &item, 1, arena, &got, err))
		return false;
	if (!got.n_rows)
		return true;
	if (!aside_query(a, "savepoint pawl_order", NULL, 0, arena, &none, err))
		return false;
	for (size_t i = 0; i < got.n_rows; i++) {
		if (move_last(a, item, got.cells[2 * i], got.cells[2 * i + 1], arena, &why))
			continue;
		*io_says =
			arena_fmt(arena, "%.*s\nNote: columns of %.*s stand in another order: %s",
				  STR_ARG(*io_says), STR_ARG(got.cells[2 * i]), why.msg);
		return aside_query(a, "rollback to savepoint pawl_order", NULL, 0, arena, &none, err);
	}
	return true;
}

bool keeping_restore(struct postgres_aside *a, const struct keeping_back *what, struct arena *arena, struct str *ret_says,
		     struct err *err)
{
	struct keeping_word words[] = { { "ITEM", keeping_literal(what->item, arena) } };
	struct str text = keeping_text("keeping_restore", words, ARRAY_LEN(words), arena);
	struct aside_rows none;

	if (!text.len)
		return err_set(err, ERR_LIMIT, "no memory");
	aside_patience(a, PATIENCE_S);
	if (!aside_query(a, "set statement_timeout = 0", NULL, 0, arena, &none, err))
		return false;
	if (back(a, what, text, arena, ret_says, err))
		return true;
	/* Ours, without its number. */
	if (err && strncmp(err->msg, "PWU0", 4) == 0 && strlen(err->msg) > 7)
		memmove(err->msg, err->msg + 7, strlen(err->msg) - 6);
	return false;
}

bool keeping_expire(struct postgres_aside *a, int64_t now_us, uint64_t *ret_gone, struct err *err)
{
	struct str text, gone = STR_NONE;
	struct arena arena;
	uint64_t n = 0;
	bool ok;

	if (!arena_map(&arena, (size_t)1 << 20))
		return err_set(err, ERR_LIMIT, "no memory");
	struct keeping_word words[] = { { "NOW", arena_fmt(&arena, "%lld", (long long)(now_us / CLOCK_SECOND)) } };
	text = keeping_text("keeping_expire", words, ARRAY_LEN(words), &arena);
	ok = in_transaction(a, text, true, &arena, &gone, err);
	ok = ok && (str_to_u64(gone, &n) || err_set(err, ERR_BROKEN, "the trash gave no answer"));
	arena_unmap(&arena);
	if (ok)
		*ret_gone = n;
	return ok;
}
