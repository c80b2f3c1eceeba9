/* pawl postgres keys: what agents log in to the gate with. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/asker.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/gate_config.h"
#include "cli/gate_credentials.h"
#include "cli/gate_running.h"
#include "cli/notify.h"

#define CONFIG_ARENA ((size_t)8 << 20)

struct keys_run {
	struct cli *cli;
	struct places places;
	struct ledger *ledger;
	struct arena arena;
	struct gate_config config;
	bool configured;
};

static bool begin(struct keys_run *r, struct err *err)
{
	if (!arena_map(&r->arena, CONFIG_ARENA))
		return err_set(err, ERR_LIMIT, "no memory");
	if (!places_find(NULL, &r->places, err) || !dir_make(r->places.state, 0700, err))
		return false;
	r->configured = gate_config_load(&r->places, cli_value(r->cli, "config"), &r->arena, &r->config, err);
	if (!r->configured && !(err->code == ERR_IO && !cli_value(r->cli, "config")))
		return false;
	r->ledger = ledger_open(r->places.ledger, err);
	return r->ledger != NULL;
}

static void end(struct keys_run *r)
{
	ledger_close(r->ledger);
	arena_unmap(&r->arena);
}

/* --- new --- */

/* Where the agent will find the gate: as configured; the port as it runs, where the configuration leaves it open. */
static void put_url(const struct keys_run *r, const struct gate_key *k, const char *secret, struct str database, struct buf *b)
{
	struct str host = STR("127.0.0.1");
	unsigned port = 6543;

	if (r->configured)
		(void)!gate_config_address(str_from(r->config.listen), &host, &port);
	if (!port)
		port = gate_running_port(r->places.state);
	if (str_find_char(host, ':') != SIZE_MAX)
		buf_addf(b, "postgres://%s:%s@[%.*s]:%u/%.*s", k->id, secret, STR_ARG(host), port, STR_ARG(database));
	else
		buf_addf(b, "postgres://%s:%s@%.*s:%u/%.*s", k->id, secret, STR_ARG(host), port, STR_ARG(database));
	if (r->configured && r->config.certificate)
		buf_adds(b, "?sslmode=require");
}

static bool choose_database(const struct keys_run *r, struct str *ret, struct err *err)
{
	const char *named = cli_value(r->cli, "database");

	if (!r->configured && !named)
		return err_set(err, ERR_INPUT, "no %s/postgres.yaml says yet what stands behind the gate (docs/postgres.md); or name it: "
			       "--database NAME", r->places.config);
	if (!r->configured) {
		*ret = str_from(named);
		return true;
	}
	if (named && !gate_config_find(&r->config, str_from(named)))
		return err_set(err, ERR_INPUT, "no upstream is called '%s' in %.*s", named, STR_ARG(r->config.path));
	*ret = named ? str_from(named) : r->config.upstreams[0].name;
	return true;
}

static bool take_life(const struct cli *c, int64_t *ret, struct err *err)
{
	const char *text = cli_value(c, "for");

	*ret = 8 * 3600;
	if (text && strcmp(text, "ever") == 0)
		*ret = 0;
	else if (text && (!duration_parse(str_from(text), ret) || *ret <= 0))
		return err_set(err, ERR_INPUT, "--for '%s': write a number and a unit, such as 8h or 7d, or 'ever'", text);
	return true;
}

static int say_new(const struct keys_run *r, const struct gate_key *k, const char *url)
{
	char until[TIMESTAMP_LEN + 1] = "";
	auto_buf b = BUF_MAX(8192);
	struct json_out o = { .buf = &b };

	if (k->expires_us)
		timestamp_text(k->expires_us, until);
	if (r->cli->json) {
		json_out_open(&o, '{');
		json_out_kv(&o, "id", str_from(k->id));
		json_out_kv(&o, "url", str_from(url));
		json_out_kv(&o, "expires", str_from(until));
		json_out_close(&o, '}');
		buf_addc(&b, '\n');
		return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
	}
	buf_addf(&b, "%s\n", url);
	if (!cli_print(&b))
		return EXIT_ERROR;
	fprintf(stderr, "Key %s, %s%s. Shown once: give it to the agent as DATABASE_URL, and nothing else.\n", k->id,
		until[0] ? "good until " : "WITHOUT AN END", until);
	return EXIT_ALLOW;
}

