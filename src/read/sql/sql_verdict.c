/* What a statement means by its first word and by the words in it. */
#include "read/sql/sql_tokens.h"

#define WRITES (SQL_SEEN_DELETE | SQL_SEEN_UPDATE | SQL_SEEN_INSERT | SQL_SEEN_DROP | SQL_SEEN_TRUNCATE | SQL_SEEN_OTHER)

/* Words that stand where none should. */
static void strays(struct sql_seen *s, unsigned bits)
{
	if (bits & SQL_SEEN_DELETE)
		sql_tokens_note(s, SQL_MEANS_DELETE_ALL, "table");
	if (bits & (SQL_SEEN_UPDATE | SQL_SEEN_UPSERT))
		sql_tokens_note(s, SQL_MEANS_UPDATE_ALL, "table");
	if (bits & SQL_SEEN_DROP)
		sql_tokens_note(s, SQL_MEANS_DROP, "object");
	if (bits & SQL_SEEN_TRUNCATE)
		sql_tokens_note(s, SQL_MEANS_TRUNCATE, "table");
	if (bits & (SQL_SEEN_OTHER | SQL_SEEN_BAD | SQL_SEEN_WRITE))
		sql_tokens_note(s, SQL_MEANS_UNREAD, "statement");
	if (bits & SQL_SEEN_INSERT)
		sql_tokens_note(s, SQL_MEANS_INSERT, "table");
	if (bits & SQL_SEEN_INTO)
		sql_tokens_note(s, SQL_MEANS_CREATE, "table");
	if (bits & SQL_SEEN_FILE)
		sql_tokens_note(s, SQL_MEANS_SERVER_FILE, "file");
	if (bits & SQL_SEEN_PROGRAM)
		sql_tokens_note(s, SQL_MEANS_PROGRAM, "program");
	if (bits & SQL_SEEN_CALL)
		sql_tokens_note(s, SQL_MEANS_FUNCTION, "operator");
	if (bits & SQL_SEEN_LOCK)
		sql_tokens_note(s, SQL_MEANS_ROW_LOCK, "rows");
}

static void read_verb(struct sql_seen *s)
{
	strays(s, s->bits);
}

/* BEGIN READ WRITE undoes what BEGIN READ ONLY promises; within a block every end of a transaction counts. */
static void transaction(struct sql_seen *s)
{
	if (s->w->block)
		sql_tokens_note(s, SQL_MEANS_COMMIT, "transaction");
	strays(s, s->bits & ~SQL_SEEN_WRITE);
	if (sql_token_is(&s->word[0], "prepare"))
		sql_tokens_note(s, SQL_MEANS_UNREAD, "statement");
}

static void insert(struct sql_seen *s)
{
	bool query = s->bits & (SQL_SEEN_SELECT | SQL_SEEN_TABLE);

	if (s->bits & SQL_SEEN_SYSTEM)
		sql_tokens_note(s, SQL_MEANS_CATALOG, "table");
	if ((s->bits & SQL_SEEN_UPSERT) || sql_token_is(&s->word[0], "replace") || (s->bits & SQL_SEEN_REPLACE))
		sql_tokens_note(s, query ? SQL_MEANS_UPDATE_ALL : SQL_MEANS_UPSERT, "table");
	else
		sql_tokens_note(s, SQL_MEANS_INSERT, "table");
	strays(s, s->bits & ~(SQL_SEEN_INSERT | SQL_SEEN_INTO | SQL_SEEN_UPSERT));
}

static void change(struct sql_seen *s)
{
	bool removes = sql_token_is(&s->word[0], "delete");
	bool some = s->where != SQL_WHERE_NONE && s->bounded && !s->loose && !(s->bits & (SQL_SEEN_BAD | SQL_SEEN_SELECT));

	if (s->bits & SQL_SEEN_SYSTEM)
		sql_tokens_note(s, SQL_MEANS_CATALOG, "table");
	if (removes)
		sql_tokens_note(s, some ? SQL_MEANS_DELETE : SQL_MEANS_DELETE_ALL, "table");
	else
		sql_tokens_note(s, some ? SQL_MEANS_UPDATE : SQL_MEANS_UPDATE_ALL, "table");
	strays(s, s->bits & ~(removes ? SQL_SEEN_DELETE : SQL_SEEN_UPDATE));
}

