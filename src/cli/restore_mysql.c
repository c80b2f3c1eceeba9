#include "cli/restore_mysql.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "core/card.h"
#include "recovery/bring_mysql.h"

#define OUT_MAX ((size_t)64 << 20)

struct bringing {
	struct cli *c;
	struct bring_open *o;
	struct buf secret;
	struct bring_ask ask;
	struct bring_place to, live;
	struct bring_mysql_done done;
	bool compared;
	struct str not_compared; /* why */
};

/* --- what is asked for --- */

/* "shop_restored_20261121T194500Z": what the words name, with the backup's time behind it. */
static struct str name_it(struct bringing *b)
{
	const char *into = cli_value(b->c, "into");
	struct str words = b->o->target->connect, name = b->o->target->name;
	size_t at = str_find(words, STR("dbname="));

	if (into)
		return str_from(into);
	if (at != SIZE_MAX)
		name = str_sub(words, at + 7, SIZE_MAX);
	name = str_sub(name, 0, str_find_char(name, ' '));
	return arena_fmt(&b->o->arena, "%.*s_restored_%.*s", STR_ARG(str_sub(name, 0, 36)), STR_ARG(str_sub(b->ask.id, 0, 16)));
}

static bool prepare(struct bringing *b, struct err *err)
{
	const struct config_target *t = b->o->target;
	const char *server = cli_value(b->c, "server");

	if (cli_value(b->c, "table") || cli_value(b->c, "rows"))
		return err_set(err, ERR_INPUT, "%.*s: --table and --rows are of PostgreSQL yet", STR_ARG(t->name));
	b->ask = (struct bring_ask){ .vault = b->o->vault, .target = t->name, .key = b->o->config.key, .filter = t->decrypt };
	if (!bring_open_backup(b->o, cli_value(b->c, "backup"), &b->ask.id, err))
		return false;
	if (t->encrypted_to.len && !t->decrypt)
		return err_set(err, ERR_STATE, "%.*s is encrypted, and backup.yaml names no key to it here ('identity')", STR_ARG(t->name));
	if (!bring_open_password(t, &b->secret, err))
		return false;
	b->live = (struct bring_place){ .connect = arena_str(&b->o->arena, t->connect).ptr, .password = buf_str(&b->secret) };
	b->to = server ? (struct bring_place){ .connect = server } : b->live;
	b->to.database = name_it(b);
	return true;
}

/* --- what it says --- */

static void put_members(const void *ctx, struct json_out *o)
{
	const struct bringing *b = ctx;
	char when[TIMESTAMP_LEN + 1];

	json_out_kv(o, "target", b->o->target->name);
	json_out_kv(o, "backup", b->ask.id);
	if (b->done.manifest.taken_us) {
		timestamp_text(b->done.manifest.taken_us, when);
		json_out_kv(o, "as_of", str_from(when));
	}
	json_out_kv(o, "into", b->to.database);
	json_out_kv_u64(o, "rows", b->done.rows);
	json_out_kv_bool(o, "values_compared", b->done.values);
	json_out_kv_u64(o, "events_left_out", b->done.events);
	json_out_kv(o, "users_not_there", b->done.nobody);
	json_out_kv_bool(o, "compared", b->compared);
}

static void put_json(const struct bringing *b, struct buf *text)
{
	struct json_out o = { .buf = text };

	json_out_open(&o, '{');
	put_members(b, &o);
	json_out_kv(&o, "not_compared", b->not_compared);
	json_out_key(&o, "tables");
	json_out_open(&o, '[');
	for (const struct bring_mysql_table *t = b->done.tables; t; t = t->next) {
		json_out_open(&o, '{');
		json_out_kv(&o, "table", t->name);
		json_out_kv_u64(&o, "rows", t->rows);
		json_out_kv_i64(&o, "live_rows", t->live ? (int64_t)t->live_rows : -1);
		json_out_close(&o, '}');
	}
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	buf_addc(text, '\n');
}

