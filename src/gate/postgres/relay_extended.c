/* Parse, Bind, Execute and their like: judged at Parse, asked about at Bind, in a transaction of the gate's own where they write. */
#include "gate/postgres/session.h"

#define OWN "_pawl" /* names that begin so are the gate's */

enum relay_did relay_refuse_extended(struct session *s, const struct message_error *e)
{
	relay_refuse(s, e, false);
	return RELAY_DONE;
}

enum relay_did relay_malformed(struct session *s)
{
	session_fatal(s, "08P01", STR("pawl: a message that is not well formed"));
	return RELAY_ENDED;
}

/* What the answers of the client's own messages become. */
uint16_t relay_how(const struct relay *r)
{
	return r->block == BLOCK_GATE ? HOW_ERROR | HOW_REST | HOW_HOLD : HOW_ALL;
}

enum relay_did relay_wait(struct session *s)
{
	relay_when_quiet(s, relay_resume);
	return s->phase == SESSION_RELAY ? RELAY_WAITS : RELAY_ENDED;
}

/* End what came before in this pipeline, so that a transaction can begin: the server has only read in it. */
enum relay_did relay_begin_anew(struct session *s)
{
	relay_sync(s, HOW_NONE);
	return relay_wait(s);
}

bool relay_ours(struct str name)
{
	return str_starts(name, STR(OWN));
}

enum relay_did relay_not_yours(struct session *s)
{
	struct message_error e = { "ERROR", "PW004",
				   STR("pawl: names that begin with _pawl are the gate's own"),
				   STR("Use another name.") };

	return relay_refuse_extended(s, &e);
}

/* --- Parse --- */

/* The message with another text in it. */
static void send_parse(struct session *s, struct str name, struct str text, struct str types)
{
	struct buf b = BUF_MAX(STREAM_MAX);
	size_t at = message_begin(&b, 'P');

	message_add_text(&b, name);
	message_add_text(&b, text);
	buf_add(&b, types);
	message_end(&b, at);
	if (b.failed)
		s->server.failed = true;
	else
		relay_to_server(s, buf_str(&b));
	buf_free(&b);
}

bool relay_begins(const struct relay_prepared *p)
{
	return p->ruling == RULING_CONTROL && (p->control == CONTROL_BEGIN || p->control == CONTROL_BEGIN_READ_ONLY);
}

/* Needs the start of a transaction, and something else ran in this one already. */
static bool must_begin_anew(const struct relay *r, const struct relay_prepared *p)
{
	bool starts = relay_begins(p) || p->ruling == RULING_WRITE;

	return starts && r->block == BLOCK_NONE && r->unsynced;
}

enum relay_did relay_refused(struct session *s, const struct statement_answer *a)
{
	for (const struct statement *st = a->statements; st; st = st->next) {
		struct message_error e = { "ERROR", st->sqlstate[0] ? st->sqlstate : "PW004", st->message, st->hint };

		if (st->ruling == RULING_REFUSE)
			return relay_refuse_extended(s, &e);
	}
	return RELAY_PASS;
}

static enum relay_did refused_unread(struct session *s, const struct statement *st, struct str text)
{
	struct message_error e = { "ERROR", st->sqlstate, st->message, st->hint };

	relay_refuse_unread(s, &e, text, false);
	return RELAY_DONE;
}

static enum relay_did too_many(struct session *s)
{
	struct message_error e = { "ERROR", "53200", STR("pawl: too many prepared statements"), STR("Close those that are not used.") };

	return relay_refuse_extended(s, &e);
}

static void pend(struct relay *r, struct relay_prepared *p)
{
	p->segment = r->segment;
	*r->pending_end = p;
	r->pending_end = &p->next;
}

enum relay_did relay_parse(struct session *s, struct str message, bool bind_follows)
{
	struct str body = str_sub(message, MESSAGE_HEAD, message.len), name, text;
	struct relay *r = &s->relay;
	struct statement_answer a;
	struct relay_prepared *p;

