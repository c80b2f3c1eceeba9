/* pawl schedule run, schedule check: what is due, and who is told when it did not happen. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/backup_health.h"
#include "cli/backup_run.h"
#include "cli/commands.h"
#include "cli/drills.h"
#include "cli/notify.h"
#include "cli/schedule.h"
#include "core/card.h"

#define BODY_MAX ((size_t)65536)
#define PAGE_AGAIN_US (86400 * CLOCK_SECOND)

/* --- paging --- */

static bool raise_alarm(struct backups *b, const struct config_target *t, struct str what, struct err *err)
{
	auto_buf body = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &body };

	json_out_open(&o, '{');
	json_out_kv(&o, "about", t->name);
	json_out_kv(&o, "what", what);
	json_out_kv(&o, "environment", t->environment);
	json_out_close(&o, '}');
	return backups_record(b, "alarm", &body, err);
}

/* Once a day while it stays so. *${paged} of a target that is well again is forgotten. */
static bool page(struct backups *b, const struct config_target *t, struct str what, int64_t *paged, struct err *err)
{
	int64_t now = clock_now_us();

	if (!what.len) {
		*paged = 0;
		return true;
	}
	if (*paged && *paged <= now && now - *paged < PAGE_AGAIN_US)
		return true;
	if (!raise_alarm(b, t, what, err))
		return false;
	*paged = now;
	return true;
}

static bool look_at(struct backups *b, const struct config_target *t, unsigned *late, struct err *err)
{
	struct backup_health h;
	int64_t backup, drill;

	backup_health(b, t, clock_now_us(), &h);
	backup = h.runs.paged_backup_us;
	drill = h.runs.paged_drill_us;
	*late += (h.backup_late.len ? 1u : 0u) + (h.drill_late.len ? 1u : 0u);
	if (!page(b, t, h.backup_late, &h.runs.paged_backup_us, err) || !page(b, t, h.drill_late, &h.runs.paged_drill_us, err))
		return false;
	if (backup == h.runs.paged_backup_us && drill == h.runs.paged_drill_us)
		return true;
	return runs_store(str_from(b->runs), t->name, &h.runs, &b->arena, err);
}

static bool look(struct backups *b, unsigned *ret_late, struct err *err)
{
	*ret_late = 0;
	for (const struct config_target *t = b->config.targets; t; t = t->next) {
		if (!look_at(b, t, ret_late, err))
			return false;
	}
	if (*ret_late)
		notify_kick(NULL);
	return true;
}

static int check(struct cli *c, struct backups *b)
{
	struct err err = { 0 };
	unsigned late;

	if (!look(b, &late, &err))
		return cli_fail(c, &err);
	if (c->json)
		printf("{\"late\":%u}\n", late);
	else if (late)
		printf("%u late: pawl status\n", late);
	return late ? EXIT_HOLD : EXIT_ALLOW;
}

int cmd_schedule_check(struct cli *c)
{
	struct backups b;
	struct err err = { 0 };
	int status;

	if (c->n_args)
		return cli_usage(c, "schedule check takes no arguments");
	status = backups_open(&b, true, &err) ? check(c, &b) : cli_fail(c, &err);
	backups_close(&b);
	return status;
}

/* --- what is due --- */

struct running {
	struct cli *c;
	struct backups *b;
	struct buf *text;
	struct json_out *o;
	int status;
	unsigned backups, drills;
};

static void back_up(struct running *k, const struct config_target *t)
{
	struct backup_result r;
	struct err err = { 0 };

	k->backups++;
	if (backup_run_take(k->b, t, NULL, &r, &err))
		return;
	k->status = drills_worse(k->status, EXIT_ERROR);
	fprintf(stderr, "pawl: %s\n", err.msg);
}

static void run_target(struct running *k, const struct config_target *t)
{
	struct backup_health h;

	backup_health(k->b, t, clock_now_us(), &h);
	if (h.backup_due) {
		back_up(k, t);
		backup_health(k->b, t, clock_now_us(), &h);
	}
	if (h.drill_due) {
		k->drills++;
		k->status = drills_worse(k->status, drills_one(k->c, k->b, t, STR_NONE, k->o, k->text));
	}
}

static int run(struct cli *c, struct backups *b)
{
	auto_buf text = BUF_MAX((size_t)4 << 20);
	struct json_out o = { .buf = &text };
	struct running k = { .c = c, .b = b, .text = &text, .o = &o };
	struct err err = { 0 };
	unsigned late;

	if (c->json)
		json_out_open(&o, '{'), json_out_key(&o, "drills"), json_out_open(&o, '[');
	for (const struct config_target *t = b->config.targets; t; t = t->next)
		run_target(&k, t);
	if (!look(b, &late, &err))
		return cli_fail(c, &err);
	if (c->json) {
		json_out_close(&o, ']');
		json_out_key(&o, "backups");
		json_out_u64(&o, k.backups);
		json_out_key(&o, "late");
		json_out_u64(&o, late);
		json_out_close(&o, '}');
		buf_addc(&text, '\n');
	}
	return cli_print(&text) ? k.status : EXIT_ERROR;
}

int cmd_schedule_run(struct cli *c)
{
	struct backups b;
	struct err err = { 0 };
	int status;

	if (c->n_args)
		return cli_usage(c, "schedule run takes no arguments");
	status = backups_open(&b, true, &err) ? run(c, &b) : cli_fail(c, &err);
	backups_close(&b);
	return status;
}
