#include "cli/backup_run.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/backup_record.h"
#include "cli/wal_run.h"
#include "recovery/copy.h"
#include "recovery/secret.h"

#define REASONS_MAX ((size_t)1 << 20)
#define NOTES_MAX ((size_t)16 << 10)

const char *backup_run_unit(enum backup_kind kind)
{
	return kind == BACKUP_COMMAND || kind == BACKUP_STATE ? "line" : "row";
}

uint64_t backup_run_rows(const struct manifest *m)
{
	uint64_t rows = 0;

	for (const struct fingerprint_table *t = m->tables; t; t = t->next)
		rows += t->rows;
	return rows;
}

/* --- the statement --- */

static bool names(const struct manifest_word *list, struct str word)
{
	while (list && !str_eq(list->text, word))
		list = list->next;
	return list != NULL;
}

/* This machine, by what a connection says of its server: a socket's folder, loopback. */
static bool is_here(struct str host)
{
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	host = str_starts(host, STR("[")) ? host : str_sub(host, 0, str_find_char(host, ':'));
	return !host.len || host.ptr[0] == '/' || host.ptr[0] == '@' || str_is(host, "localhost") || str_starts(host, STR("127.")) ||
	       str_starts(host, STR("[::1]")) || str_is(host, "::1") || str_is(host, name);
}

/* Whoever can destroy the one can destroy the other: one machine, and the vault is of no user of its own. */
static bool same_place(const struct config_vault *v, const struct config_target *t, struct str host)
{
	bool local = t->kind == BACKUP_SQLITE || t->kind == BACKUP_COMMAND || is_here(host);

	return v->place.kind == VAULT_DIRECTORY && !v->user.len && local;
}

/* The last statement with what backup.yaml says today; one that is not to be believed is begun anew, and said. */
bool backup_run_statement(struct backups *b, const struct config_target *t, struct point *p, struct str *ret_note)
{
	const struct config_vault *v = t->vaults[0];
	struct err err = { 0 };
	bool there = false;

	*p = (struct point){ .serial = 0 };
	if (!points_load(&b->points, t->name, &b->arena, p, &there, &err)) {
		*ret_note = arena_fmt(&b->arena, "begun anew: %s", err.msg);
		there = false;
	}
	if (!there)
		*p = (struct point){ .serial = (uint64_t)clock_now_us() };
	p->target = t->name;
	p->kind = t->kind;
	p->resources = t->resources;
	p->account = t->account;
	p->vault = v->place.name;
	if (t->kind != BACKUP_RDS) /* then it is where the snapshot lies: of_manifest */
		p->vault_account = v->place.account;
	p->rpo_s = t->rpo_s;
	p->rto_s = t->rto_s;
	return there;
}

static void of_manifest(struct backups *b, const struct config_target *t, struct point *p, const struct manifest *m)
{
	struct manifest_word *w;

	p->host = m->host;
	if (m->account.len && !p->account.len)
		p->account = m->account;
	p->same_place = same_place(t->vaults[0], t, m->host);
	/* The vault holds but the record. Who owns the snapshot can delete it. */
	if (m->kind == BACKUP_RDS) {
		p->vault_account = m->invariants ? rds_arn_part(m->invariants->value, ARN_ACCOUNT) : STR_NONE;
		p->same_place = !p->vault_account.len || str_eq(p->vault_account, m->account);
	}
	/* Likewise, and of its repository nobody but the owner knows who can reach it; what was tried at the vault says nothing of it. */
	if (m->kind == BACKUP_PGBACKREST) {
		p->same_place = !t->pgbackrest || !t->pgbackrest->apart;
		p->proof = (struct point_proof){ .at_us = 0 };
	}
	if (m->taken_us >= p->taken_us) {
		p->backup = m->id;
		p->taken_us = m->taken_us;
	}
	w = ARENA_NEW(&b->arena, struct manifest_word);
	if (w && m->host.len && !names(p->resources, m->host)) {
		*w = (struct manifest_word){ .text = m->host, .next = (struct manifest_word *)(uintptr_t)p->resources };
		p->resources = w;
	}
}

