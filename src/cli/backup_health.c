#include "cli/backup_health.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/backup_seen.h"
#include "cli/schedule.h"
#include "cli/wal_run.h"
#include "recovery/retention.h"

#define SKEW_US (300 * CLOCK_SECOND)
#define RENEW_US (3600 * CLOCK_SECOND)

static void say(struct arena *a, struct str_list **list, const char *fmt, ...) PAWL_PRINTF(3, 4);

static void say(struct arena *a, struct str_list **list, const char *fmt, ...)
{
	struct str_list *l = ARENA_NEW(a, struct str_list);
	char text[1200];
	va_list ap;

	if (!l)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	l->item = arena_str(a, str_from(text));
	while (*list)
		list = &(*list)->next;
	*list = l;
}

static void span(int64_t us, char ret[64])
{
	duration_text(us / CLOCK_SECOND, ret, 64);
}

/* What may pass before it counts as missed: the interval, a quarter of it, and an hour. */
static int64_t patience(int64_t every_s)
{
	return (every_s + every_s / 4 + 3600) * CLOCK_SECOND;
}

/* A run looks every BACKUP_TICK_S: what is due by the next look is due now, or each day begins later than the one before. */
static int64_t due_at(int64_t last_us, int64_t every_s)
{
	int64_t early = every_s / 20 < BACKUP_TICK_S ? every_s / 20 : BACKUP_TICK_S;

	return last_us ? last_us + (every_s - early) * CLOCK_SECOND : 0;
}

static struct str first_line(struct str s)
{
	return str_sub(s, 0, str_find_char(s, '\n'));
}

/* --- parts --- */

/* Before a command that is the vault's user's to run. */
static const char *sudo(const struct config_target *t)
{
	return t->vaults[0]->user.len ? "sudo " : "";
}

static bool run_failed(const struct run *r)
{
	return r->began_us && !r->good && r->ended_us >= r->began_us;
}

/* What was written since the newest backup is there too, up to the WAL's end: that is how much is lost. */
static bool followed(const struct backup_health *h)
{
	return h->point.wal.to_us && h->point.wal.to_us >= h->point.taken_us;
}

static void of_end(struct arena *a, const struct config_target *t, int64_t now, struct backup_health *h)
{
	int64_t age = now - h->point.wal.to_us;
	char text[64], most[64];

	span(age, text);
	duration_text(t->rpo_s, most, sizeof(most));
	if (age < -SKEW_US)
		say(a, &h->red, "the WAL is of a time to come: a clock is wrong, here or on the server");
	else if (t->rpo_s && age > t->rpo_s * CLOCK_SECOND)
		say(a, &h->red, "what can be brought back ends %s ago; the RPO is %s", text, most);
	else if (t->wal_s && age > patience(t->wal_s) && !h->point.wal.gap.len)
		say(a, &h->red, "no WAL was kept for %s", text);
}

#define LIMIT_NONE "-1"
#define HELD_MUCH (UINT64_C(1) << 30)

static bool has_none(struct str point_in_time)
{
	return str_starts(point_in_time, STR("none"));
}

/* What pawl keeps itself, before what the server says of its own archive. */
static struct str point_in_time(struct arena *a, const struct backup_health *h)
{
	const struct point_wal *w = &h->point.wal;
	struct str servers = h->runs.point_in_time;
	char from[TIMESTAMP_LEN + 1], to[TIMESTAMP_LEN + 1];
	bool cut = w->gap.len && w->said_us >= h->point.taken_us;

	if (w->to_us) {
		timestamp_text(w->from_us, from);
		timestamp_text(w->to_us, to);
		return arena_fmt(a, "from %s to %s, by the WAL that pawl keeps%s%.*s", from, to, cut ? "; nothing later: " : "",
				 STR_ARG(cut ? w->gap : STR_NONE));
	}
	return w->gap.len && (!servers.len || has_none(servers)) ? arena_fmt(a, "none: %.*s", STR_ARG(w->gap)) : servers;
}

/* When it was looked after last; before the first time the backup that it goes on from is what there is. */
static int64_t wal_since(const struct backup_health *h)
{
	return h->point.wal.said_us ? h->point.wal.said_us : h->point.taken_us;
}

