/* pawl gate postgres --rehearse -- COMMAND: run it against a copy of the schema, and hold all it would do as one. */
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"
#include "base/redact.h"
#include "cli/asker.h"
#include "cli/gate_plans.h"
#include "cli/gate_postgres.h"
#include "cli/gate_scratch.h"
#include "cli/hosts.h"
#include "cli/notify.h"
#include "cli/recovery_look.h"
#include "core/policy_budget.h"
#include "gate/postgres/keeping.h"
#include "gate/postgres/statement.h"
#include "gate/terraform/run.h"
#include "hold/record.h"

#define PLAN_ARENA ((size_t)1 << 30)
#define KEY_LIFE_S 86400
#define TRIED STR("K-0.tried") /* of what is rolled back */
#define FORBIDDEN_MAX ((size_t)2000)

extern char **environ;

/* What needed a yes, in order. */
struct rehearsal {
	struct gate_run run;
	struct database_host host; /* lets pass, and writes down */
	struct gate_scratch scratch;
	struct gate_key key;
	char secret[GATE_KEY_SECRET_LEN + 1];
	struct arena arena;
	pthread_mutex_t lock;
	struct str *texts;
	struct digest *statements;
	size_t n;
	bool too_many, broken;
	struct str forbidden; /* for the card: what the server refuses to the real role, whoever says yes */
};

/* --- the recording host --- */

static void decide(void *ctx, struct database_question *q, bool (*gone)(void *gone_ctx), void *gone_ctx,
		   struct database_passage *ret)
{
	static const struct digest unset;
	struct rehearsal *r = ctx;

	(void)gone;
	(void)gone_ctx;
	pthread_mutex_lock(&r->lock);
	if (r->n == GATE_PLAN_MOST || digest_eq(&q->statement, &unset)) {
		r->too_many = true;
	} else {
		r->texts[r->n] = arena_str(&r->arena, q->text);
		r->statements[r->n++] = q->statement;
	}
	pthread_mutex_unlock(&r->lock);
	/* As what a person approved: the witness compares no locks then. */
	*ret = (struct database_passage){ .answer = DATABASE_PASSED, .hold = "H-0" };
}

static void breach(void *ctx, const struct database_session *s, const struct database_upstream *u, struct str what,
		   const struct change_list *saw)
{
	struct rehearsal *r = ctx;

	(void)s;
	(void)u;
	(void)saw;
	r->broken = true;
	fprintf(stderr, "pawl: in the rehearsal: %.*s\n", STR_ARG(what));
}

static bool not_tightened(void *ctx, const struct database_session *s)
{
	(void)ctx;
	(void)s;
	return false;
}

static bool not_frozen(void *ctx)
{
	(void)ctx;
	return false;
}

static bool key(void *ctx, struct str user, struct database_key *ret)
{
	struct rehearsal *r = ctx;

	if (!str_is(user, r->key.id))
		return false;
	*ret = r->key.verifier;
	ret->session = (struct database_session){ .id = str_from(r->key.id), .name = str_from(r->key.name) };
	return true;
}

/* --- the command --- */

static const char *const ours[] = { "DATABASE_URL=", "PGHOST=",	    "PGPORT=",	  "PGUSER=",
				    "PGPASSWORD=",   "PGDATABASE=", "PGSERVICE=", "PGHOSTADDR=" };

static bool is_ours(const char *v)
{
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		if (strncmp(v, ours[i], strlen(ours[i])) == 0)
			return true;
	}
	return false;
}

static char **environment(struct rehearsal *r, unsigned port)
{
	struct str name = r->scratch.upstream.name;
	size_t n = 0, to = 0;
	char **env;

	while (environ[n])
		n++;
	env = ARENA_ARRAY(&r->arena, n + 7, char *);
	if (!env)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (!is_ours(environ[i]))
			env[to++] = environ[i];
	}
#define PUT(...) env[to++] = (char *)(uintptr_t)arena_fmt(&r->arena, __VA_ARGS__).ptr
	PUT("DATABASE_URL=postgres://%s:%s@127.0.0.1:%u/%.*s", r->key.id, r->secret, port, STR_ARG(name));
	PUT("PGHOST=127.0.0.1");
	PUT("PGPORT=%u", port);
	PUT("PGUSER=%s", r->key.id);
	PUT("PGPASSWORD=%s", r->secret);
	PUT("PGDATABASE=%.*s", STR_ARG(name));
