/* The look before a commit: the witness's rows against what was announced, and against the budgets.
 * What is in order is found so on the worker itself, from memory. Anything else goes to an asker thread: relations that the snapshot does
 * not know are looked up there, and a breach is told to the rest of pawl before the client hears of it. */
#include "base/clock.h"
#include "gate/postgres/aside.h"
#include "gate/postgres/session.h"

#define JOB_ARENA ((size_t)8 << 20)
#define SAID_MAX 2000

/* All that is needed to judge what a transaction did; for the job, copied. */
struct look {
	const struct database_upstream *upstream;
	const struct database_session *who;
	const struct policy *policy;
	struct budget_ledger *ledger;
	const struct catalogue *catalogue;
	struct str environment, rows;
	struct witness_expected expected;
	struct witness_memory base, excused;
	struct witness_acts acts;
	bool approved, several; /* approved: all of it */
	int64_t now_us;
	struct postgres_aside *aside; /* NULL: nothing can be looked up */
	/* out */
	struct witness_saw saw;
	enum database_refusal why; /* DATABASE_NOT_REFUSED: it may commit, and its counts are reserved */
	bool slow;		   /* cannot be said without an asker */
	struct str says;
};

struct look_job {
	struct asking_job job; /* first */
	struct session *session;
	struct arena arena;
	struct upstream *upstream;
	const struct database_host *host;
	struct database_session who;
	struct look look;
};

/* --- what is sent --- */

static void evaluate(struct session *s);

static bool all_approved(const struct relay *r)
{
	return r->approved && !r->unapproved;
}

bool relay_looks(const struct relay *r)
{
	return r->when_quiet == evaluate;
}

enum relay_helper relay_witness(const struct session *s)
{
	const struct catalogue *c = s->relay.catalogue;

	/* A superuser's writes are only seen by their locks. */
	if (!s->superuser && s->version >= WITNESS_QUICK_SINCE && c && catalogue_small(c, WITNESS_QUICK_MOST))
		return HELPER_QUICK;
	return HELPER_WITNESS;
}

/* What the quick one cannot tell. */
static void look_closer(struct session *s)
{
	struct relay *r = &s->relay;

	buf_clear(&r->witness);
	r->witness_said = false;
	relay_help(s, HELPER_WITNESS, HOW_WITNESS | HOW_QUIET);
	relay_sync(s, HOW_NONE);
	relay_when_quiet(s, evaluate);
}

bool relay_looks_none(const struct session *s)
{
	return s->unseen && !s->relay.after.len;
}

/* Nobody looks: what was to be run before the commit did, or failed and was told. */
static void unwatched(struct session *s)
{
	struct relay *r = &s->relay;

	r->may_commit = !r->failed;
	buf_free(&r->refusal);
	r->looked(s);
}

void relay_look(struct session *s, void (*then)(struct session *s))
{
	struct relay *r = &s->relay;

	if (!r->n_looks)
		buf_clear(&r->witness);
	r->witness_said = r->witness_broken = r->may_commit = false;
	r->witness_state[0] = '\0';
	r->failed = r->theirs_failed = false;
	r->looked = then;
	if (relay_looks_none(s)) {
		r->may_commit = true;
		relay_when_quiet(s, then);
		return;
	}
	if ((r->chained || (r->n_statements > 1 && !all_approved(r))) && relay_statement_due(s))
		relay_statement_look(s);
	if (r->savepoints && r->savepoints->n)
		relay_run(s,
			  arena_join(&s->worker->arena, STR("RELEASE SAVEPOINT "),
				     str_from(r->savepoints->outermost)),
			  HOW_ERROR | HOW_QUIET);
	/* Deferred triggers run by it: what they say is the client's. */
	relay_help(s, HELPER_BEFORE_1, HOW_ERROR);
	if (r->after.len) {
		relay_after_look(s, false);
		relay_query(s, buf_str(&r->after), HOW_ERROR | HOW_QUIET);
		relay_after_look(s, true);
	}
	if (s->unseen) {
		relay_sync(s, HOW_NONE);
		relay_when_quiet(s, unwatched);
		return;
	}
	relay_help(s, HELPER_BEFORE_2, HOW_ERROR | HOW_QUIET);
	relay_help(s, relay_witness(s), HOW_WITNESS | HOW_QUIET);
	relay_sync(s, HOW_NONE);
	relay_when_quiet(s, evaluate);
}

