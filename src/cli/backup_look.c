#include "cli/backup_look.h"

#include "base/clock.h"
#include "base/fd.h"
#include "cli/backup_record.h"
#include "cli/backup_run.h"

/* Another run may have taken a new one meanwhile: looked at again while nobody else works on the target. */
static bool say_lost(struct backups *b, const struct config_target *t, int64_t now_us, struct err *err)
{
	struct str note = STR_NONE;
	auto_fd run = -1, held = -1;
	struct backup_health h;
	struct point p;

	if (!runs_lock(str_from(b->runs), t->name, RUNS_WHOLE, &run, NULL))
		return true;
	backup_health(b, t, now_us, &h);
	if (!h.lost)
		return true;
	if (!backups_act(b, err) || !points_hold(&b->points, t->name, &held, err))
		return false;
	if (!backup_run_statement(b, t, &p, &note) || !str_eq(p.verified.backup, h.point.verified.backup))
		return true;
	point_lose(&p, clock_now_us(), &b->arena);
	return points_say(&b->points, &p, &b->arena, err) && backup_record_lost(b, &p, err);
}

void backup_look(struct backups *b, const struct config_target *t, int64_t now_us, struct backup_health *ret)
{
	struct err err = { 0 };
	struct str_list *red;

	backup_health(b, t, now_us, ret);
	if (!ret->lost || b->looks)
		return;
	if (say_lost(b, t, now_us, &err)) {
		backup_health(b, t, clock_now_us(), ret);
		return;
	}
	red = ARENA_NEW(&b->arena, struct str_list);
	if (!red)
		return;
	*red = (struct str_list){ .item = arena_fmt(&b->arena, "gates could not be told that it is gone: %s", err.msg), .next = ret->red };
	ret->red = red;
}
