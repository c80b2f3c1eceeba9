/* pawl restore. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/bring_open.h"
#include "cli/commands.h"
#include "cli/restore_folder.h"
#include "cli/restore_mysql.h"
#include "core/card.h"
#include "recovery/ending.h"
#include "recovery/outfile.h"
#include "recovery/pack.h"

#define OUT_MAX ((size_t)64 << 20)
#define NAME_MAX_PG 63
#define AGAIN_MAX 99

struct restoring {
	struct cli *c;
	struct bring_open o;
	struct buf secret;
	struct bring_place to, live;
	struct bring_ask ask;
	struct bring_done done;
	struct str into;
	struct outfile file; /* of --out, of --rows */
	bool compared;
	struct str not_compared; /* why */
};

/* --- what it says --- */

static void totals(const struct restoring *r, uint64_t *ret_there, uint64_t *ret_here)
{
	*ret_there = *ret_here = 0;
	for (const struct bring_table *t = r->done.tables; t; t = t->next) {
		*ret_there += t->only_there;
		*ret_here += t->only_here;
	}
}

static size_t count(const struct restoring *r)
{
	size_t n = 0;

	for (const struct bring_table *t = r->done.tables; t; t = t->next)
		n++;
	return n;
}

static void put_members(const void *ctx, struct json_out *o)
{
	const struct restoring *r = ctx;
	char when[TIMESTAMP_LEN + 1];
	uint64_t there, here;

	totals(r, &there, &here);
	json_out_kv(o, "target", r->o.target->name);
	json_out_kv(o, "backup", r->done.manifest.id);
	/* Of what was not even read nothing is known. */
	if (r->done.manifest.taken_us) {
		timestamp_text(r->done.manifest.taken_us, when);
		json_out_kv(o, "as_of", str_from(when));
	}
	json_out_kv(o, "into", r->into);
	json_out_kv(o, "table", r->ask.table);
	json_out_key(o, "tables");
	json_out_u64(o, count(r));
	json_out_key(o, "rows");
	json_out_u64(o, r->done.rows);
	json_out_kv_bool(o, "compared", r->compared);
	json_out_key(o, "only_in_backup");
	json_out_u64(o, there);
	json_out_key(o, "only_live");
	json_out_u64(o, here);
}

static void put_lost(const struct bring_table *t, struct buf *b)
{
	for (const struct manifest_word *w = t->lost; w; w = w->next) {
		card_escape(w->text, b);
		buf_adds(b, w->next ? ", " : "");
	}
}

static void put_json(const struct restoring *r, struct buf *b)
{
	struct json_out o = { .buf = b };

	json_out_open(&o, '{');
	put_members(r, &o);
	json_out_kv(&o, "not_compared", r->not_compared);
	json_out_key(&o, "diff");
	json_out_open(&o, '[');
	for (const struct bring_table *t = r->done.tables; t; t = t->next) {
		json_out_open(&o, '{');
		json_out_kv(&o, "table", t->name);
		json_out_key(&o, "rows");
		json_out_u64(&o, t->rows);
		json_out_kv_bool(&o, "live", t->live);
		json_out_key(&o, "only_in_backup");
		json_out_u64(&o, t->only_there);
		json_out_key(&o, "only_live");
		json_out_u64(&o, t->only_here);
		json_out_key(&o, "missing_columns");
		json_out_open(&o, '[');
		for (const struct manifest_word *w = t->lost; w; w = w->next)
			json_out_str(&o, w->text);
		json_out_close(&o, ']');
		json_out_close(&o, '}');
	}
	json_out_close(&o, ']');
	json_out_key(&o, "errors");
	json_out_u64(&o, r->done.n_errors);
	if (cli_value(r->c, "rows")) {
		json_out_kv(&o, "rows_file", str_from(cli_value(r->c, "rows")));
		json_out_key(&o, "rows_written");
		json_out_u64(&o, r->done.tables->written);
	}
	json_out_close(&o, '}');
	buf_addc(b, '\n');
}