	if (!message_text(&body, &name) || !message_text(&body, &text) || body.len < 2)
		return relay_malformed(s);
	if (relay_ours(name))
		return relay_not_yours(s);
	if (relay_schema_stale(s))
		return RELAY_WAITS;
	relay_weigh(s, text, &a);
	if (a.n == 1 && a.statements->ruling == RULING_REFUSE)
		return a.statements->unread ? refused_unread(s, a.statements, text) : relay_refused(s, &a);
	p = relay_prepared_new(name);
	if (!p || !relay_prepared_keep(r, p, a.n == 1 && a.statements->instead.len ? a.statements->instead : text, body)) {
		relay_prepared_free(r, p);
		return too_many(s);
	}
	relay_prepared_fill(s, p, &a);
	p->replaced = a.n == 1 && a.statements->instead.len;
	relay_by_name_drop(r, name);
	if (must_begin_anew(r, p) && (relay_begins(p) || bind_follows)) {
		relay_prepared_free(r, p);
		return relay_begin_anew(s);
	}
	if (p->ruling == RULING_WRITE && r->block == BLOCK_NONE && bind_follows) {
		if (relay_ready_awaited(r)) {
			relay_prepared_free(r, p);
			return relay_wait(s);
		}
		relay_open(s);
	}
	if (relay_begins(p) && r->block == BLOCK_NONE)
		relay_forget(s);
	pend(r, p);
	if (a.n == 1 && a.statements->instead.len)
		send_parse(s, name, a.statements->instead, body);
	relay_sent(s, 'P', relay_how(r), p);
	return a.n == 1 && a.statements->instead.len ? RELAY_DONE : RELAY_PASS;
}

/* --- Describe, Close --- */

enum relay_did relay_describe(struct session *s, struct str message)
{
	struct str body = str_sub(message, MESSAGE_HEAD + 1, message.len), name;
	struct relay *r = &s->relay;
	struct relay_special *x;
	char what = message.ptr[MESSAGE_HEAD];

	if (!message_text(&body, &name) || (what != 'S' && what != 'P'))
		return relay_malformed(s);
	if (relay_ours(name))
		return relay_not_yours(s);
	x = what == 'P' ? relay_special_find(r, name) : NULL;
	if (x && x->instead) {
		message_bare(&s->worker->text, 'n');
		session_say(s, &s->worker->text);
		return RELAY_DONE;
	}
	relay_sent(s, 'D', relay_how(r), NULL);
	return RELAY_PASS;
}

enum relay_did relay_close(struct session *s, struct str message)
{
	struct str body = str_sub(message, MESSAGE_HEAD + 1, message.len), name;
	struct relay *r = &s->relay;
	struct relay_prepared *p;
	char what = message.ptr[MESSAGE_HEAD];

	if (!message_text(&body, &name) || (what != 'S' && what != 'P'))
		return relay_malformed(s);
	if (relay_ours(name))
		return relay_not_yours(s);
	if (what == 'S' && relay_pending_find(r, name))
		return relay_wait(s);
	if (what == 'S')
		relay_by_name_drop(r, name);
	p = what == 'S' ? relay_prepared_find(r, name) : NULL;
	relay_sent(s, 'C', relay_how(r), p);
	return RELAY_PASS;
}

/* --- Execute --- */

static void send_execute(struct session *s)
{
	struct relay *r = &s->relay;

	relay_held_go(s);
	relay_to_server(s, buf_str(&r->execute));
	buf_free(&r->execute);
	relay_sent(s, 'E', HOW_ALL, NULL);
	if (r->chains) {
		relay_run(s, STR(RELAY_WRITES_AGAIN), HOW_ERROR | HOW_QUIET);
		relay_when_quiet(s, relay_resume);
	} else {
		r->block = BLOCK_NONE;
	}
}

