#include "cli/backup_health.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "recovery/retention.h"

#define SKEW_US (300 * CLOCK_SECOND)

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

static bool run_failed(const struct run *r)
{
	return r->began_us && !r->good && r->ended_us >= r->began_us;
}

/* What was written since the newest backup is there too, up to here: that is how much is lost. */
static bool newest(struct arena *a, const struct config_target *t, int64_t now, struct backup_health *h)
{
	const struct point *p = &h->point;
	int64_t age = now - p->wal.to_us;
	char text[64], most[64];

	if (!t->wal_s || !p->wal.to_us || p->wal.to_us < p->taken_us)
		return false;
	span(age, text);
	duration_text(t->rpo_s, most, sizeof(most));
	if (age < -SKEW_US)
		say(a, &h->red, "the WAL is of a time to come: a clock is wrong, here or on the server");
	else if (t->rpo_s && age > t->rpo_s * CLOCK_SECOND)
		say(a, &h->red, "what can be brought back ends %s ago; the RPO is %s", text, most);
	else if (age > patience(t->wal_s))
		say(a, &h->red, "no WAL was kept for %s", text);
	return true;
}

#define LIMIT_NONE "-1"
#define HELD_MUCH (UINT64_C(1) << 30)

static void of_wal(struct arena *a, const struct config_target *t, int64_t now, struct backup_health *h)
{
	const struct point_wal *w = &h->point.wal;
	char text[64];

	if (!t->wal_s)
		return;
	if (!w->said_us)
		say(a, &h->red, "no WAL was kept yet: pawl backup wal %.*s", STR_ARG(t->name));
	else if (w->gap.len)
		say(a, &h->red, "no moment behind the newest backup can be brought back: %.*s", STR_ARG(str_sub(w->gap, 0, 900)));
	if (str_is(w->limit, LIMIT_NONE))
		say(a, &h->notes,
		    "the server's max_slot_wal_keep_size is not set: while nobody fetches its WAL, the slot fills its disk until it stops");
	if (w->held > HELD_MUCH)
		say(a, &h->notes, "the slot holds %llu MB of WAL on the server", (unsigned long long)(w->held >> 20));
	if (!w->said_us || now - w->said_us <= patience(t->wal_s) || h->backup_late.len)
		return;
	span(now - w->said_us, text);
	h->backup_late = arena_fmt(a, "%.*s: no WAL was kept for %s", STR_ARG(t->name), text);
}

