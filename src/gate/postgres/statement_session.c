/* What begins and ends transactions, and what switches the session: read from words, of texts that PostgreSQL's parser took. */
#include "gate/postgres/statement_inner.h"
#include "read/sql/sql_lex.h"

#define DEFAULT_READ_ONLY "default_transaction_read_only"

struct words {
	struct sql_token t[STATEMENT_WORDS];
	size_t n;
	bool more; /* than fit */
};

static struct words words_of(struct str text)
{
	struct sql_lex lex = { .text = text, .way = SQL_LEX_POSTGRES, .line_start = true };
	struct words w = { .n = 0 };

	for (struct sql_token t = sql_lex_next(&lex); t.kind != SQL_TOKEN_END; t = sql_lex_next(&lex)) {
		if (sql_token_is(&t, ";"))
			break;
		if (w.n == STATEMENT_WORDS) {
			w.more = true;
			break;
		}
		w.t[w.n++] = t;
	}
	return w;
}

static bool at(const struct words *w, size_t i, const char *word)
{
	return i < w->n && sql_token_is(&w->t[i], word);
}

/* The last place of two words behind one another, for the last of several modes holds; SIZE_MAX: none. */
static size_t pair(const struct words *w, const char *a, const char *b)
{
	for (size_t i = w->n; i-- > 1;) {
		if (at(w, i - 1, a) && at(w, i, b))
			return i - 1;
	}
	return SIZE_MAX;
}

/* --- transactions --- */

struct transaction_row {
	const char *first, *second; /* NULL: any */
	enum control control;
};

/* The first that fits. */
static const struct transaction_row transactions[] = {
	{ "begin", NULL, CONTROL_BEGIN },
	{ "start", NULL, CONTROL_BEGIN },
	{ "commit", "prepared", CONTROL_NONE },
	{ "rollback", "prepared", CONTROL_NONE },
	{ "commit", NULL, CONTROL_COMMIT },
	{ "end", NULL, CONTROL_COMMIT },
	{ "rollback", "to", CONTROL_ROLLBACK_TO },
	{ "abort", NULL, CONTROL_ROLLBACK },
	{ "rollback", NULL, CONTROL_ROLLBACK },
	{ "savepoint", NULL, CONTROL_SAVEPOINT },
	{ "release", NULL, CONTROL_RELEASE },
	{ "prepare", "transaction", CONTROL_PREPARE },
};

static enum control control_of(const struct words *w)
{
	/* ROLLBACK WORK TO …, ROLLBACK TRANSACTION TO … */
	size_t noise = at(w, 1, "work") || at(w, 1, "transaction");

	for (size_t i = 0; i < ARRAY_LEN(transactions); i++) {
		const struct transaction_row *r = &transactions[i];

		if (at(w, 0, r->first) && (!r->second || at(w, 1, r->second) || (noise && at(w, 2, r->second))))
			return r->control;
	}
	return CONTROL_NONE;
}

static void begin(const struct weighing *w, struct statement *s, const struct words *words)
{
	size_t only = pair(words, "read", "only"), write = pair(words, "read", "write");

	/* Modes are applied in order: which of them is the last must be seen. */
	if (words->more && (s->shape->modes & SQL_MODE_READ_WRITE)) {
		statement_refuse(w, s, "PW004", STR("too many modes to see whether the transaction may write"),
				 STR("Name each mode once."));
		return;
	}
	if (words->more || (only != SIZE_MAX && (write == SIZE_MAX || write < only))) {
		s->control = CONTROL_BEGIN_READ_ONLY;
		s->read_only = READ_ONLY_ON;
		return;
	}
	if (write == SIZE_MAX && w->c->read_only) {
		s->control = CONTROL_BEGIN_READ_ONLY;
		return;
	}
	s->read_only = write == SIZE_MAX ? READ_ONLY_UNSAID : READ_ONLY_OFF;
	if (write == SIZE_MAX)
		s->instead = arena_fmt(w->arena, "%.*s\nREAD WRITE", STR_ARG(s->text));
}

bool statement_transaction(const struct weighing *w, struct statement *s)
{
	struct words words;

	if (!str_is(s->verb, "TRANSACTION"))
		return false;
	words = words_of(s->text);
	s->control = control_of(&words);
	if (s->control == CONTROL_NONE)
		return false;
	/* PREPARE TRANSACTION is told of as a change, and weighed like any. */
	if (s->control == CONTROL_PREPARE)
		return false;
	s->ruling = RULING_CONTROL;
	if (s->control == CONTROL_BEGIN)
		begin(w, s, &words);
	if (s->ruling == RULING_REFUSE)
		return true;
	s->chain = pair(&words, "and", "chain") != SIZE_MAX;
	return true;
}

/* --- settings --- */

