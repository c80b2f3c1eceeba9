/* OpenSSL has a type of this name, base/err.h a constant. */
#define ERR_STATE openssl_err_state
#include <openssl/rand.h>
#undef ERR_STATE

#include "gate/postgres/relay.h"

#include <libpq-fe.h>

#include "gate/postgres/session.h"

static const char *const helpers[HELPERS] = {
	[HELPER_BEGIN] = "BEGIN READ WRITE",
	[HELPER_COMMIT] = "COMMIT",
	[HELPER_ROLLBACK] = "ROLLBACK",
	[HELPER_WRITABLE] = "SET default_transaction_read_only = off",
	[HELPER_READ_ONLY] = "SET default_transaction_read_only = on",
};

static const char *helper_text(const struct session *s, enum relay_helper h)
{
	switch (h) {
	case HELPER_BEFORE_1:
		return witness_prepared(WITNESS_BEFORE_1, s->version).sql;
	case HELPER_BEFORE_2:
		return witness_prepared(WITNESS_BEFORE_2, s->version).sql;
	case HELPER_WITNESS:
		return witness_prepared(WITNESS, s->version).sql;
	case HELPER_QUICK:
		return witness_prepared(WITNESS_QUICK, s->version).sql;
	case HELPER_FORGET:
		return witness_prepared(WITNESS_FORGET, s->version).sql;
	case HELPER_BEGIN:
	case HELPER_COMMIT:
	case HELPER_ROLLBACK:
	case HELPER_WRITABLE:
	case HELPER_READ_ONLY:
	case HELPERS:
		break;
	}
	return helpers[h];
}

static void say_parameters(struct session *s, struct buf *b)
{
	static const char *const names[] = { "server_version", "server_encoding",   "client_encoding", "application_name",
					     "is_superuser",   "session_authorization", "DateStyle",	  "IntervalStyle",
					     "TimeZone",       "integer_datetimes", "standard_conforming_strings", "in_hot_standby",
					     "scram_iterations", "search_path" };
	size_t at;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = PQparameterStatus((PGconn *)s->pg, names[i]);

		if (!value)
			continue;
		at = message_begin(b, 'S');
		message_add_text(b, str_from(names[i]));
		message_add_text(b, str_from(value));
		message_end(b, at);
	}
	/* Read-only is the gate's wall, not the client's setting. */
	at = message_begin(b, 'S');
	message_add_text(b, STR("default_transaction_read_only"));
	message_add_text(b, STR("off"));
	message_end(b, at);
}

void relay_begin(struct session *s)
{
	struct relay *r = &s->relay;
	struct buf *b = &s->worker->text;
	size_t at;

	r->tx = 'I';
	r->pending_end = &r->pending;
	r->held = BUF_MAX(RELAY_HELD);
	r->refusal = BUF_MAX(16384);
	r->unread = BUF_MAX(STREAM_MAX);
	r->execute = BUF_MAX(8192);
	r->witness = BUF_MAX(1 << 20);
	r->announced = BUF_MAX(1 << 20);
	r->after = BUF_MAX(1 << 20);
	r->over = BUF_MAX(1 << 16);
	if (RAND_bytes((unsigned char *)&r->helper_random, sizeof(r->helper_random)) != 1)
		r->helper_random = (uint32_t)(uintptr_t)s;
	buf_clear(b);
	at = message_begin(b, 'R');
	message_add_u32(b, 0);
	message_end(b, at);
	say_parameters(s, b);
	at = message_begin(b, 'K');
	message_add_u32(b, s->cancel_id);
	buf_add(b, (struct str){ (const char *)s->cancel_key, sizeof(s->cancel_key) });
	message_end(b, at);
	message_ready(b, 'I');
	session_say(s, b);
}

void relay_end(struct session *s)
{
	struct relay *r = &s->relay;

	relay_committed(s, true); /* nobody knows: counted, then */
	relay_script_free(r);
	relay_passage_free(r->passage);
	r->passage = NULL;
	relay_names_free(r);
	buf_free(&r->held);
	buf_free(&r->refusal);
	buf_free(&r->unread);
	buf_free(&r->execute);
	buf_free(&r->witness);
	buf_free(&r->announced);
	buf_free(&r->after);
	buf_free(&r->over);
	arena_unmap(&r->transaction);
	relay_savepoints_free(r);
	relay_temporary_free(r);
	catalogue_unref(r->catalogue);
	r->catalogue = NULL;
	free(r->search_path);
	free(r->path_before);
	r->search_path = r->path_before = NULL;
	r->n_sent = 0;
}

