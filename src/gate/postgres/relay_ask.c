/* Statements that cannot be decided from memory: the whole text goes to an asker thread, which reads it again there, fills in its scope,
 * asks the rest of pawl (a person, at worst), and has what it would destroy kept. Meanwhile the client's bytes are not read, only its
 * going away. */
#include "base/clock.h"
#include "gate/postgres/aside.h"
#include "gate/postgres/question.h"
#include "gate/postgres/relay_keep.h"
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

bool relay_passage_gone(void *passage)
{
	struct relay_passage *p = passage;

	return __atomic_load_n(&p->gone, __ATOMIC_SEQ_CST) || __atomic_load_n(&p->upstream->stopping, __ATOMIC_SEQ_CST);
}

/* --- on the asker's thread --- */

static void no(struct relay_passage *p, struct str message)
{
	p->passage = (struct database_passage){ .answer = DATABASE_REFUSED, .why = DATABASE_DENIED, .message = message };
}

static void waits(void *ctx, struct str message, struct str hint)
{
	struct relay_passage *p = ctx;

	p->waits = message;
	p->how_to_answer = hint;
	loop_post(p->job.home, &p->waiting);
}

/* The text, and what the names in it that were prepared stand for. */
static struct str summary_of(struct relay_passage *p)
{
	struct str summary = str_sub(str_trim(p->text), 0, SUMMARY);

	for (const struct passage_name *n = p->names; n && summary.len < 4 * SUMMARY; n = n->next)
		summary = arena_fmt(&p->arena, "%.*s (%.*s: %.*s)", STR_ARG(summary), STR_ARG(str_sub(n->name, 0, 64)),
				    STR_ARG(str_sub(str_trim(n->text), 0, SUMMARY)));
	return summary;
}

