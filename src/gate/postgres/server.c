#include "gate/postgres/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "gate/database/tls.h"
#include "gate/postgres/session.h"

#define CONNECT_THREADS 16
#define ASK_THREADS 128
#define QUEUE 20000
#define WEIGH_ARENA ((size_t)256 << 20) /* address space; pages are only used by what is weighed */
#define TEXT_MAX ((size_t)16 << 20)
#define BACKLOG 4096
#define KEYS_US (3 * CLOCK_SECOND)

/* --- workers --- */

static void bury(struct loop *l)
{
	struct worker *w = (struct worker *)(void *)l;

	for (struct session *s = w->graves, *next, **keep = &w->graves; s; s = next) {
		next = s->next;
		if (s->again_asked) { /* still in the loop's list: the next turn */
			keep = &s->next;
			continue;
		}
		*keep = next;
		free(s);
	}
	if (w->draining && (!w->n_sessions || l->now_us >= w->drain_until_us))
		loop_stop(l);
}

static bool between_transactions(const struct session *s)
{
	return s->phase != SESSION_RELAY || (s->relay.tx == 'I' && !s->relay.n_sent && !s->relay.stopped);
}

static void drain(struct worker *w)
{
	for (struct session *s = w->sessions, *next; s; s = next) {
		next = s->next;
		if (between_transactions(s))
			session_fatal(s, "57P01", STR("pawl: the gate is shutting down"));
	}
}

/* Keys expire and are revoked while their sessions are open. Those of one key mostly follow one another: it is looked up once. */
static void end_keyless(struct worker *w)
{
	const struct database_host *h = w->server->o.host;
	struct str last = STR_NONE;
	struct database_key k;
	bool alive = true;

	if (w->loop.now_us - w->keys_us < KEYS_US)
		return;
	w->keys_us = w->loop.now_us;
	for (struct session *s = w->sessions, *next; s; s = next) {
		next = s->next;
		if (s->phase != SESSION_RELAY)
			continue;
		if (!last.ptr || !str_eq(last, s->who.id))
			alive = h->key(h->ctx, s->who.id, &k) && (!k.expires_us || k.expires_us > w->loop.now_us);
		last = s->who.id;
		if (!alive)
			session_fatal(s, "28000", STR("pawl: the session key has expired or was revoked; ask for a new one"));
	}
}

static void tick(struct loop *l)
{
	struct worker *w = (struct worker *)(void *)l;

	for (struct session *s = w->sessions, *next; s; s = next) {
		next = s->next;
		if (s->phase != SESSION_RELAY && s->deadline_us <= l->now_us)
			session_end(s);
	}
	end_keyless(w);
	if (w->draining)
		drain(w);
}

static void *run(void *p)
{
	struct worker *w = p;

	loop_run(&w->loop);
	while (w->sessions)
		session_end(w->sessions);
	return NULL;
}

/* --- new connections --- */

struct arrival {
	struct loop_note note; /* first */
	struct worker *worker;
	int fd;
	bool local;
};

static void refuse_fd(struct postgres_server *v, int fd)
{
	close(fd);
	__atomic_sub_fetch(&v->n_sessions, 1, __ATOMIC_SEQ_CST);
}

/* Before it said a word, as PostgreSQL does when it cannot begin: what does not fit into the socket at once is not said. */
static void full(int fd)
{
	const struct message_error e = { "FATAL", "53300", STR("pawl: too many connections to the gate already"),
					 STR("Close some, or let `connections` in postgres.yaml be more.") };
	auto_buf b = BUF_MAX(512);
	struct str s;

	message_error(&b, &e);
	s = buf_str(&b);
	if (send(fd, s.ptr, s.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)s.len)
		shutdown(fd, SHUT_WR);
}

static void arrived(struct loop_note *n)
{
	struct arrival *a = (struct arrival *)(void *)n;

	if (a->worker->draining || !session_new(a->worker, a->fd, a->local))
		refuse_fd(a->worker->server, a->fd);
	free(a);
}

static void options(int fd, bool local)
{
	int on = 1, idle = 60, every = 20;

	if (local)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
}

static void welcome(struct postgres_server *v, int fd, bool local)
{
	struct worker *w = &v->workers[v->next_worker++ % v->n_workers];
	unsigned most = v->o.max_connections ? v->o.max_connections : 10000;
	struct arrival *a;

	if (__atomic_add_fetch(&v->n_sessions, 1, __ATOMIC_SEQ_CST) > most || !(a = calloc(1, sizeof(*a)))) {
		full(fd);
		refuse_fd(v, fd);
		return;
	}
	options(fd, local);
	*a = (struct arrival){ .note = { .run = arrived }, .worker = w, .fd = fd, .local = local };
	loop_post(&w->loop, &a->note);
}

