/* MariaDB and MySQL by mariadb-dump: its own transaction is the snapshot. That of the owner's questions is another one, begun at the same
 * instant: while both begin, FLUSH TABLES WITH READ LOCK keeps everybody from committing. Without questions there is no lock.
 * Tables of engines without transactions are in no snapshot: an answer names them, and says so in the manifest.
 */
#include "base/clock.h"
#include "recovery/mysql.h"
#include "recovery/source.h"

#define LOCK_WAIT_S "5"

static const struct backup_question always[] = {
	{ STR_INIT("objects"),
	  STR_INIT("SELECT CONCAT_WS(', ', CONCAT('tables ', (SELECT COUNT(*) FROM information_schema.tables "
		   "WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE')), CONCAT('views ', (SELECT "
		   "COUNT(*) FROM information_schema.views WHERE table_schema = DATABASE())), CONCAT('indexes ', "
		   "(SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE())), "
		   "CONCAT('constraints ', (SELECT COUNT(*) FROM information_schema.table_constraints WHERE "
		   "table_schema = DATABASE())), CONCAT('triggers ', (SELECT COUNT(*) FROM "
		   "information_schema.triggers WHERE trigger_schema = DATABASE())), CONCAT('routines ', (SELECT "
		   "COUNT(*) FROM information_schema.routines WHERE routine_schema = DATABASE())))"),
	  NULL },
	{ STR_INIT("tables in no snapshot"),
	  STR_INIT("SELECT COALESCE(GROUP_CONCAT(table_name ORDER BY table_name), 'none') FROM "
		   "information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND "
		   "engine NOT IN (SELECT engine FROM information_schema.engines WHERE transactions = 'YES')"),
	  NULL },
};

struct taking {
	struct backup_run *r;
	struct mysql_session *s;
	bool locked;
	size_t matched; /* of BEGUN */
};

/* What mariadb-dump prints first behind the beginning of its transaction. */
static const char BEGUN[] = "-- Table structure for";

static bool release(struct taking *t, struct err *err)
{
	struct str none;

	t->locked = false;
	return mysql_ask(t->s, STR("UNLOCK TABLES"), t->r->arena, &none, err);
}

/* Only the first words of a dump are looked at: the lock ends with the first table's. */
static bool begun(struct taking *t, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		t->matched = p[i] == BEGUN[t->matched] ? t->matched + 1 : p[i] == BEGUN[0];
		if (t->matched == sizeof(BEGUN) - 1)
			return true;
	}
	return false;
}

static bool take(void *ctx, const void *p, size_t n, struct err *err)
{
	struct taking *t = ctx;

	if (t->locked && begun(t, p, n) && !release(t, err))
		return err_prefix(err, "the snapshot ended before the dump did");
	return backup_chunk(t->r, p, n, err);
}

static bool one_answer(struct taking *t, const struct backup_question *q,
		       const struct manifest_invariant ***end, struct err *err)
{
	struct manifest_invariant *i = arena_alloc(t->r->arena, sizeof(*i));

	if (!i)
		return err_set(err, ERR_LIMIT, "no memory to take a backup");
	*i = (struct manifest_invariant){ .name = q->name, .sql = q->sql };
	if (!mysql_value(t->s, q->sql, t->r->arena, &i->value, err))
		return err_prefix(err, "invariant %.*s", STR_ARG(q->name));
	**end = i;
	*end = (const struct manifest_invariant **)(uintptr_t)&i->next;
	return true;
}

static bool answers(struct taking *t, struct err *err)
{
	const struct manifest_invariant **end = &t->r->m->invariants;
	bool good = true;

	for (size_t i = 0; good && i < ARRAY_LEN(always); i++)
		good = one_answer(t, &always[i], &end, err);
	for (const struct backup_question *q = t->r->ask->questions; good && q; q = q->next)
		good = one_answer(t, q, &end, err);
	return good;
}

static bool owners(struct taking *t, struct err *err)
{
	const struct manifest_word **end = &t->r->m->roles;
	struct str rows = STR_NONE;

	if (!mysql_ask(t->s, str_from(mysql_definers), t->r->arena, &rows, err))
		return false;
	while (rows.len) {
		size_t n = str_find_char(rows, '\n');
		struct manifest_word *w = arena_alloc(t->r->arena, sizeof(*w));

		if (!w || n >= rows.len)
			return err_set(err, ERR_LIMIT, "no memory to take a backup");
		*w = (struct manifest_word){ .text = str_sub(rows, 0, n) };
		*end = w;
		end = (const struct manifest_word **)(uintptr_t)&w->next;
		rows = str_sub(rows, n + 1, rows.len);
	}
	return true;
}

static bool begin(struct taking *t, struct err *err)
{
	struct arena *a = t->r->arena;
	struct str none, size = STR_NONE;

	if (!mysql_value(t->s, STR("SELECT VERSION()"), a, &t->r->m->server, err) ||
	    !mysql_value(t->s,
			 STR("SELECT COALESCE(SUM(data_length), 0) FROM information_schema.tables WHERE "
			     "table_schema = DATABASE()"),
			 a, &size, err) ||
	    !owners(t, err) ||
	    !mysql_ask(t->s, STR("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"), a, &none,
		       err))
		return false;
	if (!str_to_u64(size, &t->r->about))
		t->r->about = 0;
	if (t->r->ask->questions) {
		if (!mysql_ask(t->s,
			       STR("SET SESSION lock_wait_timeout = " LOCK_WAIT_S
				   "; FLUSH TABLES WITH READ LOCK"),
			       a, &none, err))
			return err_prefix(
				err, "invariants want one instant for the dump and for their answers: "
				     "GRANT RELOAD ON *.* to this user, or try when no statement runs "
				     "longer than " LOCK_WAIT_S " s, or have no invariants");
		t->locked = true;
	}
	t->r->m->taken_us = clock_now_us();
	return mysql_ask(t->s, STR("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"), a, &none,
			 err);
}

static bool dump(struct taking *t, const struct mysql_login *l, struct err *err)
{
	char program[TOOLS_PATH], *argv[MYSQL_DUMP_WORDS];
	struct backup_reader into = { take, t, t->r->stall };

	return mysql_dump_program(program, err) &&
	       mysql_version(program, t->r->arena, &t->r->m->tool, err) && begin(t, err) &&
	       mysql_dump_words(l, program, t->r->arena, argv, err) &&
	       backup_read(argv, NULL, &into, err) && (!t->locked || release(t, err)) &&
	       answers(t, err);
}

static bool backup_mysql(struct backup_run *r, struct err *err)
{
	struct mysql_login l;
	struct mysql_session s;
	struct taking t = { .r = r, .s = &s };
	bool good;

	if (!mysql_login(r->ask->connect, r->ask->password, r->arena, &l, err))
		return false;
	if (!r->m->host.len)
		r->m->host = l.host;
	good = mysql_begin(&s, &l, r->stall, r->arena, err) && dump(&t, &l, err);
	mysql_end(&s);
	mysql_logout(&l);
	return good;
}

const struct source source_mysql = { BACKUP_MYSQL, DUMP_MYSQL, false, backup_mysql, drill_mysql,
						"every row and every answer equal to what was dumped" };
