/* pawl apply: the last moment. Everything an approval binds to is looked at again, then terraform gets that plan alone. */
#include "cli/apply.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/apply_record.h"
#include "cli/commands.h"
#include "cli/frozen.h"
#include "cli/history.h"
#include "cli/hosts.h"
#include "cli/plan_account.h"
#include "cli/plan_weigh.h"
#include "core/card.h"
#include "gate/terraform/checkout.h"
#include "gate/terraform/identify.h"
#include "gate/terraform/provider_env.h"
#include "gate/terraform/run.h"
#include "gate/terraform/tool.h"

#define APPROVAL_MAX ((size_t)1 << 20)
#define SAID_MAX ((size_t)4 << 20)
#define PLAN_MAX ((size_t)512 << 20)
#define ARENA_MAX ((size_t)4 << 30)

extern char **environ;

struct applying {
	struct cli *cli;
	const struct apply_ask *ask;
	char folder[PLACES_MAX]; /* the root module the plan is of */
	struct places places;	 /* of that folder */
	struct ledger *ledger;
	struct arena arena;
	struct buf bytes; /* of the plan: these, and no other, are judged and applied */
	struct planfile file;
	struct plan_origin origin;
	struct workcopy work;
	char snapshot[TREE_PATH_MAX]; /* the bytes, in the private copy */
	struct plan_weighed weighed;
	struct plan_account account;
	struct grant_use use;
	struct apply_record record;
	const struct permit *permit;
	bool ours; /* the private copy is of this run, not of the planning */
};

/* --- where the plan comes from --- */

static bool read_plan(struct applying *a, struct err *err)
{
	a->bytes = BUF_MAX(PLAN_MAX);
	if (!file_exists(a->ask->path))
		return err_set(err, ERR_INPUT, "%s: no such file; make the plan with `pawl terraform plan -out=%s`", a->ask->path,
			       a->ask->path);
	if (!file_read(a->ask->path, &a->bytes, err))
		return false;
	if (!planfile_probe(buf_str(&a->bytes)))
		return err_set(err, ERR_INPUT,
			       "%s is no saved plan: plan JSON can be judged (`pawl plan`), only the saved plan file "
			       "can be applied",
			       a->ask->path);
	return planfile_read(buf_str(&a->bytes), &a->arena, &a->file, err) || err_prefix(err, "%s", a->ask->path);
}

/* Which cluster, project or server a provider takes from the environment must be what it was. */
static bool same_provider_env(const struct applying *a, struct err *err)
{
	struct digest now = provider_env_digest(a->work.env);
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(&now, hex);
	return strcmp(hex, a->origin.provider_env) == 0 ||
	       err_set(err, ERR_DENIED,
		       "a variable that tells a provider where to act (such as KUBE_CONFIG_PATH, GOOGLE_PROJECT, "
		       "ARM_SUBSCRIPTION_ID, AWS_ENDPOINT_URL) is not what it was when this was planned: the plan would act "
		       "elsewhere. Nothing was changed; set it back, or plan again");
}

/* A provider without a region of its own takes the environment's: then it must be that of the planning. */
static bool same_region(struct applying *a, struct err *err)
{
	return !a->origin.region[0] || (workcopy_set(&a->work, "AWS_REGION", a->origin.region, err) &&
					workcopy_set(&a->work, "AWS_DEFAULT_REGION", a->origin.region, err));
}

/* A plan is applied once: then its private copy is gone, and this is why. */
static bool not_applied(struct applying *a, struct err *err)
{
	struct apply_done done = { 0 };
	char when[TIMESTAMP_LEN + 1];

	if (!apply_record_done(a->ledger, &a->file.digest, &done, err))
		return false;
	if (!done.time_us)
		return true;
	timestamp_text(done.time_us, when);
	return err_set(err, ERR_STATE, "this plan was applied already, at %s%s%s (ledger %llu), and a plan is applied once. Nothing was "
				       "changed now; for more, plan again",
		       when, done.hold[0] ? " under " : "", done.hold, (unsigned long long)done.seq);
}

