/* pawl approve */
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/fresh.h"
#include "cli/history.h"
#include "hold/demand.h"
#include "hold/ticket.h"

#define OUT_MAX ((size_t)256 << 20)

/* --- pushing back --- */

static void put_red(const struct cli *c, const char *text, struct buf *b)
{
	buf_addf(b, "%s%s%s", c->colour ? "\033[1;31m" : "", text, c->colour ? "\033[0m" : "");
}

static void put_doubts(const struct cli *c, const struct desk *d, const struct desk_case *k, struct buf *b)
{
	auto_buf hours = BUF_MAX(200);

	for (const struct weighed *v = k->approvals; v; v = v->next) {
		if (v->result != WEIGHED_FORGED)
			continue;
		put_red(c, "forged: ", b);
		buf_addf(b, "an approval in the ledger was ignored: %s\n", v->why);
	}
	if (k->record.evidence.level == ENFORCEMENT_SAME_UID) {
		put_red(c, "same uid: ", b);
		buf_addf(b, "%s. Whoever asked could have signed this too.\n", k->where);
	}
	if (!demand_hour_ok(&k->judgement.demands, d->now_us)) {
		demand_hours_text(&k->judgement.demands, &hours);
		put_red(c, "not now: ", b);
		buf_addf(b, "it may run only %.*s\n", STR_ARG(buf_str(&hours)));
	}
	if (k->needed > k->people + 1)
		buf_addf(b, "%u of %u people have approved; it takes another person after you.\n", k->people, k->needed);
}

/* --- asking --- */

static bool take_yes(const struct cli *c, const struct desk_case *k, struct buf *answer, struct err *err)
{
	struct str want = weigh_typed(&k->judgement);
	const char *given = cli_value(c, "yes");
	char question[200];
	struct str said;

	if (given && !cli_value(c, "key"))
		return err_set(err, ERR_INPUT, "--yes is for scripts of a person's own: it needs --key");
	snprintf(question, sizeof(question), str_is(want, "yes") ? "Type yes to approve %s: "
								  : "Type the name of what dies to approve %s: ", k->hold->id);
	if (given)
		buf_adds(answer, given);
	else if (!desk_prompt(question, answer, err))
		return false;
	said = str_trim(buf_str(answer));
	if (str_eq(said, want))
		return true;
	return err_set(err, ERR_DENIED, "%s: '%.*s' is not %s; nothing was approved", k->hold->id, STR_ARG(str_sub(said, 0, 100)),
		       str_is(want, "yes") ? "yes" : "the name of what dies");
}

static bool write_file(struct desk *d, const char *path, struct str id, struct err *err)
{
	auto_buf b = BUF_MAX(TICKET_MAX);
	const struct book_hold *hold;

	if (!desk_read(d, err))
		return false;
	hold = book_find_id(&d->book, id);
	if (!hold)
		return err_set(err, ERR_BROKEN, "the hold is gone from the ledger");
	ticket_render(hold, &b);
	if (b.failed)
		return err_set(err, ERR_LIMIT, "the approval does not fit into a file");
	return file_replace(path, buf_str(&b), 0644, err);
}

/* ${k}: read anew, for a second name with the same key is no second person. */
static void report(const struct cli *c, const struct desk_case *k, const struct weighed *mine, struct buf *b)
{
	struct json_out o = { .buf = b };
	const char *out = cli_value(c, "out");
	char until[TIMESTAMP_LEN + 1];

	timestamp_text(mine->approval->expires_us, until);
	if (c->json) {
		json_out_open(&o, '{');
		json_out_kv(&o, "hold", str_from(k->hold->id));
		json_out_kv(&o, "approver", mine->who->name);
		json_out_kv(&o, "level", enforcement_name(mine->level));
		json_out_kv(&o, "expires", str_from(until));
		json_out_key(&o, "approvals");
		json_out_u64(&o, k->people);
		json_out_key(&o, "needed");
		json_out_u64(&o, k->needed);
		json_out_close(&o, '}');
		buf_addc(b, '\n');
		return;
	}
	buf_addf(b, "%s approved by %.*s, ", k->hold->id, STR_ARG(mine->who->name));
	if (k->people > k->needed)
		buf_addf(b, "%u people where %u %s enough", k->people, k->needed, k->needed == 1 ? "is" : "are");
	else
		buf_addf(b, "%u of %u", k->people, k->needed);
	buf_addf(b, "; good for one use of exactly this until %s.\n", until);
	buf_addf(b, "Enforcement: %s.\n", desk_level_words(mine->level));
	if (out)
		buf_addf(b, "Written to %s; a runner takes it with `pawl apply PLAN --approval %s`.\n", out, out);
}

