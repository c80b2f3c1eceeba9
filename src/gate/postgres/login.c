#include <libpq-fe.h>

#include "base/clock.h"
#include "gate/database/tls.h"
#include "gate/postgres/session.h"

#define CONNECT_US (120 * CLOCK_SECOND)

void login_free(struct session *s)
{
	if (!s->login)
		return;
	scram_free(&s->login->scram);
	buf_free(&s->login->text);
	buf_free(&s->login->settings);
	buf_free(&s->login->unknown);
	free(s->login);
	s->login = NULL;
}

static size_t fatal(struct session *s, const char *sqlstate, struct str message)
{
	session_fatal(s, sqlstate, message);
	return SIZE_MAX;
}

static size_t end(struct session *s)
{
	session_end(s);
	return SIZE_MAX;
}

/* --- the first packet --- */

static bool is_no(struct str v)
{
	return str_eq_nocase(v, STR("false")) || str_eq_nocase(v, STR("off")) || str_eq_nocase(v, STR("no")) || str_is(v, "0");
}

/* One parameter of the first packet. NULL: fine; else why not. */
static const char *parameter(struct login *l, struct str name, struct str value)
{
	if (str_is(name, "user"))
		l->user = value;
	else if (str_is(name, "database"))
		l->database = value;
	else if (str_is(name, "application_name"))
		l->application = value;
	else if (str_is(name, "client_encoding"))
		l->encoding = value;
	else if (str_is(name, "replication"))
		return is_no(value) ? NULL : "pawl: replication is not relayed";
	else if (str_is(name, "options"))
		return login_options(l, value) ? NULL : "pawl: of options only -c name=value is understood";
	else if (str_starts(name, STR("_pq_."))) {
		message_add_text(&l->unknown, name);
		l->n_unknown++;
		l->extra = true;
	} else if (!login_setting(l, name, value))
		return "pawl: too many settings";
	return NULL;
}

static size_t startup(struct session *s, struct str body)
{
	struct login *l = s->login;
	struct str name, value, left;

	l->text = BUF_MAX(MESSAGE_STARTUP_MAX);
	l->settings = BUF_MAX(LOGIN_SETTINGS_MAX);
	l->unknown = BUF_MAX(MESSAGE_STARTUP_MAX);
	buf_add(&l->text, body);
	left = buf_str(&l->text);
	while (left.len && left.ptr[0]) {
		const char *why;

		if (!message_text(&left, &name) || !message_text(&left, &value))
			return fatal(s, "08P01", STR("pawl: the first packet is not well formed"));
		why = parameter(l, name, value);
		if (why)
			return fatal(s, strstr(why, "replication") ? "0A000" : "PW004", str_from(why));
	}
	if (left.len != 1 || !l->user.len || l->text.failed)
		return fatal(s, "28000", STR("pawl: the first packet names no user"));
	if (!l->database.len)
		l->database = l->user;
	if (l->encoding.len && !login_encoding(l->encoding))
		return fatal(s, "PW004", STR("pawl: this client_encoding cannot be judged; use UTF8"));
	return 0;
}

static void find_upstream(struct session *s)
{
	struct postgres_server *v = s->worker->server;

	for (size_t i = 0; i < v->o.n_upstreams; i++) {
		if (str_eq(v->upstreams[i].of->name, s->login->database))
			s->upstream = &v->upstreams[i];
	}
}

static size_t ask_password(struct session *s)
{
	struct login *l = s->login;
	struct buf *b = &s->worker->text;
	size_t at;

	l->scram.offered_plus = s->client.ssl != NULL;
	l->scram.binding = buf_str(&s->worker->server->tls_digest);
	buf_clear(b);
	at = message_begin(b, 'R');
	message_add_u32(b, 10);
	if (l->scram.offered_plus)
		message_add_text(b, STR("SCRAM-SHA-256-PLUS"));
	message_add_text(b, STR("SCRAM-SHA-256"));
	buf_addc(b, '\0');
	message_end(b, at);
	session_say(s, b);
	s->phase = SESSION_SASL;
	return 0;
}

/* The newest that we speak is 3.0; said where more was asked for. */
static void negotiate(struct session *s)
{
	struct buf *b = &s->worker->text;
	size_t at;

	buf_clear(b);
	at = message_begin(b, 'v');
	message_add_u32(b, 0);
	message_add_u32(b, s->login->n_unknown);
	buf_add(b, buf_str(&s->login->unknown));
	message_end(b, at);
	session_say(s, b);
}

