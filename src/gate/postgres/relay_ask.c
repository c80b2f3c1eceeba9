/* Statements that cannot be decided from memory: the whole text goes to an asker thread, which reads it again there,
 * fills in its scope, asks
 * the rest of pawl (a person, at worst), and has what it would destroy kept. Meanwhile the client's bytes are not read,
  * only its going away. */

#include "gate/postgres/aside.h"
#include "gate/postgres/session.h"

#define ASK_ARENA ((size_t)64 << 20)
#define SUMMARY 200

void relay_passage_free(struct relay_passage *p)
{
	if (!p)
		return;
	catalogue_unref(p->context.catalogue);
	arena_unmap(&p->arena);
	free(p);
}

static void unlist(struct session *s)
{
	struct postgres_server *v = s->worker->server;

	pthread_mutex_lock(&v->cancel_lock);
	s->relay.asking = NULL;
	pthread_mutex_unlock(&v->cancel_lock);
}

void relay_ask_gone(struct session *s)
{
	if (!s->relay.asking)
		return;
	__atomic_store_n(s->relay.asking, true, __ATOMIC_SEQ_CST);
	unlist(s);
}

static bool gone(void *ctx)
{
	struct relay_passage *p = ctx;

	return __atomic_load_n(&p->gone, __ATOMIC_SEQ_CST) || __atomic_load_n(&p->upstream->stopping, __ATOMIC_SEQ_CST);
}

/* --- on the asker's thread --- */

/* What an approval is about: the statement as it reads, its values, the schema it was weighed against. ${schema} false: any schema's, for
 * statements of a plan that is approved as a whole. */
static struct digest digest_of_statement(const struct relay_passage *p, const struct statement_answer *a, bool schema)
{
	struct digest_run run;
	char version[32] = "any";

	if (schema)
		snprintf(version, sizeof(version), "%llu", (unsigned long long)a->schema_version);
	digest_begin(&run);
	digest_field(&run, STR("version"), STR("pawl-postgres-1"));
	for (const struct statement *st = a->statements; st; st = st->next)
		digest_field(&run, STR("statement"), str_trim(st->text));
	digest_field(&run, STR("parameters"), p->parameters);
	digest_field(&run, STR("database"), p->upstream->of->name);
	digest_field(&run, STR("search_path"), p->context.search_path);
	digest_field(&run, STR("schema"), str_from(version));
	return digest_end(&run);
}

static void make_question(struct relay_passage *p, const struct statement_answer *a)
{
	struct database_question *q = &p->question;

	*q = (struct database_question){ .upstream = p->upstream->of, .session = p->who, .text = p->text, .arena = &p->arena };
	q->request = (struct request){
		.principal = { .kind = PRINCIPAL_AGENT, .name = p->who.name, .session = p->who.id },
		.gate = GATE_POSTGRES,
		.tool = STR("postgresql"),
		.summary = arena_str(&p->arena, str_sub(str_trim(p->text), 0, SUMMARY)),
		.binding = { .environment = p->context.environment.name },
		.bytes = digest_of_statement(p, a, true),
		.changes = a->changes,
	};
	q->statement = digest_of_statement(p, a, false);
	q->schema = a->schema_version;
	database_locate(p->upstream->of, &q->request);
	request_redact(&q->request, &p->arena);
}

/* The snapshot may be some seconds old, and an approval is about the schema as it is: weighed anew where that changed. */
static bool as_it_is_now(struct relay_passage *p, struct postgres_aside *aside, struct statement_answer *a, struct err *err)
{
	const struct database_upstream *u = p->upstream->of;
	struct catalogue *fresh = NULL;
	uint64_t now;

	if (!catalogue_version_now(aside, &now, err))
		return err_prefix(err, "the database's schema cannot be read");
	if (p->context.catalogue && catalogue_version(p->context.catalogue) == now)
		return true;
	if (!catalogue_read(aside, u->critical, u->n_critical, &fresh, err))
		return err_prefix(err, "the database's schema cannot be read");
	catalogue_unref(p->context.catalogue);
	p->context.catalogue = fresh;
	statement_weigh(&p->context, p->text, &p->arena, a);
	return true;
}

/* Scope, for the card; and how what it destroys is kept. */
static bool prepare(struct relay_passage *p, struct statement_answer *a, struct err *err)
{
	struct postgres_aside *aside = upstream_aside(p->upstream, err);
	size_t nth = 0;

	if (!aside)
		return err_prefix(err, "the database could not be asked what it would touch");
	if (!as_it_is_now(p, aside, a, err)) {
		upstream_aside_done(p->upstream);
		return false;
	}
	for (const struct statement *st = a->statements; st; st = st->next, nth++) {
		if (st->ruling == RULING_ASK && !scope_fill(aside, p->context.catalogue, a->sql, nth, &p->arena, &a->changes, err))
			break; /* the card then says that it is not known */
	}
	upstream_aside_done(p->upstream);
	return true;
}

