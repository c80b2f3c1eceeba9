/* pawl backup, pawl backup list. */
#include <stdio.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cli/backup_record.h"
#include "cli/backup_seen.h"
#include "cli/commands.h"
#include "cli/drills.h"
#include "cli/progress.h"
#include "core/card.h"
#include "recovery/wal.h"
#include "recovery/stall.h"

#define SKEW_US (300 * CLOCK_SECOND)
#define OUT_MAX ((size_t)16 << 20)

/* --- backup --- */

struct backing {
	struct cli *c;
	struct backups b;
	struct buf text, drills; /* drills: of JSON, an array behind the other */
	struct json_out o, drilled;
	bool wrong;
};

static void say_json(struct backing *k, const struct config_target *t, const struct backup_result *r, const struct err *err)
{
	struct json_out *o = &k->o;
	const struct manifest *m = &r->manifest;

	json_out_open(o, '{');
	json_out_kv(o, "target", t->name);
	if (err) {
		json_out_kv(o, "error", str_from(err->msg));
	} else {
		json_out_kv(o, "backup", m->id);
		json_out_kv(o, "vault", r->vault);
		json_out_kv_u64(o, "copies", r->copies);
		backups_put_time(o, "taken", m->taken_us);
		json_out_kv_u64(o, "rows", backup_run_rows(m));
		json_out_kv_u64(o, "bytes", m->files ? m->files->bytes : 0);
		json_out_kv_u64(o, "plain_bytes", m->plain_bytes);
		json_out_kv_u64(o, "took_ms", (uint64_t)(m->finished_us - m->taken_us) / 1000);
		json_out_kv(o, "notes", r->notes);
		json_out_key(o, "removed");
		json_out_open(o, '[');
		for (const struct backup_gone *g = r->removed; g; g = g->next) {
			json_out_open(o, '{');
			json_out_kv(o, "backup", g->backup);
			json_out_kv(o, "vault", g->vault);
			json_out_kv(o, "why", g->why);
			json_out_close(o, '}');
		}
		json_out_close(o, ']');
	}
	json_out_close(o, '}');
}

static void say_text(struct backing *k, const struct config_target *t, const struct backup_result *r)
{
	const struct manifest *m = &r->manifest;
	char stored[PROGRESS_SIZE], plain[PROGRESS_SIZE], took[64];

	progress_size(m->files ? m->files->bytes : 0, stored);
	progress_size(m->plain_bytes, plain);
	duration_text((m->finished_us - m->taken_us) / CLOCK_SECOND, took, sizeof(took));
	buf_addf(&k->text, "%.*s: backup %.*s, %llu %s%s, %s packed to %s in vault %.*s, in %s", STR_ARG(t->name), STR_ARG(m->id),
		 (unsigned long long)backup_run_rows(m), backup_run_unit(m->kind), backup_run_rows(m) == 1 ? "" : "s", plain,
		 stored, STR_ARG(r->vault), took);
	if (r->copies)
		buf_addf(&k->text, ", and in %u more", r->copies);
	buf_adds(&k->text, ".\n");
	for (const struct backup_gone *g = r->removed; g; g = g->next)
		buf_addf(&k->text, "  Removed from vault %.*s, as 'keep' says: %.*s, %.*s.\n", STR_ARG(g->vault), STR_ARG(g->backup),
			 STR_ARG(g->why));
	if (r->notes.len) {
		buf_adds(&k->text, "  Note: ");
		card_escape(r->notes, &k->text);
		buf_addc(&k->text, '\n');
	}
}

static bool back_up(struct backing *k, const struct config_target *t)
{
	struct backup_result r = { .copies = 0 };
	struct err err = { 0 };
	struct progress p;
	struct backup_progress tell = { progress_tell, &p };
	bool good;

	progress_begin(&p, t->name, k->c->width);
	good = backup_run_take(&k->b, t, &tell, &r, &err);
	progress_end(&p);
	k->wrong = k->wrong || !good;
	if (k->c->json) {
		say_json(k, t, &r, good ? NULL : &err);
	} else if (good) {
		say_text(k, t, &r);
	} else {
		buf_adds(&k->text, "NO BACKUP ");
		card_escape(str_from(err.msg), &k->text);
		buf_addc(&k->text, '\n');
	}
	(void)cli_print(&k->text);
	buf_clear(&k->text);
	return good;
}

