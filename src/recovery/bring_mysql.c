#include "recovery/bring_mysql.h"

#include <inttypes.h>
#include <sys/random.h>

#include "recovery/mysql.h"
#include "recovery/mysql_lines.h"
#include "recovery/pack.h"
#include "recovery/source.h"

#define NAME_LONGEST 64

struct talk {
	struct mysql_login login;
	struct mysql_session s;
	bool on;
};

struct bringing {
	const struct bring_ask *ask;
	const struct bring_place *to;
	struct arena *arena;
	struct bring_mysql_done *done;
	struct talk takes; /* the dump */
	struct mysql_lines lines;
	uint64_t bytes;
	struct fingerprint *again;
};

bool bring_mysql_name_good(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
			return false;
	}
	return s.len > 0 && s.len <= NAME_LONGEST;
}

/* --- talking --- */

static void hang_up(struct talk *t)
{
	if (t->on) {
		mysql_end(&t->s);
		mysql_logout(&t->login);
	}
	t->on = false;
}

static bool no_memory(struct err *err)
{
	return err_set(err, ERR_LIMIT, "no memory to bring a backup back");
}

/* In the database of that name; STR_NONE: the one that the words name. Of two words that say the same the last counts. */
static bool call(struct talk *t, const struct bring_place *p, struct str database, struct arena *a, struct err *err)
{
	struct str words = database.len ? arena_fmt(a, "%s dbname=%.*s", p->connect, STR_ARG(database)) : str_from(p->connect);

	if (!words.ptr)
		return no_memory(err);
	if (!mysql_login(words, p->password, a, &t->login, err))
		return false;
	if (mysql_begin(&t->s, &t->login, NULL, a, err)) {
		t->on = true;
		return true;
	}
	mysql_end(&t->s);
	mysql_logout(&t->login);
	return false;
}

/* One statement, in a session of its own: one that is refused ends it. */
static bool tell(const struct bring_place *p, struct str database, struct str sql, struct arena *a, struct str *ret, struct err *err)
{
	struct talk t = { .on = false };
	bool good = (sql.ptr || no_memory(err)) && call(&t, p, database, a, err) &&
		    (ret ? mysql_value(&t.s, sql, a, ret, err) : mysql_ask(&t.s, sql, a, &(struct str){ NULL, 0 }, err));

	hang_up(&t);
	return good;
}

#define AROUND STR("information_schema")

/* --- where to --- */

static bool prepare(struct bringing *b, struct err *err)
{
	struct str name = b->to->database, n;
	struct arena *a = b->arena;
	struct str there = arena_fmt(a, "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = '%.*s'", STR_ARG(name));
	struct str holds = arena_fmt(a,
				     "SELECT (SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '%.*s') + "
				     "(SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = '%.*s') + "
				     "(SELECT COUNT(*) FROM information_schema.events WHERE event_schema = '%.*s')",
				     STR_ARG(name), STR_ARG(name), STR_ARG(name));
	struct str make = arena_fmt(a, "CREATE DATABASE `%.*s` CHARACTER SET utf8mb4", STR_ARG(name));

	if (!bring_mysql_name_good(name))
		return err_set(err, ERR_INPUT, "'%.*s' is no name for a database here: letters, digits, _ and -, at most %d",
			       STR_ARG(str_sub(name, 0, 80)), NAME_LONGEST);
	if (!tell(b->to, AROUND, there, a, &n, err))
		return false;
	if (str_is(n, "0")) {
		b->done->made = tell(b->to, AROUND, make, a, NULL, err);
		return b->done->made;
	}
	if (!tell(b->to, AROUND, holds, a, &n, err))
		return false;
	return str_is(n, "0") || err_set(err, ERR_DENIED, "the database %.*s is not empty: nothing is restored over what is there; "
					 "name a new one with --into", STR_ARG(name));
}

/* ${err} says already what failed. */
static void drop_made(struct bringing *b, struct err *err)
{
	struct str sql = arena_fmt(b->arena, "DROP DATABASE `%.*s`", STR_ARG(b->to->database));
	struct err why = { 0 };

	if (!b->done->made)
		return;
	if (tell(b->to, AROUND, sql, b->arena, NULL, &why))
		b->done->made = false;
	else
		err_prefix(err, "the database %.*s, made here, could not be dropped again (%s)", STR_ARG(b->to->database), why.msg);
}

