/* Refusing: an error in its turn, by which a transaction fails. What pawl's parser does not take the server may be asked about first: its
 * own words are the better answer, and by a Parse alone nothing runs. */
#include "gate/postgres/session.h"

/* A statement that the server never accepts: it makes the transaction fail as a refused one should. */
#define FAILS "refused by pawl"
#define NAME  "_pawl_refused"

const char *relay_sqlstate(enum database_refusal why)
{
	switch (why) {
	case DATABASE_HELD:
		return "PW001";
	case DATABASE_BUDGET:
		return "PW003";
	case DATABASE_OPAQUE:
		return "PW004";
	case DATABASE_TIGHTENED:
		return "PW005";
	case DATABASE_NOT_REFUSED:
	case DATABASE_DENIED:
		break;
	}
	return "PW002";
}

static void send_parse(struct session *s, struct str text)
{
	struct buf b = BUF_MAX(STREAM_MAX);
	size_t at = message_begin(&b, 'P');

	message_add_text(&b, STR(NAME));
	message_add_text(&b, text);
	message_add_u16(&b, 0);
	message_end(&b, at);
	if (b.failed)
		s->server.failed = true;
	else
		relay_to_server(s, buf_str(&b));
	buf_free(&b);
}

static void send_close(struct session *s)
{
	struct buf *b = &s->worker->text;
	size_t at;

	buf_clear(b);
	at = message_begin(b, 'C');
	buf_addc(b, 'S');
	message_add_text(b, STR(NAME));
	message_end(b, at);
	relay_to_server(s, buf_str(b));
	buf_clear(b);
	relay_sent(s, 'C', HOW_NONE, NULL);
}

static void say_refusal(struct session *s)
{
	struct relay *r = &s->relay;

	stream_copy(&s->client, buf_str(&r->refusal));
	buf_free(&r->refusal);
}

static void simple_said(struct session *s)
{
	relay_held_drop(s);
	say_refusal(s);
	relay_ready(s);
}

void relay_fail(struct session *s)
{
	relay_query(s, STR(FAILS), HOW_NONE);
}

static void simple_turn(struct session *s)
{
	struct relay *r = &s->relay;

	if (r->tx != 'T') {
		simple_said(s);
		return;
	}
	relay_fail(s);
	relay_when_quiet(s, simple_said);
}

static void extended_said(struct session *s)
{
	/* Behind the answers to what came before it in the pipeline, or a client takes it for one of those. */
	relay_held_go(s);
	say_refusal(s);
	s->relay.skipping = true;
}

static void extended_turn(struct session *s)
{
	struct relay *r = &s->relay;

	if (r->skipping) { /* an error of what came before was told already */
		buf_free(&r->refusal);
		return;
	}
	if (r->block == BLOCK_NONE || r->block == BLOCK_GATE || r->tx == 'E' || r->server_skips) {
		extended_said(s);
		return;
	}
	send_parse(s, STR(FAILS));
	relay_sent(s, 'P', HOW_NONE, NULL);
	relay_when_quiet(s, extended_said);
}

void relay_refuse_now(struct session *s, bool ready)
{
	if (ready)
		simple_turn(s);
	else
		extended_turn(s);
}

void relay_refuse(struct session *s, const struct message_error *e, bool simple)
{
	struct relay *r = &s->relay;

	buf_clear(&r->refusal);
	message_error(&r->refusal, e);
	relay_when_quiet(s, simple ? simple_turn : extended_turn);
}

const struct statement *relay_first_refused(const struct statement_answer *a)
{
	const struct statement *first = NULL;

	for (const struct statement *st = a->statements; st; st = st->next) {
		if (st->ruling == RULING_REFUSE && (!first || (st->unread && !first->unread)))
			first = st;
	}
	return first;
}

/* --- what the server may have words for --- */

static void simple_tried(struct session *s)
{
	struct relay *r = &s->relay;

	if (!r->failed) { /* the server reads what pawl does not */
		simple_turn(s);
		return;
	}
	buf_free(&r->refusal);
	r->skipping = false;
	relay_ready(s);
}

static void simple_try(struct session *s)
{
	struct relay *r = &s->relay;

	r->failed = false;
	send_parse(s, buf_str(&r->unread));
	buf_free(&r->unread);
	relay_sent(s, 'P', HOW_ERROR | HOW_TRIED, NULL);
	send_close(s);
	relay_sync(s, HOW_NONE);
	relay_when_quiet(s, simple_tried);
}

static void extended_tried(struct session *s)
{
	struct relay *r = &s->relay;

	if (r->failed) {
		buf_free(&r->refusal);
		r->skipping = true;
		return;
	}
	extended_turn(s);
}

static void extended_try(struct session *s)
{
	struct relay *r = &s->relay;

	if (r->skipping) {
		buf_free(&r->unread);
		buf_free(&r->refusal);
		return;
	}
	r->failed = false;
	send_parse(s, buf_str(&r->unread));
	buf_free(&r->unread);
	relay_sent(s, 'P', HOW_ERROR | HOW_TRIED, NULL);
	send_close(s);
	relay_when_quiet(s, extended_tried);
}

void relay_refuse_unread(struct session *s, const struct message_error *e, struct str text, bool simple)
{
	struct relay *r = &s->relay;

	buf_clear(&r->refusal);
	message_error(&r->refusal, e);
	buf_clear(&r->unread);
	buf_add(&r->unread, text);
	relay_when_quiet(s, simple ? simple_try : extended_try);
}