/* --- what came back --- */

static void look_up(struct look *k, struct arena *arena)
{
	struct aside_rows rows = { 0 };
	struct str list = STR("{");
	struct err err;

	for (size_t i = 0; i < k->saw.n_unknown; i++)
		list = arena_fmt(arena, "%.*s%s%u", STR_ARG(list), i ? "," : "", k->saw.unknown[i].oid);
	list = arena_join(arena, list, STR("}"));
	if (!aside_query(k->aside, witness_lookup_sql, &list, 1, arena, &rows, &err))
		return;
	for (size_t i = 0; i < rows.n_rows; i++)
		witness_lookup_row(&k->saw, rows.cells + i * rows.n_columns, rows.n_columns);
	witness_looked_up(&k->saw);
}

static void refuse(struct look *k, enum database_refusal why, struct str says)
{
	k->why = why;
	k->says = says;
	k->slow = true; /* the rest of pawl is told first */
}

static void refuse_unannounced(struct look *k, struct arena *arena)
{
	const struct change *c = change_nth(&k->saw.unannounced, 0);
	struct str name = c && c->name.len ? c->name : STR("a relation"), reason = c ? c->reason : STR_NONE;

	refuse(k, DATABASE_DENIED,
	       arena_fmt(arena, "the transaction did what none of its statements said: %.*s%s%.*s; it was rolled back", STR_ARG(name),
			 reason.len ? ": " : "", STR_ARG(reason)));
}

struct str relay_budget_says(struct budget_passed p, struct arena *arena)
{
	static const char *const spans[] = { [BUDGET_STATEMENT] = "a statement",
					     [BUDGET_TRANSACTION] = "a transaction",
					     [BUDGET_HOUR] = "an hour" };

	return arena_fmt(arena, "%llu rows of %.*s, more than the %llu that %s may change (%.*s); the transaction was rolled back",
			 (unsigned long long)p.count, STR_ARG(p.relation), (unsigned long long)p.limit, spans[p.span], STR_ARG(p.where));
}

static bool refuse_budget(struct look *k, struct budget_passed p, struct arena *arena)
{
	if (p.is)
		refuse(k, DATABASE_BUDGET, relay_budget_says(p, arena));
	return p.is;
}

/* Linear in rows × limits. */
static void judge(struct look *k, struct arena *arena)
{
	const struct budget_count *c;
	struct budget_asker asker;

	witness_begin(&k->saw, k->upstream, k->catalogue, &k->expected, arena);
	k->saw.base = &k->base;
	k->saw.acts = &k->acts;
	if (!relay_rows(k->rows, &k->saw)) {
		refuse(k, DATABASE_OPAQUE,
		       k->saw.why.len ? k->saw.why
				      : STR("what the transaction did could not be seen; it was "
					    "rolled back"));
		return;
	}
	if (k->saw.closer || (k->saw.n_unknown && !k->aside)) {
		k->slow = true;
		return;
	}
	if (k->saw.n_unknown)
		look_up(k, arena);
	if (k->saw.n_unknown) {
		refuse(k, DATABASE_OPAQUE, STR("the transaction locked relations that could not be looked up; it was rolled back"));
		return;
	}
	if (k->saw.unannounced.n) {
		refuse_unannounced(k, arena);
		return;
	}
	/* What a person said yes to is never stopped by its count, nor counted against what is done besides. */
	if (k->approved)
		k->saw.n_counts = 0;
	witness_excused(&k->saw, &k->excused);
	c = k->saw.counts;
	if (!k->several &&
	    refuse_budget(
		    k,
		    budget_check(k->policy, k->environment, BUDGET_STATEMENT, c, k->saw.n_counts),
		    arena))
		return;
	if (refuse_budget(k, budget_check(k->policy, k->environment, BUDGET_TRANSACTION, c, k->saw.n_counts), arena))
		return;
	asker = (struct budget_asker){ k->policy, k->environment, k->who->id };
	refuse_budget(k, budget_reserve(k->ledger, &asker, c, k->saw.n_counts, k->now_us), arena);
}

/* --- the answer --- */