static bool say_backup(struct backups *b, const struct config_target *t, const struct manifest *m, struct point *ret, struct str *ret_note,
		       struct err *err)
{
	auto_fd held = -1;

	if (!points_hold(&b->points, t->name, &held, err))
		return false;
	(void)backup_run_statement(b, t, ret, ret_note);
	of_manifest(b, t, ret, m);
	return points_say(&b->points, ret, &b->arena, err);
}

static struct str reasons_text(struct arena *a, const struct drill_done *d)
{
	auto_buf text = BUF_MAX(REASONS_MAX);

	for (const struct drill_reason *r = d->reasons; r; r = r->next)
		buf_addf(&text, "%s%.*s", text.len ? "\n" : "", STR_ARG(r->text));
	return arena_str(a, buf_str(&text));
}

static const struct point_table *tables_of(struct arena *a, const struct manifest *m)
{
	struct point_table *first = NULL, **end = &first;

	for (const struct fingerprint_table *t = m->tables; t; t = t->next) {
		struct point_table *one = ARENA_NEW(a, struct point_table);

		if (!one)
			return NULL;
		*one = (struct point_table){ .name = t->name, .rows = t->rows };
		*end = one;
		end = &one->next;
	}
	return first;
}

/* Another backup helps against these; against none that comes of the server, the owner's check or an objective. */
static bool is_unfit(enum drill_code c)
{
	return c == DRILL_SIGNATURE || c == DRILL_SWAPPED || c == DRILL_REPLAYED || c == DRILL_MANIFEST || c == DRILL_BYTES ||
	       c == DRILL_HALF || c == DRILL_WAL || c == DRILL_WAL_FOREIGN || c == DRILL_WAL_ALTERED;
}

static void weigh_fitness(const struct drill_done *d, struct str backup, struct runs *r)
{
	if (d->result == RECOVERY_VERIFIED && str_eq(r->unfit, backup))
		r->unfit = STR_NONE;
	for (const struct drill_reason *w = d->reasons; w; w = w->next) {
		if (is_unfit(w->code))
			r->unfit = backup;
	}
}

struct drilling {
	struct str id; /* STR_NONE: of the newest */
	struct drill_done done;
	struct runs runs;
};

/* Where that is not there, or cannot be believed, the drill has no name for what failed. */
static bool say_drill(struct backups *b, const struct config_target *t, struct drilling *k, struct err *err)
{
	const struct drill_done *d = &k->done;
	struct point_drill said = { .backup = d->manifest.id,
				    .taken_us = d->manifest.taken_us,
				    .result = d->result,
				    .at_us = d->at_us,
				    .took_us = d->took_us,
				    .reasons = reasons_text(&b->arena, d) };
	struct str note = STR_NONE;
	auto_fd held = -1;
	struct point p;

	if (!points_hold(&b->points, t->name, &held, err))
		return false;
	(void)backup_run_statement(b, t, &p, &note);
	if (!said.backup.len && said.result == RECOVERY_FAILED)
		said.backup = k->id.len ? k->id : p.backup;
	if (point_drilled(&p, &said, !k->id.len || str_cmp(k->id, p.backup) >= 0)) {
		of_manifest(b, t, &p, &d->manifest);
		p.tables = tables_of(&b->arena, &d->manifest);
	}
	wal_run_proven(d, &p);
	weigh_fitness(d, said.backup, &k->runs);
	return points_say(&b->points, &p, &b->arena, err);
}

/* --- one backup --- */

struct taking {
	struct backups *b;
	const struct config_target *t;
	struct backup_result *r;
	struct runs runs;
	struct vault *vault;
	struct buf notes, secret;
	struct backup_gone **gone_end;
};

