/* What the server says: matched to what was sent, and passed on, held back or dropped. */
#include "gate/postgres/session.h"

#define STREAM_WHOLE ((uint32_t)32 << 10) /* messages that pass by are had whole up to here */

enum relay_does { DROP = 0, PASS, HOLD };

struct said {
	char type;
	struct str body;  /* what of it is there */
	bool whole;
};

static struct relay_sent *front(struct relay *r)
{
	return r->n_sent ? &r->sent[r->first_sent] : NULL;
}

static void release(struct relay *r, struct relay_sent *e)
{
	if (!e->p)
		return;
	e->p->users--;
	if (e->p->gone && !e->p->users)
		relay_prepared_free(r, e->p);
	e->p = NULL;
}

static void pop(struct relay *r)
{
	PAWL_ASSERT(r->n_sent);
	release(r, &r->sent[r->first_sent]);
	r->first_sent = (r->first_sent + 1) % RELAY_SENT;
	r->n_sent--;
}

static enum relay_does broken(struct session *s)
{
	session_fatal(s, "08P01", STR("pawl: the server's answer is not what was asked for"));
	return DROP;
}

/* Between other messages at any time. */
static enum relay_does pass_or_hold(const struct relay *r)
{
	return r->holding ? HOLD : PASS;
}

static enum relay_does pass_if(const struct relay *r, uint16_t how, uint16_t bit)
{
	return how & bit ? pass_or_hold(r) : DROP;
}

/* --- errors --- */

static void forget_sent(struct relay *r, struct relay_sent *e)
{
	if (e->kind == 'E' && e->how & HOW_STATEMENT) {
		r->n_looks--;
		if (e->how & HOW_BASE)
			r->chained = true;
		else
			r->due = true;
		/* What failed leaves its rows in the counters of catalogues. */
		if (e->how & HOW_ASKED && !(e->how & HOW_ACTS))
			r->open = HOW_ASKED;
	}
	if (e->helper)
		r->helper_sent[e->helper - 1] = false;
	else if (e->kind == 'P' && e->p)
		relay_prepared_failed(r, e->p);
}

/* What statements before it in the pipeline said the server has said already, and so it is told. What a Query's last statement says
 * comes behind the commit, and is said no more. */
static void tell_before(struct session *s)
{
	if (s->relay.script)
		relay_held_drop(s);
	else
		relay_held_go(s);
}

/* The server skips everything up to the next Sync. */
static void skip(struct relay *r, bool told)
{
	bool client_sync = false, synced = false;

	while (r->n_sent) {
		struct relay_sent *e = front(r);

		if (e->kind == 'S') {
			synced = true;
			client_sync = e->how & HOW_READY;
			break;
		}
		forget_sent(r, e);
		pop(r);
	}
	r->server_skips = !synced;
	if (told && !client_sync)
		r->skipping = true;
}

/* A message of the gate's between transactions, which nobody waits for: what follows its Sync is another matter. */
static bool aside(const struct relay *r, const struct relay_sent *e)
{
	if (e->how & (HOW_ERROR | HOW_REST | HOW_WITNESS | HOW_STATEMENT))
		return false;
	for (unsigned i = 0; i < r->n_sent; i++) {
		const struct relay_sent *later = &r->sent[(r->first_sent + i) % RELAY_SENT];

		if (later->kind == 'S')
			return later->how & HOW_BETWEEN;
	}
	return false;
}

static enum relay_does on_error(struct session *s, const struct said *m)
{
	struct relay *r = &s->relay;
	struct relay_sent *e = front(r);
	struct str state = message_error_field(m->body, 'C');
	/* Behind another error it is that one that is told. */
	bool told, unseen = e && e->how & HOW_STATEMENT && !r->failed;

