/* pawl holds, pawl show */
#include <stdio.h>

#include "base/timestamp.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/history.h"

#define OUT_MAX ((size_t)256 << 20)

static bool waits(enum hold_state s)
{
	return s == HOLD_OPEN || s == HOLD_APPROVED;
}

static void put_json(const struct book_hold *hold, enum hold_state state, struct json_out *o)
{
	char opened[TIMESTAMP_LEN + 1];

	timestamp_text(hold->opened_us, opened);
	json_out_open(o, '{');
	json_out_kv(o, "id", str_from(hold->id));
	json_out_kv(o, "state", hold_state_name(state));
	json_out_kv(o, "opened", str_from(opened));
	json_out_kv(o, "environment", hold->environment);
	json_out_kv(o, "asked_by", hold->asker.name);
	json_out_kv(o, "folder", hold->folder);
	json_out_kv(o, "summary", hold->summary);
	if (hold->typed_name.len)
		json_out_kv(o, "typed_name", hold->typed_name);
	json_out_key(o, "approvals");
	json_out_u64(o, hold->n_approvals);
	json_out_key(o, "needed");
	json_out_u64(o, hold->demands.approvals);
	if (hold->by.len)
		json_out_kv(o, "by", hold->by);
	if (hold->reason.len)
		json_out_kv(o, "reason", hold->reason);
	json_out_close(o, '}');
}

static void put_row(const struct book_hold *hold, enum hold_state state, struct buf *b)
{
	char opened[TIMESTAMP_LEN + 1];

	timestamp_text(hold->opened_us, opened);
	buf_addf(b, "%-8s %-9.*s %.16s  ", hold->id, STR_ARG(hold_state_name(state)), opened);
	card_escape(str_sub(hold->environment, 0, 40), b);
	buf_adds(b, "  ");
	card_escape(str_sub(hold->asker.name, 0, 40), b);
	buf_adds(b, ": ");
	card_escape(hold->summary, b);
	if (hold->typed_name.len) {
		buf_adds(b, "  goes: ");
		card_escape(str_sub(hold->typed_name, 0, 100), b);
	}
	buf_addc(b, '\n');
}

static void list(const struct cli *c, struct desk *d, struct buf *b)
{
	struct json_out o = { .buf = b };
	bool all = cli_flag(c, "all");
	size_t shown = 0;

	if (c->json) {
		json_out_open(&o, '{');
		json_out_key(&o, "holds");
		json_out_open(&o, '[');
	}
	for (size_t i = d->book.n_holds; i > 0; i--) {
		const struct book_hold *hold = d->book.holds[i - 1];
		enum hold_state state = desk_state(d, hold);

		if (!all && !waits(state))
			continue;
		shown++;
		if (c->json)
			put_json(hold, state, &o);
		else
			put_row(hold, state, b);
	}
	if (c->json) {
		json_out_close(&o, ']');
		json_out_close(&o, '}');
		buf_addc(b, '\n');
	} else if (!shown) {
		buf_adds(b, all ? "No holds.\n" : "Nothing waits. `pawl holds --all` lists what was.\n");
	}
}

int cmd_holds(struct cli *c)
{
	auto_buf b = BUF_MAX(OUT_MAX);
	struct err err = { 0 };
	struct desk d;
	int status = EXIT_ALLOW;

	if (c->n_args)
		return cli_usage(c, "'%s': holds takes no argument; one hold is shown by `pawl show`", c->args[0]);
	if (!desk_open(&d, &err)) {
		status = cli_fail(c, &err);
	} else {
		if (!hold_index_make(&d.index, &d.host, &d.book, &err))
			fprintf(stderr, "pawl: the index is not up to date, which changes nothing here: %s\n", err.msg);
		if (!c->json)
			hold_banner(d.places.state, d.now_us, &b);
		list(c, &d, &b);
		status = cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
	}
	desk_close(&d);
	return status;
}

static void put_approvals(const struct desk_case *k, struct buf *b)
{
	for (const struct weighed *v = k->approvals; v; v = v->next) {
		char when[TIMESTAMP_LEN + 1];

		timestamp_text(v->approval->signed_us, when);
		buf_adds(b, v->result == WEIGHED_VALID ? "approved by " : "NOT COUNTED: ");
		card_escape(str_sub(v->approval->statement.approver, 0, 60), b);
		if (v->result == WEIGHED_VALID)
			buf_addf(b, " at %s (%s)\n", when, desk_level_words(v->level));
		else
			buf_addf(b, ": %s\n", v->why);
	}
	if (k->hold->by.len || k->hold->reason.len) {
		buf_addf(b, "%.*s by ", STR_ARG(hold_state_name(k->state)));
		card_escape(k->hold->by, b);
		buf_adds(b, k->hold->reason.len ? ": " : "");
		card_escape(k->hold->reason, b);
		buf_addc(b, '\n');
	}
}

static void show(const struct cli *c, struct desk *d, const struct desk_case *k, struct buf *b)
{
	struct card_style style = { .colour = c->colour, .width = c->width, .full = true,
				    .answered = history_answered(k->hold, k->state, &d->arena),
				    .before = history_refusals(&d->book, k->hold, d->now_us, &d->arena) };
	struct json_out o = { .buf = b };

	if (c->json) {
		json_out_open(&o, '{');
		json_out_key(&o, "hold");
		put_json(k->hold, k->state, &o);
		json_out_key(&o, "card");
		card_json(k->ask.request, k->ask.judgement, k->ask.evidence, str_from(k->hold->id), &o);
		json_out_close(&o, '}');
		buf_addc(b, '\n');
		return;
	}
	hold_banner(d->places.state, d->now_us, b);
	card_text(k->ask.request, k->ask.judgement, k->ask.evidence, str_from(k->hold->id), &style, b);
	buf_addf(b, "\n%s is %.*s; %u of %u people have approved.\n", k->hold->id, STR_ARG(hold_state_name(k->state)), k->people,
		 k->needed);
	put_approvals(k, b);
}

int cmd_show(struct cli *c)
{
	auto_buf b = BUF_MAX(OUT_MAX);
	struct err err = { 0 };
	struct desk_case k;
	struct desk d;
	int status;

	if (c->n_args != 1)
		return cli_usage(c, "which hold? `pawl holds` lists them");
	if (!desk_open(&d, &err) || !desk_case(&d, str_from(c->args[0]), &k, &err)) {
		status = cli_fail(c, &err);
	} else {
		show(c, &d, &k, &b);
		status = cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
	}
	desk_close(&d);
	return status;
}
