#include "read/command_place.h"

/* --- names --- */

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool part_in(struct str name, const struct str *list, size_t n)
{
	for (size_t i = 0; i < name.len;) {
		size_t from;

		while (i < name.len && !word_char(name.ptr[i]))
			i++;
		from = i;
		while (i < name.len && word_char(name.ptr[i]))
			i++;
		for (size_t k = 0; k < n; k++) {
			if (str_eq_nocase(str_sub(name, from, i - from), list[k]))
				return true;
		}
	}
	return false;
}

bool command_scratch_name(struct str name)
{
	static const struct str scratch[] = {
		STR_INIT("test"),  STR_INIT("tests"),	    STR_INIT("testing"), STR_INIT("dev"),
		STR_INIT("devel"), STR_INIT("development"), STR_INIT("scratch"), STR_INIT("ci"),
		STR_INIT("tmp"),   STR_INIT("temp"),	    STR_INIT("sandbox"), STR_INIT("throwaway"),
	};
	static const struct str live[] = { STR_INIT("prod"), STR_INIT("production"), STR_INIT("live"), STR_INIT("prd"),
					   STR_INIT("staging") };
	bool e2e = str_find(name, STR("e2e")) != SIZE_MAX;

	return (e2e || part_in(name, scratch, ARRAY_LEN(scratch))) && command_known(name) &&
	       !part_in(name, live, ARRAY_LEN(live));
}

/* --- hosts --- */

/* Is it a service of the compose file beside the command? "\n  db:" is looked for. */
static bool compose_service(struct command_work *w, struct str host)
{
	static const char *const files[] = { "docker-compose.yml", "docker-compose.yaml", "compose.yaml", "compose.yml" };
	struct str needle = arena_fmt(w->arena, "\n  %.*s:", STR_ARG(host));

	if (str_find_char(host, '.') != SIZE_MAX || !host.len || !command_known(host))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		bool found;
		struct str text = command_file(w, str_from(files[i]), &found);

		if (found)
			return needle.len && str_find(text, needle) != SIZE_MAX;
	}
	return false;
}

/* Does a container of this machine run it? `docker exec`; not ssh, not a cluster. */
static bool in_container(const struct command_work *w)
{
	for (const struct shell_act *a = w->act->within; a; a = a->within) {
		struct str base = a->n_argv ? command_base(a->argv[0].text) : STR_NONE;

		if (command_one_of(base,
				   STR("ssh|kubectl|oc|k|mosh|gcloud|aws|az|fly|flyctl|heroku|railway|nomad|ansible|vagrant"),
				   '|'))
			return false;
		if (command_one_of(base, STR("docker|podman|nerdctl|docker-compose|podman-compose|sail"), '|'))
			return true;
	}
	return false;
}

bool command_local_host(struct command_work *w, struct str host)
{
	static const struct str local[] = { STR_INIT("localhost"),   STR_INIT("127.*"),
					    STR_INIT("::1"),	     STR_INIT("[::1]"),
					    STR_INIT("0.0.0.0"),     STR_INIT("/*"),
					    STR_INIT("%2*"),	     STR_INIT("host.docker.internal"),
					    STR_INIT("*.localhost"), STR_INIT(".") };

	if (!command_known(host) || (w->act->remote && !in_container(w)))
		return false;
	if (!host.len)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(local); i++) {
		if (str_glob(local[i], host))
			return true;
	}
	return compose_service(w, host);
}

/* --- URLs --- */

static const struct str schemes[] = {
	STR_INIT("postgres"),
	STR_INIT("postgresql"),
	STR_INIT("postgis"),
	STR_INIT("psql"),
	STR_INIT("mysql"),
	STR_INIT("mysql2"),
	STR_INIT("mariadb"),
	STR_INIT("mongodb"),
	STR_INIT("mongodb+srv"),
	STR_INIT("redis"),
	STR_INIT("rediss"),
	STR_INIT("sqlserver"),
	STR_INIT("mssql"),
	STR_INIT("cockroachdb"),
	STR_INIT("cockroach"),
	STR_INIT("libsql"),
	STR_INIT("clickhouse"),
	STR_INIT("neo4j"),
	STR_INIT("bolt"),
	STR_INIT("cassandra"),
	STR_INIT("ecto"),
	STR_INIT("oracle"),
	STR_INIT("pgx"),
	STR_INIT("pgx5"),
	STR_INIT("timescale"),
	STR_INIT("jdbc"),
	STR_INIT("trilogy"),
	STR_INIT("prisma"),
	STR_INIT("prisma+postgres"),
	STR_INIT("maria"),
	STR_INIT("crdb-postgres"),
};