static void note(struct taking *k, const char *what, const struct err *err)
{
	buf_addf(&k->notes, "%s%s%s", k->notes.len ? "\n" : "", what, err->msg);
}

/* Nobody else works on this target: what is not whole is of a run that died, and what was read for it cannot be read again. What a lock
 * holds is retention's, once that has ended. */
static void sweep_unfinished(struct taking *k)
{
	enum vault_kind kind = k->t->vaults[0]->place.kind;
	struct vault_entry *list;
	struct err err = { 0 };

	if ((kind != VAULT_DIRECTORY && kind != VAULT_S3) || !vault_list(k->vault, k->t->name, &k->b->arena, &list, &err))
		return;
	for (const struct vault_entry *e = list; e; e = e->next) {
		if (!e->whole && !e->hidden && !vault_remove(k->vault, k->t->name, e->id, &err) &&
		    (kind != VAULT_S3 || err.code != ERR_DENIED))
			note(k, "what a run that died left behind stays: ", &err);
	}
}

static bool take(struct taking *k, const struct backup_progress *progress, struct err *err)
{
	struct backup_ask ask = {
		.vault = k->vault,
		.target = k->t->name,
		.kind = k->t->kind,
		.connect = k->t->connect,
		.command = k->t->command,
		.rds = k->t->rds,
		.pgbackrest = k->t->pgbackrest,
		.state = { k->t->state.folder, k->t->state.backend, k->t->state.workspace, k->t->state.region },
		.questions = k->t->invariants,
		.filter = k->t->encrypt,
		.encrypted_to = k->t->encrypted_to,
		.pem = k->b->pem,
		.account = k->t->account,
		.progress = *progress,
		.until_s = k->b->until_s,
	};

	if (!secret_of(k->t, &k->secret, err))
		return false;
	ask.password = buf_str(&k->secret);
	return backup_take(&ask, &k->b->arena, &k->r->manifest, err);
}

struct letting_go {
	struct taking *k;
	struct str vault;
};

static void gone(void *ctx, const struct retention_point *p)
{
	struct letting_go *l = ctx;
	struct backup_gone *one = ARENA_NEW(&l->k->b->arena, struct backup_gone), spare, *of = one ? one : &spare;
	struct err err = { 0 };

	*of = (struct backup_gone){ .backup = p->id, .vault = l->vault, .why = str_from(retention_word(p->why)) };
	if (one) {
		*l->k->gone_end = one;
		l->k->gone_end = &one->next;
	}
	if (!backup_record_removal(l->k->b, l->k->t, of, &err))
		note(l->k, "an old one was removed, and that is not in the ledger: ", &err);
}

/* Nothing that is old goes before what is new lies there and is signed for. While the last drill failed, nobody knows which are good. */
static void let_go(struct taking *k, struct vault *v, const struct config_vault *of, const struct point *p)
{
	const struct retention_keep *keep = &k->t->keep;
	struct letting_go letting = { k, of->place.name };
	struct retention_ask ask = { .vault = v,
				     .target = k->t->name,
				     .keep = *keep,
				     .verified = p->drill.result == RECOVERY_FAILED ? STR_NONE : p->verified.backup,
				     .now_us = clock_now_us(),
				     .removed = gone,
				     .ctx = &letting };
	struct retention_done done;
	struct err err = { 0 };

	if (!keep->daily && !keep->weekly && !keep->monthly)
		return;
	if (!retention_run(&ask, &k->b->arena, &done, &err)) {
		note(k, "nothing old was removed: ", &err);
		return;
	}
	if (done.not_removed)
		note(k, done.not_removed > 1 ? "old ones were not removed; the last: " : "an old one was not removed: ", &done.last);
}

static void tidy(struct taking *k, const struct point *p)
{
	struct err err = { 0 };

	if (k->t->vaults[0]->place.lock_s && !vault_lock(k->vault, k->t->name, k->r->manifest.id, &err))
		note(k, "not locked: ", &err);
	let_go(k, k->vault, k->t->vaults[0], p);
}

