#include "recovery/mysql.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"

#define HEARD_MAX ((size_t)4 << 20)
/* An instant is the same text everywhere; a session waits as long as a dump takes. */
#define INIT "--init-command=SET SESSION time_zone = '+00:00', wait_timeout = 604800"
#define MARK "pawl: that was all"

/* --- whom to ask --- */

/* The words that a login may have; dbname is none of the option file's. */
static const struct str names[] = { STR_INIT("dbname"),	 STR_INIT("host"),   STR_INIT("port"),
				    STR_INIT("user"),	 STR_INIT("socket"), STR_INIT("defaults-file"),
				    STR_INIT("ssl-ca"),	 STR_INIT("ssl-cert"), STR_INIT("ssl-key") };
enum { WORD_DBNAME, WORD_HOST, WORD_PORT, WORD_USER, WORD_SOCKET, WORD_DEFAULTS };

/* As an option file wants it: in quotes, a backslash before quotes and backslashes. False for what no such file can say. */
static bool put(struct buf *b, struct str name, struct str value)
{
	buf_add(b, name);
	buf_add(b, STR("=\""));
	for (size_t i = 0; i < value.len; i++) {
		if ((unsigned char)value.ptr[i] < ' ')
			return false;
		if (value.ptr[i] == '\\' || value.ptr[i] == '"')
			buf_addc(b, '\\');
		buf_addc(b, value.ptr[i]);
	}
	buf_add(b, STR("\"\n"));
	return true;
}

static bool next_word(struct str *rest, struct str *ret_name, struct str *ret_value)
{
	size_t space, eq;
	struct str word;

	*rest = str_trim(*rest);
	if (!rest->len)
		return false;
	space = str_find_char(*rest, ' ');
	word = str_sub(*rest, 0, space);
	*rest = str_sub(*rest, space, rest->len);
	eq = str_find_char(word, '=');
	*ret_name = str_sub(word, 0, eq);
	*ret_value = eq < word.len ? str_sub(word, eq + 1, word.len) : STR_NONE;
	return true;
}

static bool options(struct str words, struct buf *b, struct str found[ARRAY_LEN(names)],
		    struct err *err)
{
	struct str name, value;
	size_t i;

	while (next_word(&words, &name, &value)) {
		for (i = 0; i < ARRAY_LEN(names) && !str_eq(names[i], name);)
			i++;
		if (i == ARRAY_LEN(names))
			return err_set(err, ERR_INPUT,
				       "\"%.*s\" is no word of a connection to MariaDB: host, "
				       "port, user, socket, dbname, defaults-file, ssl-ca, ssl-cert, "
				       "ssl-key",
				       STR_ARG(name));
		found[i] = value;
		if (i != WORD_DBNAME && i != WORD_DEFAULTS && !put(b, name, value))
			return err_set(err, ERR_INPUT, "%.*s: a control character",
				       STR_ARG(name));
	}
	return found[WORD_DBNAME].len || err_set(err, ERR_INPUT, "dbname=… is missing");
}

/* A file without a name: its permissions are looked at by the programs that read it. */
static bool keep(struct mysql_login *l, struct str text, struct err *err)
{
	l->fd = memfd_create("options", 0);
	if (l->fd < 0 || fchmod(l->fd, 0600) != 0)
		return err_sys(err, "an option file cannot be made");
	snprintf(l->defaults, sizeof(l->defaults), "--defaults-file=/proc/self/fd/%d", l->fd);
	return fd_write_all(l->fd, text.ptr, text.len, err);
}

bool mysql_login(struct str words, struct str password, struct arena *arena,
		 struct mysql_login *ret, struct err *err)
{
	struct mysql_login l = { .fd = -1 };
	struct str found[ARRAY_LEN(names)] = { { NULL, 0 } };
	auto_buf b = BUF_MAX(16384), said = BUF_MAX(8192);
	bool good = options(words, &said, found, err);