static int back_up_all(struct cli *c, struct backing *k)
{
	const struct config_target **list;
	struct err err = { 0 };
	bool drill = cli_flag(c, "drill");
	int drilled = EXIT_ALLOW;

	if (!backups_targets(&k->b, c, &list, &err))
		return cli_fail(c, &err);
	if (c->json)
		json_out_open(&k->o, '{'), json_out_key(&k->o, "backups"), json_out_open(&k->o, '[');
	json_out_open(&k->drilled, '[');
	for (; *list; list++) {
		if (back_up(k, *list) && drill)
			drilled = drills_worse(drilled, drills_one(c, &k->b, *list, STR_NONE, &k->drilled, &k->text));
	}
	json_out_close(&k->drilled, ']');
	if (k->drills.failed)
		return EXIT_ERROR;
	if (c->json) {
		json_out_close(&k->o, ']');
		if (drill)
			json_out_key(&k->o, "drills"), json_out_raw(&k->o, buf_str(&k->drills));
		json_out_close(&k->o, '}');
		buf_addc(&k->text, '\n');
	}
	if (!cli_print(&k->text))
		return EXIT_ERROR;
	return k->wrong ? EXIT_ERROR : drilled;
}

int cmd_backup(struct cli *c)
{
	struct backing k = { .c = c, .text = BUF_MAX(OUT_MAX), .drills = BUF_MAX(OUT_MAX) };
	const char *within = cli_value(c, "within");
	struct err err = { 0 };
	int64_t most = 0;
	int status;

	if (within && (!duration_parse(str_from(within), &most) || most <= 0))
		return cli_usage(c, "--within wants a time with its unit: 90s, 10m");
	k.o = (struct json_out){ .buf = &k.text };
	k.drilled = (struct json_out){ .buf = &k.drills };
	status = backups_open(&k.b, true, &err);
	if (most)
		k.b.until_s = stall_clock() + most;
	status = status ? back_up_all(c, &k) : cli_fail(c, &err);
	backups_close(&k.b);
	buf_free(&k.text);
	buf_free(&k.drills);
	return status;
}

/* --- list --- */

struct listing {
	struct cli *c;
	struct backups *b;
	struct buf *text;
	struct json_out *o;
	const struct config_vault *vault;
	struct vault *open;
	const struct point *point; /* of the target at hand; NULL: none */
	struct backup_drills drills;
	bool wrong;
	bool *seen; /* of each word: something lies there of that target */
};

/* Of one target's WAL. */
struct wal_lines {
	const struct vault_entry *oldest, *newest; /* newest: whole */
	size_t n, hidden;
	uint64_t bytes;
};

/* What the manifest says; "" where it can be believed. */
static struct str trust(struct listing *l, const struct vault_entry *e, struct manifest *m)
{
	struct backup_seen seen = { l->open, l->vault, l->b->config.key, &l->b->arena };
	struct str wrong;

	if (e->hidden)
		return STR("HIDDEN behind a delete marker: somebody deleted it; its versions lie there yet");
	if (backup_seen(&seen, e, m, &wrong) != BACKUP_LIES_WHOLE)
		return wrong;
	if (m->taken_us > clock_now_us() + SKEW_US)
		return STR("OF A TIME TO COME: a clock is wrong, here or where it was taken; what is taken until then sorts before it");
	return STR("");
}

static struct backup_drilled drilled(struct listing *l, const struct vault_entry *e, bool *ret_any)
{
	return backup_drills_of(&l->drills, l->point, e->target, e->id, ret_any);
}

/* As the backup said when it was taken: what it holds, without its manifest; of what cannot be read all that lies there. */
static uint64_t stored_bytes(const struct vault_entry *e, const struct manifest *m)
{
	uint64_t bytes = 0;

	for (const struct manifest_file *f = m->files; f; f = f->next)
		bytes += f->bytes;
	return bytes ? bytes : e->bytes;
}

