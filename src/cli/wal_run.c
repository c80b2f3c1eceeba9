#include "cli/wal_run.h"

#include <limits.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/backup_run.h"
#include "recovery/copy.h"
#include "recovery/pitr.h"
#include "recovery/secret.h"

#define BODY_MAX ((size_t)65536)
#define NOTES_MAX ((size_t)16 << 10)

struct running {
	const struct wal_run *w;
	struct wal_run_done *done;
	struct vault *vault;
	struct wal_archive archive;
	struct wal_piece *pieces; /* those that lay there, and what came since as one more */
	struct wal_bases bases;
	struct buf notes;
	unsigned copied; /* of the pieces of this run */
};

static void note(struct running *k, const char *what, const char *why)
{
	buf_addf(&k->notes, "%s%s%s", k->notes.len ? "\n" : "", what, why);
}

/* --- records --- */

static void record(const struct running *k, const char *kind, const char *key, struct str what)
{
	auto_buf body = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &body };

	json_out_open(&o, '{');
	json_out_kv(&o, "target", k->w->t->name);
	json_out_kv(&o, "vault", k->w->t->vaults[0]->place.name);
	json_out_kv(&o, key, what);
	json_out_close(&o, '}');
	(void)!backups_record(k->w->b, kind, &body, NULL);
}

/* --- the statement --- */

/* The listed pieces and what this run put behind them. */
static size_t all_pieces(struct running *k, const struct wal_received *r)
{
	memcpy(k->pieces, k->archive.pieces, k->archive.n * sizeof(*k->pieces));
	if (r->to == r->from)
		return k->archive.n;
	k->pieces[k->archive.n] = (struct wal_piece){ .timeline = r->timeline, .from = r->from, .to = r->to, .whole = true };
	wal_sort(k->pieces, k->archive.n + 1);
	return k->archive.n + 1;
}

/* *${ret_lost}: for good. */
static struct str unconnected(struct running *k, const struct wal_window *w, bool *ret_lost)
{
	struct arena *a = &k->w->b->arena;

	*ret_lost = w->newest && (w->chain.why == WAL_GAP || w->chain.why == WAL_HIDDEN || w->chain.why == WAL_TIMELINE);
	if (!w->newest)
		return STR("there is no physical backup that the WAL goes on from: take one");
	switch (w->chain.why) {
	case WAL_GAP:
	case WAL_HIDDEN:
		return arena_fmt(a, "behind backup %.*s WAL is missing from %.*s on: take a new one", STR_ARG(w->newest->id),
				 STR_ARG(wal_position(w->chain.to, a)));
	case WAL_TIMELINE:
		return arena_fmt(a, "the server went on on another timeline after backup %.*s: take a new one", STR_ARG(w->newest->id));
	case WAL_UNSET:
	case WAL_ENDS:
	case WAL_NONE:
		break;
	}
	return arena_fmt(a, "the WAL behind backup %.*s is not in the archive yet", STR_ARG(w->newest->id));
}

/* The moment that the chain goes to: its last piece that says one. */
static int64_t moment(struct running *k, const struct wal_chain *c)
{
	for (const struct wal_piece *p = c->last; c->n && p >= c->first; p--) {
		struct manifest m;
		struct wal_said s;

		if (p->id.len && p->whole && !p->hidden && wal_archive_said(&k->archive, p, &m, &s, NULL) && s.as_of_us)
			return s.as_of_us;
	}
	return 0;
}

