/* pawl status: each protected database at a glance. */
#include <stdio.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cli/backup_look.h"
#include "cli/backup_run.h"
#include "cli/commands.h"
#include "cli/notify.h"
#include "cli/progress.h"
#include "core/card.h"

#define OUT_MAX ((size_t)16 << 20)
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RED "\033[1;31m"

struct telling {
	struct cli *c;
	struct backups *b;
	struct buf *text;
	struct json_out *o;
	int64_t now_us;
	struct arena *arena;
};

static uint64_t rows_of(const struct point *p)
{
	uint64_t rows = 0;

	for (const struct point_table *t = p->tables; t; t = t->next)
		rows += t->rows;
	return rows;
}

static void age(const struct telling *k, int64_t us, char ret[64])
{
	duration_text(us < k->now_us ? (k->now_us - us) / CLOCK_SECOND : 0, ret, 64);
}

/* --- JSON --- */

static void wal_json(struct telling *k, const struct point_wal *w)
{
	struct json_out *o = k->o;

	json_out_key(o, "wal");
	json_out_open(o, '{');
	backups_put_time(o, "from", w->from_us);
	backups_put_time(o, "to", w->to_us);
	json_out_kv_i64(o, "rpo_s", w->to_us ? (k->now_us - w->to_us) / CLOCK_SECOND : -1);
	json_out_kv(o, "base", w->base);
	json_out_kv(o, "position", w->to);
	json_out_kv(o, "gap", w->gap);
	json_out_kv_u64(o, "slot_holds", w->held);
	json_out_kv(o, "slot_limit", w->limit);
	backups_put_time(o, "looked", w->said_us);
	backups_put_time(o, "proven", w->to_us ? w->proven_us : 0);
	backups_put_time(o, "proven_to", w->to_us ? w->proven_to_us : 0);
	json_out_close(o, '}');
}

static void target_json(struct telling *k, const struct config_target *t, const struct backup_health *h)
{
	const struct point *p = &h->point;
	struct json_out *o = k->o;
	struct arena *a = k->arena;
	/* One that is gone is none. */
	struct point_drill none = { .at_us = 0 };
	const struct point_drill *v = point_is_lost(p, a) ? &none : &p->verified;

	json_out_open(o, '{');
	json_out_kv(o, "target", t->name);
	json_out_kv(o, "kind", backup_kind_name(t->kind));
	json_out_kv_bool(o, "green", !h->red);
	backups_put_list(o, "red", h->red);
	backups_put_list(o, "notes", h->notes);
	json_out_kv(o, "backup", p->backup);
	backups_put_time(o, "taken", p->taken_us);
	json_out_kv_i64(o, "rpo_s", h->as_of_us ? (k->now_us - h->as_of_us) / CLOCK_SECOND : -1);
	json_out_kv_i64(o, "rpo_objective_s", t->rpo_s);
	json_out_kv(o, "last_drill", p->drill.at_us ? recovery_result_name(p->drill.result) : STR(""));
	backups_put_time(o, "drilled", p->drill.at_us);
	backups_put_time(o, "verified", v->at_us);
	json_out_kv(o, "verified_backup", v->backup);
	json_out_kv_i64(o, "rto_ms", v->at_us ? v->took_us / 1000 : -1);
	json_out_kv_i64(o, "rto_objective_s", t->rto_s);
	json_out_kv_i64(o, "rows", (int64_t)rows_of(p));
	json_out_kv(o, "vault", t->vaults[0]->place.name);
	backups_put_time(o, "proved", p->proof.at_us);
	json_out_kv_i64(o, "ways_tried", (int64_t)p->proof.tried);
	json_out_kv_i64(o, "ways_worked", (int64_t)p->proof.worked);
	json_out_kv(o, "point_in_time", h->point_in_time);
	if (p->wal.said_us)
		wal_json(k, &p->wal);
	json_out_kv(o, "schedule", h->schedule);
	/* Where nothing runs by itself there is no next one. */
	backups_put_time(o, "next_backup", h->schedule.len ? h->next_backup_us : 0);
	backups_put_time(o, "next_drill", h->schedule.len ? h->next_drill_us : 0);
	json_out_close(o, '}');
}

/* --- text --- */

static const char *paint(const struct telling *k, const char *colour)
{
	return k->c->colour ? colour : "";
}