static bool database_scheme(struct str scheme)
{
	size_t plus = str_find_char(scheme, '+');

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (str_eq_nocase(schemes[i], scheme))
			return true;
		/* postgresql+psycopg2, mysql+pymysql: SQLAlchemy's drivers */
		if (plus != SIZE_MAX && str_eq_nocase(schemes[i], str_sub(scheme, 0, plus)))
			return true;
	}
	return false;
}

static struct str until(struct str s, const char *any)
{
	size_t i = 0;

	while (i < s.len && !memchr(any, s.ptr[i], strlen(any)))
		i++;
	return str_sub(s, 0, i);
}

/* The value of key= in "host=… dbname=…" or behind ? or ; */
static bool pair(struct str s, const char *key, struct str *ret)
{
	size_t len = strlen(key);

	for (size_t i = 0; i + len < s.len; i++) {
		if ((i && !memchr(" ?&;", s.ptr[i - 1], 4)) || memcmp(s.ptr + i, key, len) != 0 || s.ptr[i + len] != '=')
			continue;
		*ret = until(str_sub(s, i + len + 1, s.len), " &;");
		if (ret->len > 1 && ret->ptr[0] == '\'')
			*ret = str_sub(*ret, 1, ret->len - 2);
		return true;
	}
	return false;
}

static void host_and_name(struct command_work *w, struct str rest, struct command_database *d)
{
	struct str authority = until(rest, "/?#;"), path = str_sub(rest, authority.len, rest.len), other;
	size_t at = str_rfind_char(authority, '@');

	if (at != SIZE_MAX)
		authority = str_sub(authority, at + 1, authority.len);
	if (authority.len && authority.ptr[0] == '[')
		d->host = str_sub(authority, 1, until(str_sub(authority, 1, authority.len), "]").len);
	else
		d->host = until(authority, ":");
	if (path.len && path.ptr[0] == '/')
		d->database = until(str_sub(path, 1, path.len), "?#;");
	if (pair(path, "host", &other) && !d->host.len)
		d->host = other;
	if (pair(path, "databaseName", &other) || pair(path, "database", &other) || pair(path, "dbname", &other))
		d->database = other;
	/* Several hosts: all must be local. */
	d->local = str_find_char(authority, ',') == SIZE_MAX && command_local_host(w, d->host);
}

static bool conninfo(struct command_work *w, struct str s, struct command_database *d)
{
	struct str service;
	bool host = pair(s, "host", &d->host) || pair(s, "hostaddr", &d->host), name = pair(s, "dbname", &d->database);

	if (pair(s, "service", &service)) {
		d->host = arena_fmt(w->arena, "service:%.*s", STR_ARG(service));
		return true;
	}
	if (!host && !name)
		return false;
	d->local = command_local_host(w, d->host);
	return true;
}

static bool sqlite_url(struct str url, struct str *ret_file)
{
	static const struct str starts[] = { STR_INIT("sqlite:///"), STR_INIT("sqlite3:///"), STR_INIT("sqlite://"),
					     STR_INIT("sqlite3://"), STR_INIT("sqlite3:"),    STR_INIT("sqlite:"),
					     STR_INIT("file:") };

	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		if (!str_starts(url, starts[i]))
			continue;
		*ret_file = until(str_sub(url, starts[i].len, url.len), "?");
		return true;
	}
	return false;
}

bool command_database_url(struct command_work *w, struct str url, struct command_database *ret)
{
	struct command_database d = { .known = true };
	size_t colon;

	url = str_trim(url);
	if (str_starts(url, STR("jdbc:")))
		url = str_sub(url, 5, url.len);
	if (sqlite_url(url, &d.file)) {
		d.database = d.file;
		d.local = true;
		*ret = d;
		return true;
	}
	colon = str_find(url, STR("://"));
	if (colon != SIZE_MAX && database_scheme(str_sub(url, 0, colon))) {
		host_and_name(w, str_sub(url, colon + 3, url.len), &d);
		*ret = d;
		return true;
	}
	if (!conninfo(w, url, &d))
		return false;
	*ret = d;
	return true;
}
