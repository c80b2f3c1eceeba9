#include "gate/postgres/keeping.h"

#include "base/buf.h"
#include "base/clock.h"
#include "gate/postgres/keeping_text.h"
#include "gate/postgres/keeping_way.h"

#define ROWS_USUAL 10000
#define EXPIRES_USUAL INT64_C(604800)
#define NAMES_MAX 1000 /* relations of one statement */

bool keeping_prepare(struct postgres_aside *a, struct err *err)
{
	struct aside_rows got;
	struct arena arena;
	struct str text;
	bool ok = false;

	if (!arena_map(&arena, (size_t)1 << 20))
		return err_set(err, ERR_LIMIT, "no memory");
	text = keeping_text("keeping_schema", NULL, 0, &arena);
	if (aside_query(a, "select pg_catalog.to_regclass('pawl_trash.holds') is not null", NULL, 0, &arena, &got, err))
		ok = (got.n_rows == 1 && str_is(got.cells[0], "t")) || aside_query(a, text.ptr, NULL, 0, &arena, &got, err);
	arena_unmap(&arena);
	return ok || err_prefix(err, "the trash (schema pawl_trash) cannot be made: the role that pawl logs in as needs CREATE on the "
				     "database, once, or the schema has to be made for it");
}

/* array['a','b']::text[] of the relations whose rows it changes. */
static struct str names(const struct sql_answer *sql, const struct sql_statement *s, struct arena *arena)
{
	auto_buf b = BUF_MAX((size_t)1 << 20);
	size_t n = 0;

	buf_adds(&b, "array[");
	for (size_t i = 0; i < s->n_changes && n < NAMES_MAX; i++) {
		const struct change *c = change_nth(&sql->changes, s->first_change + i);

		if (!c || !keeping_changes_rows(c) || !c->name.len)
			continue;
		buf_adds(&b, n++ ? ", " : "");
		buf_add(&b, keeping_literal(c->name, arena));
	}
	buf_adds(&b, "]::text[]");
	return b.failed ? STR_NONE : arena_str(arena, buf_str(&b));
}

static struct str tag_of(const struct sql_statement *s, struct arena *arena)
{
	char upper[64];
	size_t n = 0;

	if (str_is(s->verb, "TRUNCATE"))
		return STR("TRUNCATE TABLE");
	for (; n < s->verb.len && n < sizeof(upper); n++)
		upper[n] = s->verb.ptr[n] >= 'a' && s->verb.ptr[n] <= 'z' ? (char)(s->verb.ptr[n] - 'a' + 'A') : s->verb.ptr[n];
	return arena_str(arena, (struct str){ upper, n });
}

static void days(int64_t s, char ret[32])
{
	if (s % 86400 == 0)
		snprintf(ret, 32, "%lld day%s", (long long)(s / 86400), s == 86400 ? "" : "s");
	else
		snprintf(ret, 32, "%lld hours", (long long)((s + 3599) / 3600));
}

/* Where the client's names lead; as a part of a statement. */
static struct str path_of(const struct keeping_ask *ask, struct arena *arena)
{
	struct str p = ask->search_path;

	return p.len ? arena_fmt(arena, "select pg_catalog.set_config('search_path', %.*s, true)", STR_ARG(keeping_literal(p, arena))) :
		       STR("set local search_path to default");
}

/* What it came to, in words that are the same each time. */
static const char came_to[] =
	"with x as (select y.o, pg_catalog.row_number() over (order by y.n desc) as k, pg_catalog.count(*) over () as c from"
	" (select object as o, n from pawl_trash.steps where item = $1 union all select 'rows of ' || name, 0 from pawl_trash.captures"
	" where item = $1) y) select pg_catalog.string_agg(x.o, ', ' order by x.k) filter (where x.k <= 4) || case when"
	" pg_catalog.max(x.c) > 4 then pg_catalog.format(' and %s more', pg_catalog.max(x.c) - 4) else '' end,"
	" pg_catalog.current_setting('pawl.remark', true) from x";

