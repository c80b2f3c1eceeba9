#include "read/command_tool.h"

#include "facts/sql_findings.h"
#include "read/sql/sql.h"

#define MOST_NESTED 4 /* files that read files */

/* A program that runs SQL. */
struct client {
	const char *names; /* by | */
	const char *words; /* subcommand, "" none */
	const char *texts; /* flags whose value is SQL */
	const char *files; /* flags whose value is a file of SQL */
	int first_text;	   /* words from this one on are SQL; -1 none */
	bool input;	   /* SQL comes by standard input where no flag gives any */
	enum sql_dialect dialect;
	enum command_place place; /* COUNT: by -h, -d and the words, as psql has it */
	const char *not_with;	  /* flags with which it acts on a copy of one's own */
};

/* clang-format off */
static const struct client clients[] = {
	{ "psql|pgcli|usql", "", "-c|--command", "-f|--file", -1, true, SQL_POSTGRES, COMMAND_PLACE_COUNT, "" },
	{ "mysql|mariadb|mycli|mysqlsh", "", "-e|--execute", "", -1, true, SQL_MYSQL, COMMAND_PLACE_COUNT, "" },
	{ "sqlite3|sqlite|litecli|sqlcipher", "", "-cmd", "-init", 1, true, SQL_SQLITE, COMMAND_PLACE_COUNT, "" },
	{ "duckdb", "", "-c|-s|-cmd", "-f|-init", 1, true, SQL_OTHER, COMMAND_PLACE_COUNT, "" },
	{ "sqlcmd|tsql|isql|osql|go-sqlcmd", "", "-Q|-q", "-i", -1, true, SQL_OTHER, COMMAND_PLACE_COUNT, "" },
	{ "cqlsh", "", "-e|--execute", "-f|--file", -1, true, SQL_OTHER, COMMAND_PLACE_COUNT, "" },
	{ "clickhouse-client|clickhouse|chc", "", "-q|--query", "--queries-file", -1, true, SQL_OTHER, COMMAND_PLACE_COUNT, "" },
	{ "cockroach", "sql", "-e|--execute", "-f|--file", -1, true, SQL_POSTGRES, COMMAND_PLACE_COUNT, "" },
	{ "trino|presto", "", "--execute", "-f|--file", -1, true, SQL_OTHER, COMMAND_PLACE_COUNT, "" },
	{ "sqlplus", "", "", "", -1, true, SQL_OTHER, COMMAND_PLACE_COUNT, "" },
	{ "beeline|hive|spark-sql|impala-shell", "", "-e|-q", "-f", -1, true, SQL_OTHER, COMMAND_PLACE_COUNT, "" },
	{ "snowsql|snow", "", "-q|--query", "-f|--filename", -1, true, SQL_OTHER, COMMAND_PLACE_REMOTE, "" },
	{ "bq", "query", "", "", 1, true, SQL_OTHER, COMMAND_PLACE_REMOTE, "--dry_run|--dry_run=true" },
	{ "wrangler|wrangler2", "d1 execute", "--command", "--file", -1, false, SQL_SQLITE, COMMAND_PLACE_REMOTE, "--local" },
	{ "prisma", "db execute", "", "--file", -1, true, SQL_POSTGRES, COMMAND_PLACE_PRISMA, "" },
	{ "typeorm|typeorm-ts-node-commonjs|typeorm-ts-node-esm", "query", "", "", 1, false, SQL_OTHER, COMMAND_PLACE_NODE, "" },
	{ "rails|bin/rails", "dbconsole", "", "", -1, true, SQL_OTHER, COMMAND_PLACE_RAILS, "" },
	{ "rails|bin/rails", "db", "", "", -1, true, SQL_OTHER, COMMAND_PLACE_RAILS, "" },
	{ "manage.py|django-admin", "dbshell", "-c|--command", "", -1, true, SQL_OTHER, COMMAND_PLACE_DJANGO, "" },
	{ "supabase", "db query", "", "-f|--file", 2, true, SQL_POSTGRES, COMMAND_PLACE_REMOTE, "--local" },
	{ "supabase", "db execute", "", "-f|--file", 2, true, SQL_POSTGRES, COMMAND_PLACE_REMOTE, "--local" },
	{ "turso", "db shell", "", "", 3, true, SQL_SQLITE, COMMAND_PLACE_REMOTE, "" },
	{ "heroku", "pg:psql", "-c|--command", "-f|--file", -1, true, SQL_POSTGRES, COMMAND_PLACE_REMOTE, "" },
	{ "render", "psql", "-c", "", -1, true, SQL_POSTGRES, COMMAND_PLACE_REMOTE, "" },
	{ "fly|flyctl", "postgres connect", "", "", -1, true, SQL_POSTGRES, COMMAND_PLACE_REMOTE, "" },
	{ "railway", "connect", "", "", -1, true, SQL_POSTGRES, COMMAND_PLACE_REMOTE, "" },
	{ "pscale", "shell", "--execute", "", -1, true, SQL_MYSQL, COMMAND_PLACE_REMOTE, "" },
	{ "wp|wp-cli.phar", "db query", "", "", 2, true, SQL_MYSQL, COMMAND_PLACE_DATABASE, "" },
	{ "drush", "sql:query", "", "--file", 1, true, SQL_MYSQL, COMMAND_PLACE_DATABASE, "" },
	{ "console|bin/console", "doctrine:query:sql", "", "", 1, false, SQL_OTHER, COMMAND_PLACE_SYMFONY, "" },
	{ "console|bin/console", "dbal:run-sql", "", "", 1, false, SQL_OTHER, COMMAND_PLACE_SYMFONY, "" },
};
/* clang-format on */