/* The private copy the plan was made in; or, for an approval that travelled, a new one of this folder. */
static bool find_copy(struct applying *a, struct err *err)
{
	struct workcopy_from from = { .original = a->ask->folder, .state_dir = a->places.state, .env = environ };
	bool tofu = str_find(a->file.lock_file, STR("registry.opentofu.org")) != SIZE_MAX;
	char program[TOOL_PATH_MAX];
	bool proven;

	plan_origin_find(a->places.state, &a->file.digest, &a->origin);
	if (a->origin.seq) {
		if (!plan_origin_prove(a->ledger, &a->file.digest, &a->origin, &proven, err))
			return false;
		snprintf(a->folder, sizeof(a->folder), "%s", a->origin.original);
		if (proven)
			return not_applied(a, err) &&
			       workcopy_open(a->places.state, str_from(a->origin.work), environ, &a->work, err) &&
			       same_provider_env(a, err) && same_region(a, err);
		return err_set(
			err, ERR_BROKEN,
			"the ledger does not say that pawl made this plan, though a file in %s does: somebody wrote it "
			"there. Plan again with `pawl terraform plan -out=FILE`",
			a->places.state);
	}
	if (!a->ask->approval)
		return err_set(err, ERR_DENIED,
			       "%s was not planned by pawl, so it is not known where it would act: plan again with "
			       "`pawl terraform plan -out=FILE`, then `pawl apply FILE`",
			       a->ask->path);
	a->ours = true;
	if (!tool_find(tofu ? "tofu" : "terraform", program, err))
		return false;
	from.program = program;
	return workcopy_make(&from, &a->work, err) && checkout_same(&a->file, a->work.dir, &a->arena, err);
}

/* --- is the world still the one the plan was made for? --- */

static bool check_state(struct applying *a, struct err *err)
{
	auto_buf now = BUF_MAX(WORKCOPY_MAX_STATE);
	char lineage[WORKCOPY_NAME_MAX], serial[24], want[24];
	const struct state *planned = &a->file.state;
	struct digest d;

	if (!workcopy_pull(&a->work, &now, err))
		return false;
	workcopy_state_head(buf_str(&now), lineage, serial);
	d = digest_of(now.ptr, now.len);
	snprintf(want, sizeof(want), "%llu", (unsigned long long)planned->serial);
	if (!str_is(planned->lineage, lineage) || (planned->lineage.len && strcmp(want, serial) != 0))
		return err_set(err, ERR_STATE,
			       "the plan is older than its state: it was made for lineage %.*s serial %s, now there is "
			       "%s serial %s. "
			       "Nothing was changed; plan again",
			       STR_ARG(planned->lineage.len ? planned->lineage : STR("none")), want,
			       lineage[0] ? lineage : "none", serial[0] ? serial : "none");
	if (!a->ours && !digest_eq(&d, &a->work.state))
		return err_set(err, ERR_STATE,
			       "the state was edited since the plan was made (same lineage and serial, other bytes). "
			       "Nothing was "
			       "changed; find out who did it, then plan again");
	buf_free(&a->work.pulled);
	a->work.pulled = now;
	now = BUF_MAX(0);
	a->work.state = d;
	snprintf(a->work.lineage, sizeof(a->work.lineage), "%s", lineage);
	snprintf(a->work.serial, sizeof(a->work.serial), "%s", serial);
	return true;
}

static bool check_account(struct applying *a, struct err *err)
{
	struct str then = str_from(a->origin.account), now = a->account.account;

	if (!a->account.needed)
		return true;
	if (!now.len)
		return err_set(
			err, ERR_STATE,
			"it is not known which AWS account the credentials here open (sts GetCallerIdentity), and "
			"unknown counts as changed. Nothing was changed. %.*s",
			STR_ARG(a->account.why));
	if (!then.len && !a->ours)
		return err_set(
			err, ERR_STATE,
			"it was not known which AWS account the plan was made in: plan again with working credentials");
	if (then.len && !str_eq(then, now))
		return err_set(err, ERR_DENIED,
			       "the plan was made in AWS account %.*s, the credentials here open %.*s. Nothing was "
			       "changed; use "
			       "those of the plan, or plan again",
			       STR_ARG(then), STR_ARG(now));
	return true;
}

/* The bytes into the private copy: what is judged, approved and applied from here on is that file. */
static bool take_snapshot(struct applying *a, struct err *err)
{
	return tree_join(a->snapshot, a->work.root, "apply", err) &&
	       file_replace(a->snapshot, buf_str(&a->bytes), 0600, err);
}

