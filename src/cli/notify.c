/* pawl notify: deliver what waits in the outbox, list it, try the targets. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/commands.h"
#include "cli/notify.h"
#include "cli/policies.h"

#define ARENA ((size_t)64 << 20)
#define LEASE (120 * CLOCK_SECOND)
#define GIVE_UP 14 /* attempts: about half a day */
#define LONGEST (7200 * CLOCK_SECOND)
#define LOCK_TRIES 600

/* --- the places it needs --- */

struct post_office {
	struct places places;
	struct arena arena;
	struct notify_run run;
	int lock;
};

static bool sub_path(const struct places *places, const char *name, char ret[PLACES_MAX], struct err *err)
{
	int n = snprintf(ret, PLACES_MAX, "%s/%s", places->state, name);

	return (n > 0 && n < PLACES_MAX) || err_set(err, ERR_LIMIT, "path too long");
}

static void close_office(struct post_office *p)
{
	store_close(p->run.store);
	ledger_close(p->run.ledger);
	arena_unmap(&p->arena);
	fd_close(&p->lock);
}

static bool fill_office(struct post_office *p, struct err *err)
{
	char path[PLACES_MAX];

	if (!policies_load(&p->places, &p->arena, &p->run.policy, err))
		return false;
	p->run.ledger = ledger_open(p->places.ledger, err);
	if (!p->run.ledger || !sub_path(&p->places, "index.db", path, err))
		return false;
	p->run.store = store_open(path, err);
	return p->run.store != NULL;
}

static bool open_office(struct post_office *p, struct err *err)
{
	*p = (struct post_office){ .lock = -1 };
	p->run.places = &p->places;
	if (!places_find(NULL, &p->places, err))
		return false;
	if (!arena_map(&p->arena, ARENA))
		return err_set(err, ERR_LIMIT, "no memory");
	if (fill_office(p, err)) {
		if (store_note(p->run.store))
			fprintf(stderr, "pawl: %s\n", store_note(p->run.store));
		return true;
	}
	close_office(p);
	return false;
}

/* One flush at a time: so whatever is claimed once we have the lock was claimed by one that is dead. */
static bool take_lock(struct post_office *p, struct err *err)
{
	struct timespec pause = { .tv_nsec = 100000000 };
	char path[PLACES_MAX];

	if (!sub_path(&p->places, "notify.lock", path, err))
		return false;
	p->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (p->lock < 0)
		return err_sys(err, "%s", path);
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(p->lock, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		nanosleep(&pause, NULL);
	}
	return err_set(err, ERR_STATE, "%s: another delivery is at work; it will take this along", path);
}

/* --- delivering --- */

static bool record(struct notify_run *run, const struct store_message *m, bool ok, const struct err *why, struct err *err)
{
	auto_buf body = BUF_MAX((size_t)65536), name = BUF_MAX(4096);
	struct json_out o = { .buf = &body };
	struct json *target = NULL;
	struct arena arena;
	char hex[17];
	uint64_t seq;

	if (!arena_map(&arena, (size_t)1 << 20))
		return err_set(err, ERR_LIMIT, "no memory");
	if (json_parse(m->target, &arena, &target, NULL))
		notify_target_name(target, &name);
	notify_target_digest(m->target, hex);
	json_out_open(&o, '{');
	json_out_kv(&o, "about", m->key);
	json_out_kv(&o, "target", buf_str(&name));
	json_out_kv(&o, "target_digest", str_from(hex));
	json_out_key(&o, "attempt");
	json_out_u64(&o, m->attempts);
	if (!ok) {
		json_out_kv(&o, "error", str_from(why->msg));
		json_out_key(&o, "again");
		json_out_bool(&o, m->attempts < GIVE_UP);
	}
	json_out_close(&o, '}');
	arena_unmap(&arena);
	return ledger_append(run->ledger, ok ? STR("notify.sent") : STR("notify.failed"), buf_str(&body), &seq, err);
}

static int64_t back_off(uint64_t attempts)
{
	int64_t us = 10 * CLOCK_SECOND;

	for (uint64_t i = 1; i < attempts && us < LONGEST; i++)
		us *= 2;
	return us < LONGEST ? us : LONGEST;
}

