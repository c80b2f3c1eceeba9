#include "read/command_tool.h"

#include "facts/sql_findings.h"
#include "read/sql/sql.h"

#define MOST_STRINGS 400 /* of one program's text that are looked at as SQL */

/* --- calls of libraries that delete elsewhere --- */

/* clang-format off */
static const struct {
	const char *call;   /* as it stands in the text without blanks */
	const char *beside; /* must stand somewhere too; "" nothing */
	const char *what;
	bool scripts; /* in a file that is run as well, not in words alone */
} calls[] = {
	{ ".delete_", "boto3", "deletes a resource of AWS", false },
	{ ".terminate_", "boto3", "deletes a resource of AWS", false },
	{ ".purge_", "boto3", "deletes a resource of AWS", false },
	{ ".deregister_", "boto3", "deletes a resource of AWS", false },
	{ ".delete()", "boto3", "deletes objects of AWS", false },
	{ ".delete_", "aioboto", "deletes a resource of AWS", false },
	{ "newDelete", "aws-sdk", "deletes a resource of AWS", false },
	{ "newTerminate", "aws-sdk", "deletes a resource of AWS", false },
	{ ".delete", "aws-sdk", "deletes a resource of AWS", false },
	{ ".delete", "google.cloud", "deletes a resource of Google Cloud", false },
	{ ".delete", "@google-cloud", "deletes a resource of Google Cloud", false },
	{ ".begin_delete", "azure", "deletes a resource of Azure", false },
	{ ".delete_", "azure", "deletes a resource of Azure", false },
	{ ".delete_namespace", "kubernetes", "deletes objects of a cluster", false },
	{ ".flushall(", "", "deletes every key of Redis", false },
	{ ".flushdb(", "", "deletes every key of a Redis database", false },
	{ ".flushAll(", "", "deletes every key of Redis", false },
	{ ".flushDb(", "", "deletes every key of a Redis database", false },
	{ ".drop_database(", "", "drops a database", true },
	{ ".dropDatabase(", "", "drops a database", true },
	{ ".drop_collection(", "", "drops a collection", false },
	{ ".delete_many({})", "", "deletes every document of a collection", true },
	{ ".deleteMany({})", "", "deletes every document of a collection", true },
	{ ".deleteMany()", "", "deletes every row of a table", true },
	{ ".drop_all(", "", "drops every table of the models", true },
	{ ".sync({force:true", "", "drops and recreates every table of the models", true },
	{ ".synchronize(true", "", "drops and recreates every table of the models", false },
	{ ".dropSchema(", "", "drops the schema", true },
	{ "delete_all", "ActiveRecord", "deletes every row of a table", true },
	{ ".objects.all().delete()", "", "deletes every row of a table", true },
	{ ".delete()", ".objects.", "deletes the rows that a query finds", false },
	{ ".destroy({truncate:true", "", "deletes every row of a table", true },
	{ ".destroy({where:{}", "", "deletes every row of a table", true },
};
/* clang-format on */

/* The text without blanks outside strings is not built: blanks are passed over while comparing. */
static bool stands(struct str text, const char *needle)
{
	size_t len = strlen(needle);

	for (size_t i = 0; i < text.len; i++) {
		size_t k = 0, at = i;

		while (k < len && at < text.len) {
			if (text.ptr[at] == needle[k]) {
				k++;
				at++;
			} else if (k && (text.ptr[at] == ' ' || text.ptr[at] == '\n' || text.ptr[at] == '\t')) {
				at++;
			} else {
				break;
			}
		}
		if (k == len)
			return true;
	}
	return !len;
}

struct code {
	struct command_work *w;
	const struct command_words *s;
	struct str text;
	struct command_database d;
	struct str host; /* of the first http URL */
	bool has_url;
};

static struct change *lost(struct code *c, const char *finding, const char *type, struct str name, struct str reason)
{
	struct change *made = command_effect_add(
		c->w,
		&(struct command_effect_words){ .kind = CHANGE_DELETE,
						.finding = finding,
						.type = type,
						.reversible = REVERSIBLE_NO,
						.holds_data = HOLDS_DATA_YES,
						.name = name,
						.reason = reason,
						.safer = "a script that a person reads, run where it cannot reach production" });

	if (made)
		command_at_database(c->w, &c->d, made);
	return made;
}

static void library_calls(struct code *c, bool script)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		if ((script && !calls[i].scripts) || !stands(c->text, calls[i].call) ||
		    str_find(c->text, str_from(calls[i].beside)) == SIZE_MAX)
			continue;
		(void)lost(c, "cloud.resource", "resource", c->s->program,
			   arena_fmt(c->w->arena, "code of %.*s %s", STR_ARG(c->s->program), calls[i].what));
		return;
	}
}