static bool weigh(struct applying *a, struct err *err)
{
	struct plan_ask ask = {
		.path = a->snapshot, .folder = a->folder, .env = environ, .account = a->account.account
	};
	struct plan_weigh_opts opts = { .live = PLAN_LIVE_AUTO, .no_hold = true };

	return plan_weigh(&ask, &opts, &a->places, &a->weighed, err) &&
	       (digest_eq(&a->weighed.plan.request.bytes, &a->file.digest) ||
		err_set(err, ERR_DENIED, "the plan changed while it was read"));
}

static bool look_again(struct applying *a, struct err *err)
{
	if (!read_plan(a, err) || !find_copy(a, err) || !places_find(a->folder, &a->places, err) ||
	    !take_snapshot(a, err) || !check_state(a, err))
		return false;
	/* The words alone find an older plan: it stands for them only while the configuration is the one it was made of. */
	if (a->ask->only_granted && !checkout_same(&a->file, a->folder, &a->arena, err))
		return false;
	a->account = plan_account(&a->file, &a->arena);
	return check_account(a, err) && weigh(a, err);
}

/* --- the verdict --- */

static int stopped(const struct applying *a, int status)
{
	return a->ask->stand_in ? EXIT_ERROR : status;
}

/* What was refused before, for the card; its absence is no reason not to show one. */
static void look_back(struct applying *a, const struct hold_host *host)
{
	const struct book_hold *now;
	struct book book;

	if (!book_read(&book, host, clock_now_us(), &a->arena, NULL))
		return;
	now = book_find_id(&book, str_from(a->weighed.hold));
	if (now)
		a->weighed.before = history_refusals(&book, now, clock_now_us(), &a->arena);
}

/* Not approved: say so, with the hold that waits. */
static int hold(struct applying *a, const struct hold_host *host, const struct err *why)
{
	char id[HOLD_ID_LEN];
	struct err err = { 0 };

	if (!hold_open(host, &a->weighed.plan.request, &a->weighed.plan.judgement, &a->weighed.plan.evidence, id, &err))
		return cli_fail(a->cli, &err);
	snprintf(a->weighed.hold, sizeof(a->weighed.hold), "%s", id);
	look_back(a, host);
	plan_weighed_show(a->cli, &a->weighed, false);
	fprintf(stderr,
		"pawl: held as %s: %s\n"
		"  Nothing was changed. After the approval: %spawl apply %s\n",
		id, why->msg, a->ask->made ? "the same command again, or " : "", a->ask->path);
	return stopped(a, EXIT_HOLD);
}

static bool record_request(struct applying *a, uint64_t *ret_seq, struct err *err)
{
	auto_buf b = BUF_MAX(LEDGER_MAX_ENTRY / 2);
	struct digest d = request_digest(&a->weighed.plan.request);
	struct json_out o = { .buf = &b };
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(&d, hex);
	json_out_open(&o, '{');
	json_out_kv(&o, "verdict", verdict_name(a->weighed.plan.judgement.verdict));
	json_out_kv(&o, "gate", gate_name(a->weighed.plan.request.gate));
	json_out_kv(&o, "request_sha256", str_from(hex));
	json_out_kv(&o, "summary", a->weighed.plan.request.summary);
	json_out_kv(&o, "environment", a->weighed.plan.judgement.environment.name);
	json_out_kv(&o, "principal", a->weighed.plan.request.principal.name);
	json_out_kv(&o, "cwd", a->weighed.plan.request.binding.cwd);
	json_out_kv(&o, "rule", a->weighed.plan.judgement.rule.name);
	json_out_close(&o, '}');
	return ledger_append(a->ledger, STR("request"), buf_str(&b), ret_seq, err);
}

static bool use_approval(struct applying *a, const struct hold_host *host, struct err *err)
{
	const struct plan_request *p = &a->weighed.plan;
	struct hold_request q = { &p->request, &p->judgement, &p->evidence };
	auto_buf b = BUF_MAX(APPROVAL_MAX);

	if (!a->ask->approval)
		return hold_use(host, &p->request, &p->judgement, &p->evidence, &a->arena, &a->use, err);
	return file_read(a->ask->approval, &b, err) &&
	       hold_use_file(host, &q, arena_str(&a->arena, buf_str(&b)), &a->arena, &a->use, err);
}

