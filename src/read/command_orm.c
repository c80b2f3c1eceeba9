#include "read/command_place.h"

/* --- databases --- */

/* A database of this machine is scratch by its name; what is dropped whole has a name of its own. */
void command_at_database(struct command_work *w, const struct command_database *d, struct change *c)
{
	struct place *p = ARENA_NEW(w->arena, struct place);
	bool named = command_scratch_name(d->database);

	if (!p)
		return;
	c->place = p;
	p->host = d->host.len ? d->host : d->local ? STR("localhost") : STR_NONE;
	p->database = d->database;
	if (d->file.len)
		p->path = d->file;
	if (str_is(c->type, "database") && c->name.len && !str_eq(c->name, d->database))
		named = command_scratch_name(c->name);
	if (d->scratch || (d->known && d->local && named))
		c->environment = STR("scratch");
}

/* A URL among the words: behind --url, -database, -u, or alone. */
static bool url_in_words(struct command_work *w, const struct command_words *s, struct command_database *ret)
{
	for (size_t i = 0; i < s->n; i++) {
		if (command_database_url(w, s->item[i].value, ret) || command_database_url(w, s->item[i].text, ret))
			return true;
	}
	return false;
}

/* host and database as flags of the PostgreSQL and MySQL tools. */
static bool flags_say(struct command_work *w, const struct command_words *s, struct command_database *ret)
{
	struct command_database d = { .known = true };
	bool host = command_value(s, "-h|--host|--hostname|--db_host", &d.host);
	bool name = command_value(s, "-d|--dbname|--database|--db", &d.database);
	bool dropped = command_one_of(s->program, STR("dropdb|createdb|mysqladmin|mariadb-admin|mongorestore|mongoimport"), '|');

	if (!host && !name && !dropped)
		return false;
	if (!host && !command_env(w, STR("PGHOST"), &d.host) && !command_env(w, STR("MYSQL_HOST"), &d.host))
		d.host = STR_NONE;
	if (command_env(w, STR("PGSERVICE"), &d.host))
		d.host = STR("service");
	d.local = command_local_host(w, d.host);
	if (!command_known(d.database))
		d.database = STR_NONE;
	*ret = d;
	return true;
}

/* The environment file that `dotenv -e FILE --` names. */
static bool wrapped_dotenv(struct command_work *w, struct str name, struct str *ret)
{
	for (const struct shell_act *a = w->act->within; a; a = a->within) {
		struct str file = STR(".env");

		if (!a->n_argv || !command_one_of(command_base(a->argv[0].text),
						  STR("dotenv|dotenvx|env-cmd|dotenv-cli|op|doppler|infisical"), '|'))
			continue;
		for (size_t i = 1; i + 1 < a->n_argv && !str_is(a->argv[i].text, "--"); i++) {
			if (str_is(a->argv[i].text, "-e") || str_is(a->argv[i].text, "-f") ||
			    str_is(a->argv[i].text, "--env-file"))
				file = a->argv[i + 1].text;
		}
		file = arena_fmt(w->arena, "%.*s", STR_ARG(file));
		if (file.len && command_dotenv(w, file.ptr, name, ret))
			return true;
		if (file.len && command_one_of(command_base(a->argv[0].text), STR("dotenv|dotenvx|env-cmd|dotenv-cli"), '|')) {
			bool found;

			(void)command_file(w, file, &found);
			if (found)
				return false; /* it is there and does not say */
		}
		*ret = (struct str){ "\0", 1 }; /* a secret store: nobody knows */
		return true;
	}
	return false;
}

