/* Simple queries. What only reads goes by as it is. Everything else is run statement by statement, each when the one before was answered:
 * in a transaction of the gate's own, which ends as PostgreSQL's implicit one around the statements of one message would. */
#include "gate/postgres/relay_keep.h"
#include "gate/postgres/relay_script.h"

static void next(struct session *s);

static void end(struct session *s)
{
	relay_script_free(&s->relay);
	relay_held_go(s);
	relay_ready(s);
}

static void end_failed(struct session *s)
{
	struct relay *r = &s->relay;

	relay_script_free(r);
	relay_held_drop(s);
	if (r->refusal.len)
		stream_copy(&s->client, buf_str(&r->refusal));
	buf_free(&r->refusal);
	r->skipping = false;
	relay_ready(s);
}

/* The client was told of an error, or will be: nothing of the gate's own transaction stays. */
static void fail(struct session *s)
{
	struct relay *r = &s->relay;

	if (r->server_skips)
		relay_sync(s, HOW_NONE);
	if (r->block == BLOCK_GATE || (r->refusal.len && r->tx != 'I'))
		relay_finish(s, HELPER_ROLLBACK);
	relay_when_quiet(s, end_failed);
}

/* A COMMIT that is not to be: the transaction is over all the same. */
static void fail_commit(struct session *s)
{
	struct relay *r = &s->relay;

	if (r->tx != 'I')
		r->block = BLOCK_GATE;
	fail(s);
}

/* A message's only statement goes with what stands around it, as it came; of several, errors name places in the whole. */
static void send(struct session *s, const struct script_statement *st, uint16_t how)
{
	struct relay_script *p = s->relay.script;
	struct str before = { p->text + p->counted, (size_t)(st->text.ptr - p->text) - p->counted };

	p->counted += before.len;
	p->characters += str_characters(before);
	if (st->instead.len)
		relay_query(s, st->instead, how);
	else
		relay_query(s, p->n == 1 ? (struct str){ p->text, p->n_text } : st->text, how);
	s->relay.moved = (struct message_moved){ p->n == 1 && !st->instead.len ? 0 : p->characters, st->added,
						 str_characters(str_sub(st->text, 0, st->added_at)) };
}

/* --- the end of a transaction --- */

static void committed(struct session *s)
{
	struct relay *r = &s->relay;

	if (r->failed)
		fail(s);
	else
		next(s);
}

static void commit(struct session *s)
{
	relay_finish(s, HELPER_COMMIT);
	relay_when_quiet(s, committed);
}

static void looked(struct session *s)
{
	if (!s->relay.failed && s->relay.may_commit)
		commit(s);
	else
		fail(s);
}

static void chained(struct session *s)
{
	if (!s->relay.failed)
		relay_query(s, STR(RELAY_WRITES_AGAIN), HOW_ERROR | HOW_QUIET);
	relay_when_quiet(s, committed);
}

/* The client's own COMMIT, which the witness has looked before. */
static void client_commit(struct session *s)
{
	struct relay *r = &s->relay;
	struct relay_script *p = r->script;

	if (!r->may_commit) {
		fail_commit(s);
		return;
	}
	r->failed = false;
	send(s, &p->st[p->at - 1], HOW_ERROR | HOW_REST | HOW_HOLD);
	r->block = BLOCK_NONE;
	r->chains = p->st[p->at - 1].chain;
	relay_when_quiet(s, r->chains ? chained : committed);
}

/* --- one statement --- */

static void begin(struct session *s, const struct script_statement *st)
{
	struct relay *r = &s->relay;
	struct buf *b = &s->worker->text;

	if (r->block == BLOCK_GATE) {
		/* The implicit transaction goes on as the client's: it may write already. */
		r->block = BLOCK_CLIENT;
		buf_clear(b);
		message_complete(b, STR("BEGIN"));
		session_say(s, b);
		next(s);
		return;
	}
	if (r->block == BLOCK_NONE) {
		relay_forget(s);
		r->block = st->control == CONTROL_BEGIN ? BLOCK_CLIENT : BLOCK_CLIENT_READ_ONLY;
		r->may_write = st->control == CONTROL_BEGIN;
	}
	send(s, st, HOW_ERROR | HOW_REST);
	relay_when_quiet(s, next);
}

/* What wants a transaction of the client's own, in one of the gate's: as the server says it of an implicit one. */
static void not_in_block(struct session *s, const struct script_statement *st)
{
	struct message_error e = { "ERROR", "25P01", relay_needs_block(st->control), STR_NONE };

	relay_error(s, &e);
	fail(s);
}

