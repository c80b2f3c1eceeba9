/* Bind: asked about where it must be, in a transaction that may write where it writes. */
#include "gate/postgres/relay_keep.h"
#include "gate/postgres/session.h"

static enum relay_did unknown(struct session *s, struct str name)
{
	struct arena *arena = &s->worker->arena;
	struct str text = name.len ? arena_fmt(arena, "prepared statement \"%.*s\" does not exist", STR_ARG(str_sub(name, 0, 100)))
				   : STR("unnamed prepared statement does not exist");
	struct message_error e = { "ERROR", "26000", text, STR_NONE };

	return relay_refuse_extended(s, &e);
}

/* The statement that the server will take, once it has answered what was sent before. */
static enum relay_did find(struct session *s, struct str name, struct relay_prepared **ret)
{
	struct relay *r = &s->relay;
	struct relay_prepared *p = relay_pending_find(r, name);

	if (p && p->segment != r->segment)
		return relay_wait(s);
	if (!p)
		p = relay_prepared_find(r, name);
	if (!p)
		return unknown(s, name);
	*ret = p;
	return RELAY_PASS;
}

/* Weighed before something changed: weighed anew. */
static enum relay_did refresh(struct session *s, struct relay_prepared *p)
{
	struct statement_answer a;

	if (p->ruling == RULING_CONTROL || p->replaced || (p->generation == s->relay.generation && !p->anew))
		return RELAY_PASS;
	relay_weigh(s, (struct str){ p->text, p->n_text }, &a);
	if (a.n == 1 && a.statements->ruling == RULING_REFUSE)
		return relay_refused(s, &a);
	/* The server has it as it was. */
	if (a.n == 1 && a.statements->instead.len) {
		struct message_error e = { "ERROR", "PW004", STR("pawl: prepared in a transaction, it means another thing here"),
					   STR("Prepare it anew.") };

		return relay_refuse_extended(s, &e);
	}
	relay_prepared_fill(s, p, &a);
	if (a.n == 1)
		relay_announce(&s->relay, &a, a.statements);
	return RELAY_PASS;
}

static enum relay_did special(struct session *s, struct str portal, struct relay_prepared *p)
{
	struct message_error e = { "ERROR", "53200", STR("pawl: too many portals, or too long a name"), STR_NONE };

	return relay_special_set(&s->relay, portal, p) ? RELAY_PASS : relay_refuse_extended(s, &e);
}

static void not_passed(struct session *s)
{
	struct relay *r = &s->relay;
	struct message_error e;

	relay_ask_error(s, r->passage, &e);
	relay_refuse(s, &e, false);
	relay_passage_free(r->passage);
	r->passage = NULL;
}

/* Something is to be kept first, or done instead: in the same transaction, before the client's statement. */
static bool keep(struct session *s, struct str portal, const struct relay_prepared *p)
{
	struct relay *r = &s->relay;
	struct relay_keep *k = r->passage && r->passage->n_keeps ? &r->passage->keeps[0] : NULL;
	uint16_t leave = relay_leave_of(r->passage);
	struct relay_special *x = relay_special_find(r, portal);

	if (x)
		x->leave = leave;
	if (k && relay_let(s, leave, false) && !k->instead.len)
		r->n_statements--; /* counted when it is executed */
	if (k && k->before.len)
		relay_run(s, k->before, HOW_ERROR);
	if (k)
		relay_after(r, k->after);
	if (!k || !k->instead.len)
		return true;
	relay_run_with(s, k->instead, p->types, r->passage->parameters, HOW_ERROR);
	relay_let_look(s);
	x = relay_special_set(r, portal, NULL);
	if (!x)
		return false;
	x->instead = true;
	snprintf(x->tag, sizeof(x->tag), "%.*s", STR_ARG(k->tag));
	return false;
}

static void say_bound(struct session *s)
{
	struct buf *b = &s->worker->text;

	if (s->relay.failed || s->relay.skipping)
		return;
	buf_clear(b);
	message_bare(b, '2');
	session_say(s, b);
}

static void drop_passage(struct relay *r)
{
	relay_passage_free(r->passage);
	r->passage = NULL;
}

static void locked(struct session *s)
{
	struct message_error e = { "ERROR", "53300", STR("pawl: too many statements wait already"), STR_NONE };
	struct relay *r = &s->relay;
	struct relay_passage *p = r->passage;

	if (r->failed) {
		drop_passage(r);
		relay_resume(s);
		return;
	}
	r->passage = NULL;
	if (relay_dump(s, p, 0, relay_resume))
		return;
	relay_passage_free(p);
	relay_refuse(s, &e, false);
}

static enum relay_did bind_writing(struct session *s, struct str portal, struct relay_prepared *p)
{
	struct relay *r = &s->relay;
	bool keeps = r->passage != NULL;
	enum relay_did did = RELAY_PASS;

