/* pawl grant, pawl grants, pawl break-glass */
#include <stdio.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cli/commands.h"
#include "cli/desk.h"

#define GLASS_DEFAULT_S 900

static bool join_scopes(const struct cli *c, struct buf *b, struct err *err)
{
	const char *one;

	for (unsigned i = 0; (one = cli_value_nth(c, "scope", i)); i++) {
		if (!elevation_scope_ok(str_from(one), err))
			return false;
		buf_addf(b, "%s%s", i ? " " : "", one);
	}
	return b->len ? true : err_set(err, ERR_INPUT, "--scope ENVIRONMENT/TYPE/KIND is needed, such as 'scratch/*/*'");
}

static bool take_time(const struct cli *c, int64_t fallback, int64_t *ret, struct err *err)
{
	const char *text = cli_value(c, "for");

	*ret = fallback;
	if (text && !duration_parse(str_from(text), ret))
		return err_set(err, ERR_INPUT, "--for '%s': write a number and a unit, such as 30m or 2h", text);
	return *ret > 0 ? true : err_set(err, ERR_INPUT, "--for is needed: how long, such as 30m");
}

static bool confirm(const struct cli *c, const struct elevating *e, struct err *err)
{
	auto_buf question = BUF_MAX(8192), answer = BUF_MAX(4096);
	bool glass = e->kind == STATEMENT_BREAK_GLASS;
	const char *want = glass ? "break glass" : "yes", *given = cli_value(c, "yes");
	char text[40];

	duration_text(e->seconds, text, sizeof(text));
	if (glass)
		buf_addf(&question, "For %s EVERYTHING that is held will pass without a further question. ", text);
	else
		buf_addf(&question, "For %s everything held within '%.*s' will pass without a further question. ", text, STR_ARG(e->scope));
	buf_addf(&question, "Each use goes into the ledger.\nType '%s' to sign this: ", want);
	if (given && !cli_value(c, "key"))
		return err_set(err, ERR_INPUT, "--yes is for scripts of a person's own: it needs --key");
	if (given)
		buf_adds(&answer, given);
	else if (!desk_prompt(question.ptr, &answer, err))
		return false;
	return str_is(str_trim(buf_str(&answer)), want) ? true : err_set(err, ERR_DENIED, "not confirmed; nothing was granted");
}

static void report(const struct cli *c, const struct elevating *e, const char *id, const struct weighed *v)
{
	char until[TIMESTAMP_LEN + 1];

	timestamp_text(e->now_us + e->seconds * CLOCK_SECOND, until);
	if (c->json)
		printf("{\"id\":\"%s\",\"kind\":\"%.*s\",\"level\":\"%.*s\",\"expires\":\"%s\"}\n", id,
		       STR_ARG(statement_kind_name(e->kind)), STR_ARG(enforcement_name(v->level)), until);
	else
		printf("%s in force until %s (pawl revoke %s ends it). Enforcement: %s.\n", id, until, id,
		       desk_level_words(v->level));
}

static bool elevate(const struct cli *c, struct desk *d, const struct elevating *asked, struct err *err)
{
	struct elevating e = *asked;
	struct desk_key key;
	struct weighed v;
	char id[HOLD_ID_LEN];

	if (!desk_key(d, cli_value(c, "key"), cli_value(c, "as"), &key, err))
		return false;
	e.host = &d->host;
	e.arena = &d->arena;
	e.who = key.who;
	e.key_file = key.file;
	if (!confirm(c, &e, err))
		return false;
	e.now_us = clock_now_us();
	if (!answer_elevate(&e, id, &v, err))
		return false;
	report(c, &e, id, &v);
	return true;
}

static int run(struct cli *c, const struct elevating *e)
{
	struct err err = { 0 };
	struct desk d;
	int status = EXIT_ALLOW;

	if (!desk_open(&d, &err) || !elevate(c, &d, e, &err))
		status = cli_fail(c, &err);
	desk_close(&d);
	return status;
}

int cmd_grant(struct cli *c)
{
	auto_buf scopes = BUF_MAX(8192);
	struct elevating e = { .kind = STATEMENT_ELEVATION, .reason = str_from(cli_value(c, "reason")) };
	struct err err = { 0 };

	if (c->n_args)
		return cli_usage(c, "grant takes no argument; a hold is approved by `pawl approve`");
	if (!take_time(c, 0, &e.seconds, &err) || !join_scopes(c, &scopes, &err))
		return cli_usage(c, "%s", err.msg);
	e.scope = buf_str(&scopes);
	return run(c, &e);
}

int cmd_break_glass(struct cli *c)
{
	struct elevating e = { .kind = STATEMENT_BREAK_GLASS, .reason = str_from(cli_value(c, "reason")) };
	struct err err = { 0 };

	if (c->n_args || str_trim(e.reason).len < 8)
		return cli_usage(c, "--reason is needed, in words that somebody will read tomorrow");
	if (!take_time(c, GLASS_DEFAULT_S, &e.seconds, &err))
		return cli_usage(c, "%s", err.msg);
	return run(c, &e);
}

/* --- the list --- */

static const char *standing(struct desk *d, const struct book_elevation *g)
{
	struct weigh w;

	if (g->over)
		return "revoked";
	if (g->expires_us <= d->now_us)
		return "expired";
	if (!weigh_begin(&w, &d->host, NULL, d->now_us, &d->arena, NULL) || weigh_elevation(&w, g).result != WEIGHED_VALID)
		return "not valid";
	return "in force";
}

static void put_grant(const struct cli *c, struct desk *d, const struct book_elevation *g, struct json_out *o)
{
	const struct statement *s = &g->statement;
	const char *how = standing(d, g);

	if (c->json) {
		json_out_open(o, '{');
		json_out_kv(o, "id", str_from(g->id));
		json_out_kv(o, "kind", statement_kind_name(s->kind));
		json_out_kv(o, "standing", str_from(how));
		json_out_kv(o, "scope", s->scope);
		json_out_kv(o, "reason", s->reason);
		json_out_kv(o, "by", s->approver);
		json_out_kv(o, "expires", s->expires);
		json_out_close(o, '}');
		return;
	}
	buf_addf(o->buf, "%-8s %-9s %-11.*s until %.*s by ", g->id, how, STR_ARG(statement_kind_name(s->kind)), STR_ARG(s->expires));
	card_escape(s->approver, o->buf);
	buf_adds(o->buf, ": ");
	card_escape(s->scope.len ? s->scope : s->reason, o->buf);
	buf_addc(o->buf, '\n');
}

static void list(const struct cli *c, struct desk *d, struct buf *b)
{
	struct json_out o = { .buf = b };
	bool all = cli_flag(c, "all");

	if (c->json) {
		json_out_open(&o, '{');
		json_out_key(&o, "grants");
		json_out_open(&o, '[');
	}
	for (const struct book_elevation *g = d->book.elevations; g; g = g->next) {
		if (all || (!g->over && g->expires_us > d->now_us))
			put_grant(c, d, g, &o);
	}
	if (c->json) {
		json_out_close(&o, ']');
		json_out_close(&o, '}');
		buf_addc(b, '\n');
	} else if (!b->len) {
		buf_adds(b, "No elevation is in force.\n");
	}
}

int cmd_grants(struct cli *c)
{
	auto_buf b = BUF_MAX((size_t)16 << 20);
	struct err err = { 0 };
	struct desk d;
	int status = EXIT_ALLOW;

	if (!desk_open(&d, &err)) {
		status = cli_fail(c, &err);
	} else {
		list(c, &d, &b);
		status = cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
	}
	desk_close(&d);
	return status;
}
