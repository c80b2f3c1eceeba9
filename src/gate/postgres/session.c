#include "gate/postgres/session.h"

#include <errno.h>
#include <libpq-fe.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "gate/database/tls.h"

#define TURNS 8		    /* of one session before others have theirs */
#define LEAVE_US (5 * CLOCK_SECOND)

static void ready(struct session *s, struct stream *side, bool readable, bool hung)
{
	if (readable)
		side->readable = true;
	if (hung)
		side->hung = true;
	session_pump(s);
}

static void client_ready(struct loop_watch *w, bool readable, bool writable, bool hung)
{
	struct session *s = (struct session *)(void *)w;

	if (writable && stream_blocked(&s->client))
		stream_flush(&s->client);
	/* A client that went away while its statement waits takes it along. */
	if (hung && s->phase == SESSION_RELAY && s->relay.stopped && s->job) {
		session_end(s);
		return;
	}
	ready(s, &s->client, readable, hung);
}

static void server_ready(struct loop_watch *w, bool readable, bool writable, bool hung)
{
	struct session *s = (struct session *)(void *)((char *)w - offsetof(struct session, server));

	if (writable && stream_blocked(&s->server))
		stream_flush(&s->server);
	ready(s, &s->server, readable, hung);
}

static void again(struct loop_note *n)
{
	struct session *s = (struct session *)(void *)((char *)n - offsetof(struct session, again));

	s->again_asked = false;
	if (s->phase != SESSION_GONE)
		session_pump(s);
}

struct session *session_new(struct worker *w, int fd, bool local)
{
	struct session *s = calloc(1, sizeof(*s));
	struct login *l = calloc(1, sizeof(*l));

	if (!s || !l) {
		free(s);
		free(l);
		return NULL;
	}
	s->worker = w;
	s->login = l;
	s->local = local;
	s->again.run = again;
	stream_init(&s->client, &w->loop, fd);
	stream_init(&s->server, &w->loop, -1);
	s->client.watch.ready = client_ready;
	s->server.watch.ready = server_ready;
	s->deadline_us = w->loop.now_us + (int64_t)(w->server->o.login_s ? w->server->o.login_s : 30) * CLOCK_SECOND;
	if (!loop_add(&w->loop, &s->client.watch, NULL)) {
		free(l);
		free(s);
		return NULL;
	}
	s->next = w->sessions;
	if (s->next)
		s->next->link = &s->next;
	w->sessions = s;
	s->link = &w->sessions;
	w->n_sessions++;
	return s;
}

static void close_server(struct session *s)
{
	static const char terminate[] = { 'X', 0, 0, 0, 4 };

	if (!s->pg)
		return;
	/* In the middle of a message of the client's it would be a part of that. */
	if (!s->server.failed && !s->server.ended && !stream_blocked(&s->server) && !(s->relay.client_left && !s->relay.client_drops)) {
		s->server.n_slices = 0;
		stream_add(&s->server, terminate, sizeof(terminate));
		stream_flush(&s->server);
	}
	loop_remove(&s->worker->loop, &s->server.watch);
	/* So that libpq, which closes it, cannot wait for a peer that does not listen. */
	shutdown(s->server.watch.fd, SHUT_RDWR);
	s->server.watch.fd = -1;
	PQfinish((PGconn *)s->pg);
	s->pg = NULL;
	s->server.ssl = NULL;
}

/* What is under way for it finds nobody when it comes home. */
static void forget_job(struct session *s)
{
	relay_ask_gone(s);
	if (s->job_session)
		*s->job_session = NULL;
	s->job_session = NULL;
	s->job = NULL;
}

void session_end(struct session *s)
{
	struct worker *w = s->worker;

	if (s->phase == SESSION_GONE)
		return;
	s->phase = SESSION_GONE;
	forget_job(s);
	cancel_unlist(s);
	loop_remove(&w->loop, &s->client.watch);
	tls_free(&s->client);
	close(s->client.watch.fd);
	s->client.watch.fd = -1;
	close_server(s);
	stream_free(&s->client);
	stream_free(&s->server);
	login_free(s);
	relay_end(s);
	buf_free(&s->who_text);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	w->n_sessions--;
	__atomic_sub_fetch(&w->server->n_sessions, 1, __ATOMIC_SEQ_CST);
	s->next = w->graves;
	w->graves = s;
}

void session_say(struct session *s, struct buf *made)
{
	if (made->failed)
		s->client.failed = true;
	else
		stream_copy(&s->client, buf_str(made));
	buf_clear(made);
}

/* Nothing more is said. Once: each shutdown of a unix socket wakes its own loop. */
static void said_all(struct session *s)
{
	if (!s->client_shut)
		shutdown(s->client.watch.fd, SHUT_WR);
	s->client_shut = true;
}

void session_fatal(struct session *s, const char *sqlstate, struct str message)
{
	struct message_error e = { "FATAL", sqlstate, message, STR_NONE };
	struct buf *b = &s->worker->text;

	if (s->phase == SESSION_LEAVING || s->phase == SESSION_GONE)
		return;
	/* In the middle of a message of the server's whatever is said is part of it. */
	if (!s->relay.server_left || s->relay.server_does == 0) {
		buf_clear(b);
		message_error(b, &e);
		session_say(s, b);
	}
	stream_flush(&s->client);
	s->phase = SESSION_LEAVING;
	s->deadline_us = s->worker->loop.now_us + LEAVE_US;
	forget_job(s);
	cancel_unlist(s); /* a request to cancel, on another worker's thread, would ask the connection that goes here */
	close_server(s);
	if (!stream_blocked(&s->client))
		said_all(s);
}

