/* The reader for what PostgreSQL's parser refuses, and for text of other servers. It knows first words and words that are dangerous
 * anywhere; wherever it cannot tell, it says the worse. Its verdict on a text that parses is never softer than the parser's. */
#include "read/sql/inner.h"
#include "read/sql/sql_tokens.h"

#define MAX_SAID 16

/* Words of the language that a parenthesis may follow; no functions. */
static const char no_calls[] =
	"and or not in exists any some all as on using over filter within values select from where case when then else end coalesce "
	"greatest least nullif row array extract cast overlay position substring trim interval distinct by limit offset having union "
	"except intersect returning set into table with lateral rows between is like ilike similar xmlelement xmlforest xmlconcat "
	"xmlparse xmlpi xmlroot xmlserialize xmlexists xmltable xmlattributes xmlnamespaces grouping sets cube rollup group order "
	"partition check key references default constraint unique primary foreign index int integer smallint bigint numeric decimal "
	"bit char character varying varchar nchar nvarchar float real double time timestamp timestamptz precision datetime enum tinyint "
	"mediumint text blob binary varbinary add column include collate normalize materialized recursive engine auto_increment if";


static void note(struct sql_seen *s, enum sql_meaning means, const char *type, struct str name)
{
	const struct sql_finding *f = sql_finding(means);
	size_t n = s->w->answer->changes.n;

	/* Said already, by the parser or by another way to read the same text. */
	for (size_t i = n > s->w->said + MAX_SAID ? n - MAX_SAID : s->w->said; i < n; i++) {
		const struct change *c = change_nth(&s->w->answer->changes, i);

		if (c && str_eq(c->finding, f->code) && (s->again || str_eq(c->name, name)))
			return;
	}
	sql_note_plain(s->w, means, type, name);
}

void sql_tokens_note(struct sql_seen *s, enum sql_meaning means, const char *type)
{
	note(s, means, type, s->name.len ? arena_str(s->w->arena, s->name) : STR_NONE);
}

static struct str lower(struct sql_work *w, const struct sql_token *t)
{
	struct str copy;
	char *p;

	if (t->kind == SQL_TOKEN_QUOTED || t->text.len > 64)
		return t->text;
	p = arena_alloc(w->arena, t->text.len + 1);
	if (!p)
		return t->text;
	for (size_t i = 0; i < t->text.len; i++)
		p[i] = (char)(t->text.ptr[i] >= 'A' && t->text.ptr[i] <= 'Z' ? t->text.ptr[i] + 32 : t->text.ptr[i]);
	copy = (struct str){ p, t->text.len };
	return copy;
}

/* Those of them that PostgreSQL also takes for names of functions, where an expression may begin. */
static const char loose_calls[] =
	"over filter within by set rows is ilike similar sets rollup partition key varying nvarchar double enum tinyint mediumint blob "
	"binary varbinary add include materialized recursive engine auto_increment if";

static bool of_the_language(const struct sql_seen *s)
{
	const struct sql_token *word = &s->before[0], *before = &s->before[1];

	if (word->kind != SQL_TOKEN_WORD || !sql_token_among(word, no_calls) || sql_token_is(before, "."))
		return false;
	if (s->way != SQL_LEX_POSTGRES || !sql_token_among(word, loose_calls))
		return true;
	if (sql_token_is(word, "by"))
		return sql_token_among(before, "order group partition");
	if (before->kind == SQL_TOKEN_WORD)
		return sql_token_among(before, "primary foreign character char bit national grouping as");
	return sql_token_is(before, ")") || before->kind == SQL_TOKEN_STRING || before->kind == SQL_TOKEN_NUMBER ||
	       before->kind == SQL_TOKEN_PARAM || before->kind == SQL_TOKEN_QUOTED;
}