static void no(struct relay_passage *p, struct str message)
{
	p->passage = (struct database_passage){ .answer = DATABASE_REFUSED, .why = DATABASE_DENIED, .message = message };
}

static void work(struct asking_job *job)
{
	struct relay_passage *p = (struct relay_passage *)(void *)job;
	struct statement_answer *a = ARENA_NEW(&p->arena, struct statement_answer);
	struct err err = { 0 };

	if (a)
		statement_weigh(&p->context, p->text, &p->arena, a);
	if (!a || p->arena.full) {
		no(p, STR("pawl: too large to be asked about"));
		return;
	}
	p->keeps = ARENA_ARRAY(&p->arena, a->n + 1, struct relay_keep);
	if (!prepare(p, a, &err)) {
		no(p, arena_fmt(&p->arena, "pawl: %s", err.msg));
		return;
	}
	make_question(p, a);
	if (p->arena.full) {
		no(p, STR("pawl: too large to be asked about"));
		return;
	}
	p->host->decide(p->host->ctx, &p->question, gone, p, &p->passage);
	p->n_keeps = p->keeps ? a->n : 0;
}

/* --- on the worker's --- */

static void work_done(struct loop_note *n)
{
	struct relay_passage *p = (struct relay_passage *)(void *)n;
	struct session *s = p->session;

	if (!s) {
		relay_passage_free(p);
		return;
	}
	s->job = NULL;
	s->job_session = NULL;
	s->worker->loop.n_made = 0;
	unlist(s);
	s->relay.passage = p;
	s->relay.stopped = false;
	p->then(s);
	if (!s->relay.stopped)
		s->client_kept = true;
	session_pump(s);
}

static struct relay_passage *passage_new(struct session *s, struct str text, struct str parameters)
{
	struct relay_passage *p = calloc(1, sizeof(*p));
	struct arena *arena;

	if (!p || !arena_map(&p->arena, ASK_ARENA)) {
		free(p);
		return NULL;
	}
	arena = &p->arena;
	p->session = s;
	p->upstream = s->upstream;
	p->host = s->worker->server->o.host;
	p->who = (struct database_session){ arena_str(arena, s->who.id), arena_str(arena, s->who.name) };
	p->text = arena_str(arena, text);
	p->parameters = arena_str(arena, parameters);
	relay_context(s, &p->context);
	p->context.session = &p->who;
	p->context.search_path = arena_str(arena, p->context.search_path);
	p->context.prepared = NULL;
	p->context.relay = NULL;
	p->context.catalogue = p->context.catalogue ? catalogue_ref(p->context.catalogue) : NULL;
	p->job = (struct asking_job){ .note = { .run = work_done }, .work = work, .home = &s->worker->loop };
	return p;
}

void relay_ask(struct session *s, struct str text, struct str parameters, void (*then)(struct session *s))
{
	struct relay_passage *p = passage_new(s, text, parameters);
	struct relay *r = &s->relay;

	if (p && !p->arena.full) {
		p->then = then;
		if (asking_submit(&s->worker->server->asks, &p->job)) {
			s->job = &p->job;
			s->job_session = &p->session;
			pthread_mutex_lock(&s->worker->server->cancel_lock);
			r->asking = &p->gone;
			pthread_mutex_unlock(&s->worker->server->cancel_lock);
			r->stopped = true;
			return;
		}
	}
	if (p)
		no(p, STR("pawl: too many statements wait for an answer already"));
	r->passage = p;
	r->stopped = false;
	if (p)
		then(s);
	else
		session_fatal(s, "53200", STR("pawl: no memory"));
}

void relay_ask_error(struct session *s, const struct relay_passage *p, struct message_error *ret)
{
	static const char *const states[] = {
		[DATABASE_NOT_REFUSED] = "PW002", [DATABASE_HELD] = "PW001",   [DATABASE_DENIED] = "PW002",
		[DATABASE_BUDGET] = "PW003",	  [DATABASE_OPAQUE] = "PW004", [DATABASE_TIGHTENED] = "PW005",
	};
	struct arena *arena = &s->worker->arena;

	*ret = (struct message_error){ "ERROR", "PW002", STR("pawl: refused"), STR_NONE };
	if (!p)
		return;
	if (__atomic_load_n(&p->gone, __ATOMIC_SEQ_CST)) {
		*ret = (struct message_error){ "ERROR", "57014", STR("canceling statement due to user request"), STR_NONE };
		return;
	}
	arena_reset(arena);
	ret->sqlstate = states[p->passage.why];
	ret->message = arena_str(arena, p->passage.message);
	ret->hint = arena_str(arena, p->passage.hint);
}