static void end_block(struct session *s, const struct script_statement *st)
{
	struct relay *r = &s->relay;
	bool ends = st->control == CONTROL_COMMIT || st->control == CONTROL_PREPARE;

	if (r->block == BLOCK_GATE && st->chain) {
		not_in_block(s, st);
		return;
	}
	if (r->block == BLOCK_GATE)
		relay_error(s, &(struct message_error){ "WARNING", "25P01", STR("there is no transaction in progress"), STR_NONE });
	if (ends && r->tx == 'T' && r->block != BLOCK_CLIENT_READ_ONLY && !s->worker->server->o.permissive) {
		relay_look(s, client_commit);
		return;
	}
	if (r->block != BLOCK_NONE && st->control != CONTROL_PREPARE)
		r->block = BLOCK_NONE;
	r->chains = st->chain && r->tx != 'I';
	send(s, st, HOW_ERROR | HOW_REST);
	relay_when_quiet(s, r->chains && relay_chains_anew(r) ? chained : next);
}

static void control(struct session *s, const struct script_statement *st)
{
	switch (st->control) {
	case CONTROL_BEGIN:
	case CONTROL_BEGIN_READ_ONLY:
		begin(s, st);
		return;
	case CONTROL_COMMIT:
	case CONTROL_ROLLBACK:
	case CONTROL_PREPARE:
		end_block(s, st);
		return;
	case CONTROL_NONE:
	case CONTROL_SAVEPOINT:
	case CONTROL_RELEASE:
	case CONTROL_ROLLBACK_TO:
		break;
	}
	if (s->relay.block == BLOCK_GATE) {
		not_in_block(s, st);
		return;
	}
	if (relay_back_due(s, st->control)) {
		relay_statement_look(s);
		relay_sync(s, HOW_NONE);
	}
	send(s, st, HOW_ERROR | HOW_REST);
	relay_when_quiet(s, next);
}

static void alone_done(struct session *s)
{
	relay_schema_changed(s);
	next(s);
}

static void alone(struct session *s, const struct script_statement *st)
{
	struct relay *r = &s->relay;

	if (r->block != BLOCK_NONE || r->script->n > 1) {
		if (r->block == BLOCK_NONE)
			relay_open(s);
		send(s, st, HOW_ERROR | HOW_REST); /* the server says that it cannot be */
		relay_when_quiet(s, next);
		return;
	}
	relay_help(s, HELPER_WRITABLE, HOW_ERROR | HOW_QUIET);
	relay_sync(s, HOW_BETWEEN);
	send(s, st, HOW_ERROR | HOW_REST);
	relay_help(s, HELPER_READ_ONLY, HOW_QUIET);
	relay_sync(s, HOW_NONE);
	r->counters = true;
	relay_when_quiet(s, alone_done);
}

static const struct relay_keep *keep_of(const struct relay_script *p)
{
	return p->passage && p->at <= p->passage->n_keeps ? &p->passage->keeps[p->at - 1] : NULL;
}

static void instead_done(struct session *s)
{
	struct relay *r = &s->relay;
	const struct relay_keep *k = keep_of(r->script);
	struct buf *b = &s->worker->text;
	char tag[64];

	if (r->failed || r->over.len) {
		next(s);
		return;
	}
	relay_tag(r, k->tag, tag);
	buf_clear(b);
	message_complete(b, str_from(tag));
	if (r->block == BLOCK_GATE && r->script->at == r->script->n) {
		buf_add(&r->held, buf_str(b));
		r->holding = true;
		buf_clear(b);
	} else {
		session_say(s, b);
	}
	next(s);
}

static void run(struct session *s, const struct script_statement *st);

/* A copy begins when nothing else is on its way. */
static void run_copy(struct session *s)
{
	struct relay *r = &s->relay;

	r->failed || r->over.len ? next(s) : run(s, &r->script->st[r->script->at - 1]);
}

static bool look_before(struct session *s, const struct script_statement *st)
{
	bool writes = st->ruling == RULING_WRITE;
	bool yes = writes && relay_let(s, relay_leave_of(s->relay.script->passage), st->copies_in);
	bool looks = writes && !yes && relay_statement_due(s);

	if (looks)
		relay_statement_look(s);
	else if (!writes && !s->relay.script->passage)
		relay_read(s);
	if (s->relay.n_looks)
		relay_sync(s, HOW_NONE);
	if (looks && st->copies_in) {
		relay_when_quiet(s, run_copy);
		return false;
	}
	if (writes && !yes)
		relay_wrote(s);
	return true;
}

static void look_behind(struct session *s, const struct script_statement *st)
{
	if (s->relay.script->passage && st->ruling == RULING_WRITE && !st->copies_in)
		relay_let_look(s);
	if (s->relay.n_looks)
		relay_sync(s, HOW_NONE);
}

/* Its transaction fails by it. */
static void not_run(struct session *s, const struct message_error *e)
{
	if (s->relay.block == BLOCK_GATE) {
		relay_error(s, e);
		fail(s);
	} else {
		relay_refuse(s, e, true);
		relay_script_free(&s->relay);
	}
}

/* It is dumped, or not to be run. */
static void dumped(struct session *s)
{
	struct relay *r = &s->relay;
	struct relay_script *p = r->script;
	struct message_error e;

	p->passage = r->passage;
	r->passage = NULL;
	if (p->passage->passage.answer == DATABASE_PASSED) {
		run(s, &p->st[p->at - 1]);
		return;
	}
	relay_ask_error(s, p->passage, &e);
	not_run(s, &e);
}

