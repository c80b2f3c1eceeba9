/* The finding state.alive, in words. */
#include "base/timestamp.h"
#include "cli/live.h"

#define SHOWN 6 /* alive things named in the sentence */

static void say_one(const struct live_alive *a, struct buf *out)
{
	char when[TIMESTAMP_LEN + 1];

	buf_addf(out, "%.*s %.*s", STR_ARG(a->type), STR_ARG(a->title));
	if (!str_eq(a->id, a->title) && a->id.len && a->id.len < 40)
		buf_addf(out, " (%.*s)", STR_ARG(a->id));
	if (a->created_us) {
		timestamp_text(a->created_us, when);
		buf_addf(out, " since %s", when);
	}
}

/* Names that can be had once come first: they prove most. */
static void say_list(const struct live_report *report, struct buf *out)
{
	size_t said = 0, n = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (const struct live_alive *a = report->alive; a; a = a->next) {
			if (a->unique != (pass == 0))
				continue;
			n++;
			if (said == SHOWN)
				continue;
			buf_adds(out, said++ ? ", " : "");
			say_one(a, out);
		}
	}
	if (n > said)
		buf_addf(out, " and %zu more", n - said);
}

void live_findings(const struct live_report *report, size_t n_creates, struct arena *arena,
		   struct change_list *list)
{
	auto_buf text = BUF_MAX(8192);
	struct change *c;

	if (!report->known || !report->alive)
		return;
	c = change_add(list, arena);
	if (!c)
		return;
	buf_addf(&text,
		 "%zu of the %zu things this plan would create are alive already in account %.*s: ",
		 report->n_alive, n_creates, STR_ARG(report->account));
	say_list(report, &text);
	buf_adds(&text, ". Terraform has lost sight of them: applying makes duplicates of some and "
			"takes over others");
	c->kind = CHANGE_STATE_IDENTITY;
	c->type = STR("terraform_state");
	c->name = report->alive->address;
	c->identity = report->alive->identity;
	c->title = report->alive->title;
	c->account = report->account;
	c->region = report->region;
	c->finding = STR("state.alive");
	c->reversible = REVERSIBLE_UNKNOWN;
	c->holds_data = HOLDS_DATA_UNKNOWN;
	c->reason = arena_str(arena, buf_str(&text));
	c->safer = STR("find the state that knows them (the old laptop, the backend's versions, a "
		       "backup), restore it, and plan "
		       "again; only what no state holds is imported");
}
