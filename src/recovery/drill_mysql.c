/* MariaDB: told to a scratch server by its own client, then dumped again as it was dumped: equal data gives equal text. */
#include <stdlib.h>

#include "recovery/mysql.h"
#include "recovery/scratch.h"
#include "recovery/source.h"

#define DATABASE "drill"

struct mariadb {
	struct drill_run *r;
	struct scratch *server;
	struct mysql_login login;
	struct mysql_session asks, takes; /* takes: the dump */
	bool asking, taking;
	struct fingerprint *again;
	struct str tool; /* the dump program here */
};

/* --- what went wrong --- */

/* The number of "ERROR 1064 (42000) …", the client's first word, which what is quoted of the data comes behind; 0: none, or the client
 * itself says no. */
static unsigned number_of(struct str msg)
{
	size_t at = str_find(msg, STR("ERROR "));
	unsigned n = 0;

	if (at >= msg.len)
		return 0;
	for (at += 6; at < msg.len && msg.ptr[at] >= '0' && msg.ptr[at] <= '9' && n < 100000; at++)
		n = 10 * n + (unsigned)(msg.ptr[at] - '0');
	return n;
}

/* What there was no room, no memory or nobody for says nothing of the backup. */
static enum drill_code code_of(const struct err *err)
{
	static const unsigned ours[] = { 3,    5,    28,   1021, 1037, 1038, 1040, 1041, 1053, 1114, 1135,
					 1158, 1159, 1160, 1161, 1927, 2002, 2003, 2006, 2013 };
	struct str msg = str_from(err->msg);
	unsigned n = number_of(msg);

	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		if (n == ours[i])
			return DRILL_BROKE_OFF;
	}
	if (str_find(str_sub(msg, 0, str_find(msg, STR("ERROR "))), STR("by signal")) < msg.len)
		return DRILL_BROKE_OFF;
	if (strstr(err->msg, "ERROR 1449") || strstr(err->msg, "error: 1449") || strstr(err->msg, "(1449)") ||
	    strstr(err->msg, "as a definer does not exist"))
		return DRILL_ROLE;
	return strstr(err->msg, "ERROR ") ? DRILL_ERROR : DRILL_BROKE_OFF;
}

/* ${code}, where it is the server that says no. */
static enum drill_code refusal(const struct err *err, enum drill_code code)
{
	return err->code != ERR_INPUT && code_of(err) == DRILL_BROKE_OFF ? DRILL_BROKE_OFF : code;
}

/* "10.11.6-MariaDB-…" as 10011; 0: not known */
static unsigned version_of(struct str s)
{
	unsigned part[2] = { 0, 0 };
	size_t i = 0;

	for (unsigned n = 0; n < 2 && i < s.len; i++) {
		if (s.ptr[i] >= '0' && s.ptr[i] <= '9' && part[n] < 1000)
			part[n] = part[n] * 10 + (unsigned)(s.ptr[i] - '0');
		else if (s.ptr[i] == '.')
			n++;
		else
			break;
	}
	return part[0] * 1000 + part[1];
}

static bool ask(struct mariadb *m, struct str sql, struct str *ret, struct err *err)
{
	return m->asking ? mysql_ask(&m->asks, sql, m->r->arena, ret, err)
			 : err_set(err, ERR_TOOL, "nobody is there to be asked");
}

/* A session ends at its first refusal: the next begins anew. */
static bool session(struct mariadb *m, struct mysql_session *s, bool *on, struct err *err)
{
	if (*on)
		mysql_end(s);
	*on = true;
	return mysql_begin(s, &m->login, m->r->stall, m->r->arena, err);
}

static bool enter(struct mariadb *m, const char *database, struct err *err)
{
	struct str words = arena_fmt(m->r->arena, "socket=%s/s user=root dbname=%s",
				     scratch_socket(m->server), database);

	mysql_logout(&m->login);
	return mysql_login(words, STR_NONE, m->r->arena, &m->login, err) &&
	       session(m, &m->asks, &m->asking, err);
}

