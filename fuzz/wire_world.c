#include "wire_world.h"

#define ERR_STATE openssl_err_state
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#undef ERR_STATE

#include <fcntl.h>
#include <libpq-fe.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "gate/postgres/aside.h"

#define PASSWORD "secret"
#define SALT "0123456789abcdef"
#define BUFFER 8192 /* of each socket: small, so that it is full now and then */

struct world world;

/* The same input has the same course. */
int RAND_bytes(unsigned char *p, int n)
{
	static unsigned char next;

	for (int i = 0; i < n; i++)
		p[i] = next++;
	return 1;
}

/* --- threads --- */

bool asking_init(struct asking *a, unsigned threads, unsigned queue, struct err *err)
{
	(void)threads;
	(void)queue;
	(void)err;
	*a = (struct asking){ 0 };
	return true;
}

void asking_free(struct asking *a)
{
	(void)a;
}

bool asking_submit(struct asking *a, struct asking_job *j)
{
	(void)a;
	if (world.n_jobs == 16)
		return false;
	j->next = NULL;
	*world.jobs_end = j;
	world.jobs_end = &j->next;
	world.n_jobs++;
	return true;
}

bool world_job(uint8_t answer)
{
	struct asking_job *j = world.jobs;
	struct loop *home;

	if (!j)
		return false;
	world.jobs = j->next;
	if (!world.jobs)
		world.jobs_end = &world.jobs;
	world.n_jobs--;
	world.answer = answer;
	home = j->home;
	j->work(j);
	if (home)
		loop_post(home, &j->note);
	return true;
}

/* --- the upstream --- */

const struct catalogue *upstream_catalogue(struct upstream *u)
{
	return u->catalogue ? catalogue_ref(u->catalogue) : NULL;
}

void upstream_read(struct upstream *u)
{
	u->generation++;
}

struct postgres_aside *upstream_aside(struct upstream *u, struct err *err)
{
	struct postgres_aside *a = NULL;

	if (world.answer & 4)
		err_set(err, ERR_IO, "08006: gone");
	else if (!aside_open(u->of, &a, err))
		return NULL;
	return a;
}

void upstream_aside_done(struct upstream *u)
{
	(void)u;
}

static void small(int fd)
{
	int n = BUFFER;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &n, sizeof(n));
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void pair(int *ours, int *gates)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		abort();
	small(fds[0]);
	small(fds[1]);
	*ours = fds[0];
	*gates = fds[1];
}

bool upstream_connect(const struct upstream *u, const struct upstream_login *l, struct pg_conn **ret, struct err *err)
{
	struct pg_conn *c;

	(void)u;
	FUZZ_CHECK(l->settings.len <= LOGIN_SETTINGS_MAX && !l->may_write);
	if (world.answer & 4)
		return err_set(err, ERR_IO, "no server");
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	if (world.server >= 0)
		close(world.server);
	pair(&world.server, &c->fd);
	*ret = c;
	return true;
}

void world_server_gone(void)
{
	if (world.server >= 0)
		close(world.server);
	world.server = -1;
}

bool world_server_hears(void)
{
	char some[16384];
	bool any = false;
	ssize_t n;

	while (world.server >= 0 && (n = recv(world.server, some, sizeof(some), MSG_DONTWAIT)) != -1) {
		if (n > 0)
			model_takes(&world.model, some, (size_t)n);
		else
			world_server_gone();
		any = true;
	}
	return any;
}

/* --- the rest of pawl --- */

static void decide(void *ctx, struct database_question *q, bool (*gone)(void *gone_ctx), void *gone_ctx, struct database_passage *ret)
{
	(void)ctx;
	*ret = (struct database_passage){ .why = DATABASE_HELD, .message = STR("pawl: held"), .hint = STR("wait") };
	if (gone(gone_ctx) || world.answer & 1)
		return;
	ret->answer = DATABASE_PASSED;
	if (!(world.answer & 2))
		snprintf(ret->hold, sizeof(ret->hold), "H-1");
	model_yes(&world.model, q->text);
}

static void breach(void *ctx, const struct database_session *s, const struct database_upstream *u, struct str what,
		   const struct change_list *saw)
{
	(void)ctx;
	(void)s;
	(void)u;
	(void)saw;
	FUZZ_CHECK(what.len);
}

static bool tightened(void *ctx, const struct database_session *s)
{
	(void)ctx;
	(void)s;
	return world.is_tightened;
}

static bool keep(void *ctx, const struct database_keeping *what, char ret_id[24], struct err *err)
{
	struct str says;
	uint64_t dumped;

	(void)ctx;
	if (!(world.answer & 8))
		return false;
	snprintf(ret_id, 24, "K-1");
	return what->fill(what->ctx, "K-1.1", ret_id, NULL, &says, &dumped, err);
}

static bool key(void *ctx, struct str user, struct database_key *ret)
{
	(void)ctx;
	if (!str_is(user, "agent"))
		return false;
	*ret = (struct database_key){ .session = { STR("agent-1"), STR("agent") }, .iterations = 1 };
	memcpy(ret->salt, SALT, sizeof(ret->salt));
	scram_verifier(STR(PASSWORD), ret);
	return true;
}

/* --- the password --- */

