/* pawl terraform, where it does not step aside: refusals, plans made in a private copy, and applies that become plans. */
#include "cli/terraform_gate.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "cli/apply.h"
#include "cli/asker.h"
#include "cli/hosts.h"
#include "cli/plan_account.h"
#include "cli/plan_again.h"
#include "cli/places.h"
#include "cli/plan_origin.h"
#include "gate/terraform/run.h"
#include "gate/terraform/tool.h"
#include "ledger/ledger.h"

#define PLAN_MAX ((size_t)512 << 20)
#define PLAN_EXIT_CHANGES 2 /* -detailed-exitcode */

extern char **environ;

struct gating {
	struct cli *cli;
	unsigned tool;
	const struct terraform_argv *argv;
	char folder[PLACES_MAX]; /* the root module */
	struct places places;
	struct ledger *ledger;
	struct workcopy work;
	struct plan_again again; /* hold "" when what was planned is new */
	struct arena arena;
};

static bool open_all(struct gating *g, struct err *err)
{
	struct str dir = g->argv->chdir;
	char path[PLACES_MAX];

	snprintf(path, sizeof(path), "%.*s", STR_ARG(dir.len ? dir : STR(".")));
	if (!realpath(path, g->folder))
		return err_sys(err, "%s", path);
	if (!arena_map(&g->arena, (size_t)1 << 32))
		return err_set(err, ERR_LIMIT, "no memory");
	if (!places_find(g->folder, &g->places, err) || !dir_make(g->places.state, 0700, err))
		return false;
	g->ledger = ledger_open(g->places.ledger, err);
	return g->ledger != NULL;
}

static void close_all(struct gating *g)
{
	workcopy_free(&g->work);
	if (g->ledger)
		ledger_close(g->ledger);
	if (g->arena.mem)
		arena_unmap(&g->arena);
}

/* --- refusals --- */

/* The command's name and the rule, never its words: they may hold secrets. */
static bool record_refusal(struct gating *g, struct err *err)
{
	struct principal who = asker_find();
	auto_buf b = BUF_MAX(65536);
	struct json_out o = { .buf = &b };
	uint64_t seq;

	json_out_open(&o, '{');
	json_out_kv(&o, "verdict", STR("deny"));
	json_out_kv(&o, "gate", STR("terraform"));
	json_out_kv(&o, "tool", str_from(tool_name(g->tool)));
	json_out_kv(&o, "command", str_sub(g->argv->command, 0, 200));
	json_out_kv(&o, "rule", g->argv->rule);
	json_out_kv(&o, "principal", who.name);
	json_out_kv(&o, "cwd", str_from(g->folder));
	json_out_close(&o, '}');
	return ledger_append(g->ledger, STR("request"), buf_str(&b), &seq, err);
}

static int refuse(struct gating *g)
{
	const struct terraform_argv *a = g->argv;
	struct err err = { 0 };
	bool recorded = record_refusal(g, &err);

	fprintf(stderr,
		"pawl: refused: %s %.*s\n  why    %.*s\n  safer  %.*s\n  Nothing was done. Do not try another way "
		"round%s\n",
		tool_name(g->tool), STR_ARG(a->command), STR_ARG(a->why), STR_ARG(a->safer),
		recorded ? "; this is recorded." : ".");
	if (!recorded)
		fprintf(stderr, "pawl: not recorded: %s\n", err.msg);
	return EXIT_ERROR;
}

/* --- a plan in a private copy --- */

/* A -var-file outside the copied tree is named by its absolute place. */
static char *option_text(struct gating *g, struct str word, struct str before)
{
	struct str prefix = str_starts(word, STR("--var-file=")) ? STR("--var-file=") : STR("-var-file=");
	bool separate = str_is(before, "-var-file") || str_is(before, "--var-file"), joined = str_starts(word, prefix);
	struct str file = joined ? str_sub(word, prefix.len, word.len) : word;
	char path[TREE_PATH_MAX], text[TREE_PATH_MAX];

	snprintf(text, sizeof(text), "%.*s", STR_ARG(file));
	if ((!joined && !separate) || text[0] == '/' || !tree_join(path, g->work.dir, text, NULL) ||
	    file_exists(path) || !tree_join(path, g->folder, text, NULL))
		return (char *)(uintptr_t)arena_str(&g->arena, word).ptr;
	return (char *)(uintptr_t)arena_fmt(&g->arena, "%.*s%s", STR_ARG(joined ? prefix : STR_NONE), path).ptr;
}