	if (r->block == BLOCK_NONE && r->unsynced)
		return relay_begin_anew(s);
	if (r->block == BLOCK_NONE && relay_ready_awaited(r))
		return relay_wait(s);
	r->failed = false;
	if (r->block == BLOCK_NONE)
		relay_open(s);
	if (keeps && r->passage->n_keeps && r->passage->keeps[0].lock.len) {
		relay_run(s, r->passage->keeps[0].lock, HOW_ERROR);
		relay_when_quiet(s, locked);
		return RELAY_WAITS;
	}
	if (keeps) {
		if (!keep(s, portal, p))
			did = RELAY_DONE;
		drop_passage(r);
	}
	r->ddl |= p->ddl;
	r->defines |= p->ddl && !keeps;
	if (did == RELAY_DONE)
		relay_when_quiet(s, say_bound);
	return did;
}

static enum relay_did bind_alone(struct session *s)
{
	struct relay *r = &s->relay;

	drop_passage(r);
	if (r->block != BLOCK_NONE)
		return RELAY_PASS; /* the server says that it cannot be */
	if (r->unsynced)
		return relay_begin_anew(s);
	relay_help(s, HELPER_WRITABLE, HOW_ERROR | HOW_QUIET);
	relay_sync(s, HOW_BETWEEN);
	r->alone = true;
	return RELAY_PASS;
}

/* What runs alone is over: what follows it may not write. */
enum relay_did relay_alone_ends(struct session *s)
{
	s->relay.ddl = true;
	s->relay.alone = false;
	relay_sync(s, HOW_NONE);
	relay_help(s, HELPER_READ_ONLY, HOW_QUIET);
	relay_sync(s, HOW_NONE);
	return relay_wait(s);
}

static enum relay_did ask(struct session *s, const struct relay_prepared *p, struct str values)
{
	struct relay *r = &s->relay;

	if (r->n_sent)
		return relay_wait(s);
	if (r->skipping) /* what came before failed meanwhile */
		return RELAY_DONE;
	/* Its transaction begins behind what was only read, and what was announced and counted is its own. */
	if (r->block == BLOCK_NONE && r->unsynced)
		return relay_begin_anew(s);
	relay_ask(s, (struct str){ p->text, p->n_text }, p->types, values, relay_resume);
	return r->passage ? RELAY_PASS : RELAY_WAITS;
}

static enum relay_did bind_by_ruling(struct session *s, struct str portal, struct relay_prepared *p)
{
	enum ruling ruling = p->ruling == RULING_ASK ? p->passed : p->ruling;

	switch (ruling) {
	case RULING_WRITE:
		return bind_writing(s, portal, p);
	case RULING_ALONE:
		return bind_alone(s);
	case RULING_CONTROL:
		if (relay_begins(p) && relay_forgets(s) && s->relay.block == BLOCK_NONE && s->relay.unsynced)
			return relay_begin_anew(s);
		if (relay_begins(p) && s->relay.block == BLOCK_NONE)
			relay_forget(s);
		return RELAY_PASS;
	case RULING_READ:
	case RULING_SESSION:
		relay_passage_free(s->relay.passage);
		s->relay.passage = NULL;
		return RELAY_PASS;
	case RULING_REFUSE:
	case RULING_ASK:
		break;
	}
	return relay_refuse_extended(s, &(struct message_error){ "ERROR", "PW004", STR("pawl: this statement is not sent"), STR_NONE });
}

/* The rulings that need more than passing on; what is passed on meanwhile is the Bind itself. */
static enum relay_did bind_judged(struct session *s, struct str portal, struct relay_prepared *p, struct str values)
{
	struct relay *r = &s->relay;
	enum relay_did did = r->passage ? RELAY_PASS : refresh(s, p);

	if (did == RELAY_PASS && p->ruling == RULING_ASK && !r->passage)
		did = ask(s, p, values);
	if (did != RELAY_PASS)
		return did;
	if (r->passage && r->passage->passage.answer != DATABASE_PASSED) {
		not_passed(s);
		return RELAY_DONE;
	}
	if (!p->plain || p->control != CONTROL_NONE)
		did = special(s, portal, p);
	return did == RELAY_PASS ? bind_by_ruling(s, portal, p) : did;
}

enum relay_did relay_bind(struct session *s, struct str message, size_t total)
{
	struct str body = str_sub(message, MESSAGE_HEAD, message.len), portal, name;
	struct relay *r = &s->relay;
	struct relay_prepared *p = NULL;
	enum relay_did did;

	if (!message_text(&body, &portal) || !message_text(&body, &name))
		return relay_malformed(s);
	if (relay_ours(portal) || relay_ours(name))
		return relay_not_yours(s);
	did = find(s, name, &p);
	if (did != RELAY_PASS || !p)
		return did;
	if (p->ruling == RULING_ASK && message.len < total) {
		struct message_error e = { "ERROR", "PW004", STR("pawl: values too long to be shown to a person"), STR_NONE };

		return total > MESSAGE_WHOLE_MAX ? relay_refuse_extended(s, &e) : RELAY_MORE;
	}
	if (p->plain && !portal.len && relay_special_find(r, portal))
		relay_special_unset(r, relay_special_find(r, portal));
	if (!p->plain || p->generation != r->generation) {
		if (relay_schema_stale(s))
			return RELAY_WAITS;
		did = bind_judged(s, portal, p, body);
		if (did != RELAY_PASS)
			return did;
	}
	relay_sent(s, 'B', relay_how(r), NULL);
	return RELAY_PASS;
}