static void window(struct running *k, const struct wal_received *r, struct point_wal *p)
{
	struct arena *a = &k->w->b->arena;
	struct wal_window w;
	bool goes_on;

	wal_window(k->pieces, all_pieces(k, r), k->bases.list, k->bases.n, &w);
	p->held = r->held;
	p->limit = r->limit;
	p->every_s = k->w->t->wal_s ? k->w->t->wal_s : CONFIG_WAL_S;
	p->from_us = p->to_us = 0;
	p->base = p->from = p->gap = STR_NONE;
	p->to = wal_position(r->to, a);
	k->done->lost = false;
	/* A base that ends where nothing was written since is followed by all there is. */
	if (w.newest && w.newest->timeline == r->timeline && w.chain.to == r->to && !w.base)
		w.base = w.newest;
	goes_on = w.base && w.newest->timeline == r->timeline && w.chain.to == r->to;
	if (!goes_on)
		p->gap = unconnected(k, &w, &k->done->lost);
	p->to_us = goes_on ? r->as_of_us : w.base ? moment(k, &w.chain) : 0;
	if (!p->to_us)
		return;
	p->base = w.base->id;
	p->from = wal_position(w.base->position, a);
	p->to = wal_position(w.chain.to, a);
	p->from_us = w.base->taken_us;
	/* What a drill went through was another WAL, behind backups that are gone or can no longer be followed, or it is gone since. */
	if (p->proven_to_us < p->from_us)
		p->proven_us = p->proven_to_us = 0;
	if (p->gap.len && p->proven_to_us > p->to_us)
		p->proven_to_us = p->to_us;
}

/* --- copies --- */

#define LISTS_MAX ((size_t)1 << 30) /* address space, for the pieces of two vaults */

static void copy_out(struct running *k)
{
	const struct config_target *t = k->w->t;
	struct arena lists;

	/* Of its own: it happens again and again while one run lasts. */
	if (!arena_map(&lists, LISTS_MAX)) {
		note(k, "not all WAL is in every vault: ", "no memory to copy it");
		return;
	}
	for (const struct config_vault *const *v = t->vaults + 1; *v; v++) {
		struct copy_ask ask = { .from = k->vault, .target = k->archive.target, .key = k->w->b->config.key,
					.lock = (*v)->place.lock_s != 0 };
		struct copy_done done = { .copied = 0 };

		if (!vault_open(&(*v)->place, &ask.to, &done.err) || !copy_missing(&ask, &lists, &done))
			note(k, "not all WAL is in every vault: ", done.err.msg);
		k->done->copies += (unsigned)done.copied;
		vault_close(ask.to);
		arena_reset(&lists);
	}
	arena_unmap(&lists);
}

static bool kept(void *ctx, const struct wal_received *r, struct err *err)
{
	struct running *k = ctx;
	struct backups *b = k->w->b;
	const struct config_target *t = k->w->t;
	struct str anew = STR_NONE;
	auto_fd held = -1;
	struct point p;

	if (!wal_bases(k->vault, t->name, b->config.key, &b->arena, &k->bases, err) || !points_hold(&b->points, t->name, &held, err))
		return false;
	(void)backup_run_statement(b, t, &p, &anew);
	window(k, r, &p.wal);
	p.wal.said_us = clock_now_us();
	k->done->said = p.wal;
	if (!points_say(&b->points, &p, &b->arena, err))
		return false;
	fd_close(&held);
	/* The first time also what an earlier run could not. */
	if (r->pieces != k->copied)
		copy_out(k);
	k->copied = r->pieces;
	return true;
}

/* --- what went --- */

/* How far the pieces go on from ${from}, on one timeline. */
static uint64_t reaches(const struct wal_archive *a, uint64_t from)
{
	uint64_t end = from;

	for (size_t i = 0; i < a->n; i++) {
		struct wal_chain chain;

		if (i && a->pieces[i].timeline == a->pieces[i - 1].timeline)
			continue;
		wal_chain(a->pieces, a->n, a->pieces[i].timeline, from, &chain);
		end = chain.to > end ? chain.to : end;
	}
	return end;
}

static struct str gone_since(const struct wal_archive *a, const struct point_wal *said)
{
	uint64_t from, to, end;

	if (!said->to_us || !physical_lsn(said->from, &from) || !physical_lsn(said->to, &to))
		return STR_NONE;
	end = reaches(a, from);
	return end >= to ? STR_NONE
			 : arena_fmt(a->arena, "WAL that was kept is gone: it went from %.*s to %.*s, and now there is none from %.*s on",
				     STR_ARG(said->from), STR_ARG(said->to), STR_ARG(wal_position(end, a->arena)));
}

