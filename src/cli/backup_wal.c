/* pawl backup wal. */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/wal_run.h"
#include "core/card.h"

#define OUT_MAX ((size_t)1 << 20)
#define CYCLE_S 86400 /* then everything is opened anew … */
#define CYCLE_LEAST_S 300
#define CYCLE_TIMES 100 /* … or after so many times of 'every': memory does not grow for ever */
#define AGAIN_S 10    /* after an error; sooner after the first */

static volatile sig_atomic_t stopped;

static void on_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* --- what it says --- */

static void say_json(const struct config_target *t, const struct wal_run_done *d, const struct err *err, struct json_out *o)
{
	const struct wal_received *r = &d->received;

	json_out_open(o, '{');
	json_out_kv(o, "target", t->name);
	if (err)
		json_out_kv(o, "error", str_from(err->msg));
	json_out_kv_u64(o, "pieces", r->pieces);
	json_out_kv_u64(o, "bytes", r->bytes);
	json_out_kv_u64(o, "copies", d->copies);
	json_out_kv_u64(o, "removed", d->removed);
	json_out_kv_u64(o, "timeline", r->timeline);
	json_out_kv(o, "position", d->said.to);
	backups_put_time(o, "from", d->said.from_us);
	backups_put_time(o, "to", d->said.to_us);
	json_out_kv_u64(o, "slot_holds", r->held);
	json_out_kv(o, "slot_limit", r->limit);
	json_out_kv(o, "gap", d->said.gap);
	json_out_kv(o, "notes", d->notes);
	json_out_close(o, '}');
}

static void say_text(const struct config_target *t, const struct wal_run_done *d, struct buf *text)
{
	const struct wal_received *r = &d->received;
	char size[PROGRESS_SIZE], held[PROGRESS_SIZE], from[TIMESTAMP_LEN + 1], to[TIMESTAMP_LEN + 1];

	progress_size(r->bytes, size);
	progress_size(r->held, held);
	buf_addf(text, "%.*s: %s of WAL kept in %u piece%s, up to %.*s", STR_ARG(t->name), size, r->pieces, r->pieces == 1 ? "" : "s",
		 STR_ARG(d->said.to));
	if (d->removed)
		buf_addf(text, "; %zu old one%s removed", d->removed, d->removed == 1 ? "" : "s");
	buf_adds(text, ".\n");
	if (d->said.to_us) {
		timestamp_text(d->said.from_us, from);
		timestamp_text(d->said.to_us, to);
		buf_addf(text, "  Point in time: from %s to %s. The slot holds %s on the server.\n", from, to, held);
	}
	if (d->said.gap.len || r->gap.len) {
		buf_adds(text, r->gap.len ? "  GAP: " : "  No moment can be brought back with it: ");
		card_escape(r->gap.len ? r->gap : d->said.gap, text);
		buf_addc(text, '\n');
	}
	if (d->notes.len) {
		buf_adds(text, "  Note: ");
		card_escape(d->notes, text);
		buf_addc(text, '\n');
	}
}

/* --- once --- */

static int once(struct cli *c, struct backups *b)
{
	auto_buf text = BUF_MAX(OUT_MAX);
	struct json_out o = { .buf = &text };
	const struct config_target **list, *none = NULL;
	struct err err = { 0 };
	bool wrong = false, any = false;

	if (!c->n_args && !b->config.n_targets)
		list = &none;
	else if (!backups_targets(b, c, &list, &err))
		return cli_fail(c, &err);
	if (c->json)
		json_out_open(&o, '{'), json_out_key(&o, "wal"), json_out_open(&o, '[');
	for (; *list; list++) {
		struct wal_run run = { .b = b, .t = *list, .once = true };
		struct wal_run_done done;
		struct err why = { 0 };
		bool good;

		/* Without names: those that backup.yaml says it of. */
		if (!c->n_args && !(*list)->wal_s)
			continue;
		any = true;
		good = wal_run(&run, &done, &why);
		/* Somebody who runs for good, and the timers: there is nothing to do. */
		if (!good && done.busy && !c->n_args)
			continue;
		wrong = wrong || !good || done.lost || done.received.gap.len;
		if (c->json) {
			say_json(*list, &done, good ? NULL : &why, &o);
		} else if (good) {
			say_text(*list, &done, &text);
		} else {
			buf_adds(&text, "NO WAL KEPT ");
			card_escape(str_from(why.msg), &text);
			buf_addc(&text, '\n');
		}
	}
	if (c->json)
		json_out_close(&o, ']'), json_out_close(&o, '}'), buf_addc(&text, '\n');
	else if (!any)
		buf_adds(&text, "No target keeps its WAL: `wal: 5m` beside `physical: true` in backup.yaml asks for it.\n");
	return cli_print(&text) && !wrong ? EXIT_ALLOW : EXIT_ERROR;
}

/* --- until it is told to stop --- */

static void handle(int signal)
{
	struct sigaction a = { .sa_handler = on_stop };

	sigemptyset(&a.sa_mask);
	sigaction(signal, &a, NULL);
}

static void pause_for(int seconds)
{
	for (int i = 0; i < seconds * 10 && !stopped; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
}

static int64_t cycle_of(const struct config_target *t)
{
	int64_t s = (t->wal_s ? t->wal_s : CONFIG_WAL_S) * CYCLE_TIMES;

	return s < CYCLE_LEAST_S ? CYCLE_LEAST_S : s > CYCLE_S ? CYCLE_S : s;
}

/* One opening of everything; false when it ended for an error, which is told. ${again}: the one before did too. *${lock}: held from the
 * first one on; -1: another process has it. */
static bool cycle(struct cli *c, struct backups *b, bool again, int *lock, struct err *err)
{
	struct wal_run run = { .b = b, .held = true, .again = again, .stop = &stopped };
	const struct config_target **list;
	struct wal_run_done done;
	auto_buf text = BUF_MAX(OUT_MAX);
	bool good;

	if (!backups_targets(b, c, &list, err))
		return false;
	run.t = list[0];
	if (*lock < 0 && !wal_run_hold(b, run.t, lock, err))
		return false;
	run.for_s = cycle_of(run.t);
	good = wal_run(&run, &done, err);
	if (!good)
		return false;
	say_text(run.t, &done, &text);
	return cli_print(&text);
}

static int forever(struct cli *c)
{
	struct err last = { 0 };
	auto_fd lock = -1;
	int wait = 1;

	handle(SIGTERM);
	handle(SIGINT);
	while (!stopped) {
		struct backups b;
		struct err err = { 0 };
		bool opened = backups_open(&b, true, &err), good = opened && cycle(c, &b, last.code != ERR_NONE, &lock, &err);

		backups_close(&b);
		/* What backup.yaml says wrong does not mend itself, and beside another that keeps it there is nothing to do. */
		if (!good && (!opened || err.code == ERR_INPUT || lock < 0))
			return cli_fail(c, &err);
		if (!good && strcmp(err.msg, last.msg) != 0)
			fprintf(stderr, "pawl: %s; it is tried again\n", err.msg);
		last = err;
		if (!good)
			pause_for(wait);
		wait = good ? 1 : wait * 2 < AGAIN_S ? wait * 2 : AGAIN_S;
	}
	return EXIT_ALLOW;
}

int cmd_backup_wal(struct cli *c)
{
	struct backups b;
	struct err err = { 0 };
	int status;

	if (!cli_flag(c, "once"))
		return c->n_args == 1 ? forever(c) : cli_usage(c, "name one target of backup.yaml, or say --once");
	status = backups_open(&b, true, &err) ? once(c, &b) : cli_fail(c, &err);
	backups_close(&b);
	return status;
}