#undef PUT
	return r->arena.full ? NULL : env;
}

static bool run_command(const struct cli *c, struct rehearsal *r, int *ret_status, struct err *err)
{
	struct postgres_server_opts o = {
		.host = &r->host, .upstreams = &r->scratch.upstream, .n_upstreams = 1, .listen = "127.0.0.1:0", .threads = 1
	};
	struct postgres_server *server = NULL;
	struct run_result done = { .status = -1 };
	char program[4096], *asked = c->args[0];
	unsigned port = 0;
	char **env;
	bool ok;

	if (!strchr(asked, '/') && !proc_find(asked, getenv("PATH"), NULL, program, sizeof(program)))
		return err_set(err, ERR_TOOL, "no program '%s' on PATH", asked);
	if (!postgres_server_start(&o, &server, &port, err))
		return false;
	c->args[0] = strchr(asked, '/') ? asked : program;
	env = environment(r, port);
	ok = env ? run_streaming(c->args, &(struct run_opts){ .env = env, .to_stderr = c->json }, &done, err) :
		   err_set(err, ERR_LIMIT, "no memory");
	c->args[0] = asked;
	postgres_server_stop(server, 2);
	*ret_status = done.status;
	return ok;
}

/* --- what it would do to the real one --- */

/* In the copy the role may all that it made. Tried on the real database and rolled back, as a single statement is before it is asked about;
 * what needs what comes before it in the plan fails otherwise, and is not told here. */
static bool try_one(struct rehearsal *r, const struct statement_answer *a, const struct statement *st, size_t nth, struct err *err)
{
	struct policy_trash trash = policy_trash(r->run.policy);
	struct keeping_ask ask = { .sql = a->sql, .nth = nth, .bounds = { trash.rows, trash.expires_s }, .hands_on = true, .item = TRIED };
	struct keeping_plan plan = { .way = KEEPING_NONE };

	for (size_t i = 0; i < st->n_changes; i++) {
		const struct change *c = change_nth(&a->changes, st->first_change + i);

		ask.changes += c ? c->rows : 0;
	}
	if (!trash.on)
		return true;
	if (!keeping_plan(r->scratch.aside, &ask, &r->arena, &plan, err))
		return strstr(err->msg, "42501: ") || strstr(err->msg, "25006: "); /* it may not keep: that forbids nothing */
	if (plan.forbidden.len && r->forbidden.len < FORBIDDEN_MAX)
		r->forbidden = arena_fmt(&r->arena, "%.*s%s%.*s (%.*s)", STR_ARG(r->forbidden), r->forbidden.len ? "; " : "",
					 STR_ARG(str_sub(str_trim(st->text), 0, 300)), STR_ARG(str_sub(plan.forbidden, 0, 300)));
	return true;
}

static bool scope_of(struct rehearsal *r, const struct statement_context *x, struct str text, struct change_list *all, struct err *err)
{
	struct statement_answer *a = ARENA_NEW(&r->arena, struct statement_answer);
	struct err none = { 0 };
	bool scoped = true;
	size_t nth = 0;

	if (!a)
		return err_set(err, ERR_LIMIT, "no memory");
	statement_weigh(x, text, &r->arena, a);
	for (const struct statement *st = a->statements; st; st = st->next, nth++) {
		if (st->ruling != RULING_ASK)
			continue;
		scoped = scoped && scope_fill(r->scratch.aside, x->catalogue, a->sql, nth, &r->arena, &a->changes, &none);
		if (!try_one(r, a, st, nth, err))
			return err_prefix(err, "what the real database would do could not be tried");
	}
	CHANGE_EACH(c, &a->changes) {
		struct change *copy = c->kind == CHANGE_READ ? NULL : change_add(all, &r->arena);

		if (copy)
			*copy = *c;
	}
	return true;
}

