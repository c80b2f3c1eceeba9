/* gate_tool -- for tests of a database gate's host: asks what a gate asks, over the real ledger, policy and judge, without a wire.
 * usage: gate_tool [WAIT_S]; then lines on standard input, each answered by one JSON object on a line:
 *        key USER                       may it log in?
 *        decide REQUEST.json USER [GONE_AFTER_MS]
 *        race REQUEST.json USER N       N threads at once: {"passed": …}
 *        tightened USER | frozen | breach USER WHAT …
 * State, policy and project as pawl finds them. The upstream is "shop" at db.example.com/shop; with PAWL_TEST_ENVIRONMENT, in that.
 */
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/gate_asks.h"
#include "cli/policies.h"

#define ARENA_SIZE ((size_t)256 << 20)
#define WORDS 8

struct tool {
	struct places places;
	struct arena arena;
	const struct policy *policy;
	struct ledger *ledger;
	struct gate_asks *asks;
	const struct database_host *host;
	struct database_upstream upstream;
};

static bool begin(struct tool *t, const char *wait, struct err *err)
{
	struct gate_asks_opts o = { .places = &t->places, .wait_s = wait ? (unsigned)strtoul(wait, NULL, 10) : 0 };

	t->upstream = (struct database_upstream){
		.name = STR("shop"),
		.environment = str_from(getenv("PAWL_TEST_ENVIRONMENT")),
		.place = { .host = STR("db.example.com"), .database = STR("shop") },
	};
	if (!arena_map(&t->arena, ARENA_SIZE))
		return err_set(err, ERR_LIMIT, "no memory");
	if (!places_find(NULL, &t->places, err) || !dir_make(t->places.state, 0700, err) ||
	    !policies_load(&t->places, &t->arena, &t->policy, err))
		return false;
	t->ledger = ledger_open(t->places.ledger, err);
	o.policy = t->policy;
	o.ledger = t->ledger;
	if (!t->ledger || !gate_asks_open(&o, &t->asks, err))
		return false;
	t->host = gate_asks_host(t->asks);
	return true;
}

struct going {
	int64_t gone_us;
};

static bool gone(void *ctx)
{
	const struct going *g = ctx;

	return g->gone_us && clock_now_us() >= g->gone_us;
}

struct one {
	struct tool *t;
	const char *path, *user;
	struct going going;
	struct arena arena;
	struct database_passage passage;
	const char *wrong;
};

static void *ask(void *ctx)
{
	struct one *o = ctx;
	struct database_question q = { .upstream = &o->t->upstream, .arena = &o->arena, .text = STR("DROP TABLE submissions") };
	auto_buf text = BUF_MAX((size_t)4 << 20);
	struct json *root;

	o->wrong = "no memory";
	if (!arena_map(&o->arena, ARENA_SIZE))
		return NULL;
	o->wrong = "no request";
	if (!file_read(o->path, &text, NULL) || !json_parse(arena_str(&o->arena, buf_str(&text)), &o->arena, &root, NULL) ||
	    !request_from_json(root, &o->arena, &q.request, NULL))
		return NULL;
	q.session = (struct database_session){ .id = str_from(o->user), .name = STR("agent") };
	o->wrong = NULL;
	o->t->host->decide(o->t->host->ctx, &q, gone, &o->going, &o->passage);
	return NULL;
}

static const char *why_name(enum database_refusal why)
{
	static const char *const names[] = { "", "held", "denied", "budget", "opaque", "tightened" };

	return names[why];
}

static void say_passage(const struct one *one)
{
	auto_buf b = BUF_MAX(65536);
	struct json_out o = { .buf = &b };

	json_out_open(&o, '{');
	json_out_key(&o, "passed");
	json_out_bool(&o, one->passage.answer == DATABASE_PASSED);
	json_out_kv(&o, "why", str_from(why_name(one->passage.why)));
	json_out_kv(&o, "hold", str_from(one->passage.hold));
	json_out_kv(&o, "message", one->passage.message);
	json_out_kv(&o, "hint", one->passage.hint);
	json_out_kv(&o, "wrong", str_from(one->wrong));
	json_out_close(&o, '}');
	printf("%.*s\n", STR_ARG(buf_str(&b)));
}

static void do_decide(struct tool *t, char **w)
{
	struct one o = { .t = t, .path = w[1], .user = w[2] };

	if (w[3])
		o.going.gone_us = clock_now_us() + strtoll(w[3], NULL, 10) * 1000;
	ask(&o);
	say_passage(&o);
	arena_unmap(&o.arena);
}

static void do_race(struct tool *t, char **w)
{
	struct one o[16];
	pthread_t threads[16];
	size_t n = strtoul(w[3], NULL, 10), passed = 0;

	PAWL_ASSERT(n > 0 && n <= ARRAY_LEN(o));
	for (size_t i = 0; i < n; i++) {
		o[i] = (struct one){ .t = t, .path = w[1], .user = w[2] };
		PAWL_ASSERT(pthread_create(&threads[i], NULL, ask, &o[i]) == 0);
	}
	for (size_t i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		PAWL_ASSERT(!o[i].wrong);
		passed += o[i].passage.answer == DATABASE_PASSED;
		arena_unmap(&o[i].arena);
	}
	printf("{\"passed\":%zu}\n", passed);
}

static void say_bool(const char *key, bool v)
{
	printf("{\"%s\":%s}\n", key, v ? "true" : "false");
}

static void do_key(struct tool *t, char **w)
{
	struct database_key k;

	say_bool("ok", t->host->key(t->host->ctx, str_from(w[1]), &k) && str_is(k.session.id, w[1]));
}

static void do_tightened(struct tool *t, char **w)
{
	struct database_session s = { .id = str_from(w[1]), .name = STR("agent") };

	say_bool("tightened", t->host->tightened(t->host->ctx, &s));
}

static void do_frozen(struct tool *t, char **w)
{
	(void)w;
	say_bool("frozen", t->host->frozen(t->host->ctx));
}

static void do_breach(struct tool *t, char **w)
{
	struct database_session s = { .id = str_from(w[1]), .name = STR("agent") };

	t->host->breach(t->host->ctx, &s, &t->upstream, str_from(w[2]), NULL);
	say_bool("ok", true);
}

static void line(struct tool *t, char *text)
{
	static const struct {
		const char *name;
		size_t words;
		void (*run)(struct tool *t, char **w);
	} verbs[] = { { "key", 2, do_key },	    { "decide", 3, do_decide }, { "race", 4, do_race }, { "tightened", 2, do_tightened },
		      { "frozen", 1, do_frozen }, { "breach", 3, do_breach } };
	char *w[WORDS + 1] = { NULL };
	size_t n = 0;

	for (char *p; n < WORDS && (p = strsep(&text, " \n"));) {
		if (*p)
			w[n++] = p;
	}
	for (size_t i = 0; n && i < ARRAY_LEN(verbs); i++) {
		if (strcmp(w[0], verbs[i].name) == 0 && n >= verbs[i].words) {
			verbs[i].run(t, w);
			fflush(stdout);
			return;
		}
	}
	printf("{\"wrong\":\"usage\"}\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct tool t = { .asks = NULL };
	struct err err = { 0 };
	char text[8192];

	if (!begin(&t, argc > 1 ? argv[1] : NULL, &err)) {
		fprintf(stderr, "gate_tool: %s\n", err.msg);
		return 1;
	}
	while (fgets(text, sizeof(text), stdin))
		line(&t, text);
	gate_asks_close(t.asks);
	ledger_close(t.ledger);
	arena_unmap(&t.arena);
	return 0;
}