/* --- the dump --- */

static bool pass_on(void *ctx, const char *p, size_t n, struct err *err)
{
	struct bringing *b = ctx;

	buf_clear(&b->takes.s.heard);
	return filter_add(&b->takes.s.f, p, n, err);
}

static bool take(void *ctx, const void *bytes, size_t n, struct err *err)
{
	struct bringing *b = ctx;

	b->bytes += n;
	if (b->ask->progress.tell)
		b->ask->progress.tell(b->ask->progress.ctx, b->bytes, b->done->manifest.plain_bytes);
	return mysql_lines_add(&b->lines, bytes, n, err);
}

static bool stream(struct bringing *b, struct err *err)
{
	struct unpack_from from = { b->ask->vault, b->ask->filter, &b->done->manifest, DUMP_MYSQL, b->arena, NULL };
	struct fingerprint_found found;
	bool good;

	b->lines = (struct mysql_lines){ .pass = pass_on, .ctx = b };
	good = call(&b->takes, b->to, b->to->database, b->arena, err) && unpack(&from, take, b, &found, err) &&
	       mysql_lines_end(&b->lines, err) && filter_end(&b->takes.s.f, err);
	b->done->events = b->lines.events;
	hang_up(&b->takes);
	return good || err_prefix(err, "it could not be restored");
}

/* --- is it what the manifest says? --- */

static bool again(void *ctx, const void *p, size_t n, struct err *err)
{
	return fingerprint_add(((struct bringing *)ctx)->again, p, n, err);
}

static bool dump_again(struct bringing *b, struct fingerprint_found *ret, struct err *err)
{
	char program[TOOLS_PATH], *argv[MYSQL_DUMP_WORDS];
	struct backup_reader into = { again, b, NULL };
	struct talk t = { .on = false };
	struct str tool;
	bool good;

	b->again = fingerprint_new(DUMP_MYSQL, b->arena);
	good = (b->again || no_memory(err)) && call(&t, b->to, b->to->database, b->arena, err) && mysql_dump_program(program, err) &&
	       mysql_version(program, b->arena, &tool, err) && mysql_dump_words(&t.login, program, b->arena, argv, err) &&
	       stall_begin(STALL_DRILL_S, &into.stall, err) && backup_read(argv, NULL, &into, err) && fingerprint_end(b->again, ret, err);
	stall_end(into.stall);
	if (good)
		b->done->values = str_eq(tool, b->done->manifest.tool);
	hang_up(&t);
	return good || err_prefix(err, "it cannot be read back");
}

/* From ${*at} on, then from the first: both lists are in one order but for what is missing, so each is found at once. */
static const struct fingerprint_table *find(const struct fingerprint_table *first, const struct fingerprint_table **at, struct str name)
{
	for (const struct fingerprint_table *t = *at; t; t = t->next) {
		if (str_eq(t->name, name)) {
			*at = t->next;
			return t;
		}
	}
	for (const struct fingerprint_table *t = first; t != *at; t = t->next) {
		if (str_eq(t->name, name))
			return t;
	}
	return NULL;
}

static bool same(struct bringing *b, const struct fingerprint_table *was, const struct fingerprint_table *now, struct err *err)
{
	if (!now)
		return err_set(err, ERR_BROKEN, "%.*s was not restored", STR_ARG(was->name));
	return (now->rows == was->rows && (!b->done->values || digest_eq(&now->digest, &was->digest))) ||
	       err_set(err, ERR_BROKEN, "%.*s came back with %llu rows and is not what the manifest says (%llu rows)", STR_ARG(was->name),
		       (unsigned long long)now->rows, (unsigned long long)was->rows);
}

/* How many views, triggers, routines … there are, which no table says. */
static bool all_objects(struct bringing *b, struct err *err)
{
	for (const struct manifest_invariant *i = b->done->manifest.invariants; i; i = i->next) {
		struct str n;

		if (!str_is(i->name, "objects"))
			continue;
		if (!tell(b->to, b->to->database, i->sql, b->arena, &n, err))
			return false;
		if (!str_eq(n, i->value))
			return err_set(err, ERR_BROKEN, "it came back with %.*s, the manifest says %.*s", STR_ARG(n), STR_ARG(i->value));
	}
	return true;
}