static bool weigh_all(struct rehearsal *r, const struct database_upstream *u, struct request *q, uint64_t *ret_schema, struct err *err)
{
	struct statement_context x = {
		.upstream = u, .host = &r->host, .environment = database_environment(r->run.policy, u),
		.session = &(struct database_session){ str_from(r->key.id), str_from(r->key.name) },
	};
	struct catalogue *catalogue = NULL;
	bool ok = true;

	if (!catalogue_read(r->scratch.aside, u->critical, u->n_critical, &catalogue, err))
		return false;
	x.catalogue = catalogue;
	for (size_t i = 0; ok && i < r->n; i++)
		ok = scope_of(r, &x, r->texts[i], &q->changes, err);
	*ret_schema = catalogue_version(catalogue);
	catalogue_unref(catalogue);
	database_locate(u, q);
	if (!ok)
		return false;
	return !r->arena.full || err_set(err, ERR_LIMIT, "the plan is larger than pawl holds in memory");
}

static struct str command_line(const struct cli *c, struct arena *arena)
{
	struct str s = STR_NONE;

	for (int i = 0; i < c->n_args; i++)
		s = s.len ? arena_fmt(arena, "%.*s %s", STR_ARG(s), c->args[i]) : str_from(c->args[i]);
	return s;
}

static int show(const struct cli *c, const struct hold_request *q, struct str hold)
{
	struct card_style style = { .colour = c->colour, .width = c->width, .full = true };
	auto_buf b = BUF_MAX((size_t)64 << 20);
	struct json_out o = { .buf = &b };

	if (c->json) {
		card_json(q->request, q->judgement, q->evidence, hold, &o);
		buf_addc(&b, '\n');
	} else {
		card_text(q->request, q->judgement, q->evidence, hold, &style, &b);
	}
	return cli_print(&b) ? verdict_exit(q->judgement->verdict) : EXIT_ERROR;
}

static int hold_plan(const struct cli *c, struct rehearsal *r, const struct hold_request *q, const struct gate_plan *plan)
{
	struct hold_host host = hosts_hold(r->run.ledger, &r->run.places, r->run.policy);
	char hold[HOLD_ID_LEN] = "";
	struct err err = { 0 };
	int status;

	if (q->judgement->verdict == VERDICT_HOLD) {
		if (!hold_open(&host, q->request, q->judgement, q->evidence, hold, &err) ||
		    !gate_plan_write(r->run.places.state, hold, plan, q->request, &err))
			return cli_fail(c, &err);
		notify_kick(r->run.policy);
	}
	status = show(c, q, str_from(hold));
	if (hold[0])
		fprintf(stderr,
			"pawl: %zu statement%s of it need%s a yes; held as one, %s. Once it is approved, the same command through the gate "
			"does them in this order, once, while the schema is what it is now.\n",
			r->n, r->n == 1 ? "" : "s", r->n == 1 ? "s" : "", hold);
	return status;
}

/* An approval is bound to it: where it is so no more, the next rehearsal is another request. */
static void warn(struct rehearsal *r, struct request *q, struct evidence *e)
{
	if (!r->forbidden.len)
		return;
	q->summary = arena_fmt(&r->arena, "%.*s. A YES WILL NOT MAKE IT RUN: the server refuses to the role that pawl logs in as: %.*s",
			       STR_ARG(q->summary), STR_ARG(r->forbidden));
	evidence_note_add(e, &r->arena, true,
			  redact_str(arena_fmt(&r->arena, "a yes will not make it run: %.*s", STR_ARG(r->forbidden)), &r->arena));
}

static int plan_it(const struct cli *c, struct rehearsal *r, const struct database_upstream *u)
{
	struct gate_plan plan = { .upstream = u->name, .statements = r->statements, .n = r->n };
	struct evidence evidence = { .now_us = clock_now_us() };
	struct digest seen;
	struct judgement judgement;
	struct request q = {
		.principal = asker_find(),
		.gate = GATE_POSTGRES,
		.tool = STR("postgresql"),
	};
	struct err err = { 0 };

	if (!weigh_all(r, u, &q, &plan.schema, &err))
		return cli_fail(c, &err);
	q.summary = arena_fmt(&r->arena, "rehearsed: %.*s: %zu statements that need a yes",
			      STR_ARG(str_sub(command_line(c, &r->arena), 0, 500)), r->n);
	q.binding.backend = arena_fmt(&r->arena, "postgres:%.*s/%.*s/%.*s", STR_ARG(u->name), STR_ARG(u->place.host),
				      STR_ARG(u->place.database));
	q.bytes = gate_plan_bytes(&plan);
	warn(r, &q, &evidence);
	seen = evidence_digest(&evidence);
	request_redact(&q, &r->arena);
	recovery_look(&r->run.places, &q, u->name, &r->arena, &evidence);
	evidence_redact(&evidence, &r->arena);
	judge(r->run.policy, &q, &evidence, &r->arena, &judgement);
	q.binding.environment = judgement.environment.name;
	q.binding.evidence = digest_text(&seen, &r->arena);
	return hold_plan(c, r, &(struct hold_request){ &q, &judgement, &evidence }, &plan);
}