/* Yields EXIT_ALLOW with a permit, or the status to end with. */
static int get_permit(struct applying *a)
{
	struct hold_host host = hosts_hold(a->ledger, &a->places, a->weighed.plan.policy);
	enum verdict v = a->weighed.plan.judgement.verdict;
	struct err err = { 0 };
	uint64_t seq = 0;

	/* An older plan of the same words counts only for its approval; what needs none is planned anew, as things are now. */
	if (a->ask->only_granted && v != VERDICT_HOLD)
		return APPLY_NOT_GRANTED;
	if (v == VERDICT_HOLD) {
		if (!use_approval(a, &host, &err)) {
			if (a->ask->only_granted)
				return APPLY_NOT_GRANTED;
			return a->ask->approval ? stopped(a, cli_fail(a->cli, &err)) : hold(a, &host, &err);
		}
		a->record.hold = a->use.hold;
		a->record.permit_seq = a->use.ledger_seq;
	} else if (!record_request(a, &seq, &err)) {
		return cli_fail(a->cli, &err);
	} else if (v != VERDICT_ALLOW) {
		plan_weighed_show(a->cli, &a->weighed, false);
		fprintf(stderr, "pawl: denied: %.*s\n  Nothing was changed. Do not try another way round.\n",
			STR_ARG(a->weighed.plan.judgement.reason));
		return stopped(a, EXIT_DENY);
	} else {
		a->record.permit_seq = seq;
	}
	a->permit = permit_mint(&a->weighed.plan.request, &a->weighed.plan.judgement, seq,
				v == VERDICT_HOLD ? &a->use : NULL, clock_now_us(), &a->arena, &err);
	return a->permit ? EXIT_ALLOW : cli_fail(a->cli, &err);
}

/* --- acting --- */

/* The state as it is, into pawl's keeping. */
static bool keep_state(struct applying *a, struct err *err)
{
	char dir[TREE_PATH_MAX], name[128];
	struct str state = buf_str(&a->work.pulled);

	if (!state.len)
		return true;
	snprintf(name, sizeof(name), "%llu-%s.tfstate", (unsigned long long)a->record.permit_seq, a->work.id);
	if (!tree_join(dir, a->places.state, "kept", err) || !dir_make(dir, 0700, err) ||
	    !tree_join(a->record.kept, dir, name, err))
		return false;
	a->record.kept_digest = digest_of(state.ptr, state.len);
	return file_replace(a->record.kept, state, 0600, err) || err_prefix(err, "keeping a copy of the state");
}

/* The file that terraform is about to be given, looked at once more. */
static bool covered(struct applying *a, struct err *err)
{
	auto_buf b = BUF_MAX(PLAN_MAX);
	struct digest d;

	if (!file_read(a->snapshot, &b, err))
		return false;
	d = digest_of(b.ptr, b.len);
	return permit_covers(a->permit, &d) || err_set(err, ERR_DENIED, "%s is not what was approved", a->snapshot);
}

static bool run(struct applying *a, struct run_result *ret, struct buf *said, struct err *err)
{
	char apply[] = "apply", no_input[] = "-input=false", no_colour[] = "-no-color", errors[TREE_PATH_MAX];
	char *argv[] = { a->work.program, apply, no_input, no_colour, a->snapshot, NULL };
	struct run_opts o = { .cwd = a->work.dir, .env = a->work.env, .to_stderr = a->cli->json };
	bool ok;

	if (a->cli->colour) {
		argv[3] = argv[4];
		argv[4] = NULL;
	}
	if (!tree_join(errors, a->work.root, "errors", err))
		return false;
	auto_fd fd = open(errors, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "%s", errors);
	/* Standard output is shown as it comes; errors, which terraform prints at the end, are kept for the record too. */
	o.errout = fd;
	ok = run_streaming(argv, &o, ret, err);
	if (lseek(fd, 0, SEEK_SET) == 0 && fd_read_all(fd, said, NULL) && said->len)
		fprintf(stderr, "%.*s", STR_ARG(buf_str(said)));
	return ok;
}