static void describe(struct postgres_aside *a, const struct keeping_ask *ask, struct keeping_plan *io, struct arena *arena)
{
	struct aside_rows got = { 0 };

	if (!aside_query(a, came_to, &ask->item, 1, arena, &got, NULL) || !got.n_rows)
		return;
	if (got.cells[0].len)
		io->card = arena_fmt(arena, "%.*s, %.*s", STR_ARG(got.cells[0]), STR_ARG(io->card));
	io->remark = got.cells[1];
	if (io->remark.len)
		io->card = arena_fmt(arena, "%.*s; but %.*s", STR_ARG(io->card), STR_ARG(io->remark));
}

/* It could not be done as it stands: because it cannot be kept, or only not now. What else is wrong the statement itself will tell. */
static void failed(const struct err *wrong, struct keeping_plan *io, struct arena *arena)
{
	struct str said = arena_str(arena, str_from(wrong->msg));

	if (str_starts(said, STR("PW004: "))) {
		struct str why = str_sub(said, 7, said.len);

		*io = (struct keeping_plan){ .way = KEEPING_NOT };
		io->why_not = str_starts(why, STR("pawl: ")) ? str_sub(why, 6, why.len) : why;
	}
	io->untried = str_starts(said, STR("57014")) || str_starts(said, STR("55P03"));
}

/* Done and rolled back, so that what cannot be kept is known before anybody is asked. What the client's own transaction did so far is
 * not seen, and what is locked is not waited for: then the statement itself will tell. */
static bool rehearse(struct postgres_aside *a, const struct keeping_ask *ask, struct keeping_plan *io, struct arena *arena, struct err *err)
{
	static const char *const before[] = { "begin", "set local lock_timeout = '300ms'", "set local statement_timeout = '3s'",
					      "set local client_min_messages = error" };
	struct aside_rows got = { 0 };
	struct err wrong = { 0 };
	bool ok = true;

	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		ok = ok && aside_query(a, before[i], NULL, 0, arena, &got, err);
	ok = ok && aside_query(a, path_of(ask, arena).ptr, NULL, 0, arena, &got, err);
	if (!ok)
		return false;
	if (aside_query(a, io->instead.ptr, NULL, 0, arena, &got, &wrong))
		describe(a, ask, io, arena);
	else
		failed(&wrong, io, arena);
	return aside_query(a, "rollback", NULL, 0, arena, &got, err);
}

/* Where a plain DELETE may hand its rows on itself, as the database has it now; "PW0ZY" then says in the client's transaction that it is
 * otherwise since. */
static bool plan_delete(struct postgres_aside *a, const struct keeping_ask *ask,
			struct keeping_word *words, size_t n, struct keeping_plan *io,
			struct arena *arena)
{
	const struct sql_statement *s = keeping_nth(ask->sql, ask->nth);
	struct aside_rows none;
	struct str name = STR_NONE, gone, before, text = s->text;
	bool ok;