static size_t accepted(struct session *s);

static size_t authenticate(struct session *s)
{
	const struct database_host *h = s->worker->server->o.host;
	struct login *l = s->login;
	char name[256];

	l->scram.known = h->key(h->ctx, l->user, &l->scram.key);
	if (l->scram.known && l->scram.key.expires_us && l->scram.key.expires_us <= s->worker->loop.now_us)
		l->scram.known = false;
	if (!l->scram.known)
		scram_nobody(l->user, &l->scram.key);
	if (s->worker->server->o.client_ca && l->scram.known && tls_peer_name(&s->client, name, sizeof(name)) && str_is(l->user, name))
		return accepted(s);
	return ask_password(s);
}

static size_t secure(struct session *s, size_t had)
{
	struct ssl_ctx_st *tls = s->worker->server->tls;

	/* Bytes behind the request would be taken for encrypted ones: somebody put them there. */
	if (had != 8 || s->client.ssl)
		return end(s);
	stream_copy(&s->client, tls && !s->local ? STR("S") : STR("N"));
	stream_flush(&s->client);
	if (tls && !s->local) {
		if (!tls_accept(&s->client, tls))
			return end(s);
		s->phase = SESSION_TLS;
	}
	return 8;
}

static size_t first_packet(struct session *s, struct str data)
{
	uint32_t n, code;

	if (data.len < 8)
		return data.len && (unsigned char)data.ptr[0] > 0 ? end(s) : 0;
	n = message_u32(data.ptr);
	code = message_u32(data.ptr + 4);
	if (n < 8 || n > MESSAGE_STARTUP_MAX)
		return end(s);
	if (code == MESSAGE_SSL && n == 8)
		return secure(s, data.len);
	if (code == MESSAGE_GSS && n == 8 && data.len == 8) {
		stream_copy(&s->client, STR("N"));
		return 8;
	}
	if (data.len < n)
		return 0;
	if (code == MESSAGE_CANCEL) {
		cancel_request(s->worker, str_sub(data, 8, n - 8));
		return end(s);
	}
	if (code >> 16 != 3)
		return fatal(s, "0A000", STR("pawl: this version of the protocol is not spoken here"));
	if (startup(s, str_sub(data, 8, n - 8)) == SIZE_MAX)
		return SIZE_MAX;
	if ((code & 0xffff) != 0 || s->login->extra)
		negotiate(s);
	return authenticate(s) == SIZE_MAX ? SIZE_MAX : n;
}

/* --- the password --- */

static size_t accepted(struct session *s)
{
	struct message_error why;
	struct login *l = s->login;

	s->who_text = BUF_MAX(4096);
	message_add_text(&s->who_text, l->scram.key.session.id);
	message_add_text(&s->who_text, l->scram.key.session.name);
	if (s->who_text.failed)
		return fatal(s, "53200", STR("pawl: no memory"));
	s->who.id = str_from(s->who_text.ptr);
	s->who.name = str_from(s->who_text.ptr + s->who.id.len + 1);
	find_upstream(s);
	if (!s->upstream)
		return fatal(s, "3D000", STR("pawl: no database of this name is behind this gate"));
	s->relay.tx = 'I';
	if (!login_settings_pass(s, &why))
		return fatal(s, why.sqlstate, why.message);
	login_connect(s);
	return 0;
}

static size_t wrong(struct session *s)
{
	return fatal(s, "28P01", STR("pawl: password authentication failed; ask for a new session key if yours has expired"));
}

static size_t say_sasl(struct session *s, uint32_t code, const struct buf *text)
{
	struct buf *b = &s->worker->text;
	size_t at;

	buf_clear(b);
	at = message_begin(b, 'R');
	message_add_u32(b, code);
	buf_add(b, buf_str(text));
	message_end(b, at);
	session_say(s, b);
	return 0;
}

static size_t sasl_first(struct session *s, struct str body)
{
	auto_buf out = BUF_MAX(SCRAM_MESSAGE_MAX);
	struct str mechanism;

	if (!message_text(&body, &mechanism) || body.len < 4 || message_u32(body.ptr) != body.len - 4)
		return fatal(s, "08P01", STR("pawl: not a SASL response"));
	if (!scram_first(&s->login->scram, mechanism, str_sub(body, 4, body.len), &out))
		return wrong(s);
	s->phase = SESSION_SASL_FINAL;
	return say_sasl(s, 11, &out);
}