/* node --env-file=FILE */
static bool own_dotenv(struct command_work *w, struct str name, struct str *ret)
{
	const struct shell_act *a = w->act;

	if (!a->n_argv || !command_one_of(command_base(a->argv[0].text), STR("node|nodejs|tsx|bun|deno"), '|'))
		return false;
	for (size_t i = 1; i < a->n_argv; i++) {
		struct str word = a->argv[i].text, file = STR_NONE;

		if (str_starts(word, STR("--env-file=")))
			file = str_sub(word, 11, word.len);
		else if (str_is(word, "--env-file") && i + 1 < a->n_argv)
			file = a->argv[i + 1].text;
		file = arena_fmt(w->arena, "%.*s", STR_ARG(file));
		if (file.len && command_dotenv(w, file.ptr, name, ret))
			return true;
	}
	return false;
}

/* ${name} in the environment, or in the files the tool loads itself. */
static bool url_variable(struct command_work *w, struct str name, const char *files, struct command_database *d)
{
	struct str url;

	if (!wrapped_dotenv(w, name, &url) && !command_env(w, name, &url) && !own_dotenv(w, name, &url) &&
	    !command_dotenv(w, files, name, &url))
		return false;
	if (!command_database_url(w, url, d))
		*d = (struct command_database){ .known = false };
	return true;
}

/* The word behind env(" in schema.prisma, or the literal URL there. */
static struct str schema_url(struct command_work *w, const struct command_words *s, bool *ret_literal)
{
	static const char *const places[] = { "prisma/schema.prisma", "schema.prisma", "prisma/schema/schema.prisma" };
	struct str file, text = STR_NONE, url;
	bool found = false;
	size_t at;

	*ret_literal = false;
	if (command_value(s, "--schema", &file))
		text = command_file(w, file, &found);
	for (size_t i = 0; !found && i < ARRAY_LEN(places); i++)
		text = command_file(w, str_from(places[i]), &found);
	at = str_find(text, STR("url"));
	if (!found || at == SIZE_MAX)
		return STR("DATABASE_URL");
	url = str_sub(text, at, text.len);
	at = str_find_char(url, '"');
	if (at == SIZE_MAX)
		return STR("DATABASE_URL");
	*ret_literal = str_find(str_sub(url, 0, at), STR("env")) == SIZE_MAX;
	url = str_sub(url, at + 1, url.len);
	at = str_find_char(url, '"');
	return str_sub(url, 0, at == SIZE_MAX ? 0 : at);
}

static void prisma(struct command_work *w, const struct command_words *s, struct command_database *d)
{
	bool literal;
	struct str name = schema_url(w, s, &literal);

	if (literal && command_database_url(w, name, d))
		return;
	if (url_variable(w, STR("DIRECT_URL"), ".env prisma/.env", d) && !(d->local && command_scratch_name(d->database)))
		return;
	(void)url_variable(w, literal ? STR("DATABASE_URL") : name, ".env prisma/.env ../../.env", d);
}

static bool test_named(struct str name)
{
	return str_eq_nocase(name, STR("test")) || str_eq_nocase(name, STR("testing")) || str_eq_nocase(name, STR("ci"));
}

/* -e RAILS_ENV=test of `docker exec`, `docker compose run`. */
static bool given_to_container(const struct command_work *w, struct str assigned, struct str *ret)
{
	for (const struct shell_act *a = w->act->within; a && assigned.len; a = a->within) {
		for (size_t i = 1; i < a->n_argv; i++) {
			struct str word = a->argv[i].text;

			if (str_starts(word, STR("-e")) && word.len > 2)
				word = str_sub(word, 2, word.len);
			else if (str_starts(word, STR("--env=")))
				word = str_sub(word, 6, word.len);
			if (str_starts(word, assigned)) {
				*ret = str_sub(word, assigned.len, word.len);
				return true;
			}
		}
	}
	return false;
}

/* The first of these variables or flags that is set. */
static struct str environment_name(struct command_work *w, const struct command_words *s, const char *flags,
				   const char *variables)
{
	struct str list = str_from(variables), one, value;

	if (*flags && command_value(s, flags, &value))
		return value;
	while (command_next(&list, ' ', &one)) {
		struct str assigned = arena_fmt(w->arena, "%.*s=", STR_ARG(one));

		for (size_t i = 0; i < s->n; i++) {
			if (assigned.len && str_starts(s->item[i].text, assigned))
				return str_sub(s->item[i].text, assigned.len, s->item[i].text.len);
		}
		if (command_env(w, one, &value) || given_to_container(w, assigned, &value))
			return value;
	}
	return STR_NONE;
}