/* A name before a parenthesis. */
static void see_call(struct sql_seen *s)
{
	struct sql_function f;
	bool own = !sql_token_is(&s->before[1], ".") || sql_token_is(&s->before[2], "pg_catalog") ||
		   (s->before[2].kind == SQL_TOKEN_QUOTED && str_is(s->before[2].text, "pg_catalog"));

	if (of_the_language(s))
		return;
	/* A list of columns behind a table's name. */
	if (sql_token_among(&s->before[1], "table into references exists procedure function pragma") && own)
		return;
	f = sql_function(lower(s->w, &s->before[0]));
	if (s->before[0].escaped || (!own && f.means == SQL_MEANS_READ))
		f.means = SQL_MEANS_FUNCTION;
	if (f.means == SQL_MEANS_SESSION)
		f.means = SQL_MEANS_ROLE;
	if (f.means != SQL_MEANS_READ)
		note(s, f.means, "function", arena_str(s->w->arena, s->before[0].text));
}

static const struct {
	const char *word;
	unsigned bit;
} dangers[] = {
	{ "delete", SQL_SEEN_DELETE }, { "update", SQL_SEEN_UPDATE }, { "insert", SQL_SEEN_INSERT }, { "merge", SQL_SEEN_OTHER },
	{ "drop", SQL_SEEN_DROP }, { "truncate", SQL_SEEN_TRUNCATE }, { "alter", SQL_SEEN_OTHER }, { "create", SQL_SEEN_OTHER },
	{ "grant", SQL_SEEN_OTHER }, { "revoke", SQL_SEEN_OTHER }, { "execute", SQL_SEEN_OTHER }, { "exec", SQL_SEEN_OTHER },
	{ "call", SQL_SEEN_OTHER }, { "into", SQL_SEEN_INTO }, { "outfile", SQL_SEEN_FILE }, { "dumpfile", SQL_SEEN_FILE },
	{ "infile", SQL_SEEN_FILE }, { "program", SQL_SEEN_PROGRAM }, { "prepared", SQL_SEEN_OTHER }, { "tablesample", SQL_SEEN_CALL },
	{ "language", SQL_SEEN_OTHER }, { "replace", SQL_SEEN_REPLACE }, { "purge", SQL_SEEN_OTHER }, { "write", SQL_SEEN_WRITE },
	{ "select", SQL_SEEN_SELECT }, { "table", SQL_SEEN_TABLE }, { "share", SQL_SEEN_LOCK }, { "waitfor", SQL_SEEN_OTHER },
	{ "shutdown", SQL_SEEN_OTHER }, { "kill", SQL_SEEN_OTHER }, { "reconfigure", SQL_SEEN_OTHER }, { "bulk", SQL_SEEN_FILE },
};

static void see_word(struct sql_seen *s)
{
	const struct sql_token *t = &s->before[0];
	enum sql_meaning means;

	for (size_t i = 0; i < ARRAY_LEN(dangers); i++) {
		/* The first word is the verb itself. */
		if (t->at == s->from || !sql_token_is(t, dangers[i].word))
			continue;
		if (dangers[i].bit == SQL_SEEN_UPDATE && (sql_token_is(&s->before[1], "for") || sql_token_is(&s->before[1], "key")) &&
		    !s->conflict)
			s->bits |= SQL_SEEN_LOCK;
		else if (dangers[i].bit == SQL_SEEN_UPDATE && (sql_token_among(&s->before[1], "do key")))
			s->bits |= SQL_SEEN_UPSERT;
		else
			s->bits |= dangers[i].bit;
	}
	s->conflict = s->conflict || sql_token_among(t, "conflict duplicate");
	if (t->text.len > 3 && str_eq_nocase(str_sub(t->text, 0, 3), STR("pg_"))) {
		s->bits |= SQL_SEEN_SYSTEM;
		means = sql_relation(lower(s->w, t));
		if (means != SQL_MEANS_READ)
			note(s, means, "table", arena_str(s->w->arena, t->text));
	}
}