struct run {
	struct command_work *w;
	const struct command_words *s;
	const struct client *c;
	struct command_database d;
	unsigned depth;
	bool any; /* some SQL was found */
};

static struct str without_unknown(struct str text, struct arena *arena)
{
	char *out;

	if (command_known(text))
		return text;
	out = ARENA_ARRAY(arena, text.len, char);
	if (!out)
		return STR_NONE;
	for (size_t i = 0; i < text.len; i++)
		out[i] = text.ptr[i] == SHELL_UNKNOWN ? '_' : text.ptr[i];
	return (struct str){ out, text.len };
}

static bool is_scratch(const struct run *r)
{
	return r->d.scratch || (r->d.known && r->d.local && command_scratch_name(r->d.database));
}

/* drop_everything(), "wipeTenant"(): a name that says what the body does, which nobody read. */
static bool says_destruction(struct str name)
{
	static const struct str verbs[] = { STR_INIT("drop"), STR_INIT("truncate"), STR_INIT("wipe"), STR_INIT("purge"),
					    STR_INIT("destroy"), STR_INIT("erase"), STR_INIT("nuke") };
	static const struct str sweeping[] = { STR_INIT("delete"), STR_INIT("clear"), STR_INIT("reset"), STR_INIT("remove"),
					       STR_INIT("clean") };
	static const char of[] = "all|everything|database|db|data|schema|tables|everyone|everybody";
	size_t dot = str_rfind_char(name, '.'), end = 0;
	struct str first, rest;

	name = str_sub(name, dot == SIZE_MAX ? 0 : dot + 1, name.len);
	while (name.len && (name.ptr[0] == '_' || name.ptr[0] == '"'))
		name = str_sub(name, 1, name.len);
	while (end < name.len && name.ptr[end] != '_' && !(end && name.ptr[end] >= 'A' && name.ptr[end] <= 'Z'))
		end++;
	first = str_sub(name, 0, end);
	rest = str_sub(name, end + (end < name.len && name.ptr[end] == '_'), name.len);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (str_eq_nocase(first, verbs[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(sweeping); i++) {
		struct str list = STR(of), one;

		while (str_eq_nocase(first, sweeping[i]) && command_next(&list, '|', &one)) {
			if (str_eq_nocase(str_sub(rest, 0, one.len), one) &&
			    (rest.len == one.len || rest.ptr[one.len] == '_' || rest.ptr[one.len] < 'a'))
				return true;
		}
	}
	return false;
}

/* Does this change take something away that an approval should be asked for? Adding, reading and redefining do not. */
static bool matters(const struct run *r, const struct change *c)
{
	const struct sql_finding *f = sql_finding_by_code(c->finding);

	if (c->kind == CHANGE_OPAQUE)
		return !is_scratch(r);
	if (!f || f->rank == SQL_RANK_HOLDS)
		return true;
	if (c->kind == CHANGE_DELETE)
		return true;
	if (str_is(c->finding, "sql.unknown-function"))
		return !is_scratch(r) && says_destruction(c->name);
	/* A name that others ask for: of indexes and the like nobody does. */
	if (str_is(c->finding, "sql.rename"))
		return !r->d.local && command_one_of(c->type, STR("table|column|schema|database|view"), '|');
	return str_is(c->finding, "sql.bounded-update") && !r->d.local;
}

static void take_change(struct run *r, const struct change *from)
{
	struct change *c;

	if (!matters(r, from))
		return;
	c = command_change(r->w);
	if (!c)
		return;
	*c = *from;
	if (r->c->place == COMMAND_PLACE_REMOTE)
		command_where(r->w, r->s, r->c->place, c);
	else
		command_at_database(r->w, &r->d, c);
	if (!c->title.len && c->name.len)
		c->title = c->name;
	if (!c->name.len)
		c->name = r->d.database.len ? r->d.database : STR("a database");
}

static void unreadable(struct run *r, const char *why)
{
	struct change *c;

	r->any = true;
	if (is_scratch(r))
		return;
	c = command_effect_add(r->w, &(struct command_effect_words){ .kind = CHANGE_OPAQUE,
								     .finding = "command.opaque",
								     .type = "SQL",
								     .name = r->d.database.len ? r->d.database : r->s->program,
								     .reason = str_from(why),
								     .safer = "write the statements out" });
	if (c && r->c->place != COMMAND_PLACE_REMOTE)
		command_at_database(r->w, &r->d, c);
}

static void take_text(struct run *r, struct str text);

static void take_file(struct run *r, struct str path)
{
	struct str absolute = command_path(r->w, path);
	const struct world_file *f;

	if (str_is(path, "-") || str_is(path, "/dev/stdin"))
		return;
	if (!absolute.len || r->w->act->remote || r->depth >= MOST_NESTED) {
		unreadable(r, "which file of SQL is run is not known");
		return;
	}
	f = world_file(r->w->world, absolute);
	if (f && f->found) {
		r->depth++;
		take_text(r, f->text);
		r->depth--;
		return;
	}
	if (!f || f->too_large || f->outside)
		unreadable(r, "a file of SQL is run that could not be read beforehand");
	r->any = true; /* a file that is not there runs nothing */
}

/* \c other, USE other */
static void reconnect(struct run *r, struct str to)
{
	struct command_database d;
	struct str name;

	if (command_database_url(r->w, to, &d)) {
		r->d = d;
		return;
	}
	if (command_next(&to, ' ', &name) && !str_is(name, "-"))
		r->d.database = name;
	r->d.known = true;
}

/* Statements of MySQL's own that throw away what could bring data back. */
static void binary_logs(struct run *r, struct str text)
{
	static const struct str starts[] = { STR_INIT("RESET MASTER"), STR_INIT("PURGE BINARY LOGS"),
					     STR_INIT("PURGE MASTER LOGS"), STR_INIT("RESET BINARY LOGS") };
	struct change *c;

	for (size_t i = 0; r->c->dialect == SQL_MYSQL && i < ARRAY_LEN(starts); i++) {
		if (!str_eq_nocase(str_sub(str_trim(text), 0, starts[i].len), starts[i]))
			continue;
		c = command_effect_add(
			r->w,
			&(struct command_effect_words){
				.kind = CHANGE_DESTROY_BACKUP,
				.finding = "data.backup",
				.type = "binary log",
				.reversible = REVERSIBLE_NO,
				.holds_data = HOLDS_DATA_YES,
				.name = STR("binary logs"),
				.reason = STR("throws away the logs from which the database can be brought to a point in time"),
				.safer = "binlog_expire_logs_seconds" });
		if (c)
			command_at_database(r->w, &r->d, c);
	}
}

static void take_text(struct run *r, struct str text)
{
	struct sql_input in = { .dialect = r->c->dialect, .client = true };
	struct sql_answer answer = { 0 };

	r->any = true;
	in.text = without_unknown(text, r->w->arena);
	if (!str_trim(in.text).len)
		return;
	binary_logs(r, in.text);
	sql_read(&in, r->w->arena, &answer);
	for (const struct sql_statement *st = answer.statements; st; st = st->next) {
		for (size_t i = 0; i < st->n_changes; i++) {
			const struct change *c = change_nth(&answer.changes, st->first_change + i);

			if (c)
				take_change(r, c);
		}
		if (st->connect.len)
			reconnect(r, st->connect);
		if (st->file.len)
			take_file(r, st->file);
		if (st->shell.len)
			command_nested(r->w, st->shell);
	}
	if (!answer.statements) {
		CHANGE_EACH(c, &answer.changes)
			take_change(r, c);
	}
}

/* --- which database --- */

static void sqlite_file(struct run *r)
{
	struct str file = command_nth(r->s, 0), temp;

	r->d = (struct command_database){ .known = command_known(file), .local = true, .file = file, .database = file };
	if (!file.len || str_is(file, ":memory:") || str_starts(file, STR("/tmp/")) || str_starts(file, STR("/var/tmp/")))
		r->d.scratch = true;
	if (command_env(r->w, STR("TMPDIR"), &temp) && temp.len > 1 && str_starts(file, temp))
		r->d.scratch = true;
	file = command_base(file);
	r->d.database = file;
}

/* Words and environment of psql, mysql and those like them. */
static void of_client(struct run *r)
{
	struct command_database *d = &r->d;
	struct str first = STR_NONE;
	bool postgres = r->c->dialect == SQL_POSTGRES;

	*d = (struct command_database){ .known = true };
	for (size_t i = 0; i < r->s->n; i++) {
		const struct command_word *k = &r->s->item[i];

		if (command_one_of(k->text, STR("-c|--command|-e|--execute|-q|-Q|--query"), '|'))
			continue;
		if (command_database_url(r->w, k->flag ? k->value : k->text, d))
			return;
		if (!k->flag && !first.len)
			first = k->text;
	}
	if (!command_value(r->s, "-h|--host|-S|--server", &d->host) &&
	    !(postgres && command_env(r->w, STR("PGHOST"), &d->host)) &&
	    !(postgres && command_env(r->w, STR("PGHOSTADDR"), &d->host)) &&
	    !(!postgres && command_env(r->w, STR("MYSQL_HOST"), &d->host)))
		d->host = STR_NONE;
	if (postgres && command_env(r->w, STR("PGSERVICE"), &d->host))
		d->host = arena_fmt(r->w->arena, "service:%.*s", STR_ARG(d->host));
	if (r->c->dialect == SQL_MYSQL && str_starts(d->host, STR("/")))
		d->host = STR_NONE; /* -S: a socket */
	if (!command_value(r->s, "-d|--dbname|--database|-D|-k|--keyspace", &d->database) &&
	    !(postgres && first.len == 0 && command_env(r->w, STR("PGDATABASE"), &d->database)))
		d->database = first;
	d->local = command_local_host(r->w, d->host);
	if (str_is(r->s->program, "cqlsh") && first.len) {
		d->host = first;
		d->local = command_local_host(r->w, first);
	}
}

static void which_database(struct run *r)
{
	if (r->c->dialect == SQL_SQLITE && r->c->place == COMMAND_PLACE_COUNT)
		sqlite_file(r);
	else if (str_is(r->s->program, "duckdb"))
		sqlite_file(r);
	else if (r->c->place == COMMAND_PLACE_COUNT)
		of_client(r);
	else if (r->c->place != COMMAND_PLACE_REMOTE)
		command_orm(r->w, r->s, r->c->place, &r->d);
}

/* --- where the SQL comes from --- */

static void take_input(struct run *r)
{
	const struct shell_act *a = r->w->act;
	struct str base;

	switch (a->input) {
	case SHELL_INPUT_INHERITED:
		return;
	case SHELL_INPUT_TEXT:
		take_text(r, a->input_text.text);
		return;
	case SHELL_INPUT_FILE:
		take_file(r, a->input_text.text);
		return;
	case SHELL_INPUT_ACT:
		base = a->input_from && a->input_from->n_argv ? command_base(a->input_from->argv[0].text) : STR_NONE;
		/* A dump made beside it without --clean only adds. */
		if (command_one_of(base, STR("yes|true|false|sleep"), '|'))
			return;
		if (command_one_of(base, STR("pg_dump|pg_dumpall"), '|')) {
			for (size_t i = 1; i < a->input_from->n_argv; i++) {
				if (str_is(a->input_from->argv[i].text, "--clean") || str_is(a->input_from->argv[i].text, "-c"))
					unreadable(r, "a dump made with --clean drops what is there before it restores");
			}
			return;
		}
		unreadable(r, "SQL comes from another program's output, which nobody can read beforehand");
		return;
	}
}

static bool words_are(const struct command_words *s, const char *words)
{
	struct str list = str_from(words), one;
	size_t i = 0;

	while (command_next(&list, ' ', &one)) {
		if (!str_eq(command_nth(s, i++), one))
			return false;
	}
	return true;
}

static void take_flags(struct run *r, const char *flags, bool file)
{
	for (size_t i = 0; i < r->s->n; i++) {
		const struct command_word *k = &r->s->item[i];
		struct str value;

		if (!k->flag || !*flags || !command_one_of(k->text, str_from(flags), '|'))
			continue;
		value = k->has_value || i + 1 >= r->s->n || r->s->item[i + 1].flag ? k->value : r->s->item[i + 1].text;
		if (file)
			take_file(r, value);
		else
			take_text(r, value);
	}
}

static void read_client(struct run *r)
{
	which_database(r);
	take_flags(r, r->c->texts, false);
	take_flags(r, r->c->files, true);
	for (size_t i = (size_t)r->c->first_text; r->c->first_text >= 0 && i < command_count(r->s); i++)
		take_text(r, command_nth(r->s, i));
	if (!r->any && r->c->input)
		take_input(r);
	if (!r->w->first)
		r->w->means = r->any ? STR("SQL that takes nothing away") : STR("opens a database");
}

bool command_sql(struct command_work *w, const struct command_words *s)
{
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		struct run r = { .w = w, .s = s, .c = &clients[i] };

		if (!command_one_of(s->program, str_from(clients[i].names), '|') || !words_are(s, clients[i].words))
			continue;
		if (*clients[i].not_with && command_flag(s, str_from(clients[i].not_with)))
			return true;
		if (command_flag(s, STR("--help|--version")))
			return true;
		read_client(&r);
		return w->first != NULL; /* rows may know more of it: `bq query --replace` */
	}
	return false;
}