/* "  database: shop_test" in the section "test:" of config/database.yml. */
static void database_yml(struct command_work *w, struct str section, struct command_database *d)
{
	bool found, within = false, erb = false;
	struct str text = command_file(w, STR("config/database.yml"), &found), line;

	while (found && command_next(&text, '\n', &line)) {
		size_t colon = str_find_char(line, ':');
		struct str key, value;

		if (!line.len || line.ptr[0] == '#' || colon == SIZE_MAX)
			continue;
		key = str_trim(str_sub(line, 0, colon));
		value = str_trim(str_sub(line, colon + 1, line.len));
		if (line.ptr[0] != ' ') {
			within = str_eq(key, section) || str_is(key, "default");
			continue;
		}
		if (!within)
			continue;
		erb = erb || str_find(value, STR("<%")) != SIZE_MAX;
		if (str_is(key, "url") && command_database_url(w, value, d))
			return;
		if (str_is(key, "database"))
			d->database = value;
		if (str_is(key, "host"))
			d->host = value;
	}
	d->known = d->database.len > 0 && str_find(d->database, STR("<%")) == SIZE_MAX;
	d->local = command_local_host(w, d->host) && !(erb && str_find(d->host, STR("<%")) != SIZE_MAX);
}

static void rails(struct command_work *w, const struct command_words *s, struct command_database *d)
{
	struct str name = environment_name(w, s, "-e|--environment", "RAILS_ENV RACK_ENV APP_ENV");
	const char *files =
		test_named(name) ? ".env.test.local .env.test" : ".env.development.local .env.local .env.development .env";

	if (url_variable(w, STR("DATABASE_URL"), files, d))
		return;
	if (test_named(name)) {
		d->scratch = true;
		return;
	}
	database_yml(w, name.len ? name : STR("development"), d);
}

/* Laravel reads .env.NAME where it is there, else .env, whatever --env says. */
static void laravel(struct command_work *w, const struct command_words *s, struct command_database *d)
{
	struct str name = environment_name(w, s, "--env", "APP_ENV"), url, kind;
	struct str own = arena_fmt(w->arena, ".env.%.*s", STR_ARG(name));
	bool found = false;
	const char *file = ".env";

	if (name.len && own.len && command_known(name)) {
		(void)command_file(w, own, &found);
		file = found ? own.ptr : file;
	}
	if (url_variable(w, STR("DATABASE_URL"), file, d) || url_variable(w, STR("DB_URL"), file, d))
		return;
	d->known = command_env(w, STR("DB_DATABASE"), &d->database) || command_dotenv(w, file, STR("DB_DATABASE"), &d->database);
	if (!command_env(w, STR("DB_HOST"), &d->host) && !command_dotenv(w, file, STR("DB_HOST"), &d->host))
		d->host = STR_NONE;
	if ((command_env(w, STR("DB_CONNECTION"), &kind) || command_dotenv(w, file, STR("DB_CONNECTION"), &kind)) &&
	    str_is(kind, "sqlite")) {
		d->host = STR_NONE;
		d->scratch = str_is(d->database, ":memory:");
		d->database = d->known ? d->database : STR("database.sqlite");
		d->known = true;
	}
	d->local = d->known && command_local_host(w, d->host);
	if (!d->known) {
		(void)command_file(w, STR(".env"), &found);
		d->scratch = test_named(name) && !found && !command_env(w, STR("DB_HOST"), &url);
	}
}

