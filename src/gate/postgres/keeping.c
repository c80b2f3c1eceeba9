#include "gate/postgres/keeping.h"

#include "base/buf.h"
#include "base/clock.h"
#include "gate/postgres/keeping_dump.h"
#include "gate/postgres/keeping_text.h"
#include "gate/postgres/keeping_way.h"

#define ROWS_USUAL 10000
#define EXPIRES_USUAL INT64_C(604800)
#define NAMES_MAX 1000 /* relations of one statement */

/* Whole, and not from before the column that came last. */
static const char ready[] = "select exists (select from pg_catalog.pg_attribute where attname = 'wrote' and attrelid = "
			    "pg_catalog.to_regclass('pawl_trash.captures')) and pg_catalog.to_regclass('pawl_trash.holds') is not null";

bool keeping_prepare(struct postgres_aside *a, struct err *err)
{
	struct aside_rows got;
	struct arena arena;
	struct str text;
	bool ok = false;

	if (!arena_map(&arena, (size_t)1 << 20))
		return err_set(err, ERR_LIMIT, "no memory");
	text = keeping_text("keeping_schema", NULL, 0, &arena);
	if (aside_query(a, ready, NULL, 0, &arena, &got, err))
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

/* It could not be done as it stands: because it cannot be kept, or only not now, or the role may not. What else is wrong the statement
 * itself will tell. */
static void failed(const struct err *wrong, struct keeping_plan *io, struct arena *arena)
{
	struct str said = arena_str(arena, str_from(wrong->msg));

	if (str_starts(said, STR("PW004: "))) {
		struct str why = str_sub(said, 7, said.len);

		*io = (struct keeping_plan){ .way = KEEPING_NOT };
		io->why_not = str_starts(why, STR("pawl: ")) ? str_sub(why, 6, why.len) : why;
	}
	if (str_starts(said, STR("42501: ")))
		io->forbidden = str_sub(said, 7, said.len);
	io->untried = str_starts(said, STR("57014")) || str_starts(said, STR("55P03"));
}

/* Done and rolled back, so that what cannot be kept is known before anybody is asked. What the client's own transaction did so far is
 * not seen, and what is locked is not waited for: then the statement itself will tell. */
static bool rehearse(struct postgres_aside *a, const struct keeping_ask *ask, struct keeping_plan *io, struct arena *arena, struct err *err)
{
	static const char *const before[] = { "begin", "set local lock_timeout = '300ms'", "set local statement_timeout = '3s'",
					      "set local client_min_messages = error" };
	struct str text = io->instead.len ? io->instead : io->before;
	struct aside_rows got = { 0 };
	struct err wrong = { 0 };
	bool ok = true;

	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		ok = ok && aside_query(a, before[i], NULL, 0, arena, &got, err);
	ok = ok && aside_query(a, path_of(ask, arena).ptr, NULL, 0, arena, &got, err);
	if (!ok)
		return false;
	if (aside_query(a, text.ptr, NULL, 0, arena, &got, &wrong)) {
		describe(a, ask, io, arena);
		ok = keeping_dump_wanted(a, arena, io, err);
	} else {
		failed(&wrong, io, arena);
	}
	return aside_query(a, "rollback", NULL, 0, arena, &got, ok ? err : NULL) && ok;
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

/* --- the plan --- */

enum { WORD_ITEM, WORD_STATEMENT, WORD_ROWS, WORD_EXPIRES, WORD_MODE, WORD_TABLES, WORD_DUMPED, WORD_NAME, WORD_GONE, WORDS };

struct planning {
	struct postgres_aside *a;
	const struct keeping_ask *ask;
	const struct sql_statement *s;
	/* Behind them parts that this kind of statement does not need: shorter is quicker. */
	struct keeping_word words[WORDS + 2];
	const char *mode; /* of a move */
	bool large;	  /* more rows than are copied */
	struct arena *arena;
};

static void texts_move(struct planning *p, struct keeping_plan *io)
{
	if (strcmp(p->mode, "alter") != 0)
		p->words[WORDS].name = "TYPES";
	if (strcmp(p->mode, "truncate") != 0)
		p->words[WORDS + 1].name = "EMPTIED";
	p->words[WORD_MODE].value = keeping_literal(str_from(p->mode), p->arena);
	io->instead = keeping_text("keeping_move", p->words, ARRAY_LEN(p->words), p->arena);
	io->tag = tag_of(p->s, p->arena);
}

static void texts_rows(struct planning *p, struct keeping_plan *io)
{
	p->words[WORD_TABLES].value = names(p->ask->sql, p->s, p->arena);
	if (p->large) {
		io->before = keeping_text("keeping_rows_dump", p->words, WORDS, p->arena);
	} else if (!plan_delete(p->a, p->ask, p->words, WORDS, io, p->arena)) {
		io->before = keeping_text("keeping_rows", p->words, WORDS, p->arena);
		io->after = keeping_text("keeping_rows_end", p->words, 1, p->arena);
	}
}

static void texts(struct planning *p, const struct keeping_plan *tried, struct keeping_plan *io)
{
	p->words[WORD_DUMPED].value = keeping_dump_keys(tried, p->arena);
	if (p->mode)
		texts_move(p, io);
	else
		texts_rows(p, io);
}

static void begin(struct planning *p, int64_t expires_s)
{
	static const char *const names_of[WORDS] = { "ITEM", "STATEMENT", "ROWS", "EXPIRES", "MODE", "TABLES", "DUMPED", "NAME", "GONE" };
	const struct keeping_ask *ask = p->ask;
	uint64_t rows = ask->bounds.rows ? ask->bounds.rows : ROWS_USUAL;

	for (size_t i = 0; i < ARRAY_LEN(p->words); i++)
		p->words[i].name = i < WORDS ? names_of[i] : "";
	p->large = ask->tried ? ask->tried->way == KEEPING_DUMP : !p->mode && ask->changes > rows;
	/* What was expected to be less may be somewhat more: it fails only where that was quite wrong. */
	if (!p->mode && ask->changes)
		rows *= 10;
	p->words[WORD_ITEM].value = keeping_literal(ask->item, p->arena);
	p->words[WORD_STATEMENT].value = keeping_literal(p->s->text, p->arena);
	p->words[WORD_ROWS].value = arena_fmt(p->arena, "%llu", (unsigned long long)rows);
	p->words[WORD_EXPIRES].value = arena_fmt(p->arena, "'%lld seconds'", (long long)expires_s);
}

static void say(const struct planning *p, int64_t expires_s, struct keeping_plan *io)
{
	struct str item = p->ask->item;
	char until[32];

	days(expires_s, until);
	io->says = arena_fmt(p->arena, "%s for %s; `pawl undo %.*s` brings %s back",
			     p->mode ? "kept in pawl_trash" : "rows as they were kept in pawl_trash", until, STR_ARG(item),
			     p->mode ? "it" : "them");
	io->card = p->mode || p->large ?
			   arena_fmt(p->arena, "for %s: `pawl undo` brings it back", until) :
			   arena_fmt(p->arena, "the rows as they were, for %s: `pawl undo` brings them back", until);
}

/* Tried where that was not done, and then written for what that came to. */
static bool plan(struct planning *p, struct keeping_plan *io, struct err *err)
{
	struct keeping_plan tried;

	if (!p->ask->tried && (p->mode || p->large)) {
		texts(p, NULL, io);
		if (p->arena->full || (!io->instead.len && !io->before.len))
			return err_set(err, ERR_LIMIT, "the statement is too long to be kept");
		if (!rehearse(p->a, p->ask, io, p->arena, err))
			return false;
		if (io->way == KEEPING_NOT)
			return true;
		if (io->way == KEEPING_DUMP)
			io->card = arena_fmt(p->arena, "%.*s; by a dump of some %llu MB into pawl's keep, and it waits for that",
					     STR_ARG(io->card), (unsigned long long)(io->dump_bytes >> 20) + 1);
		tried = *io;
		texts(p, &tried, io);
	} else {
		texts(p, p->ask->tried ? p->ask->tried : io, io);
		if (p->ask->tried)
			io->remark = p->ask->tried->remark;
	}
	if (io->remark.len)
		io->says = arena_fmt(p->arena, "%.*s; but %.*s", STR_ARG(io->says), STR_ARG(io->remark));
	return (!p->arena->full && (io->instead.len || io->before.len)) ||
	       err_set(err, ERR_LIMIT, "the statement is too long to be kept");
}

bool keeping_plan(struct postgres_aside *a, const struct keeping_ask *ask, struct arena *arena, struct keeping_plan *ret, struct err *err)
{
	struct planning p = { .a = a, .ask = ask, .s = keeping_nth(ask->sql, ask->nth), .arena = arena };
	int64_t expires_s = ask->bounds.expires_s > 0 ? ask->bounds.expires_s : EXPIRES_USUAL;
	struct keeping_plan got = { .way = KEEPING_NONE };

	got.way = keeping_way(ask->sql, ask->nth, &got.why_not);
	if (got.way == KEEPING_NONE || got.way == KEEPING_NOT) {
		*ret = got;
		return true;
	}
	if (!keeping_prepare(a, err))
		return false;
	p.mode = got.way == KEEPING_MOVE ? keeping_verb(p.s->verb)->mode : NULL;
	begin(&p, expires_s);
	say(&p, expires_s, &got);
	if (!plan(&p, &got, err))
		return false;
	if (ask->tried && ask->tried->way == KEEPING_DUMP) {
		got.way = KEEPING_DUMP;
		got.dumps = ask->tried->dumps;
		got.n_dumps = ask->tried->n_dumps;
	}
	*ret = got;
	return true;
}