/* requests.delete("https://…"), fetch(…, {method: 'DELETE'}) */
static void http_calls(struct code *c)
{
	static const char *const names[] = { "requests.delete(",   "httpx.delete(",	 "axios.delete(",     "session.delete(",
					     "method:'DELETE'",	   "method:\"DELETE\"",	 "method='DELETE'",   "method=\"DELETE\"",
					     "request('DELETE'",   "request(\"DELETE\"", "Net::HTTP::Delete", "got.delete(",
					     "RestClient.delete(", "HTTParty.delete(" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct change *made;
		struct place *p;

		if (!stands(c->text, names[i]) || (c->host.len && command_local_host(c->w, c->host)))
			continue;
		made = lost(c, "cloud.resource", "HTTP resource", c->host.len ? c->host : c->s->program,
			    STR("a request of code to an API deletes what its token can reach"));
		p = ARENA_NEW(c->w->arena, struct place);
		if (made && p) {
			p->host = c->host;
			made->place = p;
			made->environment = STR_NONE;
		}
		return;
	}
}

/* --- strings --- */

static bool looks_destructive(struct str s)
{
	static const struct str verbs[] = { STR_INIT("drop "), STR_INIT("truncate "), STR_INIT("delete "), STR_INIT("alter "),
					    STR_INIT("update ") };

	s = str_trim(s);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (s.len > verbs[i].len && str_eq_nocase(str_sub(s, 0, verbs[i].len), verbs[i]))
			return true;
	}
	return false;
}

/* A statement of real SQL, not a sentence: the reader must find a change of rank in it. */
static void sql_string(struct code *c, struct str s)
{
	struct sql_input in = { .text = s, .dialect = SQL_OTHER };
	struct sql_answer answer = { 0 };

	sql_read(&in, c->w->arena, &answer);
	CHANGE_EACH(change, &answer.changes) {
		const struct sql_finding *f = sql_finding_by_code(change->finding);
		struct change *made;

		if (change->kind == CHANGE_OPAQUE || !f || (f->rank != SQL_RANK_HOLDS && change->kind != CHANGE_DELETE))
			continue;
		made = command_change(c->w);
		if (!made)
			return;
		*made = *change;
		made->title = made->name;
		command_at_database(c->w, &c->d, made);
	}
}

static void url_string(struct code *c, struct str s)
{
	size_t at;

	if (!c->has_url && command_database_url(c->w, s, &c->d)) {
		c->has_url = true;
		return;
	}
	if (c->host.len || !(str_starts(s, STR("http://")) || str_starts(s, STR("https://"))))
		return;
	s = str_sub(s, str_find(s, STR("//")) + 2, s.len);
	for (at = 0; at < s.len && !memchr("/:?", s.ptr[at], 3); at++)
		;
	c->host = str_sub(s, 0, at);
}

/* Each string literal of the text, in turn. */
static void each_string(struct code *c, void (*take)(struct code *c, struct str s))
{
	size_t n = 0;

	for (size_t i = 0; i < c->text.len && n < MOST_STRINGS; i++) {
		char quote = c->text.ptr[i];
		size_t from = i + 1, end;
		bool three;

		if (quote != '"' && quote != '\'' && quote != '`')
			continue;
		three = i + 2 < c->text.len && c->text.ptr[i + 1] == quote && c->text.ptr[i + 2] == quote;
		if (three)
			from += 2;
		for (end = from; end < c->text.len && c->text.ptr[end] != quote; end++)
			end += c->text.ptr[end] == '\\';
		if (end > c->text.len)
			end = c->text.len;
		take(c, str_sub(c->text, from, end - from));
		i = three ? end + 2 : end;
		n++;
	}
}

/* Is the string handed to what prints, compares or writes it? Then it is data. */
static bool is_shown(const struct code *c, struct str s)
{
	static const struct str shows[] = { STR_INIT("print("),	 STR_INIT(".log("), STR_INIT(".includes("),
					    STR_INIT(".write("), STR_INIT("puts "), STR_INIT(".info("),
					    STR_INIT(".error("), STR_INIT("echo "), STR_INIT(".startswith("),
					    STR_INIT(".index(") };
	size_t at = (size_t)(s.ptr - c->text.ptr);

	at -= at ? 1 : 0; /* the quote */
	for (size_t i = 0; i < ARRAY_LEN(shows); i++) {
		if (at >= shows[i].len && str_eq(str_sub(c->text, at - shows[i].len, shows[i].len), shows[i]))
			return true;
	}
	return false;
}

static void take_sql(struct code *c, struct str s)
{
	if (looks_destructive(s) && !is_shown(c, s))
		sql_string(c, s);
}