/* The first vault is the spool of the others: what one of them missed, or got in part, follows. */
static void copy_out(struct taking *k, const struct point *p)
{
	for (const struct config_vault *const *v = k->t->vaults + 1; *v; v++) {
		struct copy_ask ask = {
			.from = k->vault, .target = k->t->name, .key = k->b->config.key, .lock = (*v)->place.lock_s != 0
		};
		struct copy_done done = { .copied = 0 };
		bool good = vault_open(&(*v)->place, &ask.to, &done.err) && copy_missing(&ask, &k->b->arena, &done);

		k->r->copies += str_eq(done.last, k->r->manifest.id);
		if (good)
			let_go(k, ask.to, *v, p);
		else
			note(k, "not copied into every vault: ", &done.err);
		vault_close(ask.to);
	}
}

static bool whole(struct taking *k, const struct backup_progress *progress, int64_t began_us, struct err *err)
{
	struct str anew = STR_NONE;
	struct point p;

	if (!vault_open(&k->t->vaults[0]->place, &k->vault, err))
		return false;
	sweep_unfinished(k);
	if (!take(k, progress, err)) {
		/* Nobody continues it, and the disk may be full of it. */
		sweep_unfinished(k);
		return false;
	}
	if (!say_backup(k->b, k->t, &k->r->manifest, &p, &anew, err))
		return err_prefix(err, "the backup lies in the vault, but the statement could not be written");
	if (anew.len)
		note(k, "", &(struct err){ .msg = "the statement that gates read was begun anew: the old one was not to be believed" });
	tidy(k, &p);
	/* Whatever that server says now, the backup is said. */
	k->runs.point_in_time = wal_run_window(k->b, k->t, buf_str(&k->secret));
	buf_wipe(&k->secret);
	if (!k->b->until_s)
		copy_out(k, &p);
	else if (k->t->vaults[1])
		note(k, "", &(struct err){ .msg = "it is copied into the other vaults with the next backup: its time was limited" });
	k->r->notes = arena_str(&k->b->arena, buf_str(&k->notes));
	return backup_record_taken(k->b, k->t, k->r, clock_now_us() - began_us, err);
}

bool backup_run_take(struct backups *b, const struct config_target *t, const struct backup_progress *progress, struct backup_result *ret,
		     struct err *err)
{
	static const struct backup_progress silent;
	struct backup_result r = { .vault = t->vaults[0]->place.name };
	struct taking k = { .b = b, .t = t, .r = &r, .notes = BUF_MAX(NOTES_MAX), .secret = BUF_MAX(SECRET_MAX),
			    .gone_end = &r.removed };
	struct str runs = str_from(b->runs);
	auto_fd lock = -1;
	bool good;

	if (!runs_lock(runs, t->name, RUNS_WHOLE, &lock, err))
		return false;
	runs_load(runs, t->name, &b->arena, &k.runs);
	k.runs.backup = (struct run){ .began_us = clock_now_us() };
	if (!runs_store(runs, t->name, &k.runs, &b->arena, err))
		return false;
	points_publish(&b->points, t->name, &b->arena);
	good = whole(&k, progress ? progress : &silent, k.runs.backup.began_us, err);
	if (!good)
		backup_record_failure(b, t, err);
	k.runs.backup.ended_us = clock_now_us();
	k.runs.backup.good = good;
	k.runs.backup.why = good ? STR_NONE : arena_str(&b->arena, str_from(err->msg));
	k.runs.backup.bytes = good && r.manifest.files ? r.manifest.files->bytes : 0;
	(void)!runs_store(runs, t->name, &k.runs, &b->arena, NULL);
	vault_close(k.vault);
	buf_wipe(&k.secret);
	buf_free(&k.secret);
	buf_free(&k.notes);
	if (good)
		*ret = r;
	return good;
}

/* --- one drill --- */