static void put_table(const struct restoring *r, const struct bring_table *t, struct buf *b)
{
	buf_adds(b, "  ");
	card_escape(t->name, b);
	buf_addf(b, ": %llu row%s", (unsigned long long)t->rows, t->rows == 1 ? "" : "s");
	if (!r->compared)
		buf_adds(b, "\n");
	else if (!t->live)
		buf_adds(b, "; the live database has no such table\n");
	else if (t->lost) {
		buf_adds(b, "; the live table lacks columns of it (");
		put_lost(t, b);
		buf_adds(b, "), so no row is compared\n");
	} else if (!t->only_there && !t->only_here)
		buf_adds(b, "; the live table has the same\n");
	else
		buf_addf(b, "; %llu only in the backup, %llu only in the live table\n", (unsigned long long)t->only_there,
			 (unsigned long long)t->only_here);
}

/* Of --rows: there is one table. */
static void put_rows(struct restoring *r, struct buf *b)
{
	const struct bring_table *t = r->done.tables;
	struct str database = bring_database(r->o.target->connect.ptr, &r->o.arena);

	if (!cli_value(r->c, "rows"))
		return;
	buf_adds(b, "In ");
	card_escape(str_from(cli_value(r->c, "rows")), b);
	buf_addf(b, ": %llu row%s that only the backup has", (unsigned long long)t->written, t->written == 1 ? "" : "s");
	if (!t->written) {
		buf_adds(b, "; there is nothing to load.\n");
		return;
	}
	if (t->lost) {
		buf_adds(b, ": all, for the live table lacks columns of them (");
		put_lost(t, b);
		buf_adds(b, ").\npsql says so and loads none: give the columns back (ALTER TABLE, ADD COLUMN or RENAME COLUMN), then\n"
			    "let pawl restore write a new file.\n");
		return;
	}
	buf_addf(b, ". As a user who may write there%s: psql -d ", t->live ? "" : ", once the table is there again");
	card_escape(database.len ? database : STR("DATABASE"), b);
	buf_adds(b, " -f ");
	card_escape(str_from(cli_value(r->c, "rows")), b);
	buf_adds(b, "\nIt is one transaction: rows that are gone come back, none that is there is changed; how to change those stands\n"
		    "in the file.\n");
}

static void put_text(struct restoring *r, struct buf *b)
{
	char age[40], when[TIMESTAMP_LEN + 1];

	duration_text((clock_now_us() - r->done.manifest.taken_us) / CLOCK_SECOND, age, sizeof(age));
	timestamp_text(r->done.manifest.taken_us, when);
	buf_addf(b, "%.*s as of %s (%s ago) is in the database %.*s: %zu table%s, %llu rows, each table as its manifest says.\n",
		 STR_ARG(r->o.target->name), when, age, STR_ARG(r->into), count(r), count(r) == 1 ? "" : "s",
		 (unsigned long long)r->done.rows);
	for (const struct bring_table *t = r->done.tables; t; t = t->next)
		put_table(r, t, b);
	if (!r->compared)
		buf_addf(b, "Not compared with the live database: %.*s\n", STR_ARG(r->not_compared));
	for (const struct manifest_word *w = r->done.made_roles; w; w = w->next)
		buf_addf(b, "The role %.*s was not there; it was made, without a right to log in.\n", STR_ARG(w->text));
	if (r->done.n_errors)
		buf_addf(b, "%llu things around the table could not stand without the other tables' rows (foreign keys, views).\n",
			 (unsigned long long)r->done.n_errors);
	put_rows(r, b);
	buf_adds(b, "Nothing live was touched.\n");
}

/* --- which, and where to --- */

/* "shop_restored_20261121T194500Z": beside the live one, and of one backup. */
static struct str own_name(struct restoring *r, unsigned again)
{
	struct str live = bring_database(r->o.target->connect.ptr, &r->o.arena), id = str_sub(r->ask.id, 0, 16);

	live = str_sub(live.len ? live : r->o.target->name, 0, 33);
	return again < 2 ? arena_fmt(&r->o.arena, "%.*s_restored_%.*s", STR_ARG(live), STR_ARG(id))
			 : arena_fmt(&r->o.arena, "%.*s_restored_%.*s_%u", STR_ARG(live), STR_ARG(id), again);
}