/* What was said of the WAL before there was the newest backup says nothing of what is behind that. */
static void of_gap(struct arena *a, const struct config_target *t, int64_t now, struct backup_health *h)
{
	const struct point_wal *w = &h->point.wal;
	char text[64], to[TIMESTAMP_LEN + 1];

	span(now - wal_since(h), text);
	timestamp_text(w->to_us, to);
	if (w->gap.len && w->said_us >= h->point.taken_us)
		say(a, &h->red, "no moment behind %s can be brought back: %.*s", w->to_us ? to : "the newest backup",
		    STR_ARG(str_sub(w->gap, 0, 900)));
	else if (!followed(h) && wal_since(h) && now - wal_since(h) > patience(t->wal_s))
		say(a, &h->red, "no WAL was kept for %s: pawl backup wal %.*s --once", text, STR_ARG(t->name));
	else if (!followed(h))
		say(a, &h->notes,
		    "of the WAL behind the newest backup nothing is known before the next `pawl backup wal %.*s --once`, which "
		    "`pawl schedule` runs every 5 minutes",
		    STR_ARG(t->name));
}

/* Somebody is to be told of it; of all that went there in one sentence. */
static void went(struct arena *a, const struct config_target *t, struct str what, struct backup_health *h)
{
	h->vault_late = h->vault_late.len ? arena_fmt(a, "%.*s; %.*s", STR_ARG(h->vault_late), STR_ARG(what))
					  : arena_fmt(a, "%.*s: %.*s", STR_ARG(t->name), STR_ARG(what));
}

/* What the statement promises must lie there. */
static void of_pieces(struct backups *b, const struct config_target *t, struct backup_health *h)
{
	struct arena *a = &b->arena;
	struct str gone = wal_run_gone(b, t, &h->point.wal);

	if (!gone.len)
		return;
	say(a, &h->red, "%.*s: pawl backup wal %.*s --once fetches what the server still has", STR_ARG(gone), STR_ARG(t->name));
	went(a, t, gone, h);
}

static void of_wal(struct arena *a, const struct config_target *t, int64_t now, struct backup_health *h)
{
	const struct point_wal *w = &h->point.wal;
	char text[64];

	h->point_in_time = point_in_time(a, h);
	if (!t->wal_s)
		return;
	of_gap(a, t, now, h);
	h->renew = h->renew || (w->gap.len && h->point.taken_us && w->said_us >= h->point.taken_us);
	if (str_is(w->limit, LIMIT_NONE))
		say(a, &h->notes,
		    "the server's max_slot_wal_keep_size is not set: while nobody fetches its WAL, the slot fills its disk until it stops");
	if (w->held > HELD_MUCH)
		say(a, &h->notes, "the slot holds %llu MB of WAL on the server", (unsigned long long)(w->held >> 20));
	if (!wal_since(h) || now - wal_since(h) <= patience(t->wal_s) || h->backup_late.len)
		return;
	span(now - wal_since(h), text);
	h->backup_late = arena_fmt(a, "%.*s: no WAL was kept for %s", STR_ARG(t->name), text);
}

static void of_backup(struct arena *a, const struct config_target *t, int64_t now, struct backup_health *h)
{
	const struct point *p = &h->point;
	bool goes_on = followed(h);
	int64_t age = now - p->taken_us;
	char text[64], most[64];

	h->as_of_us = goes_on ? p->wal.to_us : p->taken_us;
	if (goes_on)
		of_end(a, t, now, h);
	if (!p->backup.len) {
		say(a, &h->red, "there is no backup yet");
	} else {
		span(age, text);
		duration_text(t->rpo_s, most, sizeof(most));
		if (age < -SKEW_US)
			say(a, &h->red, "the newest backup is of a time to come: a clock is wrong");
		else if (!goes_on && t->rpo_s && age > t->rpo_s * CLOCK_SECOND)
			say(a, &h->red, "the newest backup is %s old; the RPO is %s", text, most);
		else if ((goes_on || !t->rpo_s) && age > patience(t->every_s))
			say(a, &h->red, "the newest backup is %s old", text);
	}
	if (run_failed(&h->runs.backup))
		say(a, &h->red, "the last backup failed: %.*s", STR_ARG(str_sub(h->runs.backup.why, 0, 900)));
	h->backup_due = now >= due_at(p->taken_us, t->every_s) || age < -SKEW_US || run_failed(&h->runs.backup);
	h->next_backup_us = h->backup_due ? 0 : p->taken_us + t->every_s * CLOCK_SECOND;
	if (p->taken_us && (age > patience(t->every_s) || age < -SKEW_US)) {
		span(age < 0 ? 0 : age, text);
		h->backup_late = arena_fmt(a, "%.*s: the newest backup is %s old and the next is overdue%s%.*s", STR_ARG(t->name), text,
					   run_failed(&h->runs.backup) ? "; the last run failed: " : "",
					   STR_ARG(run_failed(&h->runs.backup) ? str_sub(h->runs.backup.why, 0, 600) : STR_NONE));
	} else if (run_failed(&h->runs.backup)) {
		h->backup_late = arena_fmt(a, "%.*s: %s: %.*s", STR_ARG(t->name),
					   p->taken_us ? "the last backup failed" : "there is no backup, and the last run failed",
					   STR_ARG(str_sub(h->runs.backup.why, 0, 600)));
	}
}