static bool start(struct mariadb *m)
{
	struct scratch_opts o = { .cache = m->r->ask->cache, .folder = m->r->ask->folder, .confined = m->r->ask->confined };
	struct str want = m->r->done->manifest.server, here;
	char program[TOOLS_PATH];
	struct err err = { 0 };

	if (!tools_find("mariadbd", program, &err))
		return drill_because(m->r, DRILL_NO_SERVER,
				     "there is no MariaDB server here to restore into: install "
				     "mariadb-server");
	if (str_find(want, STR("MariaDB")) >= want.len)
		return drill_because(m->r, DRILL_NO_SERVER,
				     "the backup is of MySQL %.*s; only MariaDB is started for drills",
				     STR_ARG(want));
	if (!mysql_version(program, m->r->arena, &here, &err))
		return drill_because(m->r, DRILL_NO_SERVER, "%s", err.msg);
	here = str_sub(here, str_find(here, STR("Ver ")) + 4, here.len);
	here = str_sub(here, 0, str_find_char(here, ' '));
	if (version_of(here) < version_of(want))
		return drill_because(m->r, DRILL_OLDER_SERVER,
				     "the MariaDB server here is %.*s, the backup is of %.*s: install a "
				     "newer one",
				     STR_ARG(here), STR_ARG(want));
	return (scratch_start_mysql(&o, here, &m->server, &err) &&
		enter(m, "mysql", &err)) ||
	       drill_because(m->r, DRILL_BROKE_OFF, "%s", err.msg);
}

/* "app@%" as 'app'@'%'; the name may have an @. */
static struct str account(struct mariadb *m, struct str s)
{
	auto_buf b = BUF_MAX(1000);
	size_t at = s.len;

	while (at && s.ptr[at - 1] != '@')
		at--;
	buf_addc(&b, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (at && i == at - 1) {
			buf_add(&b, STR("'@'"));
			continue;
		}
		if (s.ptr[i] == '\'' || s.ptr[i] == '\\')
			buf_addc(&b, '\\');
		buf_addc(&b, s.ptr[i]);
	}
	buf_addc(&b, '\'');
	return b.failed ? STR_NONE : arena_str(m->r->arena, buf_str(&b));
}

static bool prepare(struct mariadb *m)
{
	struct err err = { 0 };
	struct str none;

	if (!ask(m, STR("CREATE DATABASE " DATABASE), &none, &err))
		return drill_because(m->r, DRILL_BROKE_OFF, "%s", err.msg);
	for (const struct manifest_word *w = m->r->done->manifest.roles; w; w = w->next) {
		struct str who = account(m, w->text),
			   sql = arena_fmt(m->r->arena,
					   "CREATE USER IF NOT EXISTS %.*s; GRANT ALL ON " DATABASE ".* TO %.*s",
					   STR_ARG(who), STR_ARG(who));

		if (!ask(m, sql, &none, &err))
			return drill_because(m->r, refusal(&err, DRILL_ROLE), "user %.*s cannot be made: %s",
					     STR_ARG(w->text), err.msg);
	}
	return (enter(m, DATABASE, &err) && session(m, &m->takes, &m->taking, &err)) ||
	       drill_because(m->r, DRILL_BROKE_OFF, "%s", err.msg);
}

/* --- restoring --- */

static bool take(void *ctx, const void *p, size_t n, struct err *err)
{
	struct mariadb *m = ctx;

	if (!m->taking && (!start(m) || !prepare(m)))
		return false;
	buf_clear(&m->takes.heard);
	return filter_add(&m->takes.f, p, n, err) ||
	       drill_because(m->r, code_of(err), "%s", err->msg);
}

static bool restore(struct mariadb *m)
{
	struct err err = { 0 };

	if (!drill_unpack(m->r, take, m))
		return false;
	return filter_end(&m->takes.f, &err) || drill_because(m->r, code_of(&err), "%s", err.msg);
}

/* --- comparing --- */

