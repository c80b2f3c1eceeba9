#include "cli/cleanup_ledger.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/proc.h"
#include "cli/places.h"
#include "gate/terraform/workcopy.h"
#include "ledger/ledger.h"

#define MAX_APPLIES 64
#define MAX_PLAN ((size_t)512 << 20)
#define SHOW_TIMEOUT_S 900

extern char **environ;

struct apply {
	uint64_t seq; /* of apply.started */
	int64_t from_us, to_us;
	char work[WORKCOPY_ID_LEN + 1];
	bool other; /* its end says that it left another lineage */
};

struct search {
	struct cleanup_case *c;
	struct arena scratch;
	struct apply item[MAX_APPLIES];
	size_t n;
};

static void take_start(struct search *s, const struct ledger_entry *e, const struct json *body)
{
	struct str lineage = json_str(body, "lineage"), work = json_str(body, "work");
	struct apply *a;

	if (!str_is(json_str(body, "original"), s->c->config) || work.len > WORKCOPY_ID_LEN ||
	    (lineage.len && !str_eq(lineage, s->c->mine.state.lineage)))
		return;
	if (s->n == MAX_APPLIES) /* the latest count */
		memmove(s->item, s->item + 1, --s->n * sizeof(*s->item));
	a = &s->item[s->n++];
	*a = (struct apply){ .seq = e->seq, .from_us = e->time_us };
	memcpy(a->work, work.ptr ? work.ptr : "", work.len);
}

static void take_end(struct search *s, const struct ledger_entry *e, const struct json *body)
{
	struct str lineage = json_str(body, "lineage");
	uint64_t seq;

	if (!json_u64(body, "started", &seq))
		return;
	for (size_t i = 0; i < s->n; i++) {
		if (s->item[i].seq != seq)
			continue;
		s->item[i].to_us = e->time_us;
		s->item[i].other = lineage.len && !str_eq(lineage, s->c->mine.state.lineage);
	}
}

static bool look_at(const struct ledger_entry *e, void *ctx)
{
	bool starts = str_is(e->kind, "apply.started");
	struct search *s = ctx;
	struct json *body;

	if (!starts && !str_is(e->kind, "apply.finished") && !str_is(e->kind, "apply.interrupted"))
		return true;
	arena_reset(&s->scratch);
	if (!json_parse(e->body, &s->scratch, &body, NULL))
		return true;
	if (starts)
		take_start(s, e, body);
	else
		take_end(s, e, body);
	return true;
}

/* The plan still lies in the private copy it was made in; one that is gone proves nothing. */
static void add_creates(struct cleanup_case *c, const char *state_dir, const struct apply *a)
{
	char show[] = "show", json[] = "-json", no_colour[] = "-no-color";
	struct cleanup_plan plan = { .given = false };
	auto_buf out = BUF_MAX(MAX_PLAN), said = BUF_MAX((size_t)1 << 20);
	auto_workcopy w = { 0 };
	int status = 1;

	if (!workcopy_open(state_dir, str_from(a->work), environ, &w, NULL))
		return;
	char *argv[] = { w.program, show, json, no_colour, w.plan, NULL };
	struct proc_opts o = { .cwd = w.dir,
			       .env = w.env,
			       .out = &out,
			       .errout = &said,
			       .timeout_s = SHOW_TIMEOUT_S };

	if (!proc_run(argv, &o, &status, NULL) || status != 0 ||
	    !cleanup_read_plan(arena_str(&c->arena, buf_str(&out)), &c->arena, &plan, NULL))
		return;
	c->evidence.plan.given = true;
	for (struct cleanup_object *p = plan.creates.first, *next; p; p = next) {
		next = p->next;
		p->next = NULL;
		cleanup_add(&c->evidence.plan.creates, p);
	}
}

static void use(struct search *s, const char *state_dir)
{
	struct cleanup_evidence *e = &s->c->evidence;

	for (size_t i = 0; i < s->n; i++) {
		const struct apply *a = &s->item[i];
		int64_t to = a->to_us ? a->to_us : clock_now_us();

		if (a->other)
			continue;
		if (!e->from_us || a->from_us < e->from_us)
			e->from_us = a->from_us;
		if (to > e->to_us)
			e->to_us = to;
		if (a->work[0])
			add_creates(s->c, state_dir, a);
	}
}

bool cleanup_ledger(struct cleanup_case *c, struct err *err)
{
	struct search s = { .c = c };
	struct ledger *ledger;
	struct places places;
	bool ok;

	if (!places_find(c->config, &places, err))
		return false;
	if (!file_exists(places.ledger) || !c->mine.state.lineage.len)
		return true;
	if (!arena_map(&s.scratch, (size_t)64 << 20))
		return err_sys(err, "no memory");
	ledger = ledger_open(places.ledger, err);
	ok = ledger && ledger_walk(ledger, 0, look_at, &s, err);
	ledger_close(ledger);
	arena_unmap(&s.scratch);
	if (ok)
		use(&s, places.state);
	return ok;
}