/* The first that holds nothing: the same backup may have been restored before. */
static void free_name(struct restoring *r)
{
	struct err later = { 0 }; /* bring_back() says it, and it is recorded */
	bool there, empty = false;

	for (unsigned again = 1; again <= AGAIN_MAX && !empty; again++) {
		r->into = r->to.database = own_name(r, again);
		if (!r->into.len || !bring_look(&r->to, &there, &empty, &later))
			return;
	}
}

static bool name_it(struct restoring *r, struct err *err)
{
	const char *into = cli_value(r->c, "into");

	r->into = into ? str_from(into) : own_name(r, 1);
	if (!into && !cli_value(r->c, "out"))
		free_name(r);
	if (!r->into.len || r->into.len > NAME_MAX_PG)
		return err_set(err, ERR_INPUT, "'%.*s' is no name for a database: 1 to %d bytes", STR_ARG(str_sub(r->into, 0, 80)),
			       NAME_MAX_PG);
	r->to.database = r->into;
	return true;
}

/* --rows is of what the live database lacks. */
static bool live_there(struct restoring *r, struct err *err)
{
	char why[400];

	if (!cli_value(r->c, "rows") || bring_reach(&r->live, err))
		return true;
	snprintf(why, sizeof(why), "%.*s", STR_ARG(str_sub(str_from(err->msg), 0, sizeof(why) - 1)));
	return err_set(err, ERR_STATE,
		       "nothing was restored: --rows is of what the live database lacks, and that cannot be asked: %s\n"
		       "Without --rows the table is restored into a database of its own; without --table, and with --into NAME, the whole "
		       "database is",
		       why);
}

static bool prepare(struct restoring *r, struct err *err)
{
	const struct config_target *t = r->o.target;
	const char *server = cli_value(r->c, "server");

	r->ask = (struct bring_ask){ .vault = r->o.vault, .target = t->name, .key = r->o.config.key, .filter = t->decrypt,
				     .table = str_from(cli_value(r->c, "table")) };
	if (!bring_open_backup(&r->o, cli_value(r->c, "backup"), &r->ask.id, err))
		return false;
	if (t->encrypted_to.len && !t->decrypt)
		return err_set(err, ERR_STATE, "%.*s is encrypted, and backup.yaml names no key to it here ('identity')", STR_ARG(t->name));
	if (t->kind != BACKUP_POSTGRES)
		return true;
	if (!bring_open_password(t, &r->secret, err))
		return false;
	r->live = (struct bring_place){ .connect = t->connect.ptr, .password = buf_str(&r->secret) };
	if (!stall_begin(STALL_BRING_S, &r->live.stall, err))
		return false;
	r->to = server ? (struct bring_place){ .connect = server } : r->live;
	r->to.stall = r->live.stall;
	r->ask.live = &r->live;
	return live_there(r, err) && name_it(r, err);
}

/* --- the parts --- */

static void compare(struct restoring *r)
{
	struct err why = { 0 };

	if (cli_flag(r->c, "no-diff"))
		r->not_compared = STR("not asked for");
	else if (bring_compare(&r->to, &r->live, &r->o.arena, &r->done, &why))
		r->compared = true;
	else
		r->not_compared = arena_str(&r->o.arena, str_from(why.msg));
}

static bool rows_to_file(struct restoring *r, struct err *err)
{
	if (r->file.fd < 0)
		return true;
	return (bring_rows(&r->to, &r->live, &r->o.arena, r->done.tables, r->file.fd, err) && outfile_end(&r->file, err)) ||
	       err_prefix(err, "the table is restored, in the database %.*s, which stays, but its rows are in no file", STR_ARG(r->into));
}