static bool show_card(const struct cli *c, struct desk *d, const struct desk_case *k, struct err *err)
{
	struct card_style style = { .colour = c->colour, .width = c->width, .full = true,
				    .answered = history_answered(k->hold, k->state, &d->arena),
				    .before = history_refusals(&d->book, k->hold, d->now_us, &d->arena) };
	auto_buf b = BUF_MAX(OUT_MAX);

	hold_banner(d->places.state, d->now_us, &b);
	card_text(k->ask.request, k->ask.judgement, k->ask.evidence, str_from(k->hold->id), &style, &b);
	buf_addc(&b, '\n');
	put_doubts(c, d, k, &b);
	/* With --json standard output is one object: the card goes where the person looks. */
	if (b.failed || !fd_write_all(c->json ? 2 : 1, b.ptr, b.len, NULL))
		return err_set(err, ERR_IO, "the card could not be shown, so nothing is approved");
	return true;
}

/* Backups as they are by the time of the answer. */
static bool freshen(const struct cli *c, struct desk *d, struct str id, struct desk_case *k, struct err *err)
{
	if (k->state != HOLD_OPEN || !fresh_take(&(struct fresh_ask){ &k->record.evidence, &k->judgement, cli_flag(c, "fresh") }))
		return true;
	return desk_read(d, err) && desk_case(d, id, k, err);
}

static bool approve(struct cli *c, struct desk *d, struct str id, struct buf *out, struct err *err)
{
	auto_buf answer = BUF_MAX(4096);
	const struct book_hold *hold;
	struct desk_case k;
	struct desk_key key;
	struct weighed mine;
	struct answer a = { .host = &d->host, .id = id, .arena = &d->arena };

	if (!desk_case(d, id, &k, err) || !freshen(c, d, id, &k, err) || !desk_key(d, cli_value(c, "key"), cli_value(c, "as"), &key, err))
		return false;
	a.ask = &k.ask;
	a.who = key.who;
	a.key_file = key.file;
	a.now_us = d->now_us;
	if (!answer_ready(&a, &d->book, &hold, err) || !show_card(c, d, &k, err) || !take_yes(c, &k, &answer, err))
		return false;
	a.typed = arena_str(&d->arena, str_trim(buf_str(&answer)));
	a.now_us = clock_now_us();
	if (!answer_approve(&a, &mine, err))
		return false;
	if (cli_value(c, "out") && !write_file(d, cli_value(c, "out"), id, err))
		return err_prefix(err, "approved, but");
	if (!desk_read(d, err) || !desk_case(d, id, &k, err))
		return err_prefix(err, "approved, but");
	report(c, &k, &mine, out);
	return true;
}

int cmd_approve(struct cli *c)
{
	auto_buf out = BUF_MAX(65536);
	struct err err = { 0 };
	struct desk d;
	int status = EXIT_ALLOW;

	if (c->n_args != 1)
		return cli_usage(c, "which hold? `pawl holds` lists them");
	if (!desk_open(&d, &err) || !approve(c, &d, str_from(c->args[0]), &out, &err))
		status = cli_fail(c, &err);
	else if (!cli_print(&out))
		status = EXIT_ERROR;
	desk_close(&d);
	return status;
}