	if (e && (e->how & HOW_TRIED) && str_is(message_error_field(m->body, 'R'), "exec_parse_message")) {
		skip(r, false);
		return DROP;
	}
	if (!e)
		return PASS; /* the server ends the connection, and says why */
	if (aside(r, e)) {
		r->counters = true; /* those of the last transaction are there yet: the next one tries again */
		skip(r, false);
		return DROP;
	}
	/* Of the gate's own messages only the first that fails is told. */
	told = (e->how & HOW_ERROR) && !r->skipping && ((e->how & HOW_REST) || !r->failed);
	r->failed = true;
	r->copy_in = r->chains = false;
	if (r->tx == 'I' || r->block == BLOCK_NONE) { /* the COMMIT itself, it may be */
		r->rolled_back = true;
		r->path_late = false;
	}
	if (e->how & HOW_WITNESS) {
		buf_clear(&r->witness);
		r->witness_broken |= !(e->how & HOW_STATEMENT);
		snprintf(r->witness_state, sizeof(r->witness_state), "%.*s", STR_ARG(str_sub(state, 0, 5)));
		snprintf(r->witness_why, sizeof(r->witness_why), "%.*s", STR_ARG(str_sub(message_error_field(m->body, 'M'), 0, 120)));
	}
	if (told)
		tell_before(s);
	r->theirs_failed |= told && (e->how & HOW_REST);
	if (e->kind != 'Q' && e->kind != 'S' && e->kind != 'F')
		skip(r, told);
	if (unseen)
		relay_statement_unseen(s);
	if (told && e->kind == 'Q' && (r->moved.by || r->moved.added) && m->whole) {
		buf_clear(&s->worker->text);
		message_error_moved(&s->worker->text, m->body, &r->moved);
		session_say(s, &s->worker->text);
		return DROP;
	}
	return told ? PASS : DROP;
}

/* --- answers --- */

static enum relay_does on_ready(struct session *s, const struct said *m)
{
	struct relay *r = &s->relay;
	struct relay_sent *e = front(r);
	char status = m->body.ptr[0];
	uint16_t how;

	if (!e || (e->kind != 'Q' && e->kind != 'S' && e->kind != 'F') || (status != 'I' && status != 'T' && status != 'E'))
		return broken(s);
	how = e->how;
	pop(r);
	r->tx = status;
	r->copy_in = false;
	if (status == 'I' && !(how & HOW_BETWEEN))
		relay_transaction_over(s);
	else if (status != 'I' && r->block == BLOCK_NONE && !relay_ready_awaited(r))
		r->block = BLOCK_CLIENT; /* what was to end it failed, or was skipped */
	if (!(how & HOW_READY))
		return DROP;
	relay_held_go(s);
	return PASS;
}

static enum relay_does on_parsed(struct session *s)
{
	struct relay *r = &s->relay;
	struct relay_sent *e = front(r);
	uint16_t how;

	if (!e || e->kind != 'P')
		return broken(s);
	how = e->how;
	if (e->helper)
		r->helper_ready[e->helper - 1] = true;
	else if (e->p)
		relay_prepared_live(r, e->p);
	pop(r);
	return pass_if(r, how, HOW_REST);
}

static enum relay_does on_closed(struct session *s)
{
	struct relay *r = &s->relay;
	struct relay_sent *e = front(r);
	uint16_t how;

	if (!e || e->kind != 'C')
		return broken(s);
	how = e->how;
	if (e->p)
		relay_prepared_drop(r, e->p);
	pop(r);
	return pass_if(r, how, HOW_REST);
}

/* One that is answered by exactly one message. */
static enum relay_does on_one(struct session *s, char kind)
{
	struct relay *r = &s->relay;
	struct relay_sent *e = front(r);
	uint16_t how;

	if (!e || e->kind != kind)
		return broken(s);
	how = e->how;
	pop(r);
	return pass_if(r, how, HOW_REST);
}

/* RowDescription: of a Describe the answer, of a Query a part. */
static enum relay_does on_rows(struct session *s)
{
	struct relay_sent *e = front(&s->relay);

	if (!e || (e->kind != 'D' && e->kind != 'Q'))
		return broken(s);
	return e->kind == 'D' ? on_one(s, 'D') : pass_if(&s->relay, e->how, HOW_REST);
}

/* Part of what an Execute or a Query gives. */
static enum relay_does on_part(struct session *s)
{
	struct relay_sent *e = front(&s->relay);