/* The ledger first: an outbox lost after that is made anew without telling twice. */
static bool deliver(struct notify_run *run, const struct store_message *m, struct err *err)
{
	struct err why = { .code = ERR_NONE };
	bool ok = notify_send(m, &why);
	int64_t next = m->attempts < GIVE_UP ? clock_now_us() + back_off(m->attempts) : 0;

	if (!record(run, m, ok, &why, err))
		return false;
	run->sent += ok;
	run->failed += !ok;
	run->given_up += !ok && next == 0;
	if (ok)
		return store_outbox_done(run->store, m->id, err);
	return store_outbox_failed(run->store, m->id, next, str_from(why.msg), err);
}

static bool deliver_due(struct notify_run *run, struct err *err)
{
	struct arena arena;
	bool ok = true;

	if (!arena_map(&arena, (size_t)4 << 20))
		return err_set(err, ERR_LIMIT, "no memory");
	while (ok) {
		struct store_message m = { .id = 0 };

		arena_reset(&arena);
		ok = store_outbox_claim(run->store, clock_now_us(), LEASE, &arena, &m, err);
		if (!ok || m.id == 0)
			break;
		ok = deliver(run, &m, err);
	}
	arena_unmap(&arena);
	return ok;
}

/* For later commands: when something will be due. */
static void leave_note(const struct places *places, int64_t due)
{
	char path[PLACES_MAX], text[32];
	int n = snprintf(text, sizeof(text), "%lld\n", (long long)due);

	if (!sub_path(places, "notify.due", path, NULL))
		return;
	if (due == INT64_MAX)
		unlink(path);
	else
		(void)!file_replace(path, (struct str){ text, (size_t)n }, 0600, NULL);
}

static bool one_round(struct post_office *p, bool hurry, int64_t *ret_due, struct err *err)
{
	struct notify_run *run = &p->run;
	bool ok = take_lock(p, err) && store_outbox_release(run->store, hurry, err) && notify_scan(run, err) &&
		  deliver_due(run, err) && store_outbox_due(run->store, ret_due, err);

	if (ok)
		leave_note(&p->places, *ret_due);
	fd_close(&p->lock);
	return ok;
}

static bool flush(struct post_office *p, int64_t until_us, bool hurry, struct err *err)
{
	for (;;) {
		int64_t due = INT64_MAX, now;

		if (!one_round(p, hurry, &due, err))
			return false;
		now = clock_now_us();
		if (due == INT64_MAX || due > until_us || now >= until_us)
			return true;
		if (due > now) {
			struct timespec pause = { .tv_sec = (time_t)((due - now) / CLOCK_SECOND), .tv_nsec = 50000000 };

			nanosleep(&pause, NULL);
		}
		hurry = false;
	}
}

int cmd_notify_flush(struct cli *c)
{
	struct err err = { .code = ERR_NONE };
	const char *wait = cli_value(c, "wait");
	int64_t seconds = 0;
	struct post_office p;
	bool ok;

	if (c->n_args)
		return cli_usage(c, "notify flush takes no arguments");
	if (wait && !duration_parse(str_from(wait), &seconds))
		return cli_usage(c, "--wait %s: not a duration (10m)", wait);
	if (!open_office(&p, &err))
		return cli_fail(c, &err);
	ok = flush(&p, clock_now_us() + seconds * CLOCK_SECOND, cli_flag(c, "now"), &err);
	close_office(&p);
	if (!ok)
		return cli_fail(c, &err);
	printf(c->json ? "{\"sent\":%u,\"failed\":%u,\"given_up\":%u}\n" : "Sent %u, failed %u, given up %u.\n", p.run.sent,
	       p.run.failed, p.run.given_up);
	return p.run.failed ? EXIT_ERROR : EXIT_ALLOW;
}

/* --- list and test --- */

struct listing {
	struct buf out;
	struct json_out o;
	struct arena arena;
	bool json;
};

static bool list_one(const struct store_message *m, void *ctx)
{
	struct listing *l = ctx;
	auto_buf name = BUF_MAX(4096);
	struct json *target = NULL;
	char next[TIMESTAMP_LEN + 1];

	arena_reset(&l->arena);
	if (json_parse(m->target, &l->arena, &target, NULL))
		notify_target_name(target, &name);
	timestamp_text(m->next_us, next);
	if (!l->json) {
		buf_addf(&l->out, "%-8.*s %-32.*s %-32.*s attempts %llu", STR_ARG(m->state), STR_ARG(m->key),
			 STR_ARG(buf_str(&name)), (unsigned long long)m->attempts);
		if (m->error.len)
			buf_addf(&l->out, "  %.*s", STR_ARG(m->error));
		buf_addc(&l->out, '\n');
		return true;
	}
	json_out_open(&l->o, '{');
	json_out_kv(&l->o, "about", m->key);
	json_out_kv(&l->o, "state", m->state);
	json_out_kv(&l->o, "target", buf_str(&name));
	json_out_key(&l->o, "attempts");
	json_out_u64(&l->o, m->attempts);
	json_out_kv(&l->o, "next", str_is(m->state, "waiting") ? str_from(next) : STR(""));
	json_out_kv(&l->o, "error", m->error);
	json_out_close(&l->o, '}');
	return true;
}