void world_challenge(struct str text)
{
	snprintf(world.challenge, sizeof(world.challenge), "%.*s", STR_ARG(text));
}

static void hmac(const unsigned char *k, const char *text, size_t n, unsigned char *ret)
{
	unsigned len = 32;

	if (!HMAC(EVP_sha256(), k, 32, (const unsigned char *)text, n, ret, &len))
		abort();
}

void world_proof(bool wrong, char *ret, size_t size)
{
	unsigned char salted[32], client_key[32], stored[32], signature[32], proof[64];
	int nonce = (int)strcspn(world.challenge, ",");
	char all[2048], final[600];
	size_t n;

	snprintf(final, sizeof(final), "c=biws,%.*s", nonce, world.challenge);
	n = (size_t)snprintf(all, sizeof(all), WORLD_FIRST ",%s,%s", world.challenge, final);
	if (!PKCS5_PBKDF2_HMAC(wrong ? "wrong" : PASSWORD, -1, (const unsigned char *)SALT, 16, 1, EVP_sha256(), 32, salted))
		abort();
	hmac(salted, "Client Key", 10, client_key);
	SHA256(client_key, 32, stored);
	hmac(stored, all, n, signature);
	for (int i = 0; i < 32; i++)
		client_key[i] ^= signature[i];
	EVP_EncodeBlock(proof, client_key, 32);
	snprintf(ret, size, "%s,p=%s", final, (const char *)proof);
}

/* --- all of it --- */

static void bury(struct loop *l)
{
	struct worker *w = (struct worker *)(void *)l;

	for (struct session *s = w->graves, *next, **kept = &w->graves; s; s = next) {
		next = s->next;
		if (s->again_asked) {
			kept = &s->next;
			continue;
		}
		*kept = next;
		free(s);
	}
}

static void once(void)
{
	static const struct policy_source source = { POLICY_USER, STR_INIT("policy.yaml"), STR_INIT("version: 1\n") };
	static struct arena arena;
	struct catalogue *c = NULL;
	struct err err;

	world.of = (struct database_upstream){ .name = STR("db"), .connect = STR("none"), .environment = STR("production") };
	world.host = (struct database_host){
		.decide = decide, .breach = breach, .tightened = tightened, .keep = keep, .key = key,
	};
	if (!arena_map(&arena, (size_t)64 << 20) || !policy_load(&source, 1, &arena, &world.host.policy, &err) ||
	    !loop_init(&world.worker.loop, &err) || !arena_map(&world.worker.arena, (size_t)256 << 20) ||
	    !catalogue_read(NULL, NULL, 0, &c, &err))
		abort();
	world.worker.loop.turned = bury;
	world.worker.server = &world.server_of;
	world.worker.text = BUF_MAX((size_t)16 << 20);
	pthread_mutex_init(&world.server_of.cancel_lock, NULL);
	pthread_mutex_init(&world.upstream.lock, NULL);
	world.upstream.of = &world.of;
	world.upstream.environment = database_environment(world.host.policy, &world.of);
	world.upstream.catalogue = c;
	world.server_of.o = (struct postgres_server_opts){ .host = &world.host, .upstreams = &world.of, .n_upstreams = 1 };
	world.server_of.upstreams = &world.upstream;
	world.judge = (struct statement_context){
		.upstream = &world.of, .host = &world.host, .catalogue = c, .environment = world.upstream.environment,
	};
}

/* As login.c does it, for a client that is known. */
static void logged_in(struct session *s)
{
	s->who_text = BUF_MAX(4096);
	message_add_text(&s->who_text, STR("agent-1"));
	s->who.id = s->who.name = str_from(s->who_text.ptr);
	s->upstream = &world.upstream;
	s->relay.tx = 'I';
	login_connect(s);
	world_job(0);
	loop_turn(&world.worker.loop, 0);
}

int world_begin(bool login, bool unseen)
{
	static const struct database_session who = { STR_INIT("agent-1"), STR_INIT("agent") };
	struct session *s;
	int ours, gates;

	if (!world.of.name.len)
		once();
	world.judge.session = &who;
	world.jobs = NULL;
	world.jobs_end = &world.jobs;
	world.n_jobs = 0;
	world.server = -1;
	world.answer = 0;
	world.is_tightened = false;
	world.challenge[0] = '\0';
	world.upstream.stale = false;
	world.upstream.read_us = world.worker.loop.now_us;
	if (!budget_ledger_new(&world.server_of.ledger))
		abort();
	model_begin(&world.model, &world.judge);
	pair(&ours, &gates);
	world.server_of.n_sessions = 1;
	s = session_new(&world.worker, gates, false);
	if (!s)
		abort();
	if (!login)
		logged_in(s);
	world.model.unseen = s->unseen = unseen && !login;
	s->by_statement = s->by_statement && !s->unseen;
	return ours;
}

void world_end(void)
{
	if (world.worker.sessions)
		session_end(world.worker.sessions);
	while (world_job(1) || world_turn())
		;
	FUZZ_CHECK(!world.worker.sessions && !world.worker.graves && !world.worker.n_sessions && !world.server_of.n_sessions);
	world_server_gone();
	budget_ledger_free(world.server_of.ledger);
	model_end(&world.model);
}

bool world_turn(void)
{
	return loop_turn(&world.worker.loop, 0);
}