	if (!ask->hands_on || !keeping_plain_delete(ask->sql, s, &name) ||
	    str_find_char(ask->item, '\'') != SIZE_MAX || str_find_char(ask->item, '"') != SIZE_MAX)
		return false;
	gone = arena_fmt(arena, "pawl_trash.\"%.*s.gone\"", STR_ARG(ask->item));
	words[n - 2].value = keeping_literal(name, arena);
	words[n - 1].value = gone;
	before = keeping_text("keeping_delete", words, n, arena);
	ok = before.len && aside_query(a, "begin", NULL, 0, arena, &none, NULL) &&
	     aside_query(a, path_of(ask, arena).ptr, NULL, 0, arena, &none, NULL) &&
	     aside_query(a, before.ptr, NULL, 0, arena, &none, NULL);
	if (!aside_query(a, "rollback", NULL, 0, arena, &none, NULL) || !ok)
		return false;
	while (text.len && (text.ptr[text.len - 1] == ';' || text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\n'))
		text.len--;
	io->before = before;
	io->instead = arena_fmt(
		arena,
		"with pawl_gone as (%.*s\nreturning *) insert into %.*s select * from pawl_gone",
		STR_ARG(text), STR_ARG(gone));
	io->tag = STR("DELETE");
	return true;
}

bool keeping_plan(struct postgres_aside *a, const struct keeping_ask *ask, struct arena *arena, struct keeping_plan *ret, struct err *err)
{
	const struct sql_statement *s = keeping_nth(ask->sql, ask->nth);
	struct keeping_plan p = { .way = KEEPING_NONE };
	uint64_t rows = ask->bounds.rows ? ask->bounds.rows : ROWS_USUAL;
	int64_t expires = ask->bounds.expires_s > 0 ? ask->bounds.expires_s : EXPIRES_USUAL;
	char until[32];

	p.way = keeping_way(ask->sql, ask->nth, &p.why_not);
	if (p.way == KEEPING_NONE || p.way == KEEPING_NOT) {
		*ret = p;
		return true;
	}
	if (!keeping_prepare(a, err))
		return false;
	days(expires, until);
	struct keeping_word words[] = {
		{ "ITEM", keeping_literal(ask->item, arena) },
		{ "STATEMENT", keeping_literal(s->text, arena) },
		{ "ROWS", arena_fmt(arena, "%llu", (unsigned long long)rows) },
		{ "EXPIRES", arena_fmt(arena, "'%lld seconds'", (long long)expires) },
		{ "MODE", STR_NONE },
		{ "TABLES", STR_NONE },
		{ "NAME", STR_NONE },
		{ "GONE", STR_NONE },
		/* Parts that this kind of statement does not need: shorter is quicker. The last two. */
		{ "", STR_NONE },
		{ "", STR_NONE },
	};
	size_t n = ARRAY_LEN(words) - 2;
	if (p.way == KEEPING_MOVE) {
		const char *mode = keeping_verb(s->verb)->mode;

		if (strcmp(mode, "alter") != 0)
			words[n].name = "TYPES";
		if (strcmp(mode, "truncate") != 0)
			words[n + 1].name = "EMPTIED";
		words[4].value = keeping_literal(str_from(mode), arena);
		p.instead = keeping_text("keeping_move", words, ARRAY_LEN(words), arena);
		p.tag = tag_of(s, arena);
		p.says = arena_fmt(arena, "kept in pawl_trash for %s; `pawl undo %.*s` brings it back", until, STR_ARG(ask->item));
		p.card = arena_fmt(arena, "for %s: `pawl undo` brings it back", until);
	} else {
		words[5].value = names(ask->sql, s, arena);
		if (!plan_delete(a, ask, words, n, &p, arena)) {
			p.before = keeping_text("keeping_rows", words, n, arena);
			p.after = keeping_text("keeping_rows_end", words, 1, arena);
		}
		p.says = arena_fmt(arena, "rows as they were kept in pawl_trash for %s; `pawl undo %.*s` brings them back", until,
				   STR_ARG(ask->item));
		p.card = arena_fmt(arena, "the rows as they were, for %s: `pawl undo` brings them back", until);
	}
	if (arena->full || (!p.instead.len && !p.before.len))
		return err_set(err, ERR_LIMIT, "the statement is too long to be kept");
	if (p.way == KEEPING_MOVE && !ask->tried && !rehearse(a, ask, &p, arena, err))
		return false;
	if (ask->tried)
		p.remark = ask->tried->remark;
	if (p.remark.len)
		p.says = arena_fmt(arena, "%.*s; but %.*s", STR_ARG(p.says), STR_ARG(p.remark));
	*ret = p;
	return true;
}

/* --- back, and gone --- */

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

static bool back(struct postgres_aside *a, struct str item, struct str text, bool keep,
		 struct arena *arena, struct str *ret, struct err *err)
{
	struct aside_rows none;
	struct str said = STR_NONE;
	bool ok = aside_query(a, "begin", NULL, 0, arena, &none, err) && aside_query(a, text.ptr, NULL, 0, arena, &none, err) &&
		  says(a, arena, &said, err) && reorder(a, item, arena, &said, err) &&
		  aside_query(a, "delete from pawl_trash.orders where item = $1", &item, 1, arena, &none, err) &&
		  aside_query(a, keep ? "commit" : "rollback", NULL, 0, arena, &none, err);

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

bool keeping_restore(struct postgres_aside *a, struct str item, bool dry_run, struct arena *arena, struct str *ret_says, struct err *err)
{
	struct keeping_word words[] = { { "ITEM", keeping_literal(item, arena) } };
	struct str text = keeping_text("keeping_restore", words, ARRAY_LEN(words), arena);
	struct aside_rows none;

	if (!text.len)
		return err_set(err, ERR_LIMIT, "no memory");
	if (!aside_query(a, "set statement_timeout = 0", NULL, 0, arena, &none, err))
		return false;
	if (back(a, item, text, !dry_run, arena, ret_says, err))
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