	if (!e || (e->kind != 'E' && e->kind != 'Q'))
		return broken(s);
	return pass_if(&s->relay, e->how, HOW_REST);
}

static enum relay_does on_data(struct session *s, const struct said *m)
{
	struct relay *r = &s->relay;
	struct relay_sent *e = front(r);

	if (!e || !(e->how & HOW_WITNESS))
		return on_part(s);
	if (!m->whole) {
		r->witness_broken = true;
		return DROP;
	}
	message_add_u32(&r->witness, (uint32_t)m->body.len);
	buf_add(&r->witness, m->body);
	r->witness_broken |= r->witness.failed;
	return DROP;
}

/* One transaction is over, and the next has begun already. */
static void chained(struct session *s)
{
	struct relay *r = &s->relay;

	r->chains = false;
	relay_transaction_over(s);
	r->block = BLOCK_CLIENT;
	r->may_write = r->chained = true;
}

/* The end of what an Execute or a Query gives; a Query may give several. */
static enum relay_does on_end(struct session *s, const struct said *m)
{
	struct relay *r = &s->relay;
	struct relay_sent *e = front(r);
	uint16_t how;

	if (!e || (e->kind != 'E' && e->kind != 'Q'))
		return broken(s);
	how = e->how;
	if (m->type == 'C') {
		if ((how & HOW_WITNESS) && !(how & HOW_STATEMENT))
			r->witness_said = true;
		relay_tag_said(s, e->p, str_sub(m->body, 0, m->body.len - 1));
		if (r->chains && (str_starts(m->body, STR("COMMIT")) || str_starts(m->body, STR("ROLLBACK"))))
			chained(s);
		if (!(how & HOW_REST))
			snprintf(r->tag, sizeof(r->tag), "%.*s", STR_ARG(str_sub(m->body, 0, m->body.len - 1)));
		if (e->kind == 'E' && e->p)
			relay_effects_apply(s, &e->p->effects);
		if ((how & HOW_HOLD) && (how & HOW_REST))
			r->holding = true;
	}
	r->copy_in = false;
	if (e->kind == 'E')
		pop(r);
	if (m->type == 'C' && how & HOW_STATEMENT) {
		r->n_looks--;
		relay_statement_seen(s, how);
	}
	return pass_if(r, how, HOW_REST);
}

static enum relay_does on_copy_in(struct session *s)
{
	struct relay *r = &s->relay;
	struct relay_sent *e = front(r);

	/* Messages behind it are read as part of the copy, and fail it: the gate sends none. */
	if (!e || (e->kind != 'E' && e->kind != 'Q') || !(e->how & HOW_REST) || r->n_sent > 1)
		return broken(s);
	r->copy_in = true;
	return pass_or_hold(r);
}

static enum relay_does on_parameter(struct session *s, const struct said *m)
{
	struct str left = m->body, name, value;

	if (!message_text(&left, &name) || !message_text(&left, &value))
		return broken(s);
	if (str_is(name, "default_transaction_read_only")) {
		/* Off around a statement that runs alone; else something hidden in a function took the wall down. */
		if (str_is(value, "off") && !(front(&s->relay) && (front(&s->relay)->how & HOW_BETWEEN)) &&
		    !s->worker->server->o.permissive)
			session_fatal(s, "PW004", STR("pawl: default_transaction_read_only was switched off: what follows could write"));
		return DROP;
	}
	if (str_is(name, "standard_conforming_strings") && !str_is(value, "on") && !s->worker->server->o.permissive) {
		session_fatal(s, "PW004", STR("pawl: standard_conforming_strings was switched off: what follows could not be read"));
		return DROP;
	}
	return pass_or_hold(&s->relay);
}

static enum relay_does on_notice(struct session *s)
{
	struct relay *r = &s->relay;
	struct relay_sent *e = front(r);

	if (e && (e->how & HOW_QUIET))
		return DROP;
	/* A Query's last statement is said to be complete behind its commit, and so behind what is noticed in it. */
	return r->script ? PASS : pass_or_hold(r);
}