static void accept_all(struct postgres_server *v, int listener, bool local)
{
	for (int i = 0; i < 256; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			welcome(v, fd, local);
		} else if (errno == EMFILE || errno == ENFILE) {
			/* Those who wait go on waiting; not to spin meanwhile. */
			usleep(10000);
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

static void tcp_ready(struct loop_watch *w, bool readable, bool writable, bool hung)
{
	struct postgres_server *v = (struct postgres_server *)(void *)((char *)w - offsetof(struct postgres_server, tcp));

	(void)readable;
	(void)writable;
	(void)hung;
	accept_all(v, w->fd, false);
}

static void local_ready(struct loop_watch *w, bool readable, bool writable, bool hung)
{
	struct postgres_server *v = (struct postgres_server *)(void *)((char *)w - offsetof(struct postgres_server, local));

	(void)readable;
	(void)writable;
	(void)hung;
	accept_all(v, w->fd, true);
}

/* "host:port", "[::1]:port" */
static bool split(const char *listen, char host[256], char port[16])
{
	const char *colon = strrchr(listen, ':');
	size_t n = colon ? (size_t)(colon - listen) : 0;

	if (!colon || n >= 256 || strlen(colon + 1) >= 16 || !colon[1])
		return false;
	if (n >= 2 && listen[0] == '[' && listen[n - 1] == ']')
		snprintf(host, 256, "%.*s", (int)(n - 2), listen + 1);
	else
		snprintf(host, 256, "%.*s", (int)n, listen);
	snprintf(port, 16, "%s", colon + 1);
	return true;
}

static int bind_one(const struct addrinfo *a)
{
	auto_fd fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, BACKLOG))
		return -1;
	return fd_take(&fd);
}

static bool listen_tcp(struct postgres_server *v, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *found = NULL;
	struct sockaddr_storage own;
	socklen_t n = sizeof(own);
	char host[256], port[16];

	if (!split(v->o.listen, host, port))
		return err_set(err, ERR_INPUT, "listen: '%s' is no address with a port: write 127.0.0.1:6432", v->o.listen);
	if (getaddrinfo(host[0] ? host : NULL, port, &hints, &found))
		return err_set(err, ERR_INPUT, "listen: no such address: %s", v->o.listen);
	for (struct addrinfo *a = found; a && v->tcp.fd < 0; a = a->ai_next)
		v->tcp.fd = bind_one(a);
	freeaddrinfo(found);
	if (v->tcp.fd < 0 || getsockname(v->tcp.fd, (struct sockaddr *)&own, &n))
		return err_sys(err, "cannot listen on %s", v->o.listen);
	v->port = ntohs(own.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&own)->sin6_port : ((struct sockaddr_in *)&own)->sin_port);
	v->tcp.ready = tcp_ready;
	return loop_add_listener(&v->workers[0].loop, &v->tcp, err);
}

static bool listen_local(struct postgres_server *v, struct err *err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s/.s.PGSQL.%u", v->o.socket_dir, v->port);
	auto_fd fd = -1;
	mode_t mask;
	bool ok;

	if (n < 0 || (size_t)n >= sizeof(a.sun_path))
		return err_set(err, ERR_INPUT, "socket: '%s' is too long a path for a socket", v->o.socket_dir);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Nobody listens there: this port is ours. */
	unlink(a.sun_path);
	mask = umask(0077);
	ok = fd >= 0 && !bind(fd, (struct sockaddr *)&a, sizeof(a)) && !listen(fd, BACKLOG);
	umask(mask);
	if (!ok)
		return err_sys(err, "cannot listen on %s", a.sun_path);
	memcpy(v->local_path, a.sun_path, (size_t)n + 1);
	v->local.fd = fd_take(&fd);
	v->local.ready = local_ready;
	return loop_add_listener(&v->workers[0].loop, &v->local, err);
}

/* --- start and stop --- */

static void server_free(struct postgres_server *v)
{
	for (size_t i = 0; v->upstreams && i < v->o.n_upstreams; i++)
		__atomic_store_n(&v->upstreams[i].stopping, true, __ATOMIC_SEQ_CST);
	/* Askers first: what they finish is posted to loops that still stand. */
	asking_free(&v->connects);
	asking_free(&v->asks);
	for (unsigned i = 0; v->workers && i < v->n_workers; i++) {
		struct worker *w = &v->workers[i];

		if (!w->server)
			continue;
		loop_settle(&w->loop);
		while (w->sessions)
			session_end(w->sessions);
		for (struct session *s = w->graves, *next; s; s = next) {
			next = s->next;
			free(s);
		}
		loop_free(&w->loop);
		arena_unmap(&w->arena);
		buf_free(&w->text);
	}
	for (size_t i = 0; v->upstreams && i < v->o.n_upstreams; i++)
		upstream_free(&v->upstreams[i]);
	fd_close(&v->tcp.fd);
	fd_close(&v->local.fd);
	if (v->local_path[0])
		unlink(v->local_path);
	tls_context_free(v->tls);
	buf_free(&v->tls_digest);
	budget_ledger_free(v->ledger);
	pthread_mutex_destroy(&v->cancel_lock);
	free(v->workers);
	free(v->upstreams);
	free(v);
}