static void of_backup(struct arena *a, const struct config_target *t, int64_t now, struct backup_health *h)
{
	const struct point *p = &h->point;
	bool followed = newest(a, t, now, h);
	int64_t age = now - p->taken_us;
	char text[64], most[64];

	if (!p->backup.len) {
		say(a, &h->red, "there is no backup yet");
	} else {
		span(age, text);
		duration_text(t->rpo_s, most, sizeof(most));
		if (age < -SKEW_US)
			say(a, &h->red, "the newest backup is of a time to come: a clock is wrong");
		else if (!followed && t->rpo_s && age > t->rpo_s * CLOCK_SECOND)
			say(a, &h->red, "the newest backup is %s old; the RPO is %s", text, most);
		else if ((followed || !t->rpo_s) && age > patience(t->every_s))
			say(a, &h->red, "the newest backup is %s old", text);
	}
	if (run_failed(&h->runs.backup))
		say(a, &h->red, "the last backup failed: %.*s", STR_ARG(str_sub(h->runs.backup.why, 0, 900)));
	h->backup_due = now >= due_at(p->taken_us, t->every_s) || age < -SKEW_US;
	h->next_backup_us = h->backup_due ? 0 : p->taken_us + t->every_s * CLOCK_SECOND;
	if (p->taken_us && (age > patience(t->every_s) || age < -SKEW_US)) {
		span(age < 0 ? 0 : age, text);
		h->backup_late = arena_fmt(a, "%.*s: the newest backup is %s old and the next is overdue%s%.*s", STR_ARG(t->name), text,
					   run_failed(&h->runs.backup) ? "; the last run failed: " : "",
					   STR_ARG(run_failed(&h->runs.backup) ? str_sub(h->runs.backup.why, 0, 600) : STR_NONE));
	} else if (!p->taken_us && run_failed(&h->runs.backup)) {
		h->backup_late = arena_fmt(a, "%.*s: there is no backup, and the last run failed: %.*s", STR_ARG(t->name),
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
	int64_t age = now - p->verified.at_us;
	struct str why = first_line(str_sub(p->drill.reasons, 0, 600));
	char text[64];

	span(age, text);
	if (p->drill.at_us && p->drill.result == RECOVERY_FAILED)
		say(a, &h->red, "the last drill FAILED: %.*s", STR_ARG(why));
	if (!p->verified.at_us)
		say(a, &h->red, "no backup was ever restored and found right%s%.*s", why.len ? ": " : "", STR_ARG(why));
	else if (age > patience(t->drill_s) || age < -SKEW_US)
		say(a, &h->red, "the last drill that verified one was %s ago", age < 0 ? "in a time to come, not" : text);
	else if (p->drill.result == RECOVERY_UNKNOWN && p->drill.at_us > p->verified.at_us)
		say(a, &h->notes, "the last drill could not verify: %.*s", STR_ARG(why));
	rto(a, t, h);
	h->drill_due = p->backup.len && (now >= due_at(p->drill.at_us, t->drill_s) ||
					 (p->drill.result != RECOVERY_VERIFIED && !str_eq(p->drill.backup, p->backup)));
	h->next_drill_us = h->drill_due || !p->drill.at_us ? 0 : p->drill.at_us + t->drill_s * CLOCK_SECOND;
	if (p->drill.at_us && p->drill.result == RECOVERY_FAILED)
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
		say(a, &h->red, "%u of %u ways to harm the vault worked: %.*s", proof->worked, proof->tried,
		    STR_ARG(first_line(proof->worked_names)));
	if (proof->same_uid || (v->place.kind == VAULT_DIRECTORY && !v->user.len))
		say(a, &h->notes, "vault %.*s is of the user that takes the backups: no boundary to an agent that runs as the same",
		    STR_ARG(v->place.name));
	else if (!proof->at_us)
		say(a, &h->notes, "nobody tried yet to harm vault %.*s", STR_ARG(v->place.name));
	if (t->pgbackrest && !t->pgbackrest->apart)
		say(a, &h->notes, "the repository of pgBackRest counts as no boundary: 'apart: true' would say that the database's "
				  "machine cannot take it away");
	if (!t->wal_s && str_starts(h->runs.point_in_time, STR("none")))
		say(a, &h->notes, "no point-in-time recovery%.*s", STR_ARG(str_sub(h->runs.point_in_time, 4, 400)));
}

/* What the statement speaks of must lie there: one of them is what a restore would begin with. */
static void of_entry(struct arena *a, const struct config_vault *v, const struct vault_entry *list, struct str id, struct backup_health *h)
{
	while (list && !str_eq(list->id, id))
		list = list->next;
	if (!id.len || (list && list->whole && !list->hidden))
		return;
	if (list && list->hidden)
		say(a, &h->red,
		    "backup %.*s is hidden behind a delete marker in vault %.*s: somebody deleted it; its versions lie there yet",
		    STR_ARG(id), STR_ARG(v->place.name));
	else
		say(a, &h->red, "backup %.*s is no longer whole in vault %.*s", STR_ARG(id), STR_ARG(v->place.name));
}

/* The other vaults: what did not come there is said once by its run, and here as long as it is so. */
static void of_copies(struct backups *b, const struct config_target *t, struct backup_health *h)
{
	struct arena *a = &b->arena;

	for (const struct config_vault *const *v = t->vaults + 1; !b->looks && h->there && *v; v++) {
		struct vault_entry *list = NULL;
		struct vault *vault = NULL;
		struct err err = { 0 };
		bool good;

		if ((*v)->place.kind != VAULT_DIRECTORY && (*v)->place.kind != VAULT_S3)
			continue;
		good = vault_open(&(*v)->place, &vault, &err) && vault_list(vault, t->name, a, &list, &err);
		vault_close(vault);
		while (good && list && !(list->whole && !list->hidden && str_eq(list->id, h->point.backup)))
			list = list->next;
		if (!good)
			say(a, &h->notes, "vault %.*s cannot be looked into: %s", STR_ARG((*v)->place.name), err.msg);
		else if (!list)
			say(a, &h->notes, "backup %.*s is not whole in vault %.*s: the next backup copies it", STR_ARG(h->point.backup),
			    STR_ARG((*v)->place.name));
	}
}

static void of_listing(struct backups *b, const struct config_target *t, int64_t now, struct backup_health *h)
{
	const struct config_vault *v = t->vaults[0];
	struct arena *a = &b->arena;
	struct vault_entry *list = NULL;
	struct vault *vault = NULL;
	struct err err = { 0 };
	unsigned hidden = 0, to_come = 0;
	bool good;

	/* The programs behind the other kinds take their time, and know no delete marker. */
	if (b->looks || !h->there || (v->place.kind != VAULT_DIRECTORY && v->place.kind != VAULT_S3))
		return;
	good = vault_open(&v->place, &vault, &err) && vault_list(vault, t->name, a, &list, &err);
	vault_close(vault);
	if (!good) {
		say(a, v->place.kind == VAULT_DIRECTORY ? &h->red : &h->notes, "vault %.*s cannot be looked into: %s",
		    STR_ARG(v->place.name), err.msg);
		return;
	}
	of_entry(a, v, list, h->point.backup, h);
	if (!str_eq(h->point.backup, h->point.verified.backup))
		of_entry(a, v, list, h->point.verified.backup, h);
	for (const struct vault_entry *e = list; e; e = e->next) {
		hidden += e->hidden;
		to_come += retention_id_time(e->id) > now + SKEW_US;
	}
	if (hidden)
		say(a, &h->notes, "%u in vault %.*s hidden behind delete markers (pawl backup list)", hidden, STR_ARG(v->place.name));
	if (to_come)
		say(a, &h->notes, "%u in vault %.*s of a time to come: a clock was wrong (pawl backup list)", to_come,
		    STR_ARG(v->place.name));
}

static void of_schedule(struct backups *b, struct backup_health *h)
{
	auto_buf text = BUF_MAX(64);
	char path[sizeof(b->folder) + 32];

	snprintf(path, sizeof(path), "%s/" BACKUP_SCHEDULE, b->folder);
	if (b->looks)
		return;
	if (file_exists(path) && file_read(path, &text, NULL))
		h->schedule = arena_str(&b->arena, str_trim(buf_str(&text)));
	if (!h->schedule.len)
		say(&b->arena, &h->notes, "nothing runs by itself: pawl schedule");
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
	of_copies(b, t, &h);
	of_schedule(b, &h);
	*ret = h;
}