static bool is_read_only(struct str setting)
{
	return str_eq_nocase(setting, STR("transaction_read_only")) || str_eq_nocase(setting, STR(DEFAULT_READ_ONLY));
}

bool statement_sets(const struct statement *s)
{
	return str_is(s->verb, "SET");
}

/* What a settings statement is about, by words: SET [SESSION|LOCAL] name …, RESET name. */
static struct str setting_of(const struct words *w, bool *ret_local)
{
	size_t i = 1;

	*ret_local = at(w, 1, "local");
	if (*ret_local || (at(w, 1, "session") && !at(w, 2, "characteristics") && !at(w, 2, "authorization")))
		i = 2;
	return i < w->n ? w->t[i].text : STR_NONE;
}

/* The client wants to write again, or for good. The gate's wall stays up: in a transaction of its own it is told so as it is, else the
 * same words are sent with the value turned round, so that the answer is the server's. */
static void writes_again(const struct weighing *w, struct statement *s, const struct words *words)
{
	size_t write = pair(words, "read", "write");
	bool local, of_transaction = at(words, 1, "transaction") || is_read_only(setting_of(words, &local));

	if (words->more || (write == SIZE_MAX && !of_transaction)) {
		statement_refuse(w, s, "PW004", STR("this setting is not understood, and would take down the wall before writes"),
				 STR("Write it as SET default_transaction_read_only = off, or BEGIN READ WRITE."));
		return;
	}
	s->session = pair(words, "session", "characteristics") != SIZE_MAX;
	if (w->c->in_transaction && w->c->read_only && !s->session && !str_eq_nocase(setting_of(words, &local), STR(DEFAULT_READ_ONLY))) {
		statement_refuse(w, s, "PW004", STR("a transaction that was begun READ ONLY stays so"),
				 STR("ROLLBACK, then BEGIN READ WRITE."));
		return;
	}
	s->ruling = RULING_SESSION;
	s->read_only = READ_ONLY_OFF;
	if (write != SIZE_MAX) {
		const struct sql_token *t = &words->t[write + 1];

		if (!s->session && w->c->in_transaction && !w->several)
			return;
		s->instead = arena_fmt(w->arena, "%.*sONLY%.*s", STR_ARG(str_sub(s->text, 0, t->at)),
				       STR_ARG(str_sub(s->text, t->end, SIZE_MAX)));
		return;
	}
	s->session = !local && str_eq_nocase(setting_of(words, &local), STR(DEFAULT_READ_ONLY));
	if (!s->session && !local && w->c->in_transaction && !w->several)
		return;
	s->instead = arena_fmt(w->arena, "SET %s%.*s TO on", local ? "LOCAL " : "", STR_ARG(setting_of(words, &local)));
}

static bool writes_wanted(const struct weighing *w, const struct statement *s)
{
	STATEMENT_EACH(e, w, s) {
		if (statement_has(e.change, SQL_MEANS_SESSION) && is_read_only(e.change->name))
			return true;
	}
	return false;
}

/* What has no change of its own: the client asks for read only, or sets its search_path. */
static void quiet_setting(const struct weighing *w, struct statement *s, const struct words *words)
{
	bool local;
	struct str setting = setting_of(words, &local);
	bool reset = at(words, 0, "reset");

	if (is_read_only(setting)) {
		s->read_only = reset ? READ_ONLY_OFF : READ_ONLY_ON;
		s->session = !local && str_eq_nocase(setting, STR(DEFAULT_READ_ONLY));
	} else if (pair(words, "read", "only") != SIZE_MAX) {
		s->read_only = READ_ONLY_ON;
		s->session = pair(words, "session", "characteristics") != SIZE_MAX;
	} else if (reset && at(words, 1, "all")) {
		s->read_only = READ_ONLY_OFF;
		s->session = s->path_changed = s->path_known = true;
	} else if (str_eq_nocase(setting, STR("search_path")) || str_eq_nocase(setting, STR("schema"))) {
		s->path_changed = true;
		s->path_known = reset;
	}
	(void)w;
}

/* SET search_path = a, "b", 'c': the names as they are. */
static void path_of(const struct weighing *w, struct statement *s, const struct words *words)
{
	struct str path = STR_NONE;
	size_t i = 0;
	bool local;

	setting_of(words, &local);
	while (i < words->n && !at(words, i, "to") && !at(words, i, "="))
		i++;
	if (!s->path_changed || s->path_known || local || words->more || i + 1 >= words->n)
		return;
	for (i++; i < words->n; i++) {
		const struct sql_token *t = &words->t[i];

		if (at(words, i, ","))
			continue;
		if ((t->kind != SQL_TOKEN_WORD && t->kind != SQL_TOKEN_QUOTED && t->kind != SQL_TOKEN_STRING) || t->escaped)
			return;
		path = path.len ? arena_fmt(w->arena, "%.*s, %.*s", STR_ARG(path), STR_ARG(t->text)) : arena_str(w->arena, t->text);
	}
	s->path_known = true;
	s->path = at(words, words->n - 1, "default") ? STR_NONE : path;
}