static void locked(struct session *s)
{
	struct message_error e = { "ERROR", "53300", STR("pawl: too many statements wait already"), STR_NONE };
	struct relay *r = &s->relay;
	struct relay_script *p = r->script;
	struct relay_passage *of = p->passage;

	if (r->failed) {
		fail(s);
		return;
	}
	p->passage = NULL;
	if (relay_dump(s, of, p->at - 1, dumped))
		return;
	p->passage = of;
	not_run(s, &e);
}

static void run(struct session *s, const struct script_statement *st)
{
	struct relay *r = &s->relay;
	struct relay_script *p = r->script;
	const struct relay_keep *k = st->ask ? keep_of(p) : NULL;
	bool last = p->at == p->n;
	uint16_t how = HOW_ERROR | HOW_REST;

	/* A statement that only reads or sets is alone in its message: no transaction is needed for it. */
	if (r->block == BLOCK_NONE && (p->n > 1 || st->ruling == RULING_WRITE))
		relay_open(s);
	if (k && k->lock.len) {
		relay_run(s, k->lock, HOW_ERROR);
		relay_when_quiet(s, locked);
		return;
	}
	if (!look_before(s, st))
		return;
	r->ddl |= st->ddl;
	r->defines |= st->ddl && !p->passage;
	relay_announced(r, str_sub(buf_str(&p->announced), st->announces_at, st->announces_len), st->n_announces);
	if (k && k->before.len)
		relay_run(s, k->before, HOW_ERROR);
	if (k)
		relay_after(r, k->after);
	if (k && k->instead.len) {
		relay_run(s, k->instead, HOW_ERROR);
		look_behind(s, st);
		relay_when_quiet(s, instead_done);
		return;
	}
	if (r->block == BLOCK_GATE && last)
		how |= HOW_HOLD;
	send(s, st, how);
	look_behind(s, st);
	/* The witness looks in the same breath, but behind a copy, whose data would be mixed up with it. */
	if (r->block == BLOCK_GATE && last && !st->copies_in && !p->last && !s->worker->server->o.permissive) {
		relay_looks_none(s) ? commit(s) : relay_look(s, looked);
		return;
	}
	relay_when_quiet(s, next);
}

/* A statement before passed its limit: as if this one had failed. */
static void over_told(struct session *s)
{
	struct relay *r = &s->relay;

	buf_clear(&r->over);
	if (r->block == BLOCK_CLIENT && r->tx == 'T') {
		relay_fail(s);
		relay_when_quiet(s, end_failed);
	} else {
		fail(s);
	}
}

/* Nothing is on its way: the next statement, or the end. */
static void next(struct session *s)
{
	struct relay *r = &s->relay;
	struct relay_script *p = r->script;
	const struct script_statement *st;

	if (r->over.len) {
		relay_breach(s, r->over_why, buf_str(&r->over), over_told);
		return;
	}
	if (r->failed) {
		fail(s);
		return;
	}
	if (p->last)
		relay_effects_apply(s, &p->last->effects);
	p->last = NULL;
	if (p->at == p->n) {
		if (r->block == BLOCK_GATE && s->worker->server->o.permissive) {
			commit(s);
		} else if (r->block == BLOCK_GATE) {
			relay_look(s, looked);
		} else {
			end(s);
		}
		return;
	}
	st = &p->st[p->at++];
	if (st->effective)
		p->last = st;
	if (p->at < p->n)
		relay_held_go(s);
	if (st->ruling == RULING_CONTROL)
		control(s, st);
	else if (st->ruling == RULING_ALONE)
		alone(s, st);
	else
		run(s, st);
}

/* --- the message --- */

static void asked(struct session *s)
{
	struct relay *r = &s->relay;
	struct relay_script *p = r->script;
	struct message_error e;

	p->passage = r->passage;
	r->passage = NULL;
	if (!p->passage || p->passage->passage.answer != DATABASE_PASSED) {
		relay_ask_error(s, p->passage, &e);
		relay_script_free(r);
		relay_refuse(s, &e, true);
		return;
	}
	r->failed = false;
	next(s);
}

static void start(struct session *s)
{
	struct relay *r = &s->relay;
	struct relay_script *p = r->script;

	r->failed = false;
	for (size_t i = 0; i < p->n; i++) {
		if (p->st[i].ask) {
			relay_ask(s, (struct str){ p->text, p->n_text }, STR_NONE, STR_NONE, asked);
			return;
		}
	}
	next(s);
}

bool relay_script_start(struct session *s, const struct statement_answer *a, struct str text)
{
	struct relay *r = &s->relay;

	r->script = relay_script_new(r, a, text);
	if (!r->script || !r->script->text || r->script->n != a->n || r->script->announced.failed) {
		relay_script_free(r);
		return false;
	}
	relay_when_quiet(s, start);
	return true;
}