static int finish(struct applying *a, const struct run_result *r, const struct buf *said)
{
	auto_buf state = BUF_MAX(WORKCOPY_MAX_STATE);
	struct apply_end end = { .status = r->status, .asked = r->asked, .said = buf_str(said) };
	struct err err = { 0 };

	end.state_known = workcopy_pull(&a->work, &state, &err);
	end.state = buf_str(&state);
	if (!apply_record_end(a->ledger, &a->work, &a->record, &end, &err))
		return cli_fail(a->cli, &err);
	if (!terraform_identify_seen(str_from(a->work.original), str_from(a->places.state), &a->arena, &err))
		fprintf(stderr, "pawl: the last-seen record of %s is older than this apply: %s\n", a->work.original,
			err.msg);
	if (r->status == 0 && !r->asked) {
		if (!workcopy_remove(&a->work, &err))
			fprintf(stderr, "pawl: the private copy stays: %s\n", err.msg);
		fprintf(stderr, "pawl: applied%s%.*s; recorded in the ledger as %llu\n",
			a->record.hold.len ? " by " : "", STR_ARG(a->record.hold), (unsigned long long)a->record.seq);
		return EXIT_ALLOW;
	}
	fprintf(stderr,
		"pawl: %s; what is known and what is not stands in the ledger (%llu). A copy of the state from before: "
		"%s\n"
		"  Before anything else: `pawl cleanup` lists what this run created.\n",
		r->asked ? "interrupted" : "terraform failed", (unsigned long long)a->record.seq,
		a->record.kept[0] ? a->record.kept : "there was none");
	return r->asked || r->status > 128 ? EXIT_ERROR : stopped(a, EXIT_ERROR);
}

static int act(struct applying *a)
{
	auto_buf said = BUF_MAX(SAID_MAX);
	struct run_result r = { 0 };
	struct err err = { 0 };

	if (!keep_state(a, &err) || !covered(a, &err) ||
	    !apply_record_start(a->ledger, &a->weighed.plan, &a->work, &a->record, &err))
		return cli_fail(a->cli, &err);
	if (!run(a, &r, &said, &err)) {
		r.status = 127;
		buf_adds(&said, err.msg);
	}
	return finish(a, &r, &said);
}

static int steps(struct applying *a, struct err *err)
{
	auto_buf unfinished = BUF_MAX(65536);
	struct hold_host host;
	int status;

	snprintf(a->folder, sizeof(a->folder), "%s", a->ask->folder);
	if (!arena_map(&a->arena, ARENA_MAX)) {
		err_set(err, ERR_LIMIT, "no memory");
		return EXIT_ERROR;
	}
	if (!places_find(a->folder, &a->places, err) || !dir_make(a->places.state, 0700, err))
		return EXIT_ERROR;
	a->ledger = ledger_open(a->places.ledger, err);
	if (!a->ledger || !apply_record_unfinished(a->ledger, a->places.state, environ, &unfinished, err))
		return EXIT_ERROR;
	if (unfinished.len)
		fprintf(stderr, "pawl: %.*s", STR_ARG(buf_str(&unfinished)));
	if (!look_again(a, err))
		return EXIT_ERROR;
	host = hosts_hold(a->ledger, &a->places, a->weighed.plan.policy);
	if (!frozen_agree(&host, a->weighed.plan.evidence.frozen, &a->arena, err))
		return err->code == ERR_DENIED ? EXIT_DENY : EXIT_ERROR;
	status = get_permit(a);
	return status == EXIT_ALLOW ? act(a) : status;
}

int apply_plan(struct cli *c, const struct apply_ask *ask)
{
	struct applying a = { .cli = c, .ask = ask };
	struct err err = { 0 };
	int status = steps(&a, &err);

	if (err.code != ERR_NONE)
		status = ask->only_granted ? APPLY_NOT_GRANTED : stopped(&a, cli_fail(c, &err));
	workcopy_free(&a.work);
	plan_weighed_free(&a.weighed);
	buf_free(&a.bytes);
	if (a.arena.mem)
		arena_unmap(&a.arena);
	if (a.ledger)
		ledger_close(a.ledger);
	return status;
}

int cmd_apply(struct cli *c)
{
	char folder[PLACES_MAX];
	struct apply_ask ask = { .folder = folder };
	struct err err = { 0 };

	if (c->n_args != 1)
		return cli_usage(c, "apply needs one saved plan file");
	if (!realpath(".", folder)) {
		err_sys(&err, "current folder");
		return cli_fail(c, &err);
	}
	ask.path = c->args[0];
	ask.approval = cli_value(c, "approval");
	return apply_plan(c, &ask);
}