static void entry_json(struct listing *l, const struct vault_entry *e, const struct manifest *m, struct str wrong)
{
	struct json_out *o = l->o;
	bool any;
	struct backup_drilled d = drilled(l, e, &any);

	json_out_open(o, '{');
	json_out_kv(o, "target", e->target);
	json_out_kv(o, "backup", e->id);
	json_out_kv(o, "vault", l->vault->place.name);
	json_out_kv_bool(o, "whole", e->whole && !wrong.len);
	json_out_kv_bool(o, "verified", !wrong.len && d.decided == RECOVERY_VERIFIED);
	json_out_kv(o, "last_drill", any ? recovery_result_name(d.last) : STR("never"));
	backups_put_time(o, "taken", m->taken_us);
	backups_put_time(o, "locked_until", e->locked_until_us);
	json_out_kv_u64(o, "bytes", stored_bytes(e, m));
	json_out_kv_u64(o, "rows", backup_run_rows(m));
	json_out_kv(o, "wrong", wrong);
	json_out_close(o, '}');
}

static const char *drill_text(struct listing *l, const struct vault_entry *e)
{
	bool any;
	struct backup_drilled d = drilled(l, e, &any);

	if (!any)
		return "";
	if (d.decided == RECOVERY_FAILED)
		return d.last == RECOVERY_FAILED ? ", its last drill FAILED" : ", its drill FAILED, and the last could not verify";
	if (d.decided == RECOVERY_UNKNOWN)
		return ", its last drill could not verify";
	if (str_eq(l->point ? l->point->verified.backup : STR_NONE, e->id))
		return d.last == RECOVERY_VERIFIED ? ", the newest verified" : ", the newest verified; its last drill could not verify";
	return d.last == RECOVERY_VERIFIED ? ", verified" : ", verified; its last drill could not verify";
}

static void entry_text(struct listing *l, const struct vault_entry *e, const struct manifest *m, struct str wrong)
{
	char size[PROGRESS_SIZE], until[TIMESTAMP_LEN + 1];

	progress_size(stored_bytes(e, m), size);
	buf_addf(l->text, "%-16.*s %.*s  %9s  %-10.*s", STR_ARG(e->target), STR_ARG(e->id), size, STR_ARG(l->vault->place.name));
	if (wrong.len) {
		buf_addc(l->text, ' ');
		card_escape(wrong, l->text);
	} else {
		buf_addf(l->text, " %llu %ss%s", (unsigned long long)backup_run_rows(m), backup_run_unit(m->kind),
			 drill_text(l, e));
	}
	if (e->locked_until_us > clock_now_us()) {
		timestamp_text(e->locked_until_us, until);
		buf_addf(l->text, ", locked until %.16sZ", until);
	}
	buf_addc(l->text, '\n');
}

static void entry(struct listing *l, const struct vault_entry *e)
{
	struct manifest m = { .taken_us = 0 };
	struct str wrong = trust(l, e, &m);
	bool signed_for = l->point && str_eq(l->point->backup, e->id), drill;

	(void)drilled(l, e, &drill);
	/* What a run left half done was never there. */
	l->wrong = l->wrong || (wrong.len && (e->whole || e->hidden || signed_for || drill));
	if (l->c->json)
		entry_json(l, e, &m, wrong);
	else
		entry_text(l, e, &m, wrong);
}

/* The server may have written nothing since the last piece, and said so later: the statement knows, where it ends there too. */
static int64_t wal_as_of(struct listing *l, struct str archive, uint64_t to, int64_t of_piece_us)
{
	struct str name = str_sub(archive, 0, archive.len - sizeof(WAL_ENDING) + 1);
	struct point p;
	bool there;

	if (!of_piece_us || !points_load(&l->b->points, name, &l->b->arena, &p, &there, NULL) || !there)
		return of_piece_us;
	return str_eq(p.wal.to, wal_position(to, &l->b->arena)) && p.wal.to_us > of_piece_us ? p.wal.to_us : of_piece_us;
}