/* --- to the server --- */

void relay_sent(struct session *s, char kind, uint16_t how, struct relay_prepared *p)
{
	struct relay *r = &s->relay;
	struct relay_sent *e = &r->sent[(r->first_sent + r->n_sent) % RELAY_SENT];

	PAWL_ASSERT(r->n_sent < RELAY_SENT);
	*e = (struct relay_sent){ .kind = kind, .how = how, .p = p };
	if (p)
		p->users++;
	r->n_sent++;
	if (kind == 'S') {
		r->unsynced = r->executed = r->server_skips = false;
		r->segment++;
	} else if (kind != 'Q' && kind != 'F') {
		r->unsynced = true;
		r->executed |= kind == 'E';
	}
}

void relay_to_server(struct session *s, struct str bytes)
{
	stream_copy(&s->server, bytes);
}

static void flush_made(struct session *s, struct buf *b)
{
	if (b->failed)
		s->server.failed = true;
	else
		stream_copy(&s->server, buf_str(b));
	buf_clear(b);
}

static void add_parse(struct buf *b, const char *name, struct str text)
{
	size_t at = message_begin(b, 'P');

	message_add_text(b, str_from(name));
	message_add_text(b, text);
	message_add_u16(b, 0);
	message_end(b, at);
}

/* The portal has the statement's name: the client's own stay as they are. */
static void add_run(struct buf *b, const char *name)
{
	size_t at = message_begin(b, 'B');

	message_add_text(b, str_from(name));
	message_add_text(b, str_from(name));
	message_add_u16(b, 0);
	message_add_u16(b, 0);
	message_add_u16(b, 0);
	message_end(b, at);
	at = message_begin(b, 'E');
	message_add_text(b, str_from(name));
	message_add_u32(b, 0);
	message_end(b, at);
}

static void helper_name(const struct relay *r, enum relay_helper h, char ret[64])
{
	snprintf(ret, 64, WITNESS_PREFIX "%08x_%u_%d", r->helper_random, r->helper_round, (int)h);
}

void relay_help(struct session *s, enum relay_helper h, uint16_t how)
{
	struct relay *r = &s->relay;
	struct buf *b = &s->worker->text;
	char name[64];

	helper_name(r, h, name);
	buf_clear(b);
	if (!r->helper_sent[h]) {
		add_parse(b, name, str_from(helper_text(s, h)));
		relay_sent(s, 'P', (uint16_t)(how & ~(HOW_READY | HOW_REST)), NULL);
		r->sent[(r->first_sent + r->n_sent - 1) % RELAY_SENT].helper = (uint8_t)(h + 1);
		r->helper_sent[h] = true;
	}
	add_run(b, name);
	relay_sent(s, 'B', (uint16_t)(how & ~HOW_REST), NULL);
	relay_sent(s, 'E', how, NULL);
	flush_made(s, b);
}

void relay_help_closed(struct session *s, enum relay_helper h)
{
	struct relay *r = &s->relay;
	struct buf *b = &s->worker->text;
	char name[64];
	size_t at;

	helper_name(r, h, name);
	buf_clear(b);
	at = message_begin(b, 'C');
	buf_addc(b, 'P');
	message_add_text(b, str_from(name));
	message_end(b, at);
	relay_sent(s, 'C', HOW_QUIET, NULL);
	flush_made(s, b);
}

void relay_run(struct session *s, struct str text, uint16_t how)
{
	relay_run_with(s, text, (struct str){ "\0\0", 2 }, (struct str){ "\0\0\0\0\0\0", 6 }, how);
}

void relay_run_with(struct session *s, struct str text, struct str types, struct str values, uint16_t how)
{
	struct relay *r = &s->relay;
	struct buf *b = &s->worker->text;
	char name[64];
	size_t at;

	snprintf(name, sizeof(name), WITNESS_PREFIX "%08x_r%u", r->helper_random, r->n_runs++);
	buf_clear(b);
	at = message_begin(b, 'P');
	message_add_text(b, str_from(name));
	message_add_text(b, text);
	buf_add(b, types);
	message_end(b, at);
	relay_sent(s, 'P', how, NULL);
	at = message_begin(b, 'B');
	message_add_text(b, str_from(name));
	message_add_text(b, str_from(name));
	buf_add(b, values);
	message_end(b, at);
	relay_sent(s, 'B', how, NULL);
	at = message_begin(b, 'E');
	message_add_text(b, str_from(name));
	message_add_u32(b, 0);
	message_end(b, at);
	relay_sent(s, 'E', how, NULL);
	at = message_begin(b, 'C');
	buf_addc(b, 'S');
	message_add_text(b, str_from(name));
	message_end(b, at);
	relay_sent(s, 'C', how, NULL);
	flush_made(s, b);
}