static void make_question(struct relay_passage *p, const struct statement_answer *a, struct str scope)
{
	struct question_about about = {
		.text = p->text, .types = p->types, .parameters = p->parameters, .prepared = p->prepared,
		.database = p->upstream->of->name, .search_path = p->context.search_path, .schema_version = a->schema_version,
	};
	struct str summary = summary_of(p);
	struct database_question *q = &p->question;

	*q = (struct database_question){ .upstream = p->upstream->of, .session = p->who, .text = p->text, .arena = &p->arena,
					    .notes = p->notes, .waits = waits, .waits_ctx = p };
	q->request = (struct request){
		.principal = { .kind = PRINCIPAL_AGENT, .name = p->who.name, .session = p->who.id },
		.gate = GATE_POSTGRES,
		.tool = STR("postgresql"),
		.summary = arena_fmt(&p->arena, "%.*s%s%.*s%s%.*s", STR_ARG(scope), scope.len ? ": " : "", STR_ARG(summary),
				     p->kept.len ? ". " : "", STR_ARG(p->kept)),
		.binding = { .environment = p->context.environment.name },
		.bytes = question_digest(&about, &p->arena),
		.changes = a->changes,
	};
	about.schema_version = 0;
	q->statement = question_digest(&about, &p->arena);
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

#define VALUES_MAX 32

/* A Bind's values behind its names, where all of them came as text. */
static void read_values(struct str b, struct arena *arena, struct scope_asked *ret)
{
	struct str *values = ARENA_ARRAY(arena, VALUES_MAX, struct str);
	size_t formats = b.len >= 2 ? message_u16(b.ptr) : 0, n;

	ret->params_known = !b.len;
	if (b.len < 4 + 2 * formats || !values)
		return;
	for (size_t i = 0; i < formats; i++) {
		if (message_u16(b.ptr + 2 + 2 * i))
			return;
	}
	n = message_u16(b.ptr + 2 + 2 * formats);
	b = str_sub(b, 4 + 2 * formats, b.len);
	for (size_t i = 0; i < n; i++) {
		uint32_t len = b.len >= 4 ? message_u32(b.ptr) : 0;

		if (n > VALUES_MAX || b.len < 4 || (len != UINT32_MAX && len > b.len - 4))
			return;
		values[i] = len == UINT32_MAX ? STR_NONE : (struct str){ b.ptr + 4, len };
		b = str_sub(b, 4 + values[i].len, b.len);
	}
	ret->params = values;
	ret->n_params = n;
	ret->params_known = true;
}

/* What it would destroy, for the card. */
static bool measure(struct relay_passage *p, struct statement_answer *a, struct str *ret_says, struct err *err)
{
	struct scope_asked how = { .text = p->text, .search_path = p->context.search_path };
	struct postgres_aside *aside = upstream_aside(p->upstream, err);
	bool ok;

	read_values(p->parameters, &p->arena, &how);
	if (!aside)
		return err_prefix(err, "the database could not be asked what it would touch");
	if (!as_it_is_now(p, aside, a, err)) {
		upstream_aside_done(p->upstream);
		return false;
	}
	question_measure(aside, p->context.catalogue, a, &how, &p->arena, ret_says);
	ok = relay_keep_plan(p, a, aside, err);
	upstream_aside_done(p->upstream);
	if (!ok)
		return false;
	for (const struct statement *st = a->statements; st; st = st->next) {
		if (st->ruling == RULING_REFUSE)
			return err_set(err, ERR_DENIED, "refused on the schema as it is now");
	}
	return true;
}

/* It passed: is it still what was asked about, and is it kept? */
static void passed(struct relay_passage *p, const struct statement_answer *a)
{
	struct err err = { 0 };
	struct postgres_aside *aside = upstream_aside(p->upstream, &err);
	bool ok = aside && question_schema_same(aside, a->schema_version, &err) && relay_keep_all(p, a, aside, &err);

	if (aside)
		upstream_aside_done(p->upstream);
	if (!ok) { /* the schema may be another: the next statement reads it first */
		pthread_mutex_lock(&p->upstream->lock);
		p->upstream->stale = true;
		pthread_mutex_unlock(&p->upstream->lock);
	}
	if (!ok)
		no(p, arena_fmt(&p->arena, "pawl: not run: %.600s", err.msg));
	p->n_keeps = ok ? a->n : 0;
}

static void work(struct asking_job *job)
{
	struct relay_passage *p = (struct relay_passage *)(void *)job;
	struct statement_answer *a = ARENA_NEW(&p->arena, struct statement_answer);
	struct str scope = STR_NONE;
	struct err err = { 0 };

	p->answer = a;
	if (a)
		statement_weigh(&p->context, p->text, &p->arena, a);
	if (a && !p->arena.full)
		p->keeps = ARENA_ARRAY(&p->arena, a->n + 1, struct relay_keep);
	if (p->keeps && !measure(p, a, &scope, &err)) {
		no(p, arena_fmt(&p->arena, "pawl: %.600s", err.msg));
		return;
	}
	if (p->keeps)
		make_question(p, a, scope);
	if (!p->keeps || p->arena.full) {
		no(p, STR("pawl: too large to be asked about"));
		return;
	}
	p->host->decide(p->host->ctx, &p->question, relay_passage_gone, p, &p->passage);
	if (p->passage.answer == DATABASE_PASSED)
		passed(p, a);
}

/* --- on the worker's --- */

/* Between the server's messages: nothing is on its way while it is asked. */
static void say_waiting(struct loop_note *n)
{
	struct relay_passage *p = (struct relay_passage *)(void *)((char *)n - offsetof(struct relay_passage, waiting));
	struct session *s = p->session;
	struct message_error notice = { "NOTICE", "00000", p->waits, p->how_to_answer };

	if (!s || s->phase != SESSION_RELAY || s->relay.server_left)
		return;
	s->worker->loop.n_made = 0;
	relay_error(s, &notice);
	session_pump(s);
}

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

static void remember(struct relay_passage *p, struct str name, struct str text, bool parsed)
{
	struct passage_name *n = ARENA_NEW(&p->arena, struct passage_name);

	if (!n)
		return;
	*n = (struct passage_name){ arena_str(&p->arena, name), arena_str(&p->arena, text), parsed, p->names };
	p->names = n;
}

/* statement_context.prepared, on the asker's thread. */
static bool prepared_then(void *passage, struct str name, struct str *ret)
{
	for (const struct passage_name *n = ((struct relay_passage *)passage)->names; n; n = n->next) {
		if (n->parsed || !str_eq(n->name, name))
			continue;
		*ret = n->text;
		return true;
	}
	return false;
}

static bool temporary_then(void *passage, struct str name)
{
	const struct relay_passage *p = passage;

	for (size_t i = 0; i < p->n_temporary; i++) {
		if (str_eq(p->temporary[i], name))
			return true;
	}
	return false;
}

/* What a prepared statement's name stands for in this session. One that the gate does not know is never the same twice. */
static void add_prepared(struct session *s, struct relay_passage *passage, struct str name, struct digest_run *run)
{
	const struct relay *r = &s->relay;
	const struct relay_prepared *p = relay_prepared_find(&s->relay, name);
	struct str text = STR_NONE;
	char unknown[64];

	digest_field(run, STR("name"), name);
	if (relay_by_name(s, name, &text)) {
		digest_field(run, STR("prepared"), text);
		remember(passage, name, text, false);
	}
	if (p) {
		digest_field(run, STR("parsed"), (struct str){ p->text, p->n_text });
		digest_field(run, STR("types"), p->types);
		remember(passage, name, (struct str){ p->text, p->n_text }, true);
	}
	if (text.len || p)
		return;
	snprintf(unknown, sizeof(unknown), "%08x %u %lld", r->helper_random, r->segment, (long long)clock_now_us());
	digest_field(run, STR("unknown"), str_from(unknown));
}

/* The names that the text executes may stand for something else the next time: what they stand for is part of what is asked. */
static void look_up_prepared(struct session *s, struct relay_passage *p)
{
	struct statement_answer *a = ARENA_NEW(&p->arena, struct statement_answer);
	struct digest_run run;
	struct digest d;
	bool any = false;

	if (!a)
		return; /* the arena is full, and so nothing is asked */
	statement_weigh(&p->context, p->text, &p->arena, a);
	digest_begin(&run);
	CHANGE_EACH(c, &a->changes) {
		if (!statement_executes(c))
			continue;
		add_prepared(s, p, c->name, &run);
		any = true;
	}
	d = digest_end(&run);
	if (any)
		p->prepared = arena_str(&p->arena, (struct str){ (const char *)d.b, sizeof(d.b) });
}

static struct relay_passage *passage_new(struct session *s, struct str text, struct str types, struct str parameters)
{
	struct relay_passage *p = calloc(1, sizeof(*p));
	struct arena *arena;

	if (!p || !arena_map(&p->arena, ASK_ARENA)) {
		free(p);
		return NULL;
	}
	arena = &p->arena;
	p->session = s;
	p->waiting.run = say_waiting;
	p->upstream = s->upstream;
	p->host = s->worker->server->o.host;
	p->who = (struct database_session){ arena_str(arena, s->who.id), arena_str(arena, s->who.name) };
	p->text = arena_str(arena, text);
	p->types = arena_str(arena, types);
	p->parameters = arena_str(arena, parameters);
	relay_context(s, &p->context);
	p->context.session = &p->who;
	p->context.search_path = arena_str(arena, p->context.search_path);
	p->context.prepared = NULL;
	p->context.relay = p;
	p->context.temporary = temporary_then;
	p->temporary = relay_temporary_names(&s->relay, arena, &p->n_temporary);
	p->context.catalogue = p->context.catalogue ? catalogue_ref(p->context.catalogue) : NULL;
	look_up_prepared(s, p);
	p->context.prepared = prepared_then;
	p->job = (struct asking_job){ .note = { .run = work_done }, .work = work, .home = &s->worker->loop };
	return p;
}

bool relay_ask_submit(struct session *s, struct relay_passage *p)
{
	struct relay *r = &s->relay;

	if (!asking_submit(&s->worker->server->asks, &p->job))
		return false;
	s->job = &p->job;
	s->job_session = &p->session;
	pthread_mutex_lock(&s->worker->server->cancel_lock);
	r->asking = &p->gone;
	pthread_mutex_unlock(&s->worker->server->cancel_lock);
	r->stopped = true;
	return true;
}

void relay_ask(struct session *s, struct str text, struct str types, struct str parameters, void (*then)(struct session *s))
{
	struct relay_passage *p = passage_new(s, text, types, parameters);
	struct relay *r = &s->relay;

	if (p && !p->arena.full) {
		p->then = then;
		if (relay_ask_submit(s, p))
			return;
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
	struct arena *arena = &s->worker->arena;

	*ret = (struct message_error){ "ERROR", "PW002", STR("pawl: refused"), STR_NONE };
	if (!p)
		return;
	if (__atomic_load_n(&p->gone, __ATOMIC_SEQ_CST)) {
		*ret = (struct message_error){ "ERROR", "57014", STR("canceling statement due to user request"), STR_NONE };
		return;
	}
	arena_reset(arena);
	ret->sqlstate = relay_sqlstate(p->passage.why);
	ret->message = arena_str(arena, p->passage.message);
	ret->hint = arena_str(arena, p->passage.hint);
}