static char **plan_argv(struct gating *g)
{
	const struct terraform_words *w = &g->argv->options;
	char **argv = ARENA_ARRAY(&g->arena, w->n + 6, char *);
	size_t n = 0;

	if (!argv)
		return NULL;
	argv[n++] = g->work.program;
	argv[n++] = (char *)(uintptr_t) "plan";
	argv[n++] = (char *)(uintptr_t) "-input=false";
	if (!g->cli->colour) /* terraform colours pipes and files too */
		argv[n++] = (char *)(uintptr_t) "-no-color";
	for (size_t i = 0; i < w->n; i++)
		argv[n++] = option_text(g, w->item[i], i ? w->item[i - 1] : STR_NONE);
	argv[n++] = (char *)(uintptr_t)arena_fmt(&g->arena, "-out=%s", g->work.plan).ptr;
	for (size_t i = 0; i < n; i++) {
		if (!argv[i])
			return NULL;
	}
	return argv;
}

static bool make_copy(struct gating *g, struct err *err)
{
	struct workcopy_from from = { .original = g->folder, .state_dir = g->places.state, .env = environ };
	char program[TOOL_PATH_MAX];

	if (!tool_find(tool_name(g->tool), program, err))
		return false;
	from.program = program;
	return workcopy_make(&from, &g->work, err);
}

/* The earlier plan in place of the one just made, whose private copy goes. */
static bool take_earlier(struct gating *g, struct buf *plan, struct err *err)
{
	if (!workcopy_remove(&g->work, err))
		return false;
	fprintf(stderr, "pawl: this is what %s is about, to the last value: the plan that %s is taken, no new one is opened.\n",
		g->again.hold, g->again.state == HOLD_APPROVED ? "was approved" : "waits there");
	buf_clear(plan);
	return file_read(g->again.path, plan, err);
}

/* The plan's origin, durable in the ledger before anybody can ask to apply it. */
static bool record_plan(struct gating *g, const struct planfile *file, const struct plan_account *who, struct err *err)
{
	auto_buf body = BUF_MAX(65536);
	uint64_t seq;

	if (who->needed && !who->account.len)
		fprintf(stderr, "pawl: the AWS account is not known, so this plan cannot be applied later: %.*s\n",
			STR_ARG(who->why));
	plan_origin_body(&file->digest, &g->work, who,
			 arena_fmt(&g->arena, "%s %.*s", tool_name(g->tool), STR_ARG(file->terraform_version)), &body);
	return ledger_append(g->ledger, STR("plan.made"), buf_str(&body), &seq, err) &&
	       plan_origin_write(g->places.state, &file->digest, seq, buf_str(&body), err);
}

/* ${plan}: the bytes to go on with, and g->again.path or g->work.plan where they lie. */
static bool settle_plan(struct gating *g, struct buf *plan, struct err *err)
{
	struct hold_host host = hosts_hold(g->ledger, &g->places, NULL);
	struct planfile file;
	struct plan_account who;
	struct plan_asked asked = { g->argv, &file, &g->work, &who };
	struct digest same;

	if (!file_read(g->work.plan, plan, err) || !planfile_read(buf_str(plan), &g->arena, &file, err))
		return false;
	who = plan_account(&file, &g->arena);
	same = plan_again_digest(&asked, &g->arena);
	if (plan_again_find(&host, &same, g->folder, &g->arena, &g->again))
		return take_earlier(g, plan, err);
	plan_again_keep(g->places.state, &same, g->work.plan);
	return record_plan(g, &file, &who, err);
}

static const char *plan_path(const struct gating *g)
{
	return g->again.hold[0] ? g->again.path : g->work.plan;
}

/* *ret_status: terraform's own. False with err when pawl failed. */
static bool make_plan(struct gating *g, struct buf *plan, int *ret_status, struct err *err)
{
	struct run_result r = { 0 };
	char **argv;

	if (!make_copy(g, err))
		return false;
	argv = plan_argv(g);
	if (!argv)
		return err_set(err, ERR_LIMIT, "no memory");
	if (!run_streaming(argv, &(struct run_opts){ .cwd = g->work.dir, .env = g->work.env }, &r, err))
		return false;
	*ret_status = r.status;
	if (r.status != 0 && r.status != PLAN_EXIT_CHANGES)
		return workcopy_remove(&g->work, err);
	return settle_plan(g, plan, err);
}