static bool compare(struct bringing *b, struct err *err)
{
	struct bring_mysql_table **at = &b->done->tables;
	const struct fingerprint_table *next;
	struct fingerprint_found found;

	if (!dump_again(b, &found, err))
		return false;
	next = found.tables;
	for (const struct fingerprint_table *t = b->done->manifest.tables; t; t = t->next) {
		struct bring_mysql_table *one = ARENA_NEW(b->arena, struct bring_mysql_table);

		if (!one)
			return no_memory(err);
		if (!same(b, t, find(found.tables, &next, t->name), err))
			return false;
		*one = (struct bring_mysql_table){ .name = t->name, .rows = t->rows };
		b->done->rows += t->rows;
		*at = one;
		at = &one->next;
	}
	return all_objects(b, err);
}

/* Who may not see users sees none missing. */
static void look_for_users(struct bringing *b)
{
	struct str sql = arena_fmt(b->arena,
				   "SELECT COALESCE(GROUP_CONCAT(d SEPARATOR ', '), '') FROM (%s) y WHERE d NOT IN "
				   "(SELECT CONCAT(user, '@', host) FROM mysql.user)",
				   mysql_definers);
	struct err unseen = { 0 };

	if (!tell(b->to, b->to->database, sql, b->arena, &b->done->nobody, &unseen))
		b->done->nobody = STR_NONE;
}

bool bring_mysql(const struct bring_ask *ask, const struct bring_place *to, struct arena *arena, struct bring_mysql_done *ret,
		 struct err *err)
{
	struct bring_mysql_done done = { .made = false };
	struct bringing b = { .ask = ask, .to = to, .arena = arena, .done = &done };
	bool good = backup_manifest(ask->vault, ask->target, ask->id, ask->key, arena, &done.manifest, err);

	if (good && done.manifest.kind != BACKUP_MYSQL)
		return err_set(err, ERR_INPUT, "%.*s is a backup of kind %.*s", STR_ARG(ask->id),
			       STR_ARG(backup_kind_name(done.manifest.kind)));
	good = good && prepare(&b, err) && stream(&b, err) && compare(&b, err);
	fingerprint_free(b.again);
	if (!good) {
		drop_made(&b, err);
		return false;
	}
	look_for_users(&b);
	*ret = done;
	return true;
}

#define NAME_OF "SELECT COALESCE(DATABASE(), '')"

/* A lock of a session's, which is one of its whole server; and the databases' names. */
static bool is_one(const struct bring_place *brought, const struct bring_place *live, struct arena *a, bool *ret, struct err *err)
{
	struct talk t = { .on = false };
	struct str taken, here, there, free;
	char name[48];
	uint64_t key[2];
	bool good;

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return err_sys(err, "getrandom");
	snprintf(name, sizeof(name), "pawl-%016" PRIx64 "%016" PRIx64, key[0], key[1]);
	good = call(&t, brought, brought->database, a, err) && mysql_value(&t.s, STR(NAME_OF), a, &there, err) &&
	       mysql_value(&t.s, arena_fmt(a, "SELECT GET_LOCK('%s', 0)", name), a, &taken, err) &&
	       tell(live, STR_NONE, arena_fmt(a, "SELECT IS_FREE_LOCK('%s')", name), a, &free, err) &&
	       tell(live, STR_NONE, STR(NAME_OF), a, &here, err);
	hang_up(&t);
	if (!good)
		return false;
	*ret = str_is(taken, "1") && str_is(free, "0") && str_eq(here, there);
	return true;
}

bool bring_mysql_compare(const struct bring_place *brought, const struct bring_place *live, struct arena *arena,
			 struct bring_mysql_done *done, struct err *err)
{
	bool one = false;

	if (!is_one(brought, live, arena, &one, err))
		return false;
	if (one)
		return err_set(err, ERR_STATE, BRING_IS_LIVE);
	for (struct bring_mysql_table *t = done->tables; t; t = t->next) {
		struct err none = { 0 };
		struct str n, sql;

		sql = arena_fmt(arena, "SELECT COUNT(*) FROM %.*s", STR_ARG(t->name));
		if (tell(live, STR_NONE, sql, arena, &n, &none))
			t->live = str_to_u64(n, &t->live_rows);
		else if (!strstr(none.msg, "ERROR 1146")) /* no such table */
			return err_set(err, none.code, "%s", none.msg);
	}
	return true;
}