static void rto(struct arena *a, const struct config_target *t, struct backup_health *h)
{
	char took[64], most[64];

	span(h->point.verified.took_us, took);
	duration_text(t->rto_s, most, sizeof(most));
	if (t->rto_s && h->point.verified.took_us > t->rto_s * CLOCK_SECOND)
		say(a, &h->red, "restoring it took %s; the RTO is %s", took, most);
}

static void of_drill(struct arena *a, const struct config_target *t, int64_t now, struct backup_health *h)
{
	const struct point *p = &h->point;
	int64_t age = now - p->verified.at_us, tried = p->drill.at_us;
	struct str why = first_line(str_sub(p->drill.reasons, 0, 600));
	bool failed = p->drill.at_us && p->drill.result == RECOVERY_FAILED;
	char text[64];

	span(age, text);
	if (point_is_lost(p, a))
		say(a, &h->red, "%.*s: %spawl backup %.*s --drill", STR_ARG(why), sudo(t), STR_ARG(t->name));
	else if (failed)
		say(a, &h->red, "the drill of backup %.*s FAILED: %.*s: %spawl backup %.*s --drill", STR_ARG(p->drill.backup), STR_ARG(why),
		    sudo(t), STR_ARG(t->name));
	if (!p->verified.at_us && !failed)
		say(a, &h->red, "no backup is known to have been restored and found right%s%.*s", why.len ? ": " : "", STR_ARG(why));
	else if (!p->verified.at_us)
		say(a, &h->notes, "no backup is known to have been restored and found right");
	else if (age > patience(t->drill_s) || age < -SKEW_US)
		say(a, &h->red, "the last drill that verified one was %s ago", age < 0 ? "in a time to come, not" : text);
	else if (p->drill.result == RECOVERY_UNKNOWN && p->drill.at_us > p->verified.at_us)
		say(a, &h->notes, "the last drill could not verify: %.*s", STR_ARG(why));
	rto(a, t, h);
	/* What could not verify since is no word of the failed one's statement. */
	tried = failed && h->runs.drill.ended_us > tried ? h->runs.drill.ended_us : tried;
	h->drill_due = p->backup.len && (now >= due_at(tried, t->drill_s) ||
					 (p->drill.result != RECOVERY_VERIFIED && !str_eq(p->drill.backup, p->backup)));
	h->next_drill_us = h->drill_due || !p->drill.at_us ? 0 : tried + t->drill_s * CLOCK_SECOND;
	if (failed)
		h->drill_late = arena_fmt(a, "%.*s: the drill of backup %.*s FAILED: %.*s", STR_ARG(t->name), STR_ARG(p->drill.backup),
					  STR_ARG(why));
	else if (p->verified.at_us ? age > patience(t->drill_s) : p->taken_us && now - p->taken_us > patience(t->drill_s))
		h->drill_late = arena_fmt(a, "%.*s: no drill verified a backup for %s%s%.*s", STR_ARG(t->name),
					  p->verified.at_us ? text : "as long as there are backups", why.len ? ": " : "", STR_ARG(why));
}

static void of_vault(struct arena *a, const struct config_target *t, struct backup_health *h)
{
	const struct config_vault *v = t->vaults[0];
	const struct point_proof *proof = &h->point.proof;

	if (proof->worked)
		say(a, &h->red, "%u of %u ways to harm the vault worked%s: %.*s", proof->worked, proof->tried,
		    proof->same_uid ? " for the agent, who is the vault's own user, or root" : "",
		    STR_ARG(first_line(proof->worked_names)));
	if (proof->same_uid || (v->place.kind == VAULT_DIRECTORY && !v->user.len))
		say(a, &h->notes, "vault %.*s is of the user that takes the backups: no boundary to an agent that runs as the same",
		    STR_ARG(v->place.name));
	else if (!proof->at_us)
		say(a, &h->notes, "nobody tried yet to harm vault %.*s", STR_ARG(v->place.name));
	if (t->pgbackrest && !t->pgbackrest->apart)
		say(a, &h->notes, "the repository of pgBackRest counts as no boundary: 'apart: true' would say that the database's "
				  "machine cannot take it away");
	if (!t->wal_s && has_none(h->point_in_time))
		say(a, &h->notes, "no point-in-time recovery%.*s", STR_ARG(str_sub(h->point_in_time, 4, 400)));
}