/* WHERE name = value, or AND name = value, with nothing about that could make it true of every row. */
static void see_where(struct sql_seen *s)
{
	const struct sql_token *t = &s->before[0];
	bool value = t->kind == SQL_TOKEN_NUMBER || t->kind == SQL_TOKEN_STRING || t->kind == SQL_TOKEN_PARAM;
	bool ends = sql_token_among(t, "and returning order limit") || t->kind == SQL_TOKEN_END || sql_token_is(t, ";");

	if (s->where == SQL_WHERE_NONE) {
		if (s->depth == 0 && sql_token_is(t, "where"))
			s->where = SQL_WHERE_NAME;
		return;
	}
	if (s->where == SQL_WHERE_OVER)
		return;
	if (sql_token_among(t, "or xor not between case is any some all exists select union where") ||
	    (t->kind == SQL_TOKEN_OPERATOR && (str_is(t->text, "||") || str_is(t->text, "!") || str_is(t->text, "|"))))
		s->loose = true;
	if (s->depth) {
		if (s->where != SQL_WHERE_OVER)
			s->where = SQL_WHERE_REST;
		return;
	}
	if (s->where == SQL_WHERE_VALUE)
		s->bounded = s->bounded || ends;
	if (sql_token_among(t, "returning order limit")) {
		s->where = SQL_WHERE_OVER;
	} else if (sql_token_is(t, "and")) {
		s->where = SQL_WHERE_NAME;
	} else if (s->where == SQL_WHERE_NAME &&
		   ((t->kind == SQL_TOKEN_WORD &&
		     !sql_token_among(t, "true false null default user current_user session_user system_user current_role current_catalog "
					 "current_schema current_date current_time current_timestamp localtime localtimestamp unknown "
					 "interval date time timestamp bit int integer float e n x b u array row")) ||
		    (t->kind == SQL_TOKEN_QUOTED && !t->escaped))) {
		s->where = SQL_WHERE_OPERATOR;
	} else if (s->where == SQL_WHERE_OPERATOR && sql_token_is(t, ".")) {
		s->where = SQL_WHERE_NAME;
	} else if (s->where == SQL_WHERE_OPERATOR && sql_token_is(t, "=")) {
		s->where = SQL_WHERE_EQUALS;
	} else if (s->where == SQL_WHERE_EQUALS && value) {
		s->where = SQL_WHERE_VALUE;
	} else {
		s->where = SQL_WHERE_REST;
	}
}

static void see_name(struct sql_seen *s)
{
	const struct sql_token *t = &s->before[0];

	if (s->name.len || (t->kind != SQL_TOKEN_WORD && t->kind != SQL_TOKEN_QUOTED))
		return;
	if (sql_token_among(t, "from into table only if exists not ignore low_priority quick update delete set temporary temp database "
			       "schema view index sequence or replace data concurrently user role function procedure trigger"))
		return;
	if (sql_token_among(&s->before[1], "from into table only exists update database schema view index sequence truncate "
					    "user role ignore")) {
		s->name = t->text;
		s->name_from = t->at;
		s->name_to = t->end;
	}
}

static void see(struct sql_seen *s)
{
	const struct sql_token *t = &s->before[0];

	if (t->kind == SQL_TOKEN_BAD)
		s->bits |= s->again ? 0u : SQL_SEEN_BAD; /* a second reading counts only where it is one */
	if (sql_token_is(t, "(")) {
		/* What stands before the parenthesis is a call: look with it at hand. */
		struct sql_token open = s->before[0];

		memmove(&s->before[0], &s->before[1], 3 * sizeof(s->before[0]));
		if (s->before[0].kind == SQL_TOKEN_WORD || s->before[0].kind == SQL_TOKEN_QUOTED)
			see_call(s);
		memmove(&s->before[1], &s->before[0], 3 * sizeof(s->before[0]));
		s->before[0] = open;
		see_where(s);
		s->depth++;
		return;
	}
	if (sql_token_is(t, ")") && s->depth)
		s->depth--;
	if (t->kind == SQL_TOKEN_WORD || t->kind == SQL_TOKEN_QUOTED) {
		see_word(s);
		see_name(s);
	}
	if (t->kind == SQL_TOKEN_OPERATOR && !sql_operator_known(t->text))
		s->bits |= SQL_SEEN_CALL;
	see_where(s);
	if (s->n_words < 3 && t->kind == SQL_TOKEN_WORD && s->only_words)
		s->word[s->n_words++] = *t;
	else if (t->kind != SQL_TOKEN_BYTE || !sql_token_is(t, "("))
		s->only_words = false;
	if (sql_token_is(&s->word[0], "set") || sql_token_is(&s->word[0], "reset"))
		sql_tokens_setting(s, t);
}