static int bring(struct restoring *r)
{
	auto_buf b = BUF_MAX(OUT_MAX);
	struct err err = { 0 }, unrecorded = { 0 };

	if (!bring_back(&r->ask, &r->to, &r->o.arena, &r->done, &err)) {
		r->done.manifest.id = r->ask.id;
		if (!bring_open_record(&r->o, put_members, r, &err, &unrecorded))
			fprintf(stderr, "pawl: %s\n", unrecorded.msg);
		bring_open_older(&r->o, r->ask.id, &err);
		return cli_fail(r->c, &err);
	}
	compare(r);
	if (!bring_open_record(&r->o, put_members, r, NULL, &err) || !rows_to_file(r, &err))
		return cli_fail(r->c, &err);
	if (r->c->json)
		put_json(r, &b);
	else
		put_text(r, &b);
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

static bool to_file(void *ctx, const void *p, size_t n, struct err *err)
{
	return fd_write_all(*(int *)ctx, p, n, err);
}

static int say_written(const struct restoring *r)
{
	const struct manifest *m = &r->done.manifest;
	auto_buf b = BUF_MAX(OUT_MAX);
	struct json_out o = { .buf = &b };
	char when[TIMESTAMP_LEN + 1];

	timestamp_text(m->taken_us, when);
	if (r->c->json) {
		json_out_open(&o, '{');
		json_out_kv(&o, "target", r->o.target->name);
		json_out_kv(&o, "backup", m->id);
		json_out_kv(&o, "as_of", str_from(when));
		json_out_kv(&o, "file", r->into);
		json_out_key(&o, "bytes");
		json_out_u64(&o, m->plain_bytes);
		json_out_close(&o, '}');
	} else {
		buf_addf(&b, "%.*s as of %s is in the file ", STR_ARG(r->o.target->name), when);
		card_escape(r->into, &b);
		buf_addf(&b, ": %llu bytes, as they were read; nothing was restored.", (unsigned long long)m->plain_bytes);
	}
	buf_addc(&b, '\n');
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

/* As it was read from the source, every part checked: of any kind. */
static int write_out(struct restoring *r, const char *path)
{
	struct err err = { 0 };
	struct manifest m;
	struct unpack_from from;
	struct fingerprint_found found;

	if (!backup_manifest(r->o.vault, r->ask.target, r->ask.id, r->ask.key, &r->o.arena, &m, &err)) {
		bring_open_older(&r->o, r->ask.id, &err);
		return cli_fail(r->c, &err);
	}
	r->done.manifest = m;
	from = (struct unpack_from){ r->o.vault, r->ask.filter, &m, backup_form(m.kind), &r->o.arena, NULL };
	if (!unpack(&from, to_file, &r->file.fd, &found, &err) || !outfile_end(&r->file, &err)) {
		bring_open_older(&r->o, r->ask.id, &err);
		return cli_fail(r->c, &err);
	}
	r->into = str_from(path);
	return bring_open_record(&r->o, put_members, r, NULL, &err) ? say_written(r) : cli_fail(r->c, &err);
}

static int run(struct restoring *r)
{
	const char *out = cli_value(r->c, "out"), *file = out ? out : cli_value(r->c, "rows");
	struct err err = { 0 };

	if (!bring_open(&r->o, r->c->args[0], cli_value(r->c, "vault"), &err))
		return cli_fail(r->c, &err);
	if (cli_value(r->c, "to") || cli_value(r->c, "until") || (r->o.target->kind == BACKUP_POSTGRES_PHYSICAL && !out))
		return restore_folder(r->c, &r->o);
	if (r->o.target->kind == BACKUP_MYSQL && !out)
		return restore_mysql(r->c, &r->o);
	if (!prepare(r, &err) || (file && !outfile_begin(&r->file, file, &err)))
		return cli_fail(r->c, &err);
	return out ? write_out(r, out) : bring(r);
}

int cmd_restore(struct cli *c)
{
	struct restoring r = { .c = c, .secret = BUF_MAX(4096), .file.fd = -1 };
	int status;

	if (c->n_args != 1)
		return cli_usage(c, "name one target of backup.yaml");
	if (cli_value(c, "rows") && !cli_value(c, "table"))
		return cli_usage(c, "--rows is of one table: name it with --table");
	ending_heed();
	status = run(&r);
	outfile_stop(&r.file);
	stall_end(r.live.stall);
	buf_wipe(&r.secret);
	buf_free(&r.secret);
	bring_open_close(&r.o);
	ending_pass();
	return status;
}