/* Pieces of WAL are told by the target; the newest speaks for what can be believed, and each is checked before it is used. */
static void wal_line(struct listing *l, const struct wal_lines *w)
{
	struct manifest m = { .taken_us = 0 };
	struct str wrong = w->newest ? trust(l, w->newest, &m) : STR("not whole");
	char size[PROGRESS_SIZE], as_of[TIMESTAMP_LEN + 1] = "";
	struct wal_piece first = { .from = 0 }, last = { .to = 0 };
	struct json_out *o = l->o;
	int64_t as_of_us;

	if (!w->n || !wal_id_read(w->oldest->id, &first) || !wal_id_read(w->newest ? w->newest->id : w->oldest->id, &last))
		return;
	as_of_us = wal_as_of(l, w->oldest->target, last.to, m.taken_us);
	l->wrong = l->wrong || wrong.len || w->hidden;
	if (l->c->json) {
		json_out_open(o, '{');
		json_out_kv(o, "target", w->oldest->target);
		json_out_kv(o, "vault", l->vault->place.name);
		json_out_kv_u64(o, "wal_pieces", w->n);
		json_out_kv_u64(o, "bytes", w->bytes);
		json_out_kv(o, "from", wal_position(first.from, &l->b->arena));
		json_out_kv(o, "to", wal_position(last.to, &l->b->arena));
		backups_put_time(o, "as_of", as_of_us);
		json_out_kv_u64(o, "hidden", w->hidden);
		json_out_kv(o, "wrong", wrong);
		json_out_close(o, '}');
		return;
	}
	progress_size(w->bytes, size);
	buf_addf(l->text, "%-16.*s WAL %.*s to %.*s  %9s  %-10.*s %zu piece%s", STR_ARG(w->oldest->target),
		 STR_ARG(wal_position(first.from, &l->b->arena)), STR_ARG(wal_position(last.to, &l->b->arena)), size,
		 STR_ARG(l->vault->place.name), w->n, w->n == 1 ? "" : "s");
	if (as_of_us) {
		timestamp_text(as_of_us, as_of);
		buf_addf(l->text, ", as of %s", as_of);
	}
	if (w->hidden)
		buf_addf(l->text, ", %zu HIDDEN behind delete markers", w->hidden);
	if (wrong.len) {
		buf_addc(l->text, ' ');
		card_escape(wrong, l->text);
	}
	buf_addc(l->text, '\n');
}

/* True: it was a piece, and is counted. */
static bool wal_entry(struct wal_lines *w, const struct vault_entry *e)
{
	struct wal_piece p;

	if (!str_ends(e->target, STR(WAL_ENDING)) || !wal_id_read(e->id, &p))
		return false;
	w->n++;
	w->bytes += e->bytes;
	w->hidden += e->hidden;
	if (e->whole && !e->hidden && (!w->newest || str_cmp(e->id, w->newest->id) > 0))
		w->newest = e;
	if (!w->oldest || str_cmp(e->id, w->oldest->id) < 0)
		w->oldest = e;
	return true;
}

/* Is it asked for? A target's WAL is when the target is. */
static bool wanted(struct listing *l, struct str target)
{
	int i = 0;

	if (!l->c->n_args)
		return true;
	while (i < l->c->n_args && !str_is(target, l->c->args[i]) &&
	       !(str_ends(target, STR(WAL_ENDING)) && str_is(str_sub(target, 0, target.len - sizeof(WAL_ENDING) + 1), l->c->args[i])))
		i++;
	if (i == l->c->n_args)
		return false;
	l->seen[i] = true;
	return true;
}

#define GONE "GONE: it was taken and signed for, and does not lie there any more"

/* What a statement names and no vault has: somebody took it away. */
static void list_gone(struct listing *l, struct vault_entry *entries)
{
	for (const struct config_target *t = l->b->config.targets; t; t = t->next) {
		struct vault_entry gone = { .target = t->name };
		struct manifest m = { .taken_us = 0 };
		struct point p;
		bool there;

		if (t->vaults[0] != l->vault || !wanted(l, t->name) ||
		    !points_load(&l->b->points, t->name, &l->b->arena, &p, &there, NULL) || !there || !p.backup.len)
			continue;
		if (vault_find(entries, t->name, p.backup))
			continue;
		l->wrong = true;
		gone.id = p.backup;
		if (l->c->json)
			entry_json(l, &gone, &m, STR(GONE));
		else
			entry_text(l, &gone, &m, STR(GONE));
	}
}