static int make_new(struct keys_run *r)
{
	const char *name = cli_value(r->cli, "name");
	char secret[GATE_KEY_SECRET_LEN + 1];
	auto_buf url = BUF_MAX(4096);
	struct err err = { 0 };
	struct gate_key k;
	struct str database = STR_NONE;
	int64_t seconds = 0;
	int status;

	if (!take_life(r->cli, &seconds, &err) || !choose_database(r, &database, &err) ||
	    !gate_key_make(r->places.state, r->ledger, str_from(name ? name : "agent"), seconds, &k, secret, &err))
		return cli_fail(r->cli, &err);
	put_url(r, &k, secret, database, &url);
	status = url.failed ? EXIT_ERROR : say_new(r, &k, url.ptr);
	explicit_bzero(secret, sizeof(secret));
	buf_wipe(&url);
	return status;
}

/* --- list --- */

struct listing {
	const struct keys_run *run;
	struct buf *b;
	struct json_out o;
	int64_t now_us;
	size_t n;
	struct err err;
};

static bool list_one(const struct gate_key *k, void *ctx)
{
	struct listing *l = ctx;
	char until[TIMESTAMP_LEN + 1] = "", made[TIMESTAMP_LEN + 1];
	struct gate_tightened tight;
	bool over = k->expires_us && k->expires_us <= l->now_us;

	if (!gate_credentials_look(l->run->ledger, str_from(k->id), &tight, &l->err))
		return false;
	timestamp_text(k->made_us, made);
	if (k->expires_us)
		timestamp_text(k->expires_us, until);
	l->n++;
	if (l->run->cli->json) {
		json_out_open(&l->o, '{');
		json_out_kv(&l->o, "id", str_from(k->id));
		json_out_kv(&l->o, "name", str_from(k->name));
		json_out_kv(&l->o, "made", str_from(made));
		json_out_kv(&l->o, "expires", str_from(until));
		json_out_key(&l->o, "expired");
		json_out_bool(&l->o, over);
		json_out_key(&l->o, "tightened");
		json_out_bool(&l->o, tight.seq != 0);
		json_out_kv(&l->o, "why", tight.seq ? str_from(tight.why) : STR_NONE);
		json_out_close(&l->o, '}');
		return true;
	}
	buf_addf(l->b, "%-24s %s %s%s\n", k->id, over ? "expired" : until[0] ? "until  " : "for ever", until,
		 tight.seq ? "  tightened" : "");
	if (tight.seq)
		buf_addf(l->b, "    reads and bounded writes alone: %s\n    pawl postgres keys --lift %s\n", tight.why, k->id);
	return true;
}