/* Its vault while it is open, and what lies there. */
struct listed {
	struct backups *b;
	const struct config_target *t;
	struct vault *vault;
	struct vault_entry *list;
};

/* Its manifest and its files too, where that costs no request. */
static bool is_whole(const struct listed *l, const struct vault_entry *e)
{
	const struct config_vault *v = l->t->vaults[0];
	struct backup_seen seen = { l->vault, v, l->b->config.key, &l->b->arena };
	struct manifest m;
	struct str wrong;

	return e && e->whole && !e->hidden &&
	       (v->place.kind != VAULT_DIRECTORY || backup_seen(&seen, e, &m, &wrong) != BACKUP_LIES_BROKEN);
}

/* What the statement speaks of must lie there: one of them is what a restore would begin with. */
static bool of_entry(const struct listed *l, struct str id, struct backup_health *h)
{
	const struct config_vault *v = l->t->vaults[0];
	const struct vault_entry *e = vault_find(l->list, l->t->name, id);
	struct arena *a = &l->b->arena;
	const struct point *p = &h->point;
	bool said = p->drill.result == RECOVERY_FAILED && str_eq(p->drill.backup, id);
	struct str what;

	if (!id.len || is_whole(l, e))
		return true;
	h->lost = h->lost || (str_eq(id, p->verified.backup) && !(e && e->hidden) && !point_is_lost(p, a));
	if (e && e->hidden)
		what = arena_fmt(a,
				 "backup %.*s is hidden behind a delete marker in vault %.*s: somebody deleted it; its versions lie there "
				 "yet",
				 STR_ARG(id), STR_ARG(v->place.name));
	else
		what = point_lost_text(id, v->place.name, a);
	/* What its drill found is the same. */
	if (!said)
		say(a, &h->red, "%.*s: %spawl backup %.*s --drill", STR_ARG(what), sudo(l->t), STR_ARG(l->t->name));
	went(a, l->t, what, h);
	return false;
}

/* The other vaults: what did not come there is said once by its run, and here as long as it is so. */
static void of_copies(struct backups *b, const struct config_target *t, struct backup_health *h)
{
	struct arena *a = &b->arena;

	for (const struct config_vault *const *v = t->vaults + 1; !b->looks && h->there && *v; v++) {
		struct vault_entry *list = NULL;
		const struct vault_entry *e;
		struct vault *vault = NULL;
		struct err err = { 0 };
		bool good;

		if ((*v)->place.kind != VAULT_DIRECTORY && (*v)->place.kind != VAULT_S3)
			continue;
		good = vault_open(&(*v)->place, &vault, &err) && vault_list(vault, t->name, a, &list, &err);
		vault_close(vault);
		e = vault_find(list, t->name, h->point.backup);
		if (!good)
			say(a, &h->notes, "vault %.*s cannot be looked into: %s", STR_ARG((*v)->place.name), err.msg);
		else if (!e || !e->whole || e->hidden)
			say(a, &h->notes, "backup %.*s is not whole in vault %.*s: the next backup copies it", STR_ARG(h->point.backup),
			    STR_ARG((*v)->place.name));
	}
}