void session_connected(struct session *s)
{
	PGconn *pg = (PGconn *)s->pg;

	stream_init(&s->server, &s->worker->loop, PQsocket(pg));
	s->server.ssl = PQsslStruct(pg, "OpenSSL");
	s->version = (unsigned)PQserverVersion(pg);
	s->superuser = !str_is(str_from(PQparameterStatus(pg, "is_superuser")), "off");
	s->unseen = s->upstream->environment.kind == ENVIRONMENT_SCRATCH &&
		    !budget_any(s->worker->server->o.host->policy, s->upstream->environment.name);
	s->by_statement = !s->unseen && !s->worker->server->o.permissive &&
			  budget_by_statement(s->worker->server->o.host->policy, s->upstream->environment.name);
	PQsetnonblocking(pg, 1);
	s->server.readable = true;
	if (!loop_add(&s->worker->loop, &s->server.watch, NULL)) {
		session_fatal(s, "53000", STR("pawl: too many connections"));
		return;
	}
	cancel_list(s);
	s->phase = SESSION_RELAY;
	relay_begin(s);
	login_free(s);
	s->client.readable = true;
	session_pump(s);
}

/* --- moving bytes --- */

static bool leaving(struct session *s)
{
	struct str data;

	if (stream_blocked(&s->client) && !s->client.failed)
		return false;
	/* What it still sends is not read further than to see that it closed. */
	while (s->client.readable && !s->client.ended && stream_fill(&s->client, &data))
		stream_keep(&s->client, STR_NONE);
	if (s->client.failed || s->client.ended)
		session_end(s);
	else
		said_all(s);
	return false;
}

static bool tls_turn(struct session *s)
{
	switch (tls_handshake(&s->client)) {
	case TLS_DONE:
		s->phase = SESSION_START;
		s->client.readable = true;
		return true;
	case TLS_WAITS:
		if (s->client.hung)
			session_end(s);
		return false;
	case TLS_FAILED:
		break;
	}
	session_end(s);
	return false;
}

static bool flush(struct session *s)
{
	stream_flush(&s->server);
	stream_flush(&s->client);
	return !s->client.failed;
}

static bool client_waits(const struct session *s)
{
	return s->phase == SESSION_CONNECTING || stream_blocked(&s->client) ||
	       (s->phase == SESSION_RELAY &&
		((s->relay.stopped && !s->relay.copy_in && !s->relay.client_left) || stream_blocked(&s->server)));
}

static bool pump_client(struct session *s)
{
	size_t used, had = s->client.in.len;
	struct str data = { s->client.in.ptr, had };
	bool kept = had && s->client_kept;

	s->client_kept = false;
	if (client_waits(s)) {
		s->client_kept = kept;
		return false;
	}
	if (!kept && (!s->client.readable || !stream_fill(&s->client, &data))) {
		if (s->client.ended)
			session_end(s);
		return false;
	}
	s->client.want = 0;
	used = s->phase == SESSION_RELAY ? relay_client(s, data) : login_bytes(s, data);
	if (s->phase == SESSION_GONE || s->phase == SESSION_LEAVING)
		return false;
	if (!flush(s)) {
		session_end(s);
		return false;
	}
	stream_keep(&s->client, str_sub(data, used, data.len));
	s->client_kept |= used > 0 && used < data.len;
	return true;
}

static bool pump_server(struct session *s)
{
	struct str data;
	size_t used;

	if (s->phase != SESSION_RELAY || stream_blocked(&s->client) || !s->server.readable || stream_blocked(&s->server))
		return false;
	if (!stream_fill(&s->server, &data)) {
		if (s->server.ended)
			session_fatal(s, "08006", STR("pawl: the server closed the connection"));
		return false;
	}
	s->server.want = 0;
	used = relay_server(s, data);
	if (s->phase != SESSION_RELAY)
		return false;
	/* Else what the gate sends now and what the client said already leave as one. */
	if (!s->client_kept || !s->client.in.len || client_waits(s))
		stream_flush(&s->server);
	stream_flush(&s->client);
	if (s->client.failed) {
		session_end(s);
		return false;
	}
	stream_keep(&s->server, str_sub(data, used, data.len));
	return true;
}

void session_pump(struct session *s)
{
	for (int i = 0; i < TURNS; i++) {
		bool moved;

		if (s->phase == SESSION_GONE)
			return;
		/* What was said outside of this. */
		if (!flush(s)) {
			session_end(s);
			return;
		}
		s->worker->loop.n_made = 0;
		if (s->phase == SESSION_LEAVING) {
			leaving(s);
			return;
		}
		if (s->phase == SESSION_TLS && !tls_turn(s))
			return;
		moved = pump_server(s);
		moved = pump_client(s) || moved;
		if (s->phase == SESSION_RELAY)
			stream_flush(&s->server);
		if (!moved)
			return;
	}
	if (!s->again_asked && s->phase != SESSION_GONE) {
		s->again_asked = true;
		loop_again(&s->worker->loop, &s->again);
	}
}