struct str wal_run_gone(struct backups *b, const struct config_target *t, const struct point_wal *said)
{
	const struct config_vault *v = t->vaults[0];
	struct wal_archive a = { .target = wal_target(t->name, &b->arena), .arena = &b->arena };
	struct vault *vault = NULL;
	struct err ignored = { 0 };
	struct str gone = STR_NONE;

	/* The others take a request or a program; the drill looks there. */
	if (b->looks || v->place.kind != VAULT_DIRECTORY || !vault_open(&v->place, &vault, &ignored))
		return STR_NONE;
	a.vault = vault;
	if (wal_archive_list(&a, &ignored))
		gone = gone_since(&a, said);
	vault_close(vault);
	return gone;
}

/* --- one run --- */

/* By the backups that each vault has itself. */
static void let_go(struct running *k, const struct config_vault *of)
{
	struct backups *b = k->w->b;
	struct wal_archive a = k->archive;
	struct wal_bases bases = k->bases;
	struct vault *other = NULL;
	struct err err = { 0 };
	bool good = true;

	if (of != k->w->t->vaults[0]) {
		bases = (struct wal_bases){ .n = 0 };
		good = vault_open(&of->place, &other, &err) && wal_bases(other, k->w->t->name, b->config.key, &b->arena, &bases, &err);
		a.vault = other;
		good = good && wal_archive_list(&a, &err);
	}
	if (good)
		k->done->removed += wal_archive_let_go(&a, &bases, clock_now_us(), &err);
	if (err.code != ERR_NONE)
		note(k, "WAL that no backup needs stays: ", err.msg);
	vault_close(other);
}

static void let_all_go(struct running *k)
{
	const struct retention_keep *keep = &k->w->t->keep;

	if (!keep->daily && !keep->weekly && !keep->monthly)
		return;
	for (const struct config_vault *const *v = k->w->t->vaults; *v; v++)
		let_go(k, *v);
}

static bool receive(struct running *k, struct str password, struct err *err)
{
	const struct config_target *t = k->w->t;
	struct wal_receive r = { .archive = &k->archive, .connect = t->connect, .password = password, .slot = t->wal_slot,
				 .every_s = t->wal_s ? t->wal_s : CONFIG_WAL_S, .for_s = k->w->for_s, .once = k->w->once,
				 .stop = k->w->stop, .kept = kept, .ctx = k };
	char slot[WAL_SLOT_MAX + 1];
	bool good;

	if (!r.slot.len) {
		wal_slot_name(t->name, slot);
		r.slot = str_from(slot);
	}
	good = wal_receive(&r, &k->done->received, err);
	if (k->done->received.gap.len)
		record(k, "wal.gap", "why", k->done->received.gap);
	return good;
}

static bool prepare(struct running *k, struct err *err)
{
	const struct config_target *t = k->w->t;
	struct backups *b = k->w->b;
	size_t n;

	k->archive = (struct wal_archive){ .target = wal_target(t->name, &b->arena), .key = b->config.key, .encrypt = t->encrypt,
					   .decrypt = t->decrypt, .encrypted_to = t->encrypted_to, .pem = b->pem,
					   .lock = t->vaults[0]->place.lock_s != 0, .arena = &b->arena };
	if (!vault_open(&t->vaults[0]->place, &k->vault, err))
		return false;
	k->archive.vault = k->vault;
	if (!wal_archive_list(&k->archive, err))
		return false;
	if (t->vaults[0]->place.kind == VAULT_DIRECTORY)
		wal_archive_sweep(&k->archive);
	n = k->archive.n;
	k->pieces = ARENA_ARRAY(&b->arena, n + 1, struct wal_piece);
	return k->pieces || err_set(err, ERR_LIMIT, "more pieces of WAL than can be looked at");
}