static void create(struct sql_seen *s)
{
	struct sql_token *t = &s->word[1];
	bool plain = sql_token_among(t, "table index view sequence schema database temp temporary unique unlogged materialized "
				       "global local statistics");

	/* ON DELETE CASCADE, ON UPDATE CASCADE are about rows to come. */
	strays(s, s->bits & ~(SQL_SEEN_DELETE | SQL_SEEN_UPDATE | SQL_SEEN_UPSERT | (plain ? 0u : SQL_SEEN_OTHER)));
	if (sql_token_is(t, "or") && sql_token_is(&s->word[2], "replace"))
		sql_tokens_note(s, SQL_MEANS_UNREAD, "definition");
	else if (sql_token_among(t, "user role group policy"))
		sql_tokens_note(s, SQL_MEANS_PRIVILEGES, "role");
	else
		sql_tokens_note(s, plain && !(s->bits & (SQL_SEEN_DELETE | SQL_SEEN_UPDATE)) ? SQL_MEANS_CREATE : SQL_MEANS_TRIGGER,
				"definition");
}

static void copy(struct sql_seen *s)
{
	sql_tokens_note(s, SQL_MEANS_INSERT, "table");
	sql_tokens_note(s, SQL_MEANS_SERVER_FILE, "file");
	strays(s, s->bits);
}

static void pragma(struct sql_seen *s)
{
	static const char harmless[] =
		"table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list foreign_key_check database_list "
		"integrity_check quick_check compile_options collation_list function_list page_count freelist_count user_version "
		"schema_version encoding data_version module_list pragma_list busy_timeout cache_size case_sensitive_like temp_store";

	if (!sql_token_among(&s->word[1], harmless))
		sql_tokens_note(s, SQL_MEANS_SESSION, "setting");
	strays(s, s->bits);
}

/* SET name …: the words in it, and whether the value is one that changes nothing. */
void sql_tokens_setting(struct sql_seen *s, const struct sql_token *t)
{
	enum sql_meaning means;

	if (t->kind != SQL_TOKEN_WORD && t->kind != SQL_TOKEN_QUOTED && t->kind != SQL_TOKEN_STRING)
		return;
	means = sql_setting(t->text);
	if (sql_token_is(t, "authorization"))
		means = SQL_MEANS_ROLE;
	if (sql_token_among(t, "global persist persist_only"))
		means = SQL_MEANS_SERVER;
	if (means > s->setting)
		s->setting = means;
	if (str_eq_nocase(t->text, STR("utf8")) || str_eq_nocase(t->text, STR("utf8mb4")))
		s->safe_value = true;
	else if (t->kind == SQL_TOKEN_STRING || (!sql_token_among(t, "set names session local") && means == SQL_MEANS_READ))
		s->unsafe_value = true;
}

static void set(struct sql_seen *s)
{
	bool safe = s->setting == SQL_MEANS_LEXING && s->safe_value && !s->unsafe_value;

	if (s->setting != SQL_MEANS_READ && !safe)
		sql_tokens_note(s, s->setting, "setting");
	/* SET SCHEMA 'x' and SET TIME ZONE are words of their own. */
	if (s->bits & SQL_SEEN_WRITE)
		sql_tokens_note(s, SQL_MEANS_SESSION, "setting");
	strays(s, s->bits & ~(SQL_SEEN_WRITE | SQL_SEEN_UPSERT));
}

static void vacuum(struct sql_seen *s)
{
	sql_tokens_note(s, (s->bits & SQL_SEEN_INTO) ? SQL_MEANS_CLIENT_FILE : SQL_MEANS_REWRITE, "table");
	strays(s, s->bits & ~SQL_SEEN_INTO);
}

static void use(struct sql_seen *s)
{
	if (s->w->now && s->before[1].text.len)
		s->w->now->connect = arena_str(s->w->arena, s->before[1].text);
	s->w->answer->reads_only = false;
	strays(s, s->bits);
}