static void backup_line(struct telling *k, const struct config_target *t, const struct backup_health *h)
{
	const struct point *p = &h->point;
	char old[64], most[64];

	if (!p->backup.len)
		return;
	age(k, p->taken_us, old);
	buf_addf(k->text, "  backup    %s old", old);
	if (t->rpo_s && h->as_of_us == p->taken_us) {
		duration_text(t->rpo_s, most, sizeof(most));
		buf_addf(k->text, " (RPO %s)", most);
	}
	buf_addf(k->text, ", %.*s\n", STR_ARG(p->backup));
}

static void drill_line(struct telling *k, const struct config_target *t, const struct backup_health *h)
{
	const struct point *p = &h->point;
	bool failed = p->drill.at_us && p->drill.result == RECOVERY_FAILED && !point_is_lost(p, k->arena);
	char ago[64], most[64];

	if (failed) {
		age(k, p->drill.at_us, ago);
		buf_addf(k->text, "  drill     FAILED %s ago%s", ago, p->verified.at_us ? ";" : "\n");
	}
	if (!p->verified.at_us)
		return;
	age(k, p->verified.at_us, ago);
	buf_addf(k->text, "%s verified %s ago", failed ? "" : "  drill    ", ago);
	if (!str_eq(p->verified.backup, p->backup))
		buf_addf(k->text, ": that of %.*s", STR_ARG(p->verified.backup));
	if (p->tables)
		buf_addf(k->text, ", %llu %s%s", (unsigned long long)rows_of(p), backup_run_unit(p->kind), rows_of(p) == 1 ? "" : "s");
	buf_addf(k->text, ": %s", drill_compared(p->kind));
	buf_addf(k->text, ", restored in %lld.%lld s",
		 (long long)(p->verified.took_us / CLOCK_SECOND), (long long)(p->verified.took_us / (CLOCK_SECOND / 10) % 10));
	if (t->rto_s) {
		duration_text(t->rto_s, most, sizeof(most));
		buf_addf(k->text, " (RTO %s)", most);
	}
	buf_addc(k->text, '\n');
}

static void vault_line(struct telling *k, const struct config_target *t, const struct backup_health *h)
{
	const struct point_proof *proof = &h->point.proof;
	char ago[64];

	buf_addf(k->text, "  vault     %.*s", STR_ARG(t->vaults[0]->place.name));
	if (proof->at_us) {
		age(k, proof->at_us, ago);
		buf_addf(k->text, ": %u of %u ways to harm it worked, tried %s ago", proof->worked, proof->tried, ago);
	}
	buf_addc(k->text, '\n');
}

static void wal_line(struct telling *k, const struct config_target *t, const struct backup_health *h)
{
	const struct point_wal *w = &h->point.wal;
	char from[TIMESTAMP_LEN + 1], to[TIMESTAMP_LEN + 1], ago[64], most[64], held[PROGRESS_SIZE];

	timestamp_text(w->from_us, from);
	timestamp_text(w->to_us, to);
	age(k, w->to_us, ago);
	progress_size(w->held, held);
	buf_addf(k->text, "  between   point in time: from %s to %s, %s ago", from, to, ago);
	if (t->rpo_s && h->as_of_us == w->to_us) {
		duration_text(t->rpo_s, most, sizeof(most));
		buf_addf(k->text, " (RPO %s)", most);
	}
	buf_addf(k->text, "; the slot holds %s\n", held);
	if (!w->proven_us)
		return;
	age(k, w->proven_us, ago);
	timestamp_text(w->proven_to_us, to);
	buf_addf(k->text, "            recovered to %s in the drill %s ago\n", to, ago);
}

/* Where there is none, a note says so. */
static void point_line(struct telling *k, const struct backup_health *h)
{
	if (!h->point_in_time.len || str_starts(h->point_in_time, STR("none")))
		return;
	buf_adds(k->text, "  between   ");
	card_escape(h->point_in_time, k->text);
	buf_addc(k->text, '\n');
}

static void next_line(struct telling *k, const struct backup_health *h)
{
	int64_t to[2] = { h->next_backup_us, h->next_drill_us };
	static const char *const what[2] = { "backup", ", drill" };
	char in[64];

	if (!h->schedule.len)
		return;
	buf_adds(k->text, "  next      ");
	for (size_t i = 0; i < 2; i++) {
		duration_text(to[i] > k->now_us ? (to[i] - k->now_us) / CLOCK_SECOND : 0, in, sizeof(in));
		buf_addf(k->text, "%s %s%s", what[i], to[i] > k->now_us ? "in " : "at the next look", to[i] > k->now_us ? in : "");
	}
	buf_addf(k->text, " (%.*s)\n", STR_ARG(h->schedule));
}