	/* Of two that say the same the last counts: ours. */
	if (found[WORD_DEFAULTS].len)
		buf_addf(&b, "!include %.*s\n", STR_ARG(found[WORD_DEFAULTS]));
	buf_add(&b, STR("[client]\n"));
	buf_add(&b, buf_str(&said));
	b.failed |= said.failed;
	if (good && password.len && !put(&b, STR("password"), password))
		good = err_set(err, ERR_INPUT, "a password with a control character");
	l.database = arena_fmt(arena, "%.*s", STR_ARG(found[WORD_DBNAME]));
	l.host = arena_fmt(
		arena, "%.*s:%.*s/%.*s",
		STR_ARG(found[WORD_SOCKET].len ? found[WORD_SOCKET]
			: found[WORD_HOST].len ? found[WORD_HOST]
					       : STR("localhost")),
		STR_ARG(found[WORD_PORT].len ? found[WORD_PORT] : STR("3306")), STR_ARG(l.database));
	if (good && (b.failed || !l.database.ptr || !l.host.ptr))
		good = err_set(err, ERR_LIMIT, "a connection's words are too long");
	good = good && keep(&l, buf_str(&b), err);
	buf_wipe(&b);
	if (!good) {
		mysql_logout(&l);
		return false;
	}
	*ret = l;
	return true;
}

void mysql_logout(struct mysql_login *l)
{
	fd_close(&l->fd);
}

/* --- what is asked --- */

const char mysql_definers[] =
	"SELECT DISTINCT d FROM (SELECT definer AS d FROM information_schema.views WHERE table_schema = "
	"DATABASE() UNION ALL SELECT definer FROM information_schema.triggers WHERE trigger_schema = "
	"DATABASE() UNION ALL SELECT definer FROM information_schema.routines WHERE routine_schema = "
	"DATABASE() UNION ALL SELECT definer FROM information_schema.events WHERE event_schema = "
	"DATABASE()) x ORDER BY 1";

/* --- programs --- */

static bool either(const char *first, const char *second, char ret[TOOLS_PATH], struct err *err)
{
	return tools_find(first, ret, err) || tools_find(second, ret, err) ||
	       err_set(err, ERR_TOOL, "neither %s nor %s is there: install mariadb-client", first,
		       second);
}

bool mysql_client(char ret[TOOLS_PATH], struct err *err)
{
	return either("mariadb", "mysql", ret, err);
}

bool mysql_dump_program(char ret[TOOLS_PATH], struct err *err)
{
	return either("mariadb-dump", "mysqldump", ret, err);
}

bool mysql_dump_words(const struct mysql_login *l, char program[TOOLS_PATH], struct arena *arena,
		      char *ret[MYSQL_DUMP_WORDS], struct err *err)
{
	/* Routines, events and triggers are data too; hex, UTF-8 and UTC, so that text stays what it was. */
	static const char *const words[] = { "--single-transaction",
					     "--quick",
					     "--hex-blob",
					     "--routines",
					     "--events",
					     "--triggers",
					     "--tz-utc",
					     "--default-character-set=utf8mb4",
					     "--no-tablespaces",
					     "--skip-dump-date",
					     "--skip-add-locks",
					     "--net-buffer-length=1046528",
					     "--" };
	size_t n = 0;

	_Static_assert(ARRAY_LEN(words) + 4 <= MYSQL_DUMP_WORDS, "room");
	ret[n++] = program;
	ret[n++] = (char *)(uintptr_t)arena_str(arena, str_from(l->defaults)).ptr;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		ret[n++] = (char *)(uintptr_t)words[i];
	ret[n++] = (char *)(uintptr_t)l->database.ptr;
	ret[n] = NULL;
	return ret[1] || err_set(err, ERR_LIMIT, "no memory for a dump");
}

bool mysql_version(char *program, struct arena *arena, struct str *ret, struct err *err)
{
	char *argv[] = { program, (char[]){ "--version" }, NULL };
	auto_buf says = BUF_MAX(1000);
	struct proc_opts o = { .out = &says, .errout = &says, .timeout_s = 30 };
	const char *name = strrchr(program, '/');
	struct str s;
	int status;

	if (!proc_run(argv, &o, &status, err) || status)
		return err_set(err, ERR_TOOL, "%s does not run: %.*s", program,
			       STR_ARG(buf_str(&says)));
	/* Older ones say by which path they were called. */
	s = str_trim(buf_str(&says));
	if (str_starts(s, str_from(program)))
		s = str_sub(s, name ? (size_t)(name + 1 - program) : 0, s.len);
	*ret = arena_str(arena, s);
	return ret->ptr || err_set(err, ERR_LIMIT, "no memory for a dump");
}