/* ATTACH 'file' AS name */
static void attach(struct sql_seen *s)
{
	struct sql_lex l = { .text = s->w->now ? s->w->now->text : STR_NONE, .way = s->way };
	struct sql_token t = sql_lex_next(&l);

	while (t.kind != SQL_TOKEN_END && t.kind != SQL_TOKEN_BAD && t.kind != SQL_TOKEN_STRING)
		t = sql_lex_next(&l);
	if (s->w->now && t.kind == SQL_TOKEN_STRING)
		s->w->now->connect = arena_str(s->w->arena, t.text);
	s->w->answer->reads_only = false;
	strays(s, s->bits);
}

static const struct verb {
	const char *words;
	void (*read)(struct sql_seen *s);
	enum sql_meaning means;
	const char *type;
} verbs[] = {
	{ "select with values table explain describe desc show listen unlisten notify fetch close move deallocate discard "
	  "checkpoint help declare print go analyze", read_verb, SQL_MEANS_READ, "" },
	{ "begin start commit rollback end savepoint release abort", transaction, SQL_MEANS_READ, "" },
	{ "insert replace", insert, SQL_MEANS_READ, "" },
	{ "delete update", change, SQL_MEANS_READ, "" },
	{ "create", create, SQL_MEANS_READ, "" },
	{ "copy", copy, SQL_MEANS_READ, "" },
	{ "pragma", pragma, SQL_MEANS_READ, "" },
	{ "set reset", set, SQL_MEANS_READ, "" },
	{ "use", use, SQL_MEANS_READ, "" },
	{ "attach detach", attach, SQL_MEANS_READ, "" },
	{ "vacuum", vacuum, SQL_MEANS_READ, "" },
	{ "drop", NULL, SQL_MEANS_DROP, "object" },
	{ "truncate", NULL, SQL_MEANS_TRUNCATE, "table" },
	{ "alter rename", NULL, SQL_MEANS_ALTER_LOSES, "object" },
	{ "merge", NULL, SQL_MEANS_MERGE, "table" },
	{ "grant revoke deny reassign security", NULL, SQL_MEANS_PRIVILEGES, "privileges" },
	{ "cluster reindex refresh optimize repair", NULL, SQL_MEANS_REWRITE, "table" },
	{ "lock unlock", NULL, SQL_MEANS_LOCK, "table" },
	{ "comment", NULL, SQL_MEANS_ALTER, "comment" },
	{ "call", NULL, SQL_MEANS_PROCEDURE, "procedure" },
	{ "exec execute prepare", NULL, SQL_MEANS_DYNAMIC, "statement" },
	{ "do", NULL, SQL_MEANS_CODE, "block" },
	{ "load", NULL, SQL_MEANS_SERVER_FILE, "file" },
	{ "backup bulk", NULL, SQL_MEANS_SERVER_FILE, "file" },
	{ "restore", NULL, SQL_MEANS_DROP, "database" },
	{ "kill shutdown", NULL, SQL_MEANS_TERMINATE, "session" },
	{ "flush purge change stop dbcc install uninstall reconfigure", NULL, SQL_MEANS_SERVER, "server" },
	{ "import", NULL, SQL_MEANS_NETWORK, "server" },
};

void sql_tokens_verdict(struct sql_seen *s)
{
	/* Not closed, or U&'…': nothing about it is certain. */
	if (s->bits & SQL_SEEN_BAD)
		sql_tokens_note(s, SQL_MEANS_UNREAD, "statement");
	s->bits &= ~SQL_SEEN_BAD;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!s->n_words || !sql_token_among(&s->word[0], verbs[i].words))
			continue;
		if (verbs[i].read) {
			verbs[i].read(s);
		} else {
			sql_tokens_note(s, verbs[i].means, verbs[i].type);
			strays(s, s->bits & (SQL_SEEN_PROGRAM | SQL_SEEN_FILE | SQL_SEEN_BAD));
		}
		return;
	}
	strays(s, s->bits & WRITES & ~SQL_SEEN_OTHER);
	sql_tokens_note(s, SQL_MEANS_UNREAD, "statement");
}
