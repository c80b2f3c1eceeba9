/* What is kept first. Planned before anybody is asked, so that the card says what comes back and what does not; taken once it passed. */
#include "core/policy_budget.h"
#include "gate/postgres/aside.h"
#include "gate/postgres/keeping.h"
#include "gate/postgres/relay_keep.h"
#include "gate/postgres/session.h"

#define TRIED STR("K-0.tried") /* of what is rolled back */
#define CARD_MAX ((size_t)2000)

struct keeps {
	struct relay_passage *p;
	struct postgres_aside *aside;
	const struct statement_answer *a;
	size_t nth;
};

/* Rows that the nth statement is expected to change, all relations together. */
static uint64_t expected(const struct keeps *k)
{
	const struct statement *st = k->a->statements;
	uint64_t rows = 0;

	for (size_t i = 0; st && i < k->nth; i++)
		st = st->next;
	for (size_t i = 0; st && i < st->n_changes; i++) {
		const struct change *c = change_nth(&k->a->changes, st->first_change + i);

		rows += c ? c->rows : 0;
	}
	return rows;
}

static struct keeping_ask asked(const struct keeps *k, struct str item)
{
	struct policy_trash trash = policy_trash(k->p->host->policy);

	return (struct keeping_ask){
		.sql = k->a->sql,
		.nth = k->nth,
		.search_path = k->p->context.search_path,
		.bounds = { trash.rows, trash.expires_s },
		.hands_on = true,
		.item = item,
		.changes = expected(k),
	};
}

/* --- before anybody is asked --- */

static void say(struct relay_passage *p, const char *what, struct str text)
{
	bool more = p->kept.len > 0;

	if (p->kept.len < CARD_MAX)
		p->kept = arena_fmt(&p->arena, "%.*s%s%s: %.*s", STR_ARG(p->kept), more ? ". " : "", what,
				    STR_ARG(str_sub(text, 0, CARD_MAX)));
}

/* What an approval is bound to: where it is so no more, it is asked about anew. */
static void note(struct relay_passage *p, const char *what, struct str why)
{
	struct evidence_note *n = ARENA_NEW(&p->arena, struct evidence_note), **at = &p->notes;

	if (!n)
		return;
	*n = (struct evidence_note){ arena_fmt(&p->arena, "%s: %.*s", what, STR_ARG(why)), true, NULL };
	while (*at)
		at = &(*at)->next;
	*at = n;
}

static bool plan_one(struct keeps *k, struct keeping_plan *ret, struct err *err)
{
	struct keeping_ask ask = asked(k, TRIED);

	if (!policy_trash(k->p->host->policy).on) {
		*ret = (struct keeping_plan){ .way = KEEPING_NOT, .why_not = STR("the policy's trash is off") };
		return true;
	}
	if (keeping_plan(k->aside, &ask, &k->p->arena, ret, err))
		return true;
	/* The gate's role may not: a person decides whether it is to be done all the same. */
	if (!strstr(err->msg, "42501: ") && !strstr(err->msg, "25006: "))
		return false;
	*ret = (struct keeping_plan){ .way = KEEPING_NOT, .why_not = arena_str(&k->p->arena, str_from(err->msg)) };
	return true;
}

bool relay_keep_plan(struct relay_passage *p, const struct statement_answer *a, struct postgres_aside *aside,
		     struct err *err)
{
	struct keeps k = { .p = p, .aside = aside, .a = a };
	struct str why;

	if (!p->host->keep)
		return true;
	for (const struct statement *st = a->statements; st; st = st->next, k.nth++) {
		struct keeping_plan *plan;

		if (st->ruling != RULING_ASK || keeping_way(a->sql, k.nth, &why) == KEEPING_NONE)
			continue;
		plan = ARENA_NEW(&p->arena, struct keeping_plan);
		if (!plan)
			return err_set(err, ERR_LIMIT, "too large to be kept");
		if (!plan_one(&k, plan, err))
			return err_prefix(err, "it could not be kept first");
		p->keeps[k.nth].plan = plan;
		if (plan->way == KEEPING_NOT)
			say(p, "CANNOT BE UNDONE", plan->why_not), note(p, "cannot be undone", plan->why_not);
		else if (plan->forbidden.len)
			say(p, "A YES WILL NOT MAKE IT RUN: the server refuses it to the role that pawl logs in as", plan->forbidden),
				note(p, "a yes will not make it run", plan->forbidden);
		else if (plan->untried)
			say(p, "Kept first where that can be, and else not run (busy, so it was not tried)", plan->card);
		else
			say(p, "Kept first", plan->card);
	}
	return true;
}