struct session_row {
	const char *verb;
	bool forgets; /* with ALL behind it */
};

static const struct session_row sessions[] = {
	{ "DISCARD", true },   { "DEALLOCATE", true }, { "LISTEN", false },	     { "UNLISTEN", false },   { "NOTIFY", false },
	{ "SHOW", false },     { "CLOSE", false },     { "SET CONSTRAINTS", false }, { "CHECKPOINT", false },
};

static const struct session_row *session_row(struct str verb)
{
	for (size_t i = 0; i < ARRAY_LEN(sessions); i++) {
		if (str_is(verb, sessions[i].verb))
			return &sessions[i];
	}
	return NULL;
}

/* SHOW transaction_read_only must not tell of the gate's wall: read where the client's own transaction would be. */
static bool asks_read_only(const struct weighing *w, const struct statement *s, const struct words *words)
{
	return str_is(s->verb, "SHOW") && words->n == 2 && !w->c->read_only && !w->c->in_transaction &&
	       str_eq_nocase(words->t[1].text, STR("transaction_read_only"));
}

/* The session's own setting is the gate's wall: the client hears of the one it has. */
static void tell_default(const struct weighing *w, struct statement *s, const struct words *words)
{
	if (str_is(s->verb, "SHOW") && words->n == 2 && !w->c->read_only &&
	    str_eq_nocase(words->t[1].text, STR("default_transaction_read_only")))
		s->instead = STR("SELECT 'off'::pg_catalog.text AS default_transaction_read_only");
}

bool statement_session(const struct weighing *w, struct statement *s)
{
	const struct session_row *row = session_row(s->verb);
	struct words words;

	if (!row && !statement_sets(s))
		return false;
	words = words_of(s->text);
	if (row) {
		s->ruling = asks_read_only(w, s, &words) ? RULING_WRITE : RULING_SESSION;
		tell_default(w, s, &words);
		s->forgets = row->forgets && (at(&words, 1, "all") || (at(&words, 1, "prepare") && at(&words, 2, "all")));
		if (str_is(s->verb, "DISCARD") && at(&words, 1, "all")) {
			s->read_only = READ_ONLY_OFF;
			s->session = s->path_changed = s->path_known = true;
		}
		return true;
	}
	if (writes_wanted(w, s)) {
		writes_again(w, s, &words);
		return true;
	}
	quiet_setting(w, s, &words);
	if (s->path_changed && str_find(s->shape->value, STR("pawl_trash")) != SIZE_MAX) {
		statement_refuse(w, s, "PW004", STR("what pawl kept is not for this connection to change"),
				 STR("To look at it, name the schema before each table."));
		return true;
	}
	path_of(w, s, &words);
	if (s->n_changes)
		return false;
	s->ruling = RULING_SESSION;
	return true;
}

/* --- what no policy can allow --- */

static bool own_name(struct str name)
{
	return str_starts(name, STR("_pawl")) || str_starts(name, STR("pawl_trash."));
}

/* PREPARE, EXECUTE and DEALLOCATE of what the gate prepared for itself. */
static bool own_prepared(const struct statement *s)
{
	return s->shape->prepared != SQL_PREPARED_NONE && own_name(s->shape->name);
}

static struct str guarded(const struct statement *s, const struct change *c)
{
	if (statement_has(c, SQL_MEANS_LEXING))
		return STR("this setting would make the server read the text that follows otherwise than pawl does");
	if (statement_has(c, SQL_MEANS_SESSION) && str_ends(c->name, STR("set_config")))
		return STR("set_config of a setting that is not named in the text could take down the wall before writes");
	if (statement_has(c, SQL_MEANS_SESSION) && (is_read_only(c->name) || str_ends(c->name, STR("pg_settings"))) && !statement_sets(s))
		return STR("this would take down the wall before writes");
	if (c->kind != CHANGE_READ && (str_is(c->name, "pawl_trash") || own_name(c->name)))
		return STR("what pawl kept is not for this connection to change");
	return STR_NONE;
}

bool statement_guards(const struct weighing *w, struct statement *s)
{
	if (own_prepared(s)) {
		statement_refuse(w, s, "PW004", STR("names that begin with _pawl are the gate's own"), STR("Use another name."));
		return true;
	}
	STATEMENT_EACH(e, w, s) {
		struct str why = guarded(s, e.change);

		if (!why.len)
			continue;
		statement_refuse(w, s, "PW004", why,
				 STR("Leave the setting as it is; to write, begin with BEGIN READ WRITE."));
		return true;
	}
	return false;
}