static void commit_refused(struct session *s)
{
	struct relay *r = &s->relay;

	relay_held_drop(s);
	if (!r->skipping)
		stream_copy(&s->client, buf_str(&r->refusal));
	buf_free(&r->refusal);
	r->skipping = true;
}

/* The witness has answered. */
static void commit_looked(struct session *s)
{
	struct relay *r = &s->relay;

	if (r->theirs_failed) { /* in the same pipeline: the server skips the COMMIT, and the failed transaction stays open */
		buf_free(&r->execute);
		r->chains = false;
		return;
	}
	if (r->may_commit) {
		send_execute(s);
		return;
	}
	buf_free(&r->execute);
	r->chains = false;
	if (r->tx != 'I' || r->block != BLOCK_NONE)
		relay_finish(s, HELPER_ROLLBACK);
	relay_when_quiet(s, commit_refused);
}

static enum relay_did execute_commit(struct session *s, struct str message)
{
	struct relay *r = &s->relay;

	buf_clear(&r->execute);
	buf_add(&r->execute, message);
	relay_look(s, commit_looked);
	return RELAY_DONE;
}

static enum relay_did execute_instead(struct session *s, struct relay_special *x)
{
	struct buf *b = &s->worker->text;
	struct relay *r = &s->relay;
	char tag[64];

	relay_tag(r, str_from(x->tag), tag);
	buf_clear(b);
	message_complete(b, str_from(tag));
	relay_special_unset(r, x);
	if (r->block == BLOCK_GATE) {
		buf_add(&r->held, buf_str(b));
		r->holding = true;
	} else {
		session_say(s, b);
	}
	buf_clear(b);
	return RELAY_DONE;
}

/* The client's own word ends, or takes over, the transaction that is the gate's. */
static void ours_ends(struct session *s, enum relay_block becomes)
{
	relay_held_go(s);
	s->relay.block = becomes;
}

/* Before a COMMIT in it. One that failed the server rolls back. */
static bool must_look(const struct session *s)
{
	const struct relay *r = &s->relay;

	if ((r->block != BLOCK_CLIENT && r->block != BLOCK_GATE) || s->worker->server->o.permissive || r->tx == 'E')
		return false;
	return r->block == BLOCK_GATE || r->chains || !relay_looks_none(s);
}

/* What is sent now ends the transaction, where nothing before it in its pipeline fails. */
static void ends(struct relay *r)
{
	if (r->chains)
		return;
	r->failed = false;
	r->block = BLOCK_NONE;
}

static bool is_savepoint(enum control c)
{
	return c == CONTROL_SAVEPOINT || c == CONTROL_RELEASE || c == CONTROL_ROLLBACK_TO;
}

static bool ends_one(enum control c)
{
	return c == CONTROL_COMMIT || c == CONTROL_PREPARE || c == CONTROL_ROLLBACK;
}

static enum relay_did execute_control(struct session *s, const struct relay_special *x, struct str message)
{
	struct message_error e = { "ERROR", "25P01", relay_needs_block(x->control), STR_NONE };
	struct relay *r = &s->relay;