static void of_listing(struct backups *b, const struct config_target *t, int64_t now, struct backup_health *h)
{
	const struct config_vault *v = t->vaults[0];
	struct arena *a = &b->arena;
	struct listed l = { .b = b, .t = t };
	struct err err = { 0 };
	unsigned hidden = 0, to_come = 0;
	struct str what;
	bool good;

	/* The programs behind the other kinds take their time, and know no delete marker. */
	if (b->looks || !h->there || (v->place.kind != VAULT_DIRECTORY && v->place.kind != VAULT_S3))
		return;
	good = vault_open(&v->place, &l.vault, &err) && vault_list(l.vault, t->name, a, &l.list, &err);
	if (!good) {
		vault_close(l.vault);
		what = arena_fmt(a, "vault %.*s cannot be looked into: %s", STR_ARG(v->place.name), err.msg);
		say(a, v->place.kind == VAULT_DIRECTORY ? &h->red : &h->notes, "%.*s", STR_ARG(what));
		if (v->place.kind == VAULT_DIRECTORY)
			went(a, t, what, h);
		return;
	}
	/* Without the newest there is none of today. */
	if (!of_entry(&l, h->point.backup, h))
		h->renew = true;
	if (!str_eq(h->point.backup, h->point.verified.backup))
		(void)of_entry(&l, h->point.verified.backup, h);
	if (point_is_lost(&h->point, a) && is_whole(&l, vault_find(l.list, t->name, h->point.drill.backup))) {
		say(a, &h->notes, "it lies there whole again: the next drill looks at the newest");
		h->drill_due = true;
		h->next_drill_us = 0;
	}
	vault_close(l.vault);
	/* One is told of once. */
	if (h->vault_late.len && str_eq(h->point.drill.backup, h->point.backup))
		h->drill_late = STR_NONE;
	for (const struct vault_entry *e = l.list; e; e = e->next) {
		hidden += e->hidden;
		to_come += retention_id_time(e->id) > now + SKEW_US;
	}
	if (hidden)
		say(a, &h->notes, "%u in vault %.*s hidden behind delete markers (pawl backup list)", hidden, STR_ARG(v->place.name));
	if (to_come)
		say(a, &h->notes, "%u in vault %.*s of a time to come: a clock was wrong (pawl backup list)", to_come,
		    STR_ARG(v->place.name));
}

/* The newest is no good, and another may be. A vault that takes all of them away again gets no more than one each hour for it. */
static void of_renewal(int64_t now, struct backup_health *h)
{
	int64_t at = h->runs.renewed_us && h->runs.renewed_us <= now ? h->runs.renewed_us + RENEW_US : 0;

	h->renew = h->renew || (h->runs.unfit.len && str_eq(h->runs.unfit, h->point.backup));
	if (!h->renew || h->backup_due)
		return;
	h->backup_due = now >= at;
	h->next_backup_us = h->backup_due ? 0 : at;
}

static void of_readers(struct backups *b, const struct config_target *t, struct backup_health *h)
{
	struct arena *a = &b->arena;
	struct str what;

	h->unread = h->there && !points_are_read(&b->points, t->name, a);
	if (!h->unread)
		return;
	what = arena_fmt(a,
			 "the statement that gates read (%s/%.*s.json and .sig) is not the one that was signed last: no gate believes in a "
			 "backup of it",
			 b->published, STR_ARG(t->name));
	say(a, &h->red, "%.*s: %spawl schedule run writes it again", STR_ARG(what), sudo(t));
	went(a, t, what, h);
}

static void of_schedule(struct backups *b, struct backup_health *h)
{
	struct err err = { 0 };

	if (b->looks)
		return;
	if (!b->scheduled_seen && !schedule_there(b, &b->scheduled, &err))
		b->unscheduled = arena_fmt(&b->arena, "%s", err.msg);
	b->scheduled_seen = true;
	h->schedule = b->scheduled;
	if (b->unscheduled.len)
		say(&b->arena, &h->notes, "%s by itself any more (%.*s): pawl schedule", h->schedule.len ? "not all runs" : "nothing runs",
		    STR_ARG(b->unscheduled));
	else if (!h->schedule.len)
		say(&b->arena, &h->notes, "nothing runs by itself: pawl schedule");
}

/* What is not signed no gate believes: without the key the next run fails. */
static void of_key(struct backups *b, struct backup_health *h)
{
	struct err err = { 0 };

	if (!b->looks && !backups_signs(b, &err))
		say(&b->arena, &h->red, "nothing can be signed: %s", err.msg);
}

void backup_health(struct backups *b, const struct config_target *t, int64_t now_us, struct backup_health *ret)
{
	struct backup_health h = { .there = false };
	struct err err = { 0 };

	if (!points_load(&b->points, t->name, &b->arena, &h.point, &h.there, &err)) {
		h.there = false;
		h.point = (struct point){ .serial = 0 };
		say(&b->arena, &h.red, "%s", err.msg);
	}
	if (!b->looks)
		runs_load(str_from(b->runs), t->name, &b->arena, &h.runs);
	if (h.point.said_us > now_us + SKEW_US)
		say(&b->arena, &h.red, "the statement is of a time to come: a clock is wrong");
	of_backup(&b->arena, t, now_us, &h);
	of_wal(&b->arena, t, now_us, &h);
	of_drill(&b->arena, t, now_us, &h);
	of_vault(&b->arena, t, &h);
	of_listing(b, t, now_us, &h);
	of_pieces(b, t, &h);
	of_copies(b, t, &h);
	of_renewal(now_us, &h);
	of_readers(b, t, &h);
	of_key(b, &h);
	of_schedule(b, &h);
	*ret = h;
}