static bool again(void *ctx, const void *p, size_t n, struct err *err)
{
	struct mariadb *m = ctx;

	return fingerprint_add(m->again, p, n, err);
}

static bool dump_again(struct mariadb *m, struct fingerprint_found *ret)
{
	char program[TOOLS_PATH], *argv[MYSQL_DUMP_WORDS];
	struct err err = { 0 };
	struct backup_reader into = { again, m, m->r->stall };

	m->again = fingerprint_new(DUMP_MYSQL, m->r->arena);
	return (m->again && mysql_dump_program(program, &err) &&
		mysql_version(program, m->r->arena, &m->tool, &err) &&
		mysql_dump_words(&m->login, program, m->r->arena, argv, &err) &&
		backup_read(argv, NULL, &into, &err) && fingerprint_end(m->again, ret, &err)) ||
	       drill_because(m->r, code_of(&err), "it cannot be read back: %s", err.msg);
}

static bool compare(struct mariadb *m)
{
	const struct manifest *was = &m->r->done->manifest;
	struct fingerprint_found found;

	if (!dump_again(m, &found))
		return false;
	if (!str_eq(m->tool, was->tool))
		return drill_because(m->r, DRILL_NO_SERVER,
				     "it was dumped by %.*s, and here is %.*s, which may write the same "
				     "rows otherwise: install that one",
				     STR_ARG(was->tool), STR_ARG(m->tool));
	if (!drill_same_tables(m->r, "what was restored", found.tables))
		return false;
	for (const struct fingerprint_table *t = found.tables; t; t = t->next) {
		m->r->done->tables++;
		m->r->done->rows += t->rows;
	}
	return true;
}

static bool answer(struct mariadb *m, enum drill_code code, struct str name, struct str sql,
		   struct str want)
{
	struct err err = { 0 };
	struct str got = STR_NONE;

	if (mysql_value(&m->asks, sql, m->r->arena, &got, &err))
		return drill_answer(m->r, code, name, got, want);
	(void)drill_because(m->r, refusal(&err, code), "%.*s cannot be answered: %s", STR_ARG(name), err.msg);
	(void)session(m, &m->asks, &m->asking, &err);
	return false;
}

/* What runs as nobody is there, and fails when it is used. */
static bool nobody_missing(struct mariadb *m)
{
	struct str lost = STR_NONE,
		   sql = arena_fmt(m->r->arena,
				   "SELECT COALESCE(GROUP_CONCAT(d), '') FROM (%s) y WHERE d NOT IN "
				   "(SELECT CONCAT(user, '@', host) FROM mysql.user)",
				   mysql_definers);
	struct err err = { 0 };

	if (!mysql_value(&m->asks, sql, m->r->arena, &lost, &err))
		return drill_because(m->r, DRILL_BROKE_OFF, "users cannot be looked at: %s", err.msg);
	return !lost.len || drill_because(m->r, DRILL_ROLE,
					  "views, triggers or routines run as a user that does not exist: %.*s",
					  STR_ARG(lost));
}

static bool compare_answers(struct mariadb *m)
{
	bool all = nobody_missing(m);

	for (const struct manifest_invariant *i = m->r->done->manifest.invariants; i; i = i->next)
		all &= answer(m, DRILL_INVARIANT, i->name, i->sql, i->value);
	for (const struct drill_query *q = m->r->ask->queries; q; q = q->next)
		all &= answer(m, DRILL_QUERY, q->name, q->sql, q->expect);
	return all;
}

bool drill_mysql(struct drill_run *r)
{
	struct mariadb m = { .r = r, .login = { .fd = -1 } };
	bool good = restore(&m);

	if (good) {
		good = compare(&m);
		good = !stall_over(r->stall) && compare_answers(&m) && good; /* nobody is asked who does not answer */
	}
	if (m.taking)
		mysql_end(&m.takes);
	if (m.asking)
		mysql_end(&m.asks);
	mysql_logout(&m.login);
	fingerprint_free(m.again);
	scratch_stop(m.server);
	return good;
}