static bool worker_init(struct postgres_server *v, struct worker *w, struct err *err)
{
	if (!loop_init(&w->loop, err))
		return false;
	w->server = v;
	w->text = BUF_MAX(TEXT_MAX);
	w->loop.tick = tick;
	w->loop.turned = bury;
	return arena_map(&w->arena, WEIGH_ARENA) || err_set(err, ERR_LIMIT, "no memory");
}

static bool make_all(struct postgres_server *v, struct err *err)
{
	const struct postgres_server_opts *o = &v->o;
	struct tls_files files = { o->certificate, o->key, o->client_ca };
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	/* The servers behind it want processors too; fewer threads have more to do at each wake-up. */
	v->n_workers = o->threads ? o->threads : processors >= 8 ? 4 : processors >= 4 ? (unsigned)processors / 2 : 1;
	v->workers = calloc(v->n_workers, sizeof(*v->workers));
	v->upstreams = calloc(o->n_upstreams ? o->n_upstreams : 1, sizeof(*v->upstreams));
	if (!v->workers || !v->upstreams || !budget_ledger_new(&v->ledger))
		return err_set(err, ERR_LIMIT, "no memory");
	if (o->hour && !budget_ledger_keep(v->ledger, o->hour, clock_now_us(), err))
		return false;
	for (size_t i = 0; i < o->n_upstreams; i++) {
		if (!upstream_init(&v->upstreams[i], &o->upstreams[i], o->host->policy, err))
			return false;
	}
	for (unsigned i = 0; i < v->n_workers; i++) {
		if (!worker_init(v, &v->workers[i], err))
			return false;
	}
	if (o->certificate && !tls_context(&files, &v->tls, &v->tls_digest, err))
		return false;
	return asking_init(&v->connects, CONNECT_THREADS, QUEUE, err) && asking_init(&v->asks, ASK_THREADS, ASK_THREADS, err) &&
	       listen_tcp(v, err) && (!o->socket_dir || listen_local(v, err));
}

bool postgres_server_start(const struct postgres_server_opts *o, struct postgres_server **ret, unsigned *ret_port, struct err *err)
{
	struct postgres_server *v = calloc(1, sizeof(*v));
	bool ok = true;

	if (!v)
		return err_set(err, ERR_LIMIT, "no memory");
	signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without asking for no signal */
	v->o = *o;
	v->tcp.fd = v->local.fd = -1;
	v->tls_digest = BUF_MAX(64);
	pthread_mutex_init(&v->cancel_lock, NULL);
	if (!make_all(v, err)) {
		server_free(v);
		return false;
	}
	for (unsigned i = 0; i < v->n_workers && ok; i++)
		ok = v->workers[i].started = !pthread_create(&v->workers[i].thread, NULL, run, &v->workers[i]);
	if (!ok) {
		postgres_server_stop(v, 0);
		return err_set(err, ERR_LIMIT, "no thread");
	}
	*ret = v;
	*ret_port = v->port;
	return true;
}

struct farewell {
	struct loop_note note; /* first */
	struct worker *worker;
	int64_t until_us;
};

static void begin_drain(struct loop_note *n)
{
	struct farewell *f = (struct farewell *)(void *)n;
	struct worker *w = f->worker;
	struct postgres_server *v = w->server;

	if (w == &v->workers[0]) {
		loop_remove(&w->loop, &v->tcp);
		loop_remove(&w->loop, &v->local);
	}
	w->draining = true;
	w->drain_until_us = f->until_us;
	drain(w);
	free(f);
}

void postgres_server_stop(struct postgres_server *s, unsigned grace_s)
{
	for (unsigned i = 0; i < s->n_workers; i++) {
		struct farewell *f = calloc(1, sizeof(*f));

		if (!f) {
			loop_stop(&s->workers[i].loop);
			continue;
		}
		*f = (struct farewell){ { .run = begin_drain }, &s->workers[i], clock_now_us() + (int64_t)grace_s * CLOCK_SECOND };
		loop_post(&s->workers[i].loop, &f->note);
	}
	for (unsigned i = 0; i < s->n_workers; i++) {
		if (s->workers[i].started)
			pthread_join(s->workers[i].thread, NULL);
	}
	server_free(s);
}