static enum relay_does act(struct session *s, const struct said *m)
{
	switch (m->type) {
	case 'A':
		return pass_or_hold(&s->relay);
	case 'N':
		return on_notice(s);
	case 'S':
		return on_parameter(s, m);
	case 'E':
		return on_error(s, m);
	case 'Z':
		return on_ready(s, m);
	case '1':
		return on_parsed(s);
	case '2':
		return on_one(s, 'B');
	case '3':
		return on_closed(s);
	case 't':
		return front(&s->relay) && front(&s->relay)->kind == 'D'
			       ? pass_if(&s->relay, front(&s->relay)->how, HOW_REST)
			       : broken(s);
	case 'n':
		return on_one(s, 'D');
	case 'T':
		return on_rows(s);
	case 'D':
		return on_data(s, m);
	case 'C':
	case 'I':
	case 's':
		return on_end(s, m);
	case 'G':
		return on_copy_in(s);
	case 'V':
		return front(&s->relay) && front(&s->relay)->kind == 'F' ? pass_if(&s->relay, front(&s->relay)->how, HOW_REST) : broken(s);
	case 'H':
	case 'd':
	case 'c':
		return on_part(s);
	default:
		return broken(s);
	}
}

static void hand_on(struct session *s, enum relay_does does, struct str bytes)
{
	struct relay *r = &s->relay;

	if (does == HOLD) {
		buf_add(&r->held, bytes);
		if (!r->held.failed)
			return;
		/* More than is held back: the client hears of it before the commit, as it would from the server itself. */
		r->held.failed = false;
		relay_held_go(s);
		r->holding = false;
		does = PASS;
	}
	if (does == PASS)
		stream_add(&s->client, bytes.ptr, bytes.len);
}

/* The rest of a message that did not come at once. */
static size_t more(struct session *s, struct str data)
{
	struct relay *r = &s->relay;
	size_t n = r->server_left < data.len ? r->server_left : data.len;

	/* Its beginning has been told. */
	if (r->server_does == HOLD && !r->holding)
		r->server_does = PASS;
	hand_on(s, r->server_does, str_sub(data, 0, n));
	r->server_left -= (uint32_t)n;
	return n;
}

/* Bytes of the message at the front of ${data}; 0: it must come whole first. */
static size_t one(struct session *s, struct str data)
{
	const struct message_kind *k = message_of_server(data.ptr[0]);
	struct said m = { .type = data.ptr[0] };
	struct relay *r = &s->relay;
	enum relay_does does;
	uint32_t n;
	size_t total, have;

	if (!k || !message_length(k, data.ptr, &n)) {
		broken(s);
		return 0;
	}
	total = MESSAGE_HEAD + n;
	m.whole = data.len >= total;
	if (!m.whole && (k->care == MESSAGE_WHOLE || n <= STREAM_WHOLE)) {
		s->server.want = total;
		return 0;
	}
	have = m.whole ? total : data.len;
	m.body = str_sub(data, MESSAGE_HEAD, have - MESSAGE_HEAD);
	does = act(s, &m);
	if (s->phase != SESSION_RELAY)
		return 0;
	if (m.type == 'E' && does == PASS)
		relay_held_drop(s);
	hand_on(s, does, str_sub(data, 0, have));
	r->server_left = (uint32_t)(total - have);
	r->server_does = (uint8_t)does;
	return have;
}

size_t relay_server(struct session *s, struct str data)
{
	struct relay *r = &s->relay;
	size_t used = 0;

	while (used < data.len) {
		struct str left = str_sub(data, used, data.len);
		size_t n;

		if (!r->server_left && left.len < MESSAGE_HEAD)
			break;
		n = r->server_left ? more(s, left) : one(s, left);
		used += n;
		if (!n || s->phase != SESSION_RELAY)
			break;
		/* Nothing may be put into the middle of a message of the client's that is passing by. */
		if (!r->n_sent && r->when_quiet && !r->server_left && !(r->client_left && !r->client_drops))
			relay_quiet(s);
	}
	return used;
}