/* The client's own doing, or its settings': what the server says of it is told, as it would be of a commit. Nothing is committed then. */
static bool theirs(const struct relay *r)
{
	return !strcmp(r->witness_state, "57014") || !strcmp(r->witness_state, "55P03") || !strcmp(r->witness_state, "40P01") ||
	       !strcmp(r->witness_state, "40001");
}

static void not_committed(struct session *s, enum database_refusal why, struct str says)
{
	struct message_error e = { "ERROR", relay_sqlstate(why), STR_NONE,
				   STR("Do not retry. Narrow it with WHERE, or ask the person who owns the database.") };
	struct relay *r = &s->relay;
	auto_buf text = BUF_MAX(SAID_MAX);

	if (why == DATABASE_OPAQUE && theirs(r))
		e = (struct message_error){ "ERROR", r->witness_state, str_from(r->witness_why), STR_NONE };
	else if (why == DATABASE_OPAQUE && r->witness_state[0])
		buf_addf(&text, "pawl: %.*s (%s: %s)", STR_ARG(str_sub(says, 0, SAID_MAX - 200)), r->witness_state, r->witness_why);
	else
		buf_addf(&text, "pawl: %.*s", STR_ARG(str_sub(says, 0, SAID_MAX - 16)));
	if (text.len)
		e.message = buf_str(&text);
	buf_clear(&s->relay.refusal);
	message_error(&s->relay.refusal, &e);
}

/* So that it can be given back, should the commit fail. */
static void remember(struct relay *r, const struct look *k)
{
	size_t n = k->saw.n_counts, bytes = n * sizeof(struct budget_count);
	char *p;

	for (size_t i = 0; i < n; i++)
		bytes += k->saw.counts[i].relation.len;
	/* Of a transaction that another was chained to. */
	free(r->reserved);
	r->reserved = NULL;
	r->n_reserved = 0;
	if (!n || !(r->reserved = malloc(bytes)))
		return;
	memcpy(r->reserved, k->saw.counts, n * sizeof(struct budget_count));
	p = (char *)(r->reserved + n);
	for (size_t i = 0; i < n; i++) {
		struct str name = k->saw.counts[i].relation;

		memcpy(p, name.ptr ? name.ptr : "", name.len);
		r->reserved[i].relation.ptr = p;
		p += name.len;
	}
	r->n_reserved = n;
	r->reserved_us = k->now_us;
}

void relay_committed(struct session *s, bool ok)
{
	struct relay *r = &s->relay;

	struct budget_asker asker = { s->worker->server->o.host->policy, STR_NONE, s->who.id };

	if (s->upstream)
		asker.environment = s->upstream->environment.name;
	if (r->reserved && !ok)
		budget_give_back(s->worker->server->ledger, &asker, r->reserved, r->n_reserved, r->reserved_us);
	free(r->reserved);
	r->reserved = NULL;
	r->n_reserved = 0;
}

static void conclude(struct session *s, const struct look *k)
{
	struct relay *r = &s->relay;

	r->may_commit = k->why == DATABASE_NOT_REFUSED;
	if (r->may_commit)
		remember(r, k);
	else
		not_committed(s, k->why, k->says);
	r->looked(s);
}

static void fill(struct session *s, struct look *k)
{
	struct relay *r = &s->relay;

	*k = (struct look){
		.upstream = s->upstream->of,
		.who = &s->who,
		.policy = s->worker->server->o.host->policy,
		.ledger = s->worker->server->ledger,
		.catalogue = r->catalogue,
		.environment = s->upstream->environment.name,
		.rows = buf_str(&r->witness),
		.base = r->base,
		.excused = r->excused,
		.acts = r->acts,
		.approved = all_approved(r),
		.several = r->n_statements > 1,
		.now_us = clock_now_us(),
	};
}

static void work(struct asking_job *job)
{
	struct look_job *j = (struct look_job *)(void *)job;
	bool known = j->look.why != DATABASE_NOT_REFUSED;
	struct err err;

	j->look.aside = known ? NULL : upstream_aside(j->upstream, &err);
	if (!known)
		judge(&j->look, &j->arena);
	if (j->look.aside)
		upstream_aside_done(j->upstream);
	else if (j->look.why == DATABASE_NOT_REFUSED && j->look.slow)
		refuse(&j->look, DATABASE_OPAQUE, STR("the database could not be asked what the transaction locked; it was rolled back"));
	if (j->look.why != DATABASE_NOT_REFUSED && j->host->breach)
		j->host->breach(j->host->ctx, &j->who, j->upstream->of, j->look.says, &j->look.saw.unannounced);
}