static int list(struct keys_run *r)
{
	auto_buf b = BUF_MAX((size_t)8 << 20);
	struct listing l = { .run = r, .b = &b, .o = { .buf = &b }, .now_us = clock_now_us() };
	struct err err = { 0 };
	size_t bad = 0;

	if (r->cli->json)
		json_out_open(&l.o, '[');
	if (!gate_key_each(r->places.state, list_one, &l, &bad, &err))
		return cli_fail(r->cli, &err);
	if (l.err.code != ERR_NONE)
		return cli_fail(r->cli, &l.err);
	if (r->cli->json) {
		json_out_close(&l.o, ']');
		buf_addc(&b, '\n');
	} else if (!l.n) {
		buf_adds(&b, "No keys: pawl postgres keys new\n");
	}
	if (bad)
		fprintf(stderr, "pawl: %zu files in %s/postgres/keys are no keys\n", bad, r->places.state);
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

/* --- revoke --- */

static int take_away(struct keys_run *r)
{
	struct err err = { 0 };

	for (int i = 1; i < r->cli->n_args; i++) {
		if (!gate_key_revoke(r->places.state, r->ledger, str_from(r->cli->args[i]), &err))
			return cli_fail(r->cli, &err);
		if (!r->cli->json)
			printf("%s is no key any more: nobody logs in with it, and who is connected is sent away within seconds.\n",
			       r->cli->args[i]);
	}
	return r->cli->json ? cli_print_json("revoked", str_from(r->cli->args[1])) : EXIT_ALLOW;
}

/* --- lift: a request like any other, that a person approves --- */

static struct digest lift_bytes(const struct gate_tightened *tight, struct str id)
{
	struct digest_run run;
	char seq[24];

	snprintf(seq, sizeof(seq), "%llu", (unsigned long long)tight->seq);
	digest_begin(&run);
	digest_field(&run, STR("version"), STR("pawl-lift-1"));
	digest_field(&run, STR("credential"), id);
	digest_field(&run, STR("tightened"), str_from(seq));
	return digest_end(&run);
}

static bool lift_request(struct desk *d, const struct gate_tightened *tight, struct str id, struct request *r)
{
	struct change *c;

	*r = (struct request){
		.principal = asker_find(),
		.gate = GATE_POSTGRES,
		.tool = STR("pawl"),
		.summary = arena_fmt(&d->arena, "let %.*s ask for everything again", STR_ARG(id)),
		.bytes = lift_bytes(tight, id),
	};
	c = change_add(&r->changes, &d->arena);
	if (!c)
		return false;
	c->kind = CHANGE_WEAKEN_PROTECTION;
	c->type = STR("credential");
	c->name = c->title = id;
	c->finding = STR("guard.credential");
	c->reversible = REVERSIBLE_YES;
	c->holds_data = HOLDS_DATA_NO;
	c->reason = arena_fmt(&d->arena, "it was tightened: %s", tight->why);
	return !d->arena.full;
}

static int lifted(const struct cli *c, struct str id)
{
	if (c->json)
		return cli_print_json("lifted", id);
	printf("%.*s is lifted: what it asks for is judged as before.\n", STR_ARG(id));
	return EXIT_ALLOW;
}

static int lift_held(const struct cli *c, struct desk *d, const struct hold_request *q, const struct err *why)
{
	char hold[HOLD_ID_LEN];
	struct err err = { 0 };

	if (!hold_open(&d->host, q->request, q->judgement, q->evidence, hold, &err))
		return cli_fail(c, &err);
	notify_kick(d->policy);
	if (c->json)
		cli_print_json("hold", str_from(hold));
	fprintf(stderr, "pawl: held as %s: %s\n  A person says yes: pawl approve %s   Then the same command again.\n", hold, why->msg,
		hold);
	return EXIT_HOLD;
}

static int lift_judged(const struct cli *c, struct desk *d, const struct hold_request *q, struct str id)
{
	struct grant_use use = { .hold = STR_NONE };
	struct err err = { 0 };

	if (q->judgement->verdict == VERDICT_HOLD && !hold_use(&d->host, q->request, q->judgement, q->evidence, &d->arena, &use, &err))
		return lift_held(c, d, q, &err);
	if (q->judgement->verdict != VERDICT_HOLD && q->judgement->verdict != VERDICT_ALLOW) {
		fprintf(stderr, "pawl: denied: %.*s\n", STR_ARG(q->judgement->reason));
		return EXIT_DENY;
	}
	return gate_credentials_lift(d->places.state, d->ledger, id, use.hold, &err) ? lifted(c, id) : cli_fail(c, &err);
}

static int lift(struct cli *c)
{
	struct str id = str_from(cli_value(c, "lift"));
	struct gate_tightened tight = { .seq = 0 };
	struct request request;
	struct judgement judgement;
	struct evidence evidence = { .now_us = clock_now_us() };
	struct err err = { 0 };
	struct desk d;
	int status;

	if (!gate_key_id_ok(id))
		return cli_usage(c, "--lift wants the id of a key, as `pawl postgres keys` shows it");
	if (!desk_open(&d, &err) || !gate_credentials_look(d.ledger, id, &tight, &err)) {
		status = cli_fail(c, &err);
	} else if (!tight.seq) {
		err_set(&err, ERR_STATE, "%.*s is not tightened", STR_ARG(id));
		status = cli_fail(c, &err);
	} else if (!lift_request(&d, &tight, id, &request)) {
		err_set(&err, ERR_LIMIT, "no memory");
		status = cli_fail(c, &err);
	} else {
		request_redact(&request, &d.arena);
		judge(d.policy, &request, &evidence, &d.arena, &judgement);
		request.binding.environment = judgement.environment.name;
		status = lift_judged(c, &d, &(struct hold_request){ &request, &judgement, &evidence }, id);
	}
	desk_close(&d);
	return status;
}

int cmd_postgres_keys(struct cli *c)
{
	static const struct {
		const char *word;
		int least, most;
		int (*run)(struct keys_run *r);
	} verbs[] = { { "list", 0, 0, list }, { "new", 0, 0, make_new }, { "revoke", 1, 1000, take_away } };
	const char *word = c->n_args ? c->args[0] : "list";
	struct keys_run r = { .cli = c };
	struct err err = { 0 };

	if (cli_flag(c, "lift"))
		return c->n_args ? cli_usage(c, "--lift stands alone") : lift(c);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		int more = c->n_args ? c->n_args - 1 : 0, status;

		if (strcmp(word, verbs[i].word) != 0)
			continue;
		if (more < verbs[i].least || more > verbs[i].most)
			return cli_usage(c, "%s: %s", word, verbs[i].least ? "the id of a key is wanted" : "takes no words");
		status = begin(&r, &err) ? verbs[i].run(&r) : cli_fail(c, &err);
		end(&r);
		return status;
	}
	return cli_usage(c, "'%s': one of list, new, revoke ID", word);
}
