/* pawl schedule run, schedule check: what is due, and who is told when it did not happen. */
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/backup_look.h"
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

struct lateness {
	unsigned n;
	struct str_list *what, **end;
};

static void is_late(struct lateness *late, struct str what, struct arena *arena)
{
	struct str_list *l = what.len ? ARENA_NEW(arena, struct str_list) : NULL;

	late->n += what.len > 0;
	if (!l)
		return;
	l->item = what;
	*late->end = l;
	late->end = &l->next;
}

static bool look_at(struct backups *b, const struct config_target *t, struct lateness *late, struct err *err)
{
	struct backup_health h;
	struct runs before;

	backup_look(b, t, clock_now_us(), &h);
	before = h.runs;
	is_late(late, h.backup_late, &b->arena);
	is_late(late, h.drill_late, &b->arena);
	is_late(late, h.vault_late, &b->arena);
	if (!page(b, t, h.backup_late, &h.runs.paged_backup_us, err) || !page(b, t, h.drill_late, &h.runs.paged_drill_us, err) ||
	    !page(b, t, h.vault_late, &h.runs.paged_vault_us, err))
		return false;
	if (before.paged_backup_us == h.runs.paged_backup_us && before.paged_drill_us == h.runs.paged_drill_us &&
	    before.paged_vault_us == h.runs.paged_vault_us)
		return true;
	return runs_store(str_from(b->runs), t->name, &h.runs, &b->arena, err);
}

static bool look(struct backups *b, struct lateness *ret_late, struct err *err)
{
	*ret_late = (struct lateness){ .end = &ret_late->what };
	for (const struct config_target *t = b->config.targets; t; t = t->next) {
		if (!look_at(b, t, ret_late, err))
			return false;
	}
	if (ret_late->n)
		notify_kick(NULL);
	return true;
}

static void put_late(const struct cli *c, const struct lateness *late, struct buf *b)
{
	struct json_out o = { .buf = b };

	if (c->json) {
		json_out_open(&o, '{');
		json_out_kv_u64(&o, "late", late->n);
		backups_put_list(&o, "what", late->what);
		json_out_close(&o, '}');
		buf_addc(b, '\n');
		return;
	}
	if (late->n)
		buf_addf(b, "%u late, failed or gone: pawl status\n", late->n);
	for (const struct str_list *l = late->what; l; l = l->next) {
		buf_adds(b, "  ");
		card_escape(l->item, b);
		buf_addc(b, '\n');
	}
}

static int check(struct cli *c, struct backups *b)
{
	auto_buf text = BUF_MAX((size_t)4 << 20);
	struct err err = { 0 };
	struct lateness late;

	if (!look(b, &late, &err))
		return cli_fail(c, &err);
	put_late(c, &late, &text);
	if (!cli_print(&text))
		return EXIT_ERROR;
	return late.n ? EXIT_HOLD : EXIT_ALLOW;
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

/* Remembered before it is taken: however that ends, the next is not before an hour has passed. */
static bool renewed(struct backups *b, const struct config_target *t, struct err *err)
{
	struct runs runs;

	runs_load(str_from(b->runs), t->name, &b->arena, &runs);
	runs.renewed_us = clock_now_us();
	return runs_store(str_from(b->runs), t->name, &runs, &b->arena, err);
}

static void back_up(struct running *k, const struct config_target *t, bool renew)
{
	struct backup_result r;
	struct err err = { 0 };

	k->backups++;
	if (renew && !renewed(k->b, t, &err)) {
		fprintf(stderr, "pawl: %s\n", err.msg);
		k->status = drills_worse(k->status, EXIT_ERROR);
		return;
	}
	if (backup_run_take(k->b, t, NULL, &r, &err))
		return;
	k->status = drills_worse(k->status, EXIT_ERROR);
	fprintf(stderr, "pawl: %s\n", err.msg);
}

static bool publish(struct backups *b, const struct config_target *t, struct err *err)
{
	auto_fd held = -1;

	if (!points_hold(&b->points, t->name, &held, err))
		return false;
	points_publish(&b->points, t->name, &b->arena);
	return true;
}

/* Somebody took it away or changed it, which is told each time. Where it cannot be written, the look that follows is late. */
static void say_again(struct running *k, const struct config_target *t)
{
	struct str what = arena_fmt(&k->b->arena, "%.*s: the statement that gates read was gone, or changed: it is written again",
				    STR_ARG(t->name));
	struct err err = { 0 };
	bool good = publish(k->b, t, &err);

	if (good && !points_are_read(&k->b->points, t->name, &k->b->arena))
		return;
	if (!good || !raise_alarm(k->b, t, what, &err)) {
		fprintf(stderr, "pawl: %s\n", err.msg);
		k->status = drills_worse(k->status, EXIT_ERROR);
		return;
	}
	fprintf(stderr, "pawl: %.*s\n", STR_ARG(what));
	notify_kick(NULL);
}

static void run_target(struct running *k, const struct config_target *t)
{
	struct backup_health h;

	backup_look(k->b, t, clock_now_us(), &h);
	if (h.unread)
		say_again(k, t);
	if (h.backup_due) {
		back_up(k, t, h.renew);
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
	struct lateness late;

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
		json_out_u64(&o, late.n);
		json_out_close(&o, '}');
		buf_addc(&text, '\n');
	}
	return cli_print(&text) ? drills_worse(k.status, late.n ? EXIT_HOLD : EXIT_ALLOW) : EXIT_ERROR;
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