/* --- once it passed --- */

/* The gate's connection is nobody's while something is dumped. */
static bool planned(struct keeps *k, const struct keeping_ask *ask, struct keeping_plan *ret, struct err *err)
{
	struct postgres_aside *aside = k->aside ? k->aside : upstream_aside(k->p->upstream, err);
	bool ok = aside && keeping_plan(aside, ask, &k->p->arena, ret, err);

	if (aside && !k->aside)
		upstream_aside_done(k->p->upstream);
	return ok;
}

/* database_keeping.fill */
static bool fill(void *ctx, const char *item, const char *id, const char *dump, struct str *ret_says, uint64_t *ret_dumped,
		 struct err *err)
{
	struct keeps *k = ctx;
	struct arena *arena = &k->p->arena;
	struct relay_keep *keep = &k->p->keeps[k->nth];
	struct keeping_ask ask = asked(k, arena_str(arena, str_from(item)));
	struct keeping_plan plan = { .way = KEEPING_NONE };

	(void)id;
	ask.tried = keep->plan;
	*ret_dumped = 0;
	if (!planned(k, &ask, &plan, err))
		return false;
	if (plan.way == KEEPING_NONE || plan.way == KEEPING_NOT)
		return err_set(err, ERR_STATE, "what could be kept when it was asked about cannot be kept any more; send it again");
	if (plan.way == KEEPING_DUMP && !relay_dump_take(k->p, keep->plan, dump, ret_dumped, err))
		return false;
	*keep = (struct relay_keep){ STR_NONE, plan.before, plan.instead, plan.after, plan.tag, keep->plan };
	*ret_says = plan.says;
	return true;
}

static bool keep_one(struct keeps *k, const struct statement *st, struct err *err)
{
	struct relay_passage *p = k->p;
	struct database_keeping what = { &p->who, p->upstream->of, str_trim(st->text), policy_trash(p->host->policy).expires_s, fill, k };
	char id[24];

	err->code = ERR_NONE;
	if (!p->host->keep(p->host->ctx, &what, id, err))
		return err->code == ERR_NONE || err_prefix(err, "it could not be kept first");
	snprintf(p->passage.keep, sizeof(p->passage.keep), "%s", id);
	return true;
}

bool relay_keep_all(struct relay_passage *p, const struct statement_answer *a, struct postgres_aside *aside, struct err *err)
{
	struct keeps k = { .p = p, .aside = aside, .a = a };

	for (const struct statement *st = a->statements; st; st = st->next, k.nth++) {
		const struct keeping_plan *plan = p->keeps[k.nth].plan;

		if (!plan || plan->way == KEEPING_NONE || plan->way == KEEPING_NOT)
			continue;
		/* That is dumped when the client's transaction holds it against others. */
		if (plan->way == KEEPING_DUMP)
			p->keeps[k.nth].lock = plan->lock;
		else if (!keep_one(&k, st, err))
			return false;
	}
	return true;
}

void relay_keep_dumped(struct relay_passage *p)
{
	struct keeps k = { .p = p, .a = p->answer, .nth = p->dumping };
	const struct statement *st = p->answer->statements;
	struct err err = { 0 };

	for (size_t i = 0; st && i < k.nth; i++)
		st = st->next;
	if (st && keep_one(&k, st, &err) && !p->keeps[k.nth].lock.len)
		return;
	p->passage.answer = DATABASE_REFUSED;
	p->passage.why = DATABASE_DENIED;
	p->passage.message = arena_fmt(&p->arena, "pawl: not run: %.600s", err.msg);
}