/* --- a session --- */

static bool hear(void *ctx, const void *p, size_t n, struct err *err)
{
	struct mysql_session *s = ctx;

	buf_add(&s->heard, (struct str){ p, n });
	return !s->heard.failed || err_set(err, ERR_LIMIT, "an answer that is too long");
}

bool mysql_begin(struct mysql_session *s, const struct mysql_login *l, struct stall *stall, struct arena *arena,
		 struct err *err)
{
	char program[TOOLS_PATH];
	char *argv[] = { program,
			 (char *)(uintptr_t)arena_str(arena, str_from(l->defaults)).ptr,
			 (char[]){ "--batch" },
			 (char[]){ "--unbuffered" },
			 (char[]){ "--skip-column-names" },
			 (char[]){ "--binary-mode" },
			 /* The statement, which may be a megabyte, before what is wrong with it: loose, for not all know it. */
			 (char[]){ "--loose-print-query-on-error=0" },
			 (char[]){ "--default-character-set=utf8mb4" },
			 (char[]){ INIT },
			 (char[]){ "--" },
			 (char *)(uintptr_t)l->database.ptr,
			 NULL };

	*s = (struct mysql_session){ .f = { .pid = -1, .in = -1, .out = -1, .says = -1 },
				     .heard = BUF_MAX(HEARD_MAX) };
	if (!argv[1])
		return err_set(err, ERR_LIMIT, "no memory for a dump");
	s->f.take = hear;
	s->f.ctx = s;
	s->f.stall = stall;
	s->f.silent_s = stall ? 0 : STALL_DRILL_S;
	return mysql_client(program, err) && filter_begin(&s->f, argv, err);
}

static bool answered(const struct mysql_session *s)
{
	return str_ends(buf_str(&s->heard), STR(MARK "\n"));
}

bool mysql_ask(struct mysql_session *s, struct str sql, struct arena *arena, struct str *ret,
	       struct err *err)
{
	auto_buf b = BUF_MAX((size_t)1 << 20);
	struct str all;
	bool end = false;

	sql = str_trim(sql);
	while (sql.len && sql.ptr[sql.len - 1] == ';')
		sql = str_trim(str_sub(sql, 0, sql.len - 1));
	buf_add(&b, sql);
	buf_add(&b, STR("\n;\nSELECT '" MARK "';\n"));
	buf_clear(&s->heard);
	if (b.failed)
		return err_set(err, ERR_LIMIT, "a question that is too long");
	stall_moved(s->f.stall);
	if (!filter_add(&s->f, b.ptr, b.len, err))
		return false;
	while (!end && !answered(s)) {
		if (!filter_wait(&s->f, &end, err))
			return false;
	}
	if (end) /* its last words say why */
		return filter_end(&s->f, err) &&
		       err_set(err, ERR_TOOL, "the client ended before it answered");
	stall_moved(s->f.stall);
	all = buf_str(&s->heard);
	*ret = arena_str(arena, str_sub(all, 0, all.len - strlen(MARK "\n")));
	return ret->ptr || all.len == strlen(MARK "\n") ||
	       err_set(err, ERR_LIMIT, "no memory for an answer");
}

bool mysql_value(struct mysql_session *s, struct str sql, struct arena *arena, struct str *ret,
		 struct err *err)
{
	struct str rows = STR_NONE;

	if (!mysql_ask(s, sql, arena, &rows, err))
		return false;
	if (!rows.len || str_find_char(rows, '\n') != rows.len - 1 ||
	    str_find_char(rows, '\t') < rows.len)
		return err_set(err, ERR_INPUT, "one row with one value is wanted of: %.*s",
			       STR_ARG(sql));
	*ret = str_sub(rows, 0, rows.len - 1);
	return true;
}

void mysql_end(struct mysql_session *s)
{
	filter_stop(&s->f);
	buf_free(&s->heard);
}