static int plan_to_file(struct gating *g)
{
	auto_buf plan = BUF_MAX(PLAN_MAX);
	char out[TREE_PATH_MAX], text[TREE_PATH_MAX];
	struct err err = { 0 };
	int status = 0;

	snprintf(text, sizeof(text), "%.*s", STR_ARG(g->argv->out));
	if (text[0] == '/')
		memcpy(out, text, sizeof(out));
	else if (!tree_join(out, g->folder, text, &err))
		return cli_fail(g->cli, &err);
	if (!make_plan(g, &plan, &status, &err))
		return cli_fail(g->cli, &err);
	if (status != 0 && status != PLAN_EXIT_CHANGES)
		return status;
	if (!file_replace(out, buf_str(&plan), 0600, &err))
		return cli_fail(g->cli, &err);
	if (g->again.hold[0])
		fprintf(stderr, "pawl: %.*s is that plan. %s: pawl apply %.*s\n", STR_ARG(g->argv->out),
			g->again.state == HOLD_APPROVED ? "To apply it" : "Once a person has approved it", STR_ARG(g->argv->out));
	else
		fprintf(stderr,
			"pawl: planned in a private copy. What it would do: pawl plan %.*s   To apply exactly this: pawl apply "
			"%.*s\n",
			STR_ARG(g->argv->out), STR_ARG(g->argv->out));
	return status;
}

/* --- apply without a plan --- */

/* Which words in which folder: where the last plan made for them is remembered, so that the words pass once they are approved. */
static bool again_path(struct gating *g, char ret[TREE_PATH_MAX])
{
	struct digest_run run;
	struct digest d;

	digest_begin(&run);
	digest_field(&run, STR("folder"), str_from(g->folder));
	digest_field(&run, STR("workspace"), g->argv->workspace);
	digest_field(&run, STR("command"), g->argv->command);
	for (size_t i = 0; i < g->argv->options.n; i++)
		digest_field(&run, STR("option"), g->argv->options.item[i]);
	plan_again_variables(environ, &g->arena, &run);
	d = digest_end(&run);
	return plan_again_path(g->places.state, &d, ret);
}

static int apply_path(struct gating *g, const char *path, bool only_granted)
{
	struct apply_ask ask = {
		.path = path,
		.folder = g->folder,
		.stand_in = true,
		.made = g->argv->way == TERRAFORM_WAY_APPLY,
		.only_granted = only_granted,
	};

	return apply_plan(g->cli, &ask);
}

static int apply_granted(struct gating *g, const char *again)
{
	auto_buf b = BUF_MAX(TREE_PATH_MAX);
	char path[TREE_PATH_MAX];

	if (!file_read(again, &b, NULL) ||
	    (size_t)snprintf(path, sizeof(path), "%.*s", STR_ARG(buf_str(&b))) >= sizeof(path) || !file_exists(path))
		return APPLY_NOT_GRANTED;
	return apply_path(g, path, true);
}

static int plan_and_apply(struct gating *g)
{
	auto_buf plan = BUF_MAX(PLAN_MAX);
	char again[TREE_PATH_MAX] = "";
	struct err err = { 0 };
	int status = 0;

	if (again_path(g, again)) {
		status = apply_granted(g, again);
		if (status != APPLY_NOT_GRANTED)
			return status;
	}
	fprintf(stderr, "pawl: %s %.*s: %.*s. Planning instead.\n", tool_name(g->tool), STR_ARG(g->argv->command),
		STR_ARG(g->argv->why));
	if (!make_plan(g, &plan, &status, &err))
		return cli_fail(g->cli, &err);
	if (status != 0 && status != PLAN_EXIT_CHANGES)
		return status;
	if (again[0] && !file_replace(again, str_from(plan_path(g)), 0600, &err))
		return cli_fail(g->cli, &err);
	status = apply_path(g, plan_path(g), false);
	if (status != EXIT_ALLOW)
		fprintf(stderr, "pawl: safer: %.*s\n", STR_ARG(g->argv->safer));
	return status;
}

static int apply_file(struct gating *g)
{
	char path[TREE_PATH_MAX], text[TREE_PATH_MAX];
	struct err err = { 0 };

	snprintf(text, sizeof(text), "%.*s", STR_ARG(g->argv->plan_file));
	if (text[0] == '/')
		memcpy(path, text, sizeof(path));
	else if (!tree_join(path, g->folder, text, &err))
		return cli_fail(g->cli, &err);
	return apply_path(g, path, false);
}

int terraform_gate(struct cli *c, unsigned tool, const struct terraform_argv *a)
{
	struct gating g = { .cli = c, .tool = tool, .argv = a };
	struct err err = { 0 };
	int status = EXIT_ERROR;

	if (!open_all(&g, &err)) {
		close_all(&g);
		return cli_fail(c, &err);
	}
	switch (a->way) {
	case TERRAFORM_WAY_PLAN:
		status = plan_to_file(&g);
		break;
	case TERRAFORM_WAY_APPLY:
		status = plan_and_apply(&g);
		break;
	case TERRAFORM_WAY_APPLY_FILE:
		status = apply_file(&g);
		break;
	case TERRAFORM_WAY_UNSET:
	case TERRAFORM_WAY_PASS:
	case TERRAFORM_WAY_REFUSE:
		status = refuse(&g);
		break;
	}
	close_all(&g);
	return status;
}
