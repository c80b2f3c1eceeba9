#include "cli/commands.h"
#include "cli/policies.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "core/card.h"
#include "core/policy_budget.h"

#define ARENA ((size_t)1 << 30) /* of address space */
#define FILE_MAX ((size_t)64 << 20)

struct explain {
	struct cli *c;
	struct arena a;
	const struct policy *policy;
	struct request request;
	struct evidence evidence;
	struct judgement j;
};

static bool read_json(struct explain *x, const char *path, struct json **ret, struct err *err)
{
	auto_buf b = BUF_MAX(FILE_MAX);
	bool ok = strcmp(path, "-") == 0 ? fd_read_all(STDIN_FILENO, &b, err) : file_read(path, &b, err);

	return ok && (json_parse(buf_str(&b), &x->a, ret, err) || err_prefix(err, "%s: ", path));
}

/* The changes that a card shows, each where the card says it is. */
static bool from_card(struct explain *x, const struct json *card, struct err *err)
{
	x->request.gate = GATE_TERRAFORM;
	x->request.principal.kind = PRINCIPAL_AGENT;
	JSON_EACH(it, json_get(card, "changes")) {
		struct change *c = change_add(&x->request.changes, &x->a);

		if (!c)
			return err_set(err, ERR_LIMIT, "too large");
		if (!change_from_json(json_get(it, "change"), &x->a, c, err))
			return false;
		if (!c->environment.len)
			c->environment = json_str(it, "environment");
	}
	return x->request.changes.n || err_set(err, ERR_INPUT, "neither a request nor a card with changes");
}

static bool from_file(struct explain *x, const char *path, struct err *err)
{
	struct json *v;

	if (!read_json(x, path, &v, err))
		return false;
	if (json_get(v, "principal"))
		return request_from_json(v, &x->a, &x->request, err) || err_prefix(err, "%s: ", path);
	return from_card(x, v, err) || err_prefix(err, "%s: ", path);
}

static bool word(const struct cli *c, const char *option, struct err *err, bool (*from)(struct str word, void *ret), void *ret)
{
	const char *v = cli_value(c, option);

	return !v || from(str_from(v), ret) || err_set(err, ERR_INPUT, "--%s: no such word: %.60s", option, v);
}

static bool kind(struct str w, void *ret)
{
	return change_kind_from(w, ret);
}

static bool reversible(struct str w, void *ret)
{
	return reversibility_from(w, ret);
}

static bool data(struct str w, void *ret)
{
	return holds_data_from(w, ret);
}

static bool gate(struct str w, void *ret)
{
	return gate_from(w, ret);
}

static bool principal(struct str w, void *ret)
{
	return principal_kind_from(w, ret);
}

static bool number(struct str w, void *ret)
{
	return str_to_u64(w, ret);
}

static bool from_options(struct explain *x, struct err *err)
{
	const struct cli *c = x->c;
	struct request *r = &x->request;
	struct change *g = change_add(&r->changes, &x->a);
	const struct {
		const char *option;
		struct str *at;
	} texts[] = {
		{ "type", &g->type },		      { "name", &g->name },	      { "title", &g->title },
		{ "environment", &g->environment },   { "finding", &g->finding },    { "tool", &r->tool },
		{ "account", &r->place.account },     { "region", &r->place.region }, { "workspace", &r->place.workspace },
		{ "backend", &r->place.backend },     { "path", &r->place.path },    { "tag", &r->place.tag },
		{ "host", &r->place.host },	      { "database", &r->place.database },
	};

	r->gate = GATE_TERRAFORM;
	r->principal.kind = PRINCIPAL_AGENT;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i].at = str_from(cli_value(c, texts[i].option));
	if (!g->name.len)
		g->name = g->type.len ? g->type : STR("it");
	return word(c, "kind", err, kind, &g->kind) && word(c, "reversible", err, reversible, &g->reversible) &&
	       word(c, "holds-data", err, data, &g->holds_data) && word(c, "rows", err, number, &g->rows) &&
	       word(c, "gate", err, gate, &r->gate) && word(c, "principal", err, principal, &r->principal.kind);
}

static bool gather(struct explain *x, struct err *err)
{
	const char *evidence = cli_value(x->c, "evidence");
	struct places pl;
	struct json *v;

	if (!places_find(NULL, &pl, err) || !policies_load(&pl, &x->a, &x->policy, err))
		return false;
	if (evidence && (!read_json(x, evidence, &v, err) || !evidence_from_json(v, &x->a, &x->evidence, err)))
		return false;
	if (!x->evidence.now_us)
		x->evidence.now_us = clock_now_us();
	return x->c->n_args ? from_file(x, x->c->args[0], err) : from_options(x, err);
}

/* --- saying it --- */

static void asks(const struct demands *d, struct str typed, struct buf *b)
{
	char life[40];

	buf_addf(b, "  asks         %u approval%s, ", d->approvals, d->approvals == 1 ? "" : "s");
	if (d->confirm == CONFIRM_TYPED) {
		buf_adds(b, "typing ");
		card_escape(typed, b);
	} else {
		buf_adds(b, "a plain yes");
	}
	for (const struct str_list *r = d->roles; r; r = r->next)
		buf_addf(b, "%s%.*s", r == d->roles ? ", by " : " or ", STR_ARG(r->item));
	if (d->cool_off_s && duration_text(d->cool_off_s, life, sizeof(life)))
		buf_addf(b, ", not before %s", life);
	if (d->expires_s && duration_text(d->expires_s, life, sizeof(life)))
		buf_addf(b, ", good for %s", life);
	buf_addc(b, '\n');
}