/* Does the code hand any text to a database at all? */
static bool speaks_sql(struct str text)
{
	static const char *const names[] = { "execute", ".query(", ".exec(", "executeRaw", "queryRaw",
					     ".raw(",	"DBI->",   "->do(",  "sql(",	   "mysql",
					     "psycopg", "sqlite",  ".run(",  "->query",	   "->exec" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_find(text, str_from(names[i])) != SIZE_MAX)
			return true;
	}
	return false;
}

static void keyword_host(struct code *c)
{
	static const char *const keys[] = { "host=", "host:", "hostname=" };

	for (size_t i = 0; !c->has_url && i < ARRAY_LEN(keys); i++) {
		size_t at = str_find(c->text, str_from(keys[i])), end;
		struct str rest;

		if (at == SIZE_MAX)
			continue;
		rest = str_sub(c->text, at + strlen(keys[i]), 200);
		while (rest.len && memchr(" '\"", rest.ptr[0], 3))
			rest = str_sub(rest, 1, rest.len);
		for (end = 0; end < rest.len && !memchr(" '\",;)", rest.ptr[end], 6); end++)
			;
		c->d = (struct command_database){ .known = true, .host = str_sub(rest, 0, end) };
		c->d.local = command_local_host(c->w, c->d.host);
		c->has_url = true;
	}
}

static void read_code(struct command_work *w, const struct command_words *s, struct str text)
{
	struct code c = { .w = w, .s = s, .text = text };

	if (!text.len)
		return;
	each_string(&c, url_string);
	keyword_host(&c);
	if (!c.has_url)
		command_orm(w, s, COMMAND_PLACE_DATABASE, &c.d);
	if (speaks_sql(text))
		each_string(&c, take_sql);
	library_calls(&c, false);
	http_calls(&c);
}

/* A file that is run: what models of an application lose whole. A server's own routes and the tests of it run later, or elsewhere. */
static void read_script(struct command_work *w, const struct command_words *s, struct str text)
{
	static const char *const later[] = { ".listen(", "describe(", "createServer(", "Deno.serve(", "Bun.serve(", "def test_" };
	struct code c = { .w = w, .s = s, .text = text };

	for (size_t i = 0; i < ARRAY_LEN(later); i++) {
		if (str_find(text, str_from(later[i])) != SIZE_MAX)
			return;
	}
	each_string(&c, url_string);
	if (!c.has_url)
		command_orm(w, s, COMMAND_PLACE_DATABASE, &c.d);
	library_calls(&c, true);
}

/* --- files and shells of languages that the interpreter of shell texts does not follow --- */

enum deed { REMOVES, RUNS, WRITES };

/* clang-format off */
static const struct {
	const char *languages; /* by |; "" all */
	const char *call;
	enum deed deed;
} deeds[] = {
	{ "lua|luajit", "os.remove(", REMOVES },
	{ "lua|luajit", "os.execute(", RUNS },
	{ "lua|luajit", "io.popen(", RUNS },
	{ "Rscript|R", "unlink(", REMOVES },
	{ "Rscript|R", "file.remove(", REMOVES },
	{ "Rscript|R", "system(", RUNS },
	{ "julia", "rm(", REMOVES },
	{ "julia", "run(", RUNS },
	{ "elixir", "File.rm", REMOVES },
	{ "elixir", "System.cmd(", RUNS },
	{ "elixir", "System.shell(", RUNS },
	{ "groovy|scala|kotlin|jshell", ".deleteDir(", REMOVES },
	{ "groovy|scala|kotlin|jshell", ".delete(", REMOVES },
	{ "groovy|scala|kotlin|jshell", ".exec(", RUNS },
	{ "groovy", ".execute(", RUNS },
	{ "groovy|scala|kotlin|jshell", "Files.delete", REMOVES },
	{ "ghc|runghc|runhaskell", "removeDirectoryRecursive", REMOVES },
	{ "ghc|runghc|runhaskell", "removeFile", REMOVES },
	{ "ghc|runghc|runhaskell", "system", RUNS },
	{ "guile|racket|sbcl|clisp", "delete-file", REMOVES },
	{ "guile|racket|sbcl|clisp", "(system", RUNS },
	{ "emacs|emacsclient", "delete-directory", REMOVES },
	{ "emacs|emacsclient", "delete-file", REMOVES },
	{ "emacs|emacsclient", "shell-command", RUNS },
	{ "osascript", "do shell script", RUNS },
	{ "osascript", "delete", REMOVES },
	{ "tclsh|wish", "file delete", REMOVES },
	{ "tclsh|wish", "exec", RUNS },
	{ "python*", ",'w", WRITES },
	{ "python*", ",\"w", WRITES },
	{ "python*", ".write_text(", WRITES },
	{ "python*", ".write_bytes(", WRITES },
	{ "lua|luajit", ",'w", WRITES },
	{ "lua|luajit", ",\"w", WRITES },
};
/* clang-format on */