static void could_not(struct arena *a, struct drill_done *ret, enum drill_code code, const char *why)
{
	struct drill_reason *r = ARENA_NEW(a, struct drill_reason);

	*ret = (struct drill_done){ .result = RECOVERY_UNKNOWN, .at_us = clock_now_us() };
	if (!r)
		return;
	*r = (struct drill_reason){ .code = code, .text = arena_str(a, str_from(why)) };
	ret->reasons = r;
	ret->n_reasons = 1;
}

static void drill(struct backups *b, const struct config_target *t, struct str id, const struct backup_progress *progress,
		  struct drill_done *ret)
{
	/* Root's may be closed to the user that the scratch server runs as. */
	const char *tmp = geteuid() == 0 ? NULL : getenv("TMPDIR");
	char cache[PLACES_MAX + 64];
	struct drill_ask ask = { .target = t->name,
				 .id = id,
				 .key = b->config.key,
				 .filter = t->decrypt,
				 .queries = t->verify,
				 .check = t->check,
				 .rds = t->rds,
				 .pgbackrest = t->pgbackrest,
				 .connect = t->connect,
				 .rpo_s = t->rpo_s,
				 .rto_s = t->rto_s,
				 .folder = tmp && tmp[0] == '/' && strlen(tmp) < 60 ? str_from(tmp) : STR("/tmp"),
				 .confined = b->config.state.len > 0,
				 .progress = *progress,
				 .until_s = b->until_s };
	struct err err = { 0 };
	auto_buf secret = BUF_MAX(SECRET_MAX);
	struct str note = STR_NONE;
	struct point said;

	/* What was said last is at least as new as the newest that lies there. */
	(void)backup_run_statement(b, t, &said, &note);
	ask.last = said.backup;
	wal_run_ask(t, &said, &ask);
	snprintf(cache, sizeof(cache), "%s/cache", b->folder);
	ask.cache = str_from(cache);
	if (!vault_open(&t->vaults[0]->place, &ask.vault, &err)) {
		could_not(&b->arena, ret, DRILL_NO_VAULT, err.msg);
		return;
	}
	if (t->encrypt && !t->decrypt)
		could_not(&b->arena, ret, DRILL_NO_KEY, "it is encrypted, and 'identity' (or 'decrypt') does not say how to read it here");
	else if (t->kind == BACKUP_RDS && !secret_of(t, &secret, &err))
		could_not(&b->arena, ret, DRILL_NO_KEY, err.msg);
	else
		ask.password = buf_str(&secret), drill_run(&ask, &b->arena, ret);
	buf_wipe(&secret);
	vault_close(ask.vault);
}

bool backup_run_drill(struct backups *b, const struct config_target *t, struct str id, const struct backup_progress *progress,
		      struct drill_done *ret, struct err *err)
{
	static const struct backup_progress silent;
	struct str runs = str_from(b->runs);
	struct drilling k = { .id = id, .done = { .result = RECOVERY_UNKNOWN } };
	struct drill_done *d = &k.done;
	struct run *r = &k.runs.drill;
	auto_fd lock = -1;
	bool good;

	if (!runs_lock(runs, t->name, RUNS_WHOLE, &lock, err))
		return false;
	runs_load(runs, t->name, &b->arena, &k.runs);
	*r = (struct run){ .began_us = clock_now_us() };
	if (!runs_store(runs, t->name, &k.runs, &b->arena, err))
		return false;
	points_publish(&b->points, t->name, &b->arena);
	drill(b, t, id, progress ? progress : &silent, d);
	good = say_drill(b, t, &k, err) && backup_record_drill(b, t, d, err);
	r->ended_us = clock_now_us();
	r->good = good && d->result == RECOVERY_VERIFIED;
	r->why = r->good ? STR_NONE : good ? reasons_text(&b->arena, d) : arena_str(&b->arena, str_from(err->msg));
	(void)!runs_store(runs, t->name, &k.runs, &b->arena, NULL);
	if (good)
		*ret = *d;
	return good;
}