static void line(struct buf *b, const char *label, struct str s)
{
	if (!s.len)
		return;
	buf_addf(b, "  %-12s ", label);
	card_escape(s, b);
	buf_addc(b, '\n');
}

static void say_environment(const struct policy *policy, const struct judged_change *jc, struct buf *b)
{
	struct str said = jc->change->environment;

	buf_adds(b, "  environment  ");
	card_escape(jc->environment.name, b);
	if (said.len && !policy_environment_known(policy, said)) {
		buf_adds(b, " (no policy names an environment '");
		card_escape(str_sub(said, 0, 100), b);
		buf_adds(b, "', so what was said does not count)\n");
	} else if (jc->environment.named) {
		buf_addf(b, " (%.*s)\n", STR_ARG(jc->environment.because));
	} else {
		buf_adds(b, jc->environment.kind == ENVIRONMENT_PRODUCTION ? " (no policy names this place; unnamed counts as production)\n"
									    : " (as you say)\n");
	}
}

/* Limits on rows for one table, as far as they bind there. */
static void say_budgets(const struct policy *policy, const struct judged_change *jc, struct buf *b)
{
	for (const struct policy_budget *k = policy_budgets(policy); k; k = k->next) {
		bool any = false;

		for (unsigned span = 0; span < BUDGET_SPANS; span++) {
			const struct policy_budget_ask ask = { policy, jc->environment.name, (enum budget_span)span };

			if (!policy_budget_in_force(&ask, k) || !policy_budget_binds(&ask, k, jc->change->name, k->critical))
				continue;
			buf_addf(b, "%s %" PRIu64 " rows a%s %.*s", any ? "," : "  budget      ", k->limit[span],
				 span == BUDGET_HOUR ? "n" : "", STR_ARG(budget_span_name(ask.span)));
			any = true;
		}
		if (any)
			buf_addf(b, "%s (%.*s)\n", k->critical ? ", of critical tables" : "", STR_ARG(k->where));
	}
}

static void say_change(const struct policy *policy, const struct judged_change *jc, struct buf *b)
{
	const struct rule_ref *r = &jc->rule;

	buf_addf(b, "%.*s: %.*s ", STR_ARG(verdict_name(jc->verdict)), STR_ARG(change_kind_name(jc->change->kind)));
	card_escape(jc->change->name, b);
	buf_addc(b, '\n');
	say_environment(policy, jc, b);
	if (r->name.len)
		buf_addf(b, "  rule         %.*s, %.*s:%u\n", STR_ARG(r->name), STR_ARG(r->file), r->line);
	else
		buf_adds(b, "  rule         none speaks of it, so a person is asked\n");
	line(b, "why", r->why);
	line(b, "safer", r->safer);
}

static void say_text(const struct explain *x, struct buf *b)
{
	CHANGE_EACH(c, &x->request.changes) {
		struct judged_change jc = judge_change(x->policy, &x->request, &x->evidence, c);

		say_change(x->policy, &jc, b);
		if (x->request.gate == GATE_POSTGRES)
			say_budgets(x->policy, &jc, b);
	}
	if (x->request.changes.n > 1)
		buf_addf(b, "together: %.*s\n", STR_ARG(verdict_name(x->j.verdict)));
	line(b, "reason", x->j.reason);
	line(b, "missing", x->j.missing);
	if (x->j.verdict == VERDICT_HOLD)
		asks(&x->j.demands, x->j.typed_name, b);
}

static void say(const struct explain *x, struct buf *b)
{
	const struct card_style style = { .colour = x->c->colour, .width = x->c->width, .full = true };
	struct json_out o = { .buf = b };

	if (x->c->json) {
		card_json(&x->request, &x->j, &x->evidence, STR_NONE, &o);
		buf_addc(b, '\n');
	} else if (cli_flag(x->c, "card")) {
		card_text(&x->request, &x->j, &x->evidence, STR_NONE, &style, b);
	} else {
		say_text(x, b);
	}
}

/* Of what passes the judge names no rule: ask for it, so that the JSON says it as well. */
static void name_rule(struct explain *x)
{
	const struct change *first = change_nth(&x->request.changes, 0);

	if (x->j.verdict == VERDICT_ALLOW && first)
		x->j.rule = judge_change(x->policy, &x->request, &x->evidence, first).rule;
}

int cmd_policy_explain(struct cli *c)
{
	struct explain x = { .c = c };
	auto_buf b = BUF_MAX(64 << 20);
	struct err err = { 0 };
	int status;

	if (c->n_args > 1 || (!c->n_args && !cli_value(c, "kind")))
		return cli_usage(c, "say a change (--kind …), or one FILE with a request or a card");
	if (!arena_map(&x.a, ARENA))
		return cli_fail(c, (err_set(&err, ERR_LIMIT, "no memory"), &err));
	if (gather(&x, &err)) {
		judge(x.policy, &x.request, &x.evidence, &x.a, &x.j);
		name_rule(&x);
		say(&x, &b);
		status = cli_print(&b) ? verdict_exit(x.j.verdict) : EXIT_ERROR;
	} else {
		status = cli_fail(c, &err);
	}
	arena_unmap(&x.a);
	return status;
}