static bool list_vault(struct listing *l, struct err *err)
{
	struct vault_entry *entries = NULL;
	struct point p;
	struct wal_lines wal = { .n = 0 };
	struct str last = STR_NONE;
	bool there = false, good;

	if (!vault_open(&l->vault->place, &l->open, err))
		return false;
	good = vault_list(l->open, STR_NONE, &l->b->arena, &entries, err);
	for (const struct vault_entry *e = entries; good && e; e = e->next) {
		if (!wanted(l, e->target))
			continue;
		if (!str_eq(e->target, last)) {
			wal_line(l, &wal);
			wal = (struct wal_lines){ .n = 0 };
			last = e->target;
			l->point = points_load(&l->b->points, e->target, &l->b->arena, &p, &there, NULL) && there ? &p : NULL;
		}
		if (!wal_entry(&wal, e))
			entry(l, e);
	}
	if (good)
		wal_line(l, &wal), list_gone(l, entries);
	vault_close(l->open);
	return good;
}

/* Without the ledger the statements speak alone, which is said. */
static void know_drills(struct listing *l)
{
	struct err err = { 0 };
	struct ledger *ledger = ledger_open(l->b->places.ledger, &err);

	if (!ledger || !backup_drills_read(ledger, &l->b->arena, &l->drills, &err))
		fprintf(stderr, "pawl: of most drills nothing is known: %s\n", err.msg);
	ledger_close(ledger);
}

static int list_all(struct cli *c, struct backups *b)
{
	auto_buf text = BUF_MAX(OUT_MAX);
	struct json_out o = { .buf = &text };
	struct listing l = { .c = c, .b = b, .text = &text, .o = &o };
	struct err err = { 0 };

	if (b->looks) {
		err_set(&err, ERR_DENIED, "the vault is of another user, and that is the point of it: sudo pawl backup list");
		return cli_fail(c, &err);
	}
	know_drills(&l);
	if (c->json)
		json_out_open(&o, '{'), json_out_key(&o, "backups"), json_out_open(&o, '[');
	l.seen = ARENA_ARRAY(&b->arena, (size_t)c->n_args + 1, bool);
	if (!l.seen) {
		err_set(&err, ERR_LIMIT, "no memory");
		return cli_fail(c, &err);
	}
	for (l.vault = b->config.vaults; l.vault; l.vault = l.vault->next) {
		if (!list_vault(&l, &err))
			return cli_fail(c, &err);
	}
	for (const struct config_bad *bad = c->n_args ? NULL : b->config.bad; bad; bad = bad->next) {
		l.wrong = true;
		fprintf(stderr, "pawl: nothing of %.*s is backed up: %s\n", STR_ARG(bad->name), bad->why.msg);
	}
	/* One that backup.yaml no longer names may lie there yet. */
	for (int i = 0; i < c->n_args; i++) {
		if (!l.seen[i] && !config_target_find(&b->config, str_from(c->args[i]))) {
			err_set(&err, ERR_INPUT, "no target is called '%s' in %s, and no vault holds anything of that name", c->args[i],
				b->path);
			return cli_fail(c, &err);
		}
	}
	if (c->json)
		json_out_close(&o, ']'), json_out_close(&o, '}'), buf_addc(&text, '\n');
	else if (!text.len)
		buf_adds(&text, "No backup yet: `pawl backup` takes one.\n");
	return cli_print(&text) && !l.wrong ? EXIT_ALLOW : EXIT_ERROR;
}

int cmd_backup_list(struct cli *c)
{
	struct backups b;
	struct err err = { 0 };
	int status = backups_open(&b, false, &err) ? list_all(c, &b) : cli_fail(c, &err);

	backups_close(&b);
	return status;
}