/* Of what the last statement knew and is not there: once, for the next says what there is. */
static void tell_gone(struct running *k)
{
	struct backups *b = k->w->b;
	struct str gone = STR_NONE;
	struct point p;
	bool there;

	if (points_load(&b->points, k->w->t->name, &b->arena, &p, &there, NULL) && there)
		gone = gone_since(&k->archive, &p.wal);
	if (gone.len)
		note(k, gone.ptr, "");
}

static bool whole(struct running *k, struct err *err)
{
	auto_buf secret = BUF_MAX(SECRET_MAX);
	bool good;

	if (!prepare(k, err) || !secret_of(k->w->t, &secret, err))
		return false;
	tell_gone(k);
	good = receive(k, buf_str(&secret), err);
	buf_wipe(&secret);
	if (!good)
		return err_prefix(err, "%.*s", STR_ARG(k->w->t->name));
	let_all_go(k);
	return true;
}

static bool is_physical(const struct config_target *t, struct err *err)
{
	return t->kind == BACKUP_POSTGRES_PHYSICAL ||
	       err_set(err, ERR_INPUT, "%.*s: WAL goes on from physical backups, and this target has none ('physical: true')",
		       STR_ARG(t->name));
}

bool wal_run_hold(struct backups *b, const struct config_target *t, int *ret_fd, struct err *err)
{
	return runs_lock(str_from(b->runs), t->name, RUNS_WAL, ret_fd, err);
}

bool wal_run(const struct wal_run *w, struct wal_run_done *ret, struct err *err)
{
	struct running k = { .w = w, .done = ret, .notes = BUF_MAX(NOTES_MAX), .copied = UINT_MAX };
	auto_fd held = -1;
	bool good;

	*ret = (struct wal_run_done){ .copies = 0 };
	if (!is_physical(w->t, err) || (!w->held && !wal_run_hold(w->b, w->t, &held, err))) {
		ret->busy = err->code == ERR_STATE;
		return false;
	}
	good = whole(&k, err);
	if (!good && !w->again)
		record(&k, "wal.failed", "why", str_from(err->msg));
	if (ret->received.notes.len)
		note(&k, arena_str(&w->b->arena, ret->received.notes).ptr, "");
	ret->notes = arena_str(&w->b->arena, buf_str(&k.notes));
	buf_free(&k.notes);
	vault_close(k.vault);
	return good;
}

/* --- drills --- */

void wal_run_ask(const struct config_target *t, const struct point *said, struct drill_ask *ask)
{
	ask->wal = t->wal_s > 0;
	if (!said->wal.to_us || !physical_lsn(said->wal.from, &ask->wal_from) || !physical_lsn(said->wal.to, &ask->wal_to)) {
		ask->wal_from = ask->wal_to = 0;
		return;
	}
	ask->wal_to_us = said->wal.to_us;
}

static bool about_wal(const struct drill_done *d)
{
	for (const struct drill_reason *r = d->reasons; r; r = r->next) {
		if (r->code == DRILL_WAL || r->code == DRILL_WAL_FOREIGN || r->code == DRILL_WAL_ALTERED)
			return true;
	}
	return false;
}

void wal_run_proven(const struct drill_done *d, struct point *p)
{
	if (d->result == RECOVERY_VERIFIED && d->wal_to) {
		p->wal.proven_us = d->at_us;
		p->wal.proven_to_us = d->wal_as_of_us;
	} else if (about_wal(d)) {
		p->wal.proven_us = p->wal.proven_to_us = 0;
	}
}

struct str wal_run_window(struct backups *b, const struct config_target *t, struct str password)
{
	struct pitr p = { .connect = t->connect, .password = password, .pgbackrest = t->pgbackrest, .until_s = b->until_s };
	bool asked = t->kind == BACKUP_POSTGRES || t->kind == BACKUP_POSTGRES_PHYSICAL || t->pgbackrest;
	struct str window = STR_NONE;
	struct err err = { 0 };

	return asked && pitr_ask(&p, &b->arena, &window, &err) ? window : STR_NONE;
}