static void put_table(const struct bringing *b, const struct bring_mysql_table *t, struct buf *text)
{
	buf_adds(text, "  ");
	card_escape(t->name, text);
	buf_addf(text, ": %llu row%s", (unsigned long long)t->rows, t->rows == 1 ? "" : "s");
	if (b->compared && !t->live)
		buf_adds(text, "; the live database has no such table");
	else if (b->compared && t->live_rows == t->rows)
		buf_adds(text, "; the live table has as many");
	else if (b->compared)
		buf_addf(text, "; the live table has %llu, %llu %s", (unsigned long long)t->live_rows,
			 (unsigned long long)(t->live_rows < t->rows ? t->rows - t->live_rows : t->live_rows - t->rows),
			 t->live_rows < t->rows ? "fewer" : "more");
	buf_addc(text, '\n');
}

static void put_text(const struct bringing *b, struct buf *text)
{
	char age[40], when[TIMESTAMP_LEN + 1];
	size_t n = 0;

	for (const struct bring_mysql_table *t = b->done.tables; t; t = t->next)
		n++;
	duration_text((clock_now_us() - b->done.manifest.taken_us) / CLOCK_SECOND, age, sizeof(age));
	timestamp_text(b->done.manifest.taken_us, when);
	buf_addf(text, "%.*s as of %s (%s ago) is in the database %.*s: %zu table%s, %llu rows, each table as its manifest says%s.\n",
		 STR_ARG(b->o->target->name), when, age, STR_ARG(b->to.database), n, n == 1 ? "" : "s", (unsigned long long)b->done.rows,
		 b->done.values ? "" : " in its rows' number alone (the dump program is of another version than the backup's)");
	for (const struct bring_mysql_table *t = b->done.tables; t; t = t->next)
		put_table(b, t, text);
	if (!b->compared)
		buf_addf(text, "Not compared with the live database: %.*s\n", STR_ARG(b->not_compared));
	if (b->done.events)
		buf_addf(text, "%llu event%s left out: it would run beside the live one.\n", (unsigned long long)b->done.events,
			 b->done.events == 1 ? " was" : "s were");
	if (b->done.nobody.len) {
		buf_adds(text, "Views, triggers or routines run as users that are not there: ");
		card_escape(b->done.nobody, text);
		buf_addc(text, '\n');
	}
	buf_adds(text, "Nothing live was touched.\n");
}

/* --- */

static void compare(struct bringing *b)
{
	struct err why = { 0 };

	if (cli_flag(b->c, "no-diff"))
		b->not_compared = STR("not asked for");
	else if (bring_mysql_compare(&b->to, &b->live, &b->o->arena, &b->done, &why))
		b->compared = true;
	else
		b->not_compared = arena_str(&b->o->arena, str_from(why.msg));
}

static int run(struct bringing *b)
{
	auto_buf text = BUF_MAX(OUT_MAX);
	struct err err = { 0 }, unrecorded = { 0 };

	if (!prepare(b, &err))
		return cli_fail(b->c, &err);
	if (!bring_mysql(&b->ask, &b->to, &b->o->arena, &b->done, &err)) {
		if (!bring_open_record(b->o, put_members, b, &err, &unrecorded))
			fprintf(stderr, "pawl: %s\n", unrecorded.msg);
		bring_open_older(b->o, b->ask.id, &err);
		return cli_fail(b->c, &err);
	}
	compare(b);
	if (!bring_open_record(b->o, put_members, b, NULL, &err))
		return cli_fail(b->c, &err);
	if (b->c->json)
		put_json(b, &text);
	else
		put_text(b, &text);
	return cli_print(&text) ? EXIT_ALLOW : EXIT_ERROR;
}

int restore_mysql(struct cli *c, struct bring_open *o)
{
	struct bringing b = { .c = c, .o = o, .secret = BUF_MAX(4096) };
	int status = run(&b);

	buf_wipe(&b.secret);
	buf_free(&b.secret);
	return status;
}