int cmd_notify_list(struct cli *c)
{
	struct listing l = { .out = BUF_MAX((size_t)16 << 20), .json = c->json };
	struct err err = { .code = ERR_NONE };
	struct post_office p;
	bool ok;

	if (c->n_args)
		return cli_usage(c, "notify list takes no arguments");
	if (!open_office(&p, &err))
		return cli_fail(c, &err);
	l.o.buf = &l.out;
	if (c->json) {
		json_out_open(&l.o, '{');
		json_out_key(&l.o, "messages");
		json_out_open(&l.o, '[');
	}
	ok = arena_map(&l.arena, (size_t)4 << 20) && store_outbox_list(p.run.store, STR_NONE, list_one, &l, &err);
	if (c->json) {
		json_out_close(&l.o, ']');
		json_out_close(&l.o, '}');
		buf_addc(&l.out, '\n');
	} else if (ok && !l.out.len) {
		buf_adds(&l.out, "Nothing was ever to be told.\n");
	}
	ok = ok && cli_print(&l.out);
	arena_unmap(&l.arena);
	buf_free(&l.out);
	close_office(&p);
	return ok ? EXIT_ALLOW : cli_fail(c, &err);
}

static bool try_target(const struct notify *n, const struct cli *c, struct json_out *o)
{
	auto_buf target = BUF_MAX((size_t)65536), name = BUF_MAX(4096);
	struct store_message m = { .key = STR("test"),
				   .body = STR("{\"pawl_notification\":1,\"event\":\"test\",\"id\":\"T-0\",\"title\":\"a test\","
					       "\"text\":\"pawl: a test. Nothing waits.\",\"look\":\"pawl holds\"}") };
	struct err err = { .code = ERR_NONE };
	struct json *tree = NULL;
	struct arena arena;
	bool ok;

	notify_target(n, &target);
	m.target = buf_str(&target);
	if (!arena_map(&arena, (size_t)1 << 20))
		return false;
	if (json_parse(m.target, &arena, &tree, NULL))
		notify_target_name(tree, &name);
	arena_unmap(&arena);
	ok = notify_send(&m, &err);
	if (c->json) {
		json_out_open(o, '{');
		json_out_kv(o, "target", buf_str(&name));
		json_out_key(o, "ok");
		json_out_bool(o, ok);
		json_out_kv(o, "error", str_from(err.msg));
		json_out_close(o, '}');
	} else {
		buf_addf(o->buf, "%s  %.*s%s%s\n", ok ? "told" : "FAILED", STR_ARG(buf_str(&name)), ok ? "" : "  ", ok ? "" : err.msg);
	}
	return ok;
}

int cmd_notify_test(struct cli *c)
{
	struct err err = { .code = ERR_NONE };
	auto_buf out = BUF_MAX((size_t)1 << 20);
	struct json_out o = { .buf = &out };
	struct post_office p;
	bool ok = true;

	if (c->n_args)
		return cli_usage(c, "notify test takes no arguments");
	if (!open_office(&p, &err))
		return cli_fail(c, &err);
	if (c->json) {
		json_out_open(&o, '{');
		json_out_key(&o, "targets");
		json_out_open(&o, '[');
	}
	for (const struct notify *n = policy_notify(p.run.policy); n; n = n->next)
		ok = try_target(n, c, &o) && ok;
	if (c->json) {
		json_out_close(&o, ']');
		json_out_close(&o, '}');
		buf_addc(&out, '\n');
	} else if (!policy_notify(p.run.policy)) {
		buf_addf(&out, "%.*s\n", STR_ARG(notify_nobody(&p.places, false, &p.arena)));
	}
	close_office(&p);
	return cli_print(&out) && ok ? EXIT_ALLOW : EXIT_ERROR;
}
