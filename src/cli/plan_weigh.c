#include "cli/plan_weigh.h"

#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/command.h"
#include "cli/fresh.h"
#include "cli/hosts.h"
#include "cli/notify.h"
#include "cli/live.h"
#include "cli/plan_beside.h"
#include "core/card.h"
#include "gate/terraform/identify.h"
#include "ledger/ledger.h"

#define CARD_MAX ((size_t)64 << 20)

void plan_weighed_free(struct plan_weighed *w)
{
	plan_request_free(&w->plan);
}

/* Are there credentials that a look at the cloud could use? Asked cheaply: what the look finds out, it says. */
static bool credentials_at_hand(void)
{
	static const char *const vars[] = { "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
					    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_SHARED_CREDENTIALS_FILE" };
	const char *home = getenv("HOME");
	char path[4200];

	for (size_t i = 0; i < ARRAY_LEN(vars); i++) {
		const char *v = getenv(vars[i]);

		if (v && *v)
			return true;
	}
	snprintf(path, sizeof(path), "%s/.aws/credentials", home ? home : "");
	return file_exists(path);
}

/* The account and region of who would apply, where the plan itself does not say; and what of its creates is alive. */
static bool look_live(enum plan_live live, struct plan_request *p, struct live_report *ret, struct err *err)
{
	bool wanted = live == PLAN_LIVE_YES || (live == PLAN_LIVE_AUTO && p->creates && credentials_at_hand());

	*ret = (struct live_report){ 0 };
	if (!wanted)
		return true;
	if (!live_ask(p->creates, LIVE_SECONDS, &p->arena, ret, err))
		return false;
	if (!ret->known && live == PLAN_LIVE_YES)
		evidence_note_add(&p->evidence, &p->arena, true,
				  arena_fmt(&p->arena, "The cloud could not be asked what is alive: %.*s", STR_ARG(ret->why)));
	live_findings(ret, p->summary.n_create, &p->arena, &p->request.changes);
	return true;
}

static bool identify(const struct places *places, const struct live_report *live, bool no_record, struct plan_request *p,
		     struct err *err)
{
	struct terraform_identify_opts o = {
		.folder = p->request.place.path,
		.planfile = p->saved ? &p->file : NULL,
		.summary = &p->summary,
		.creates = p->creates,
		.pin_path = str_from(places->project_pin),
		.state_dir = str_from(places->state),
		.account = live->known ? live->account : p->request.place.account,
		.region = live->known && live->region.len ? live->region : p->request.place.region,
		.no_record = no_record,
	};

	return terraform_identify(&o, &p->arena, &p->request.changes, &p->request.binding, err);
}

static bool compare(const struct plan_ask *ask, const char *path, const struct places *places, struct plan_request *p, struct err *err)
{
	struct plan_ask other = *ask;

	if (!path)
		return true;
	other.path = path;
	return plan_beside_add(&other, places, p, err);
}

static bool open_hold(const struct places *places, struct plan_weighed *w, struct err *err)
{
	struct ledger *l = ledger_open(places->ledger, err);
	struct hold_host h;
	bool ok;

	if (!l)
		return err_prefix(err, "no verdict without a record");
	h = hosts_hold(l, places, w->plan.policy);
	ok = hold_open(&h, &w->plan.request, &w->plan.judgement, &w->plan.evidence, w->hold, err);
	ledger_close(l);
	if (ok)
		notify_kick(w->plan.policy);
	return ok;
}

/* For the card; asked only when there is something to approve, for it looks at keys. */
static void look_at_level(const struct places *places, struct plan_request *p)
{
	struct hold_host h = hosts_hold(NULL, places, p->policy);
	char where[400];

	if (p->judgement.verdict == VERDICT_HOLD)
		p->evidence.level = hold_level(&h, &p->arena, where, sizeof(where));
}

/* JSON that is no whole plan is an error, not a question to a person: nobody could apply it. */
static bool is_a_plan(const struct plan_ask *ask, const struct plan_request *p, struct err *err)
{
	if (p->saved)
		return true;
	CHANGE_EACH(c, &p->request.changes) {
		if (c->kind == CHANGE_OPAQUE && str_is(c->type, "terraform_plan"))
			return err_set(err, ERR_INPUT, "%s: %.*s", strcmp(ask->path, "-") == 0 ? "standard input" : ask->path,
				       STR_ARG(c->reason));
	}
	return true;
}

static void read_banner(const struct places *places, struct plan_weighed *w)
{
	auto_buf b = BUF_MAX(sizeof(w->banner) - 1);

	hold_banner(places->state, w->plan.evidence.now_us, &b);
	snprintf(w->banner, sizeof(w->banner), "%.*s", STR_ARG(buf_str(&b)));
}

/* Before a person is asked: what is known of backups may be made younger. */
static bool freshen(const struct plan_ask *ask, const struct plan_weigh_opts *opts, const struct places *places, struct plan_request *p,
		    struct err *err)
{
	const struct judgement *j = &p->judgement;

	if (!opts->fresh && (opts->no_hold || ask->shown))
		return true;
	if (!fresh_take(&(struct fresh_ask){ &p->evidence, j, opts->fresh }))
		return true;
	p->evidence.recovery = NULL;
	return plan_request_judge(places, p, err);
}

bool plan_weigh(const struct plan_ask *ask, const struct plan_weigh_opts *opts, const struct places *places,
		struct plan_weighed *ret, struct err *err)
{
	struct plan_weighed w = { 0 };
	struct live_report live;
	bool ok = plan_request_read(ask, places, &w.plan, err);

	if (!ok)
		return false;
	/* What stands beside another plan is for the reader's eyes: it comes after the verdict, and binds nothing. */
	ok = is_a_plan(ask, &w.plan, err) && look_live(opts->live, &w.plan, &live, err) &&
	     identify(places, &live, opts->no_hold && !ask->shown, &w.plan, err) && plan_request_judge(places, &w.plan, err) &&
	     freshen(ask, opts, places, &w.plan, err) &&
	     compare(ask, opts->compare, places, &w.plan, err);
	if (ok)
		look_at_level(places, &w.plan);
	if (ok && w.plan.judgement.verdict == VERDICT_HOLD && !opts->no_hold && !ask->shown)
		ok = open_hold(places, &w, err);
	if (!ok) {
		plan_weighed_free(&w);
		return false;
	}
	read_banner(places, &w);
	*ret = w;
	return true;
}

int plan_weighed_show(const struct cli *c, const struct plan_weighed *w, bool full)
{
	const struct plan_request *p = &w->plan;
	struct card_style style = { .colour = c->colour, .width = c->width, .full = full, .before = w->before };
	auto_buf b = BUF_MAX(CARD_MAX);

	if (c->json) {
		struct json_out o = { .buf = &b };

		card_json(&p->request, &p->judgement, &p->evidence, str_from(w->hold), &o);
		buf_addc(&b, '\n');
	} else {
		buf_adds(&b, w->banner);
		card_text(&p->request, &p->judgement, &p->evidence, str_from(w->hold), &style, &b);
	}
	return cli_print(&b) ? verdict_exit(p->judgement.verdict) : EXIT_ERROR;
}