static void end(struct sql_seen *s, struct sql_lex *l)
{
	struct sql_statement *st;
	struct str text = str_sub(l->text, s->from, s->to - s->from);

	if (!s->any)
		return;
	if (!s->again) {
		st = s->w->now;
		if (st && !s->w->nesting)
			sql_set_text(s->w, st, text);
	}
	sql_tokens_verdict(s);
}

static void read_way(struct sql_work *w, struct str text, unsigned way, bool again)
{
	struct sql_lex l = { .text = text, .way = way };
	struct sql_seen s = { .w = w, .only_words = true, .again = again, .way = way };

	while (!w->arena->full && w->answer->n < SQL_MAX_STATEMENTS) {
		struct sql_token t = sql_lex_next(&l);
		bool ends = t.kind == SQL_TOKEN_END || sql_token_is(&t, ";");

		memmove(&s.before[1], &s.before[0], 3 * sizeof(s.before[0]));
		s.before[0] = t;
		if (!s.any && !ends) {
			s.any = true;
			s.from = t.at;
			if (!again)
				sql_begin(w, STR_NONE, t.kind == SQL_TOKEN_WORD ? arena_str(w->arena, t.text) : STR("?"));
		}
		if (!ends)
			s.to = t.end;
		see(&s);
		if (!ends)
			continue;
		end(&s, &l);
		if (t.kind == SQL_TOKEN_END)
			return;
		s = (struct sql_seen){ .w = w, .only_words = true, .again = again, .way = way };
	}
}

bool sql_tokens_differ(struct str text, enum sql_dialect dialect)
{
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i], d = i + 1 < text.len ? text.ptr[i + 1] : '\0';

		if (c == '\\' || c == '`' || c == '"' || c == '$' || (c == '/' && d == '*') || (c == '-' && d == '-'))
			return true;
		if (dialect == SQL_MYSQL && (c == '#' || (c == '|' && d == '|') || c == '@' || c == '!' || (c == '&' && d == '&')))
			return true;
		if ((dialect == SQL_SQLITE || dialect == SQL_OTHER) && c == '[')
			return true;
		quoted = quoted || c == '\'';
	}
	return dialect == SQL_OTHER && quoted && str_find_char(text, '#') != SIZE_MAX;
}

void sql_tokens_read(struct sql_work *w, struct str text, enum sql_dialect dialect)
{
	switch (dialect) {
	case SQL_POSTGRES:
		read_way(w, text, SQL_LEX_POSTGRES, false);
		return;
	case SQL_SQLITE:
		read_way(w, text, SQL_LEX_SQLITE, false);
		return;
	case SQL_MYSQL:
		read_way(w, text, SQL_LEX_MYSQL, false);
		if (str_find_char(text, '\\') != SIZE_MAX)
			read_way(w, text, SQL_LEX_MYSQL & ~SQL_LEX_BACKSLASH, true);
		if (str_find_char(text, '"') != SIZE_MAX)
			read_way(w, text, SQL_LEX_MYSQL & ~SQL_LEX_DOUBLE, true);
		return;
	case SQL_OTHER:
		read_way(w, text, SQL_LEX_POSTGRES, false);
		read_way(w, text, SQL_LEX_MYSQL, true);
		read_way(w, text, SQL_LEX_TSQL, true);
		return;
	}
	sql_note_plain(w, SQL_MEANS_UNREAD, "text", STR_NONE);
}