static void sentences(struct telling *k, const struct str_list *l, const char *colour, const char *word)
{
	for (; l; l = l->next) {
		buf_addf(k->text, "  %s%s", paint(k, colour), word);
		card_escape(l->item, k->text);
		buf_addf(k->text, "%s\n", paint(k, "\033[0m"));
	}
}

static void target_text(struct telling *k, const struct config_target *t, const struct backup_health *h)
{
	buf_addf(k->text, "%.*s  %s%s%s  %.*s", STR_ARG(t->name), paint(k, h->red ? RED : GREEN), h->red ? "RED" : "green",
		 paint(k, "\033[0m"), STR_ARG(backup_kind_name(t->kind)));
	if (t->environment.len) {
		buf_adds(k->text, ", ");
		card_escape(t->environment, k->text);
	}
	buf_addc(k->text, '\n');
	sentences(k, h->red, RED, "RED       ");
	backup_line(k, t, h);
	drill_line(k, t, h);
	vault_line(k, t, h);
	next_line(k, h);
	if (h->point.wal.to_us)
		wal_line(k, t, h);
	else
		point_line(k, h);
	sentences(k, h->notes, YELLOW, "note      ");
}

/* What cannot be read of it is backed up by nobody. */
static void bad_target(struct telling *k, const struct config_bad *bad)
{
	struct str_list red = { .item = arena_fmt(&k->b->arena, "nothing of it is backed up: %s", bad->why.msg) };

	if (!k->c->json) {
		buf_addf(k->text, "%.*s  %sRED%s\n", STR_ARG(bad->name), paint(k, RED), paint(k, "\033[0m"));
		sentences(k, &red, RED, "RED       ");
		return;
	}
	json_out_open(k->o, '{');
	json_out_kv(k->o, "target", bad->name);
	json_out_kv_bool(k->o, "green", false);
	backups_put_list(k->o, "red", &red);
	json_out_close(k->o, '}');
}

/* Whom the vault's own user would tell cannot be seen from another user's. */
static struct str nobody(struct backups *b, bool json)
{
	const char *slash = strrchr(b->places.machine_policy, '/');
	bool machine = strncmp(b->path, b->places.machine_policy, (size_t)(slash - b->places.machine_policy) + 1) == 0;

	return b->looks ? STR_NONE : json ? notify_nobody(&b->places, machine, &b->arena)
					  : notify_nobody_line(&b->places, machine, &b->arena);
}

static void put_end(struct telling *k, struct str nobody, bool red)
{
	if (k->c->json) {
		json_out_close(k->o, ']');
		json_out_kv_bool(k->o, "green", !red);
		json_out_kv(k->o, "nobody_told", nobody);
		json_out_close(k->o, '}');
		buf_addc(k->text, '\n');
	} else if (nobody.len) {
		buf_adds(k->text, paint(k, YELLOW));
		card_escape(nobody, k->text);
		buf_addf(k->text, "%s\n", paint(k, "\033[0m"));
	}
}

static int tell(struct cli *c, struct backups *b)
{
	auto_buf text = BUF_MAX(OUT_MAX);
	struct json_out o = { .buf = &text };
	struct telling k = { .c = c, .b = b, .text = &text, .o = &o, .now_us = clock_now_us(), .arena = &b->arena };
	const struct config_target **list;
	struct err err = { 0 };
	bool red = false;

	if (!backups_targets(b, c, &list, &err))
		return cli_fail(c, &err);
	if (c->json)
		json_out_open(&o, '{'), json_out_key(&o, "targets"), json_out_open(&o, '[');
	for (; *list; list++) {
		struct backup_health h;

		backup_look(b, *list, k.now_us, &h);
		red = red || h.red;
		if (c->json)
			target_json(&k, *list, &h);
		else
			target_text(&k, *list, &h);
	}
	for (const struct config_bad *bad = c->n_args ? NULL : b->config.bad; bad; bad = bad->next) {
		red = true;
		bad_target(&k, bad);
	}
	put_end(&k, nobody(b, c->json), red);
	if (!cli_print(&text))
		return EXIT_ERROR;
	return red ? EXIT_HOLD : EXIT_ALLOW;
}

int cmd_status(struct cli *c)
{
	struct backups b;
	struct err err = { 0 };
	int status = backups_open(&b, false, &err) ? tell(c, &b) : cli_fail(c, &err);

	backups_close(&b);
	return status;
}
