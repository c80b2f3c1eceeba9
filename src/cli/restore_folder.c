#include "cli/restore_folder.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cli/backups.h"
#include "core/card.h"
#include "recovery/recover.h"

#define OUT_MAX ((size_t)65536)

struct folder {
	struct cli *c;
	struct bring_open *o;
	struct recover_ask ask;
	struct recover_done done;
};

/* --- what is asked for --- */

static bool until(struct folder *f, struct err *err)
{
	const char *text = cli_value(f->c, "until");

	f->ask.until = RECOVER_END;
	if (!text)
		return true;
	if (physical_lsn(str_from(text), &f->ask.position)) {
		f->ask.until = RECOVER_POSITION;
		return true;
	}
	f->ask.until = RECOVER_TIME;
	return timestamp_parse(str_from(text), &f->ask.time_us) ||
	       err_set(err, ERR_INPUT,
		       "--until %s: say a time with its zone (2026-11-21T09:15:00Z, 2026-11-21T10:15:00.5+01:00) or a position in the "
		       "WAL (0/3000148)",
		       text);
}

static bool where(struct folder *f, struct err *err)
{
	const char *to = cli_value(f->c, "to");
	char here[PATH_MAX];
	size_t n;

	if (!to || !*to)
		return err_set(err, ERR_INPUT, "%.*s is backed up as files: say --to FOLDER, a new one that it is brought back into",
			       STR_ARG(f->o->target->name));
	if (*to != '/' && !getcwd(here, sizeof(here)))
		return err_sys(err, "%s", to);
	f->ask.folder = *to == '/' ? arena_fmt(&f->o->arena, "%s", to) : arena_fmt(&f->o->arena, "%s/%s", here, to);
	for (n = f->ask.folder.len; n > 1 && f->ask.folder.ptr[n - 1] == '/';)
		n--;
	f->ask.folder = str_sub(f->ask.folder, 0, n);
	return f->ask.folder.ptr || err_set(err, ERR_LIMIT, "%s: path too long", to);
}

static bool prepare(struct folder *f, struct err *err)
{
	const struct config_target *t = f->o->target;
	const char *tmp = geteuid() == 0 ? NULL : getenv("TMPDIR"), *id = cli_value(f->c, "backup");
	struct point said;

	f->ask.vault = f->o->vault;
	f->ask.target = t->name;
	f->ask.key = f->o->config.key;
	f->ask.decrypt = t->decrypt;
	f->ask.confined = f->o->config.state.len > 0;
	f->ask.scratch = tmp && tmp[0] == '/' && strlen(tmp) < 60 ? str_from(tmp) : STR("/tmp");
	if (t->kind != BACKUP_POSTGRES_PHYSICAL)
		return err_set(err, ERR_INPUT, "%.*s: --to and --until are of physical backups ('physical: true')", STR_ARG(t->name));
	if (id && !bring_open_backup(f->o, id, &f->ask.id, err))
		return false;
	/* Without a statement only what lies in the vault counts. */
	if (bring_open_point(f->o, &said, NULL) && said.wal.to_us && physical_lsn(said.wal.to, &f->ask.quiet_to))
		f->ask.quiet_us = said.wal.to_us;
	return until(f, err) && where(f, err);
}

/* --- what it says --- */

static void put_members(const void *ctx, struct json_out *o)
{
	const struct folder *f = ctx;
	const char *text = cli_value(f->c, "until");

	json_out_kv(o, "target", f->o->target->name);
	json_out_kv(o, "backup", f->done.manifest.id.len ? f->done.manifest.id : f->ask.id);
	json_out_kv(o, "until", text ? str_from(text) : STR("end"));
	json_out_kv(o, "into", f->ask.folder);
	json_out_kv(o, "last_transaction", f->done.last);
	json_out_kv_u64(o, "wal_pieces", f->done.pieces);
}

static void put_json(const struct folder *f, struct buf *b)
{
	const struct recover_done *d = &f->done;
	struct json_out o = { .buf = b };

	json_out_open(&o, '{');
	json_out_kv(&o, "target", f->o->target->name);
	json_out_kv(&o, "backup", d->manifest.id);
	backups_put_time(&o, "backup_taken", d->manifest.taken_us);
	json_out_kv(&o, "folder", f->ask.folder);
	json_out_kv(&o, "last_transaction", d->last);
	json_out_kv(&o, "position", wal_position(d->end, &f->o->arena));
	json_out_kv_u64(&o, "timeline", d->timeline);
	json_out_kv_u64(&o, "wal_pieces", d->pieces);
	json_out_kv_u64(&o, "major", d->major);
	json_out_kv(&o, "ended", d->ended);
	json_out_kv(&o, "start", arena_fmt(&f->o->arena, "%s/pg_ctl -D %.*s -o \"-p 5433 -k /tmp\" -l %.*s.log start", d->binaries,
					   STR_ARG(f->ask.folder), STR_ARG(f->ask.folder)));
	json_out_close(&o, '}');
	buf_addc(b, '\n');
}

static void put_text(const struct folder *f, struct buf *b)
{
	const struct recover_done *d = &f->done;
	char taken[TIMESTAMP_LEN + 1];

	timestamp_text(d->manifest.taken_us, taken);
	buf_addf(b, "%.*s is back in ", STR_ARG(f->o->target->name));
	card_escape(f->ask.folder, b);
	buf_addf(b, ": backup %.*s (as of %s) and %zu piece%s of WAL, recovered to %.*s.\n", STR_ARG(d->manifest.id), taken, d->pieces,
		 d->pieces == 1 ? "" : "s", STR_ARG(wal_position(d->end, &f->o->arena)));
	if (d->last.len)
		buf_addf(b, "The last transaction in it was committed at %.*s.\n", STR_ARG(d->last));
	else
		buf_adds(b, "No transaction was committed behind the backup.\n");
	if (d->ended.len && f->ask.until == RECOVER_END)
		buf_addf(b, "It ends there: %.*s.\n", STR_ARG(d->ended));
	buf_addf(b, "Start it beside the old one, on a port that is free, as the user who owns the folder:\n"
		 "  %s/pg_ctl -D ", d->binaries);
	card_escape(f->ask.folder, b);
	buf_adds(b, " -o \"-p 5433 -k /tmp\" -l ");
	card_escape(f->ask.folder, b);
	buf_adds(b, ".log start\n");
	if (!d->own_files)
		buf_adds(b, "Its configuration lay outside the data folder and is not in the backup: postgresql.conf and pg_hba.conf are "
			    "small new ones.\n");
	buf_adds(b, "Archiving, standbys and subscriptions are off in its postgresql.auto.conf. Nothing live was touched.\n");
}

int restore_folder(struct cli *c, struct bring_open *o)
{
	struct folder f = { .c = c, .o = o };
	auto_buf b = BUF_MAX(OUT_MAX);
	struct err err = { 0 }, unrecorded = { 0 };

	if (!prepare(&f, &err))
		return cli_fail(c, &err);
	if (!recover(&f.ask, &o->arena, &f.done, &err)) {
		if (!bring_open_record(o, put_members, &f, &err, &unrecorded))
			fprintf(stderr, "pawl: %s\n", unrecorded.msg);
		bring_open_older(o, f.done.manifest.id.len ? f.done.manifest.id : f.ask.id, &err);
		return cli_fail(c, &err);
	}
	if (!bring_open_record(o, put_members, &f, NULL, &err))
		return cli_fail(c, &err);
	if (c->json)
		put_json(&f, &b);
	else
		put_text(&f, &b);
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}