/* A path as a word of a shell. */
static struct str shell_word(struct command_work *w, struct str s)
{
	bool home = str_starts(s, STR("~/")) || str_is(s, "~");

	if (!s.len || memchr(s.ptr, '\'', s.len))
		return STR_NONE;
	return home ? arena_fmt(w->arena, "~%s'%.*s'", s.len > 1 ? "/" : "", STR_ARG(str_sub(s, 2, s.len)))
		    : arena_fmt(w->arena, "'%.*s'", STR_ARG(s));
}

static bool like_path(struct str s)
{
	return s.len > 1 && s.len < 4096 && (memchr(s.ptr, '/', s.len) || memchr(s.ptr, '.', s.len) || s.ptr[0] == '~') &&
	       !memchr(s.ptr, ' ', s.len) && !str_starts(s, STR("http"));
}

static void remove_string(struct code *c, struct str s)
{
	struct str word = like_path(s) ? shell_word(c->w, s) : STR_NONE;

	if (word.len)
		command_nested(c->w, arena_fmt(c->w->arena, "rm -rf -- %.*s", STR_ARG(word)));
}

static void write_string(struct code *c, struct str s)
{
	struct str word = like_path(s) ? shell_word(c->w, s) : STR_NONE;

	if (word.len)
		command_nested(c->w, arena_fmt(c->w->arena, ": > %.*s", STR_ARG(word)));
}

static void run_string(struct code *c, struct str s)
{
	command_nested(c->w, s);
}

static bool of_languages(struct str base, struct str list)
{
	struct str one;

	while (command_next(&list, '|', &one)) {
		if (str_glob(one, base))
			return true;
	}
	return false;
}

static void read_deeds(struct command_work *w, const struct command_words *s, struct str text)
{
	static void (*const take[])(struct code * c,
				    struct str s) = { [REMOVES] = remove_string, [RUNS] = run_string, [WRITES] = write_string };
	struct str base = command_base(w->act->argv[0].text);
	struct code c = { .w = w, .s = s, .text = text };
	bool done[ARRAY_LEN(take)] = { false };

	for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
		if (done[deeds[i].deed] || !of_languages(base, str_from(deeds[i].languages)) || !stands(text, deeds[i].call))
			continue;
		done[deeds[i].deed] = true;
		each_string(&c, take[deeds[i].deed]);
		if (deeds[i].deed == REMOVES && str_starts(base, STR("tclsh"))) {
			size_t at = str_find(text, STR("file delete"));

			if (at != SIZE_MAX)
				command_nested(w, arena_fmt(w->arena, "rm -rf %.*s", STR_ARG(str_sub(text, at + 11, 400))));
		}
	}
}

/* --- interpreters --- */

static const char interpreters[] =
	"node|nodejs|bun|deno|ruby|php|perl|tsx|ts-node|irb|rails|Rscript|R|julia|elixir|lua|luajit|groovy|scala|clojure|kotlin|"
	"ghc|runghc|runhaskell|guile|racket|sbcl|clisp|emacs|emacsclient|osascript|tclsh|wish|jshell";

static struct str joined(struct command_work *w, const struct command_words *s)
{
	struct str out = STR_NONE;

	for (size_t i = s->at_program + 1; i < w->act->n_argv && out.len < 65536; i++)
		out = arena_fmt(w->arena, "%.*s %.*s", STR_ARG(out), STR_ARG(w->act->argv[i].text));
	return out;
}

bool command_code(struct command_work *w, const struct command_words *s)
{
	struct str base = command_base(w->act->n_argv ? w->act->argv[0].text : STR_NONE);

	if (command_one_of(base, STR("powershell|pwsh|cmd"), '|')) {
		command_powershell(w, joined(w, s));
		return true;
	}
	if (!str_starts(base, STR("python")) && !str_starts(base, STR("pypy")) && !command_one_of(base, STR(interpreters), '|'))
		return false;
	for (size_t i = 1; i + 1 < w->act->n_argv; i++) {
		struct str word = w->act->argv[i].text;

		if (command_one_of(word, STR("-c|-e|-r|-p|--eval|-eval|--print|-E|eval|-pe|-ne"), '|')) {
			read_code(w, s, w->act->argv[i + 1].text);
			read_deeds(w, s, w->act->argv[i + 1].text);
		}
	}
	if (w->act->script.len)
		read_script(w, s, w->act->script);
	if (w->act->input == SHELL_INPUT_TEXT) {
		read_code(w, s, w->act->input_text.text);
		read_deeds(w, s, w->act->input_text.text);
	}
	return false;
}