/* Tools that take a URL, and a name of an environment where there is none. */
static void by_name(struct command_work *w, struct str name, const char *files, struct command_database *d)
{
	if (!url_variable(w, STR("DATABASE_URL"), files, d))
		d->scratch = test_named(name);
}

static void django(struct command_work *w, const struct command_words *s, struct command_database *d)
{
	struct str name = environment_name(w, s, "--settings", "DJANGO_SETTINGS_MODULE DJANGO_ENV"), last = name;
	size_t dot = str_rfind_char(name, '.');

	if (dot != SIZE_MAX)
		last = str_sub(name, dot + 1, name.len);
	by_name(w, last, ".env", d);
}

static bool config_json(struct command_work *w, struct str name, struct command_database *d)
{
	static const char *const files[] = { "config/config.json", "config.json" };
	struct err err = { 0 };
	struct json *root;
	const struct json *section;
	bool found = false;
	struct str text = STR_NONE;

	for (size_t i = 0; !found && i < ARRAY_LEN(files); i++)
		text = command_file(w, str_from(files[i]), &found);
	if (!found || !json_parse(text, w->arena, &root, &err) || !json_is(root, JSON_OBJECT))
		return false;
	for (section = root->child; section; section = section->next) {
		if (str_eq(section->key, name.len ? name : STR("development")) && json_is(section, JSON_OBJECT))
			break;
	}
	if (!section)
		return false;
	if (json_str(section, "use_env_variable").len)
		return url_variable(w, json_str(section, "use_env_variable"), ".env", d);
	d->database = json_str(section, "database");
	d->host = json_str(section, "host");
	d->known = d->database.len > 0;
	d->local = d->known && command_local_host(w, d->host);
	return d->known;
}

static void node(struct command_work *w, const struct command_words *s, struct command_database *d)
{
	struct str name = environment_name(w, s, "--env", "NODE_ENV APP_ENV"), url;

	if (!command_env(w, STR("DATABASE_URL"), &url) && command_one_of(s->program, STR("sequelize|sequelize-cli"), '|') &&
	    config_json(w, name, d))
		return;
	by_name(w, name, test_named(name) ? ".env.test.local .env.test" : ".env.local .env", d);
}

static void plain(struct command_work *w, const struct command_words *s, struct command_database *d)
{
	static const char *const names[] = {
		"DATABASE_URL", "DB_URL",    "GOOSE_DBSTRING",		"FLYWAY_URL",	"LIQUIBASE_COMMAND_URL",
		"MONGODB_URI",	"MONGO_URL", "SQLALCHEMY_DATABASE_URI", "POSTGRES_URL", "HASURA_GRAPHQL_DATABASE_URL"
	};
	struct str name = environment_name(w, s, "", "FLASK_ENV APP_ENV NODE_ENV");

	if (flags_say(w, s, d))
		return;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (url_variable(w, str_from(names[i]), ".env.local .env", d))
			return;
	}
	d->scratch = test_named(name);
}

void command_orm(struct command_work *w, const struct command_words *s, enum command_place how, struct command_database *ret)
{
	struct command_database d = { 0 };

	if (url_in_words(w, s, &d)) {
		*ret = d;
		return;
	}
	if (how == COMMAND_PLACE_PRISMA)
		prisma(w, s, &d);
	else if (how == COMMAND_PLACE_RAILS)
		rails(w, s, &d);
	else if (how == COMMAND_PLACE_LARAVEL)
		laravel(w, s, &d);
	else if (how == COMMAND_PLACE_DJANGO)
		django(w, s, &d);
	else if (how == COMMAND_PLACE_NODE)
		node(w, s, &d);
	else if (how == COMMAND_PLACE_SYMFONY)
		by_name(w, environment_name(w, s, "-e|--env", "APP_ENV"), ".env.test.local .env.local .env", &d);
	else if (how == COMMAND_PLACE_MIX)
		by_name(w, environment_name(w, s, "", "MIX_ENV"), "", &d);
	else
		plain(w, s, &d);
	*ret = d;
}