	if (r->block == BLOCK_GATE && e.message.len && (is_savepoint(x->control) || (x->p && x->p->chain)))
		return relay_refuse_extended(s, &e);
	/* A ReadyForQuery on its way ends the transaction before, and all that is counted and announced with it. Or what was to end it was
	 * skipped behind an error: then it is open, and may go on by ROLLBACK TO. So what ends one is always of the pipeline that its
	 * ReadyForQuery, where it says otherwise, is the next one of. */
	if ((r->block == BLOCK_NONE ? x->control != CONTROL_NONE : ends_one(x->control)) && relay_ready_awaited(r))
		return relay_wait(s);
	r->chains = x->chain && r->block != BLOCK_NONE;
	switch (x->control) {
	case CONTROL_COMMIT:
	case CONTROL_PREPARE:
		if (r->block == BLOCK_GATE && r->n_sent)
			return relay_wait(s);
		if (r->block == BLOCK_GATE && s->worker->server->o.permissive)
			relay_held_go(s);
		else if (must_look(s))
			return execute_commit(s, message);
		ends(r);
		break;
	case CONTROL_BEGIN:
	case CONTROL_BEGIN_READ_ONLY:
		if (r->block == BLOCK_GATE && r->n_sent)
			return relay_wait(s);
		if (r->block == BLOCK_GATE)
			ours_ends(s, BLOCK_CLIENT); /* it may write already */
		if (r->block == BLOCK_NONE) {
			r->block = x->control == CONTROL_BEGIN ? BLOCK_CLIENT : BLOCK_CLIENT_READ_ONLY;
			r->may_write |= x->control == CONTROL_BEGIN;
		}
		break;
	case CONTROL_ROLLBACK:
		if (r->block == BLOCK_GATE && r->n_sent)
			return relay_wait(s);
		if (r->block == BLOCK_GATE)
			relay_held_go(s);
		ends(r);
		break;
	case CONTROL_ROLLBACK_TO:
		if (!relay_back_due(s, x->control))
			break;
		if (relay_ready_awaited(r)) /* perhaps of an error, behind which nothing can be asked */
			return relay_wait(s);
		relay_statement_look(s);
		break;
	case CONTROL_NONE:
	case CONTROL_SAVEPOINT:
	case CONTROL_RELEASE:
		break;
	}
	return RELAY_PASS;
}

/* Names that are prepared, the path or the session's way are others for what follows. */
static bool changes_meaning(const struct relay *r, const struct relay_prepared *p)
{
	const struct relay_effects *e = p ? &p->effects : NULL;

	if (p && r->path_saved && (ends_one(p->control) || p->control == CONTROL_ROLLBACK_TO))
		return true;
	return e && (e->forgets || e->deallocates || e->prepares || e->path_changed || e->path_known || e->read_only != READ_ONLY_UNSAID);
}

enum relay_did relay_execute(struct session *s, struct str message)
{
	struct str body = str_sub(message, MESSAGE_HEAD, message.len), portal;
	struct relay *r = &s->relay;
	struct relay_special *x;
	bool gate = r->block == BLOCK_GATE, let = false;
	uint16_t how;

	if (!message_text(&body, &portal) || body.len != 4)
		return relay_malformed(s);
	if (relay_ours(portal))
		return relay_not_yours(s);
	x = relay_special_find(r, portal);
	if (x && x->instead)
		return execute_instead(s, x);
	if (x) {
		enum relay_did did = execute_control(s, x, message);

		if (did != RELAY_PASS)
			return did;
	}
	how = relay_how(r);
	/* That a transaction is in progress already is the gate's own doing. */
	if (gate && r->block == BLOCK_CLIENT)
		how |= HOW_QUIET;
	if (x && relay_writes(x->p)) {
		let = relay_let(s, x->leave, x->copies_in);
		if (!let && relay_statement_due(s)) {
			relay_statement_look(s);
			if (x->copies_in)
				return relay_wait(s);
		}
		if (!let)
			relay_wrote(s);
	} else if (!x || x->control == CONTROL_NONE) {
		relay_read(s);
	}
	relay_sent(s, 'E', how, x ? x->p : NULL);
	if (x && r->chains) {
		relay_to_server(s, message);
		if (relay_chains_anew(r))
			relay_run(s, STR(RELAY_WRITES_AGAIN), HOW_ERROR | HOW_QUIET);
		relay_when_quiet(s, relay_resume);
		return RELAY_DONE;
	}
	if (x && (x->copies_in || changes_meaning(r, x->p))) {
		/* What follows would be read as part of the copy, or means what it does only afterwards: first see whether there is one. */
		relay_to_server(s, message);
		relay_when_quiet(s, relay_resume);
		return RELAY_DONE;
	}
	if (let) {
		relay_to_server(s, message);
		relay_let_look(s);
		return RELAY_DONE;
	}
	return RELAY_PASS;
}