static size_t sasl_final(struct session *s, struct str body)
{
	auto_buf out = BUF_MAX(SCRAM_MESSAGE_MAX);

	if (!scram_final(&s->login->scram, body, &out))
		return wrong(s);
	say_sasl(s, 12, &out);
	return accepted(s);
}

static size_t password(struct session *s, struct str data)
{
	uint32_t n;
	struct str body;

	if (data.len < MESSAGE_HEAD)
		return 0;
	n = message_u32(data.ptr + 1);
	if (data.ptr[0] == 'X' && n == 4)
		return end(s);
	if (data.ptr[0] != 'p' || n < 4 || n > SCRAM_MESSAGE_MAX)
		return fatal(s, "08P01", STR("pawl: a password was expected"));
	if (data.len < (size_t)n + 1)
		return 0;
	body = str_sub(data, MESSAGE_HEAD, n - 4);
	if ((s->phase == SESSION_SASL ? sasl_first(s, body) : sasl_final(s, body)) == SIZE_MAX)
		return SIZE_MAX;
	return (size_t)n + 1;
}

size_t login_bytes(struct session *s, struct str data)
{
	switch (s->phase) {
	case SESSION_START:
		return first_packet(s, data);
	case SESSION_SASL:
	case SESSION_SASL_FINAL:
		return password(s, data);
	case SESSION_TLS:
	case SESSION_CONNECTING:
	case SESSION_RELAY:
	case SESSION_LEAVING:
	case SESSION_GONE:
		break;
	}
	return 0;
}

/* --- upstream --- */

struct connect_job {
	struct asking_job job; /* first */
	struct session *session; /* the worker's; NULL: gone */
	struct upstream *upstream;
	struct upstream_login login;
	struct buf text;
	struct pg_conn *pg;
	bool first; /* nobody read the schema yet */
	struct err err;
};

static void connect_free(struct connect_job *j)
{
	buf_free(&j->text);
	free(j);
}

static void connect_work(struct asking_job *job)
{
	struct connect_job *j = (struct connect_job *)(void *)job;

	if (!upstream_connect(j->upstream, &j->login, &j->pg, &j->err))
		return;
	pthread_mutex_lock(&j->upstream->lock);
	j->first = !j->upstream->catalogue;
	pthread_mutex_unlock(&j->upstream->lock);
	if (j->first)
		upstream_read(j->upstream);
}

static void connect_done(struct loop_note *n)
{
	struct connect_job *j = (struct connect_job *)(void *)n;
	struct session *s = j->session;
	struct str why = str_sub(str_from(j->err.msg), 0, 500);

	if (s && s->phase == SESSION_CONNECTING) {
		auto_buf text = BUF_MAX(2048);

		s->job = NULL;
		s->job_session = NULL;
		s->worker->loop.n_made = 0;
		s->pg = j->pg;
		j->pg = NULL;
		if (s->pg) {
			session_connected(s);
		} else {
			buf_addf(&text, "pawl: cannot reach the database: %.*s", STR_ARG(why));
			session_fatal(s, "08001", buf_str(&text));
		}
	}
	if (j->pg)
		PQfinish((PGconn *)j->pg);
	connect_free(j);
}

void login_connect(struct session *s)
{
	struct connect_job *j = calloc(1, sizeof(*j));
	struct login *l = s->login;

	s->phase = SESSION_CONNECTING;
	s->deadline_us = s->worker->loop.now_us + CONNECT_US;
	if (j) {
		char *p;

		j->text = BUF_MAX(LOGIN_SETTINGS_MAX * 3);
		p = buf_reserve(&j->text, l->application.len + l->encoding.len + l->settings.len + 1);
		j->session = s;
		j->upstream = s->upstream;
		j->login.may_write = false;
		if (p) {
			buf_add(&j->text, l->application);
			buf_add(&j->text, l->encoding);
			buf_add(&j->text, buf_str(&l->settings));
			j->login.application = (struct str){ p, l->application.len };
			j->login.encoding = (struct str){ p + l->application.len, l->encoding.len };
			j->login.settings = (struct str){ p + l->application.len + l->encoding.len, l->settings.len };
		}
		j->job.work = connect_work;
		j->job.home = &s->worker->loop;
		j->job.note.run = connect_done;
		if (p && asking_submit(&s->worker->server->connects, &j->job)) {
			s->job = &j->job;
			s->job_session = &j->session;
			return;
		}
		connect_free(j);
	}
	session_fatal(s, "53300", STR("pawl: too many are logging in"));
}
