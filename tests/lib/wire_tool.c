/* A gate before PostgreSQL without the commands around it: what it would ask of the rest of pawl is set by flags.
 * usage: wire_tool [FLAG VALUE]… ; prints its port, and runs until its standard input ends.
 *   --upstream NAME=CONNINFO   --environment NAME   --key USER=PASSWORD   --expired USER=PASSWORD   --policy FILE
 *   --listen ADDR:PORT   --socket-dir DIR   --threads N   --connections N   --login SECONDS   --permissive 1
 *   --certificate FILE   --private-key FILE   --client-ca FILE
 *   --decide pass|approve|refuse|FILE   FILE: wait until it says pass, approve or refuse, or the client is gone
 *   --hour FILE
 *   --tightened FILE   there: credentials are tightened
 * What is asked and told goes to standard error, a line each.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "gate/postgres/scram.h"
#include "gate/postgres/server.h"

#define MOST 8

struct tool {
	struct database_upstream upstreams[MOST];
	size_t n_upstreams;
	struct database_key keys[MOST];
	size_t n_keys;
	const char *decide, *tightened, *policy;
	struct str environment;
	struct postgres_server_opts o;
	struct database_host host;
};

static void word_of(const char *file, char word[32])
{
	auto_buf b = BUF_MAX(4096);
	struct err err;

	word[0] = '\0';
	if (file_read(file, &b, &err))
		snprintf(word, 32, "%.*s", STR_ARG(str_trim(buf_str(&b))));
}

static void decide(void *ctx, struct database_question *q, bool (*gone)(void *gone_ctx), void *gone_ctx, struct database_passage *ret)
{
	struct tool *t = ctx;
	char word[32];

	fprintf(stderr, "ask %.*s: %zu changes\n", STR_ARG(q->text), q->request.changes.n);
	snprintf(word, sizeof(word), "%s", t->decide);
	if (strchr(t->decide, '/'))
		q->waits(q->waits_ctx, STR("pawl: held as H-12, waiting"), STR("Ask the person."));
	while (strchr(t->decide, '/') && !gone(gone_ctx)) {
		word_of(t->decide, word);
		if (word[0])
			break;
		usleep(20000);
	}
	if (gone(gone_ctx))
		fprintf(stderr, "gone %.*s\n", STR_ARG(q->text));
	*ret = (struct database_passage){ .message = STR_INIT("pawl: held as H-12: it destroys"),
					  .hint = STR_INIT("Do not retry; ask the person to answer H-12."), .why = DATABASE_HELD };
	snprintf(ret->hold, sizeof(ret->hold), "%s", !strcmp(word, "pass") ? "" : "H-12");
	if (!strcmp(word, "pass") || !strcmp(word, "approve"))
		ret->answer = DATABASE_PASSED;
}

static void breach(void *ctx, const struct database_session *s, const struct database_upstream *u,
		   struct str what, const struct change_list *saw)
{
	(void)ctx;
	fprintf(stderr, "breach %.*s %.*s %zu: %.*s\n", STR_ARG(s->id), STR_ARG(u->name), saw->n, STR_ARG(what));
}

static bool tightened(void *ctx, const struct database_session *s)
{
	struct tool *t = ctx;

	(void)s;
	return t->tightened && file_exists(t->tightened);
}

static bool key(void *ctx, struct str user, struct database_key *ret)
{
	struct tool *t = ctx;

	for (size_t i = 0; i < t->n_keys; i++) {
		if (str_eq(t->keys[i].session.name, user)) {
			*ret = t->keys[i];
			return true;
		}
	}
	return false;
}

/* "NAME=REST" */
static bool split(const char *text, struct str *name, struct str *rest)
{
	const char *equals = strchr(text, '=');

	if (!equals)
		return false;
	*name = (struct str){ text, (size_t)(equals - text) };
	*rest = str_from(equals + 1);
	return true;
}

static bool add_key(struct tool *t, const char *value, int64_t expires_us)
{
	struct database_key *k = &t->keys[t->n_keys++];
	struct str password;

	*k = (struct database_key){ .iterations = 4096, .expires_us = expires_us, .salt = "salt of its own" };
	if (t->n_keys > MOST || !split(value, &k->session.name, &password))
		return false;
	k->session.id = k->session.name;
	scram_verifier(password, k);
	return true;
}

static bool add_upstream(struct tool *t, const char *value)
{
	struct database_upstream *u = &t->upstreams[t->n_upstreams++];

	return t->n_upstreams <= MOST && split(value, &u->name, &u->connect);
}

static bool flag(struct tool *t, const char *name, const char *value)
{
	struct {
		const char *name, **to;
	} texts[] = {
		{ "--listen", &t->o.listen },	       { "--socket-dir", &t->o.socket_dir }, { "--certificate", &t->o.certificate },
		{ "--private-key", &t->o.key },	       { "--client-ca", &t->o.client_ca },   { "--decide", &t->decide },
		{ "--tightened", &t->tightened },      { "--policy", &t->policy },
		{ "--hour", &t->o.hour },
	};
	struct {
		const char *name;
		unsigned *to;
	} numbers[] = { { "--threads", &t->o.threads }, { "--connections", &t->o.max_connections }, { "--login", &t->o.login_s } };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (!strcmp(name, texts[i].name)) {
			*texts[i].to = value;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if (!strcmp(name, numbers[i].name)) {
			*numbers[i].to = (unsigned)strtoul(value, NULL, 10);
			return true;
		}
	}
	if (!strcmp(name, "--environment"))
		t->environment = str_from(value);
	else if (!strcmp(name, "--permissive"))
		t->o.permissive = true;
	else if (!strcmp(name, "--upstream"))
		return add_upstream(t, value);
	else if (!strcmp(name, "--key"))
		return add_key(t, value, 0);
	else if (!strcmp(name, "--expired"))
		return add_key(t, value, 1);
	else
		return false;
	return true;
}

static bool load(struct tool *t, struct buf *text, struct arena *arena, struct err *err)
{
	struct policy_source source = { .layer = POLICY_USER, .path = str_from(t->policy) };

	if (t->policy && !file_read(t->policy, text, err))
		return false;
	source.text = buf_str(text);
	return policy_load(&source, t->policy ? 1 : 0, arena, &t->host.policy, err);
}

int main(int argc, char **argv)
{
	static struct tool t = { .decide = "refuse", .o = { .listen = "127.0.0.1:0" } };
	auto_buf text = BUF_MAX(1 << 20);
	struct postgres_server *server;
	struct arena arena;
	struct err err;
	unsigned port;
	char c;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!flag(&t, argv[i], argv[i + 1])) {
			fprintf(stderr, "wire_tool: %s %s\n", argv[i], argv[i + 1]);
			return 2;
		}
	}
	for (size_t i = 0; i < t.n_upstreams; i++)
		t.upstreams[i].environment = t.environment;
	t.host.ctx = &t;
	t.host.decide = decide;
	t.host.breach = breach;
	t.host.tightened = tightened;
	t.host.key = key;
	t.o.host = &t.host;
	t.o.upstreams = t.upstreams;
	t.o.n_upstreams = t.n_upstreams;
	if (!arena_map(&arena, (size_t)64 << 20) || !load(&t, &text, &arena, &err) ||
	    !postgres_server_start(&t.o, &server, &port, &err)) {
		fprintf(stderr, "wire_tool: %s\n", err.msg);
		return 1;
	}
	printf("%u\n", port);
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	postgres_server_stop(server, 1);
	arena_unmap(&arena);
	return 0;
}