static void work_done(struct loop_note *n)
{
	struct look_job *j = (struct look_job *)(void *)n;
	struct session *s = j->session;

	if (s) {
		s->job = NULL;
		s->job_session = NULL;
		s->worker->loop.n_made = 0;
		s->relay.stopped = false;
		conclude(s, &j->look);
		if (!s->relay.stopped)
			s->client_kept = true;
		session_pump(s);
	}
	catalogue_unref(j->look.catalogue);
	arena_unmap(&j->arena);
	free(j);
}

static struct look_job *job_new(struct session *s)
{
	struct look_job *j = calloc(1, sizeof(*j));

	if (!j || !arena_map(&j->arena, JOB_ARENA)) {
		free(j);
		return NULL;
	}
	j->session = s;
	j->upstream = s->upstream;
	j->host = s->worker->server->o.host;
	fill(s, &j->look);
	j->who = (struct database_session){ arena_str(&j->arena, s->who.id), arena_str(&j->arena, s->who.name) };
	j->look.who = &j->who;
	j->look.rows = arena_str(&j->arena, j->look.rows);
	j->look.catalogue = s->relay.catalogue ? catalogue_ref(s->relay.catalogue) : NULL;
	j->job = (struct asking_job){ .note = { .run = work_done }, .work = work, .home = &s->worker->loop };
	if (relay_expect(s, &j->arena, &j->look.expected) && witness_memory_copy(&s->relay.base, &j->arena, &j->look.base) &&
	    witness_memory_copy(&s->relay.excused, &j->arena, &j->look.excused) &&
	    witness_acts_copy(&s->relay.acts, &j->arena, &j->look.acts))
		return j;
	catalogue_unref(j->look.catalogue);
	arena_unmap(&j->arena);
	free(j);
	return NULL;
}

/* ${why}: known already; DATABASE_NOT_REFUSED: to be found out. */
static void slowly(struct session *s, enum database_refusal why, struct str says)
{
	struct look_job *j = job_new(s);
	struct look k;

	if (j) {
		j->look.why = why;
		j->look.says = arena_str(&j->arena, says);
	}
	if (j && asking_submit(&s->worker->server->connects, &j->job)) {
		s->job = &j->job;
		s->job_session = &j->session;
		s->relay.stopped = true;
		return;
	}
	if (j) {
		catalogue_unref(j->look.catalogue);
		arena_unmap(&j->arena);
		free(j);
	}
	fill(s, &k);
	refuse(&k, DATABASE_OPAQUE, STR("no memory to see what the transaction did; it was rolled back"));
	conclude(s, &k);
}

void relay_breach(struct session *s, enum database_refusal why, struct str says, void (*then)(struct session *s))
{
	s->relay.looked = then;
	if (why == DATABASE_OPAQUE) { /* the server failed it, or was told to: nobody's doing */
		not_committed(s, why, says);
		s->relay.may_commit = false;
		then(s);
		return;
	}
	slowly(s, why, says);
}

static void evaluate(struct session *s)
{
	struct relay *r = &s->relay;
	struct arena *arena = &s->worker->arena;
	struct look k;

	if (r->over.len) {
		relay_breach(s, r->over_why, buf_str(&r->over), r->looked);
		return;
	}
	/* What failed before the witness could look was told already. */
	if (r->failed && !r->witness_broken) {
		buf_free(&r->refusal);
		r->looked(s);
		return;
	}
	arena_reset(arena);
	fill(s, &k);
	if (r->witness_broken || !r->witness_said || !relay_expect(s, arena, &k.expected)) {
		refuse(&k, DATABASE_OPAQUE, STR("what the transaction did could not be seen; it was rolled back"));
		conclude(s, &k);
		return;
	}
	judge(&k, arena);
	if (k.saw.closer && !k.saw.broken)
		look_closer(s);
	else if (k.slow || arena->full)
		slowly(s, DATABASE_NOT_REFUSED, STR_NONE);
	else
		conclude(s, &k);
}

void relay_after(struct relay *r, struct str sql)
{
	if (!sql.len)
		return;
	buf_add(&r->after, sql);
	buf_addc(&r->after, ';');
}