/* "DELETE" is told with the count that the gate's own command ended with; other tags have none. */
void relay_tag(const struct relay *r, struct str tag, char ret[64])
{
	const char *count = strrchr(r->tag, ' ');

	if (str_is(tag, "DELETE") && count)
		snprintf(ret, 64, "DELETE%s", count);
	else
		snprintf(ret, 64, "%.*s", STR_ARG(tag));
}

bool relay_ready_awaited(const struct relay *r)
{
	for (unsigned i = 0; i < r->n_sent; i++) {
		char kind = r->sent[(r->first_sent + i) % RELAY_SENT].kind;

		if (kind == 'S' || kind == 'Q' || kind == 'F')
			return true;
	}
	return false;
}

bool relay_forgets(const struct session *s)
{
	return s->relay.counters && !s->unseen && !s->worker->server->o.permissive;
}

void relay_forget(struct session *s)
{
	struct relay *r = &s->relay;

	if (!relay_forgets(s))
		return;
	relay_help(s, HELPER_FORGET, HOW_QUIET);
	relay_sync(s, HOW_BETWEEN);
	r->counters = false;
}

void relay_open(struct session *s)
{
	struct relay *r = &s->relay;

	relay_forget(s);
	relay_help(s, HELPER_BEGIN, HOW_ERROR | HOW_QUIET);
	r->block = BLOCK_GATE;
	r->may_write = true;
	r->executed = false;
}

void relay_finish(struct session *s, enum relay_helper end)
{
	bool commits = end == HELPER_COMMIT;

	s->relay.failed = s->relay.failed && !commits;
	relay_help(s, end, commits ? HOW_ERROR : HOW_QUIET);
	relay_sync(s, HOW_NONE);
	s->relay.block = BLOCK_NONE;
}

void relay_sync(struct session *s, uint16_t how)
{
	static const char sync[] = { 'S', 0, 0, 0, 4 };

	stream_add(&s->server, sync, sizeof(sync));
	relay_sent(s, 'S', how, NULL);
}

void relay_query(struct session *s, struct str text, uint16_t how)
{
	struct buf *b = &s->worker->text;

	buf_clear(b);
	message_query(b, text);
	flush_made(s, b);
	s->relay.moved = (struct message_moved){ .by = 0 };
	relay_sent(s, 'Q', how, NULL);
}

void relay_resume(struct session *s)
{
	(void)s;
}

void relay_when_quiet(struct session *s, void (*then)(struct session *s))
{
	static const char flush[] = { 'H', 0, 0, 0, 4 };
	struct relay *r = &s->relay;

	r->stopped = true;
	r->when_quiet = then;
	if (!r->n_sent) {
		relay_quiet(s);
		return;
	}
	if (r->unsynced)
		stream_add(&s->server, flush, sizeof(flush));
}

void relay_quiet(struct session *s)
{
	struct relay *r = &s->relay;
	void (*then)(struct session *s) = r->when_quiet;

	if (!then)
		return;
	r->when_quiet = NULL;
	r->stopped = false;
	then(s);
	if (!r->stopped)
		s->client_kept = true;
}

/* --- to the client --- */

void relay_error(struct session *s, const struct message_error *e)
{
	struct buf *b = &s->worker->text;

	buf_clear(b);
	message_error(b, e);
	session_say(s, b);
}

void relay_ready(struct session *s)
{
	struct buf *b = &s->worker->text;

	buf_clear(b);
	message_ready(b, s->relay.tx);
	session_say(s, b);
}

void relay_held_go(struct session *s)
{
	struct relay *r = &s->relay;

	if (r->held.len)
		stream_copy(&s->client, buf_str(&r->held));
	relay_held_drop(s);
}

void relay_hold_nothing(struct relay *r)
{
	for (unsigned i = 0; i < r->n_sent; i++)
		r->sent[(r->first_sent + i) % RELAY_SENT].how &= (uint16_t)~HOW_HOLD;
}

void relay_held_drop(struct session *s)
{
	s->relay.holding = false;
	buf_free(&s->relay.held);
}