/* --- the whole --- */

static int after(const struct cli *c, struct rehearsal *r, const struct database_upstream *u, int status)
{
	struct err err = { 0 };

	if (r->too_many || r->broken) {
		err_set(&err, ERR_LIMIT, r->broken ? "the rehearsal did what none of its statements said: it cannot be held as one"
						   : "more statements than can be held as one");
		return cli_fail(c, &err);
	}
	if (status != 0 && !r->n) {
		err_set(&err, ERR_TOOL, "in the rehearsal the command ended with status %d, so what it would do is not known; nothing of "
			"what it had done by then needs a yes", status);
		return cli_fail(c, &err);
	}
	if (status != 0)
		fprintf(stderr, "pawl: in the rehearsal the command ended with status %d: what follows is what it had done by then.\n",
			status);
	if (!r->n) {
		fputs("pawl: nothing of it needs a yes: it would pass through the gate as it is.\n", stderr);
		return c->json ? cli_print_json("verdict", STR("allow")) : EXIT_ALLOW;
	}
	return plan_it(c, r, u);
}

static int rehearse(const struct cli *c, struct rehearsal *r)
{
	const char *name = cli_value(c, "upstream");
	const struct database_upstream *u = name ? gate_config_find(&r->run.config, str_from(name)) : &r->run.config.upstreams[0];
	struct err err = { 0 };
	int status = -1;
	bool ok;

	if (!u) {
		err_set(&err, ERR_INPUT, "no upstream is called '%s' in %.*s", name, STR_ARG(r->run.config.path));
		return cli_fail(c, &err);
	}
	r->host = (struct database_host){ .ctx = r, .policy = r->run.policy, .decide = decide, .breach = breach,
					  .tightened = not_tightened, .frozen = not_frozen, .key = key };
	ok = gate_key_make(r->run.places.state, r->run.ledger, STR("rehearsal"), KEY_LIFE_S, &r->key, r->secret, &err) &&
	     gate_scratch_make(u, &r->arena, &r->scratch, &err) && run_command(c, r, &status, &err);
	if (r->key.id[0] && !gate_key_revoke(r->run.places.state, r->run.ledger, str_from(r->key.id), NULL))
		fprintf(stderr, "pawl: revoke it by hand: pawl postgres keys revoke %s\n", r->key.id);
	status = ok ? after(c, r, u, status) : cli_fail(c, &err);
	gate_scratch_drop(&r->scratch);
	return status;
}

int gate_rehearse(struct cli *c)
{
	struct gate_run_opts o = { .config = cli_value(c, "config") };
	struct rehearsal r = { .n = 0 };
	struct err err = { 0 };
	int status;

	if (!c->n_args || !c->dashes)
		return cli_usage(c, "--rehearse -- COMMAND …");
	pthread_mutex_init(&r.lock, NULL);
	if (!arena_map(&r.arena, PLAN_ARENA))
		return EXIT_ERROR;
	r.texts = ARENA_ARRAY(&r.arena, GATE_PLAN_MOST, struct str);
	r.statements = ARENA_ARRAY(&r.arena, GATE_PLAN_MOST, struct digest);
	status = r.texts && r.statements && gate_run_open(&o, &r.run, &err) ? rehearse(c, &r) : cli_fail(c, &err);
	gate_run_close(&r.run);
	explicit_bzero(r.secret, sizeof(r.secret));
	arena_unmap(&r.arena);
	return status;
}
