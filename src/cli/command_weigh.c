#include "cli/command_weigh.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/redact.h"
#include "cli/asker.h"
#include "cli/command_memory.h"
#include "cli/freeze_marker.h"
#include "cli/hosts.h"
#include "cli/keeping.h"
#include "cli/notify.h"
#include "cli/policies.h"
#include "cli/recovery_look.h"
#include "cli/vaults_look.h"
#include "core/permit.h"
#include "gate/command/surroundings.h"
#include "hold/statement.h"
#include "ledger/ledger.h"
#include "read/sql/sql.h"

#define READ_ARENA ((size_t)256 << 20) /* address space; touched as needed */
#define WORLD_ARENA ((size_t)64 << 20)
#define MAX_DISCARDS 512

void command_weighed_free(struct command_weighed *w)
{
	arena_unmap(&w->arena);
	arena_unmap(&w->world_arena);
}

/* SQL that a tool sends on: to which database it does not say. */
static void read_sql(struct str text, struct arena *arena, struct command_answer *ret)
{
	struct sql_input in = { .text = text };
	struct sql_answer a;

	sql_read(&in, arena, &a);
	ret->changes = a.changes;
	ret->summary = redact_str(str_sub(text, 0, 200), arena);
	ret->tool = STR("sql");
}

/* What it takes away, and where, only its server knows. */
static void read_call(const struct command_ask *ask, struct arena *arena, struct command_answer *ret)
{
	struct change *c = change_add(&ret->changes, arena);

	ret->summary = redact_str(arena_fmt(arena, "%.*s %.*s", STR_ARG(ask->call), STR_ARG(str_sub(ask->call_arguments, 0, 200))), arena);
	ret->tool = arena_str(arena, ask->call);
	if (!c)
		return;
	c->kind = CHANGE_DELETE;
	c->type = STR("mcp_tool");
	c->name = arena_str(arena, ask->call);
	c->reason = arena_fmt(arena, "the tool %.*s says by its name that it takes something away, and only its server knows what",
			      STR_ARG(ask->call));
	c->safer = STR("look with a tool that only reads what it would take away, and tell the person");
}

static void read_once(const struct command_ask *ask, struct command_weighed *w)
{
	arena_reset(&w->arena);
	w->answer = (struct command_answer){ 0 };
	if (ask->sql.len)
		read_sql(ask->sql, &w->arena, &w->answer);
	else if (ask->call.len)
		read_call(ask, &w->arena, &w->answer);
	else if (ask->edits)
		command_read_edit(ask->edits, ask->n_edits, &w->world, &w->arena, &w->answer);
	else if (ask->words)
		command_read_argv(ask->words, ask->n_words, &w->world, &w->arena, &w->answer);
	else
		command_read(ask->text, &w->world, &w->arena, &w->answer);
}

/* Where vaults lie is looked up once a reader wants to know: most commands come near none. Read again then as if it had been known. */
static void read_round(const struct command_ask *ask, const struct places *places, struct command_weighed *w, bool *looked)
{
	read_once(ask, w);
	if (*looked || !w->world.vaults_wanted)
		return;
	*looked = true;
	w->world.vaults = vaults_look(places, &w->world_arena);
	if (!w->world.vaults)
		return;
	w->world.needs = NULL;
	w->world.n_needs = 0;
	read_once(ask, w);
}

/* Read, look where the reader wants to look, read again. What is still unanswered after the rounds stays unknown: strictest. */
static bool read_all(const struct command_ask *ask, const struct places *places, struct command_weighed *w, struct err *err)
{
	struct surroundings_opts o = {
		.cwd = ask->cwd,
		.workspace = places->project,
		.state_dir = places->state,
		.config_dir = places->config,
		.env = ask->env,
	};
	bool looked = false;

	if (!surroundings_begin(&o, &w->world_arena, &w->world, err))
		return false;
	for (unsigned round = 0;; round++) {
		read_round(ask, places, w, &looked);
		if (w->arena.full || w->world_arena.full)
			return err_set(err, ERR_LIMIT, "the command is larger than pawl holds in memory: refused");
		if (!w->world.n_needs || round + 1 >= WORLD_MAX_ROUNDS)
			return true;
		surroundings_answer(&w->world, &w->world_arena);
	}
}

static struct digest bytes_of(const struct command_ask *ask)
{
	struct digest_run run;

	digest_begin(&run);
	digest_field(&run, STR("version"), STR("pawl-command-1"));
	digest_field(&run, STR("text"), ask->text);
	digest_field(&run, STR("sql"), ask->sql);
	digest_field(&run, STR("call"), ask->call);
	digest_field(&run, STR("arguments"), ask->call_arguments);
	for (size_t i = 0; i < ask->n_words; i++)
		digest_field(&run, STR("word"), ask->words[i]);
	for (size_t i = 0; i < ask->n_edits; i++)
		digest_field(&run, STR("edit"), ask->edits[i]);
	return digest_end(&run);
}

/* What was read beside the command, and what it was read as: an approval is for a script's bytes too, and for what was on the card. */
static struct digest reading_of(const struct command_weighed *w)
{
	struct digest changes = statement_changes(&w->request.changes);
	struct digest_run run;

	digest_begin(&run);
	for (const struct world_file *f = w->world.files; f; f = f->next) {
		digest_field(&run, STR("path"), f->path);
		digest_field(&run, STR("file"), f->text);
	}
	digest_field(&run, STR("changes"), (struct str){ (const char *)changes.b, sizeof(changes.b) });
	return digest_end(&run);
}

static struct principal asker(const struct command_ask *ask)
{
	struct principal p = asker_find();

	if (ask->host.len) {
		p.kind = PRINCIPAL_AGENT;
		p.name = ask->host;
	}
	if (ask->session.len)
		p.session = ask->session;
	return p;
}

static void fill_request(const struct command_ask *ask, const struct places *places, struct command_weighed *w)
{
	struct request *r = &w->request;
	struct digest reading;

	*r = (struct request){
		.principal = asker(ask),
		.gate = ask->gate,
		.tool = w->answer.tool.len ? w->answer.tool : STR("shell"),
		.summary = w->answer.summary,
		.place = { .path = w->world.cwd },
		.bytes = bytes_of(ask),
		.changes = w->answer.changes,
	};
	reading = reading_of(w);
	r->binding.cwd = w->world.cwd.len ? arena_str(&w->arena, str_from(places_within(places->project, w->world.cwd.ptr))) : STR_NONE;
	r->binding.config_digest = digest_text(&reading, &w->arena);
}

static bool judge_all(const struct command_ask *ask, const struct places *places, struct command_weighed *w, struct err *err)
{
	struct digest evidence;

	fill_request(ask, places, w);
	w->evidence = (struct evidence){ .now_us = clock_now_us() };
	freeze_marker_look(places, &w->arena, &w->evidence);
	request_redact(&w->request, &w->arena);
	recovery_look(places, &w->request, STR_NONE, &w->arena, &w->evidence);
	evidence_redact(&w->evidence, &w->arena);
	judge(w->policy, &w->request, &w->evidence, &w->arena, &w->judgement);
	evidence = evidence_digest(&w->evidence);
	w->request.binding.environment = redact_str(w->judgement.environment.name, &w->arena);
	w->request.binding.evidence = digest_text(&evidence, &w->arena);
	w->verdict = w->judgement.verdict;
	if (w->arena.full)
		return err_set(err, ERR_LIMIT, "the command is larger than pawl holds in memory: refused");
	return true;
}

/* --- what would be lost in the workspace --- */

static const enum keep_what keep_kinds[] = {
	[DISCARD_PATHS] = KEEP_PATH,	  [DISCARD_CHANGES] = KEEP_GIT_CHANGES, [DISCARD_UNTRACKED] = KEEP_GIT_UNTRACKED,
	[DISCARD_STASH] = KEEP_GIT_STASH, [DISCARD_BRANCH] = KEEP_GIT_BRANCH,	[DISCARD_COMMITS] = KEEP_GIT_COMMITS,
};

static void mark_kept(struct command_weighed *w, bool kept)
{
	for (struct discard *d = w->answer.discards; d; d = d->next) {
		if (d->change)
			d->change->reversible = kept ? REVERSIBLE_YES : REVERSIBLE_UNKNOWN;
	}
}

static bool take_wishes(const struct places *places, const struct command_ask *ask, const struct keep_wish *wishes, size_t n,
			struct command_weighed *w, struct err *err)
{
	const struct keep_bounds bounds = keeping_bounds(w->policy);
	const struct keeping_words words = { w->request.summary, ask->session, w->world.cwd };
	struct keep *k = NULL;
	struct ledger *l = ledger_open(places->ledger, err);
	bool ok;

	if (!l)
		return false;
	ok = keep_open(str_from(places->state), &bounds, &k, err) && keeping_take(k, l, wishes, n, &words, w->kept, err);
	keep_close(k);
	ledger_close(l);
	return ok;
}

static bool take(const struct places *places, const struct command_ask *ask, struct command_weighed *w, struct err *err)
{
	struct keep_wish *wishes = ARENA_ARRAY(&w->arena, MAX_DISCARDS, struct keep_wish);
	size_t n = 0;

	if (!wishes)
		return err_set(err, ERR_LIMIT, "no memory");
	for (const struct discard *d = w->answer.discards; d; d = d->next) {
		if (n == MAX_DISCARDS)
			return err_set(err, ERR_LIMIT, "more than %d different losses", MAX_DISCARDS);
		wishes[n++] = (struct keep_wish){ .what = keep_kinds[d->kind], .path = d->path, .ref = d->ref, .ignored = d->ignored };
	}
	return take_wishes(places, ask, wishes, n, w, err);
}

/* Judged as if it were kept; where that lets it pass it is kept indeed, else it is judged as the loss it is. */
static bool judge_with_keep(const struct command_ask *ask, const struct command_weigh_opts *opts, const struct places *places,
			    struct command_weighed *w, struct err *err)
{
	struct err why = { .code = ERR_NONE };

	if (!w->answer.discards)
		return judge_all(ask, places, w, err);
	mark_kept(w, true);
	if (!judge_all(ask, places, w, err))
		return false;
	if (w->verdict == VERDICT_ALLOW && (opts->only_say || take(places, ask, w, &why)))
		return true;
	if (w->verdict == VERDICT_ALLOW)
		w->kept_not = arena_str(&w->world_arena, str_from(why.msg));
	mark_kept(w, false);
	return judge_all(ask, places, w, err);
}

/* --- the hold --- */

/* An approval may be there, or an elevation be in force: only the full program can prove it. */
static bool may_be_approved(const struct hold_host *h, struct command_weighed *w, bool *ret, struct err *err)
{
	auto_buf banner = BUF_MAX(4096);
	enum hold_state state;

	if (!hold_waiting(h, &w->request, w->evidence.now_us, w->hold, &state, err))
		return false;
	hold_banner(h->state_dir, w->evidence.now_us, &banner);
	*ret = state == HOLD_APPROVED || banner.len > 0;
	return true;
}

/* Somebody should look now. Best effort: the hold stands whether or not this could be written. */
static void raise_alarm(const struct hold_host *h, const struct command_weighed *w)
{
	auto_buf b = BUF_MAX(8192);
	struct json_out o = { .buf = &b };
	uint64_t seq;

	json_out_open(&o, '{');
	json_out_kv(&o, "about", str_from(w->hold));
	json_out_kv(&o, "what", str_sub(w->judgement.reason, 0, 2000));
	json_out_close(&o, '}');
	(void)!h->append(h->ctx, STR("alarm"), buf_str(&b), &seq, NULL);
}

static bool use_or_open(const struct command_weigh_opts *opts, struct hold_host *h, struct command_weighed *w, struct err *err)
{
	struct grant_use use;
	struct err why = { .code = ERR_NONE };

	if (!opts->may_use && !may_be_approved(h, w, &w->ask_full, err))
		return false;
	w->waited = w->hold[0] != '\0';
	if (w->ask_full || w->waited)
		return true;
	if (opts->may_use && hold_use(h, &w->request, &w->judgement, &w->evidence, &w->arena, &use, &why)) {
		if (!permit_mint(&w->request, &w->judgement, 0, &use, w->evidence.now_us, &w->arena, err))
			return false;
		w->verdict = VERDICT_ALLOW;
		w->used = true;
		snprintf(w->hold, sizeof(w->hold), "%.*s", STR_ARG(use.hold));
		return true;
	}
	if (!hold_open(h, &w->request, &w->judgement, &w->evidence, w->hold, err))
		return false;
	if (w->remembered)
		raise_alarm(h, w);
	notify_kick(w->policy);
	return true;
}

static bool hold(const struct command_ask *ask, const struct command_weigh_opts *opts, const struct places *places,
		 struct command_weighed *w, struct err *err)
{
	struct err why = { .code = ERR_NONE };
	struct ledger *l = ledger_open(places->ledger, err);
	struct hold_host h;
	bool ok;

	if (!l)
		return err_prefix(err, "no verdict without a record");
	h = hosts_hold(l, places, w->policy);
	ok = use_or_open(opts, &h, w, err);
	ledger_close(l);
	/* A person said yes to the loss; what can be kept of it is kept all the same. */
	if (ok && w->used && w->answer.discards && !take(places, ask, w, &why))
		w->kept_not = arena_str(&w->world_arena, str_from(why.msg));
	return ok;
}

/* What a refusal leaves behind: of a hold its entry stands in the ledger already. */
static bool record_denial(const struct places *places, const struct command_weighed *w, struct err *err)
{
	struct ledger *l = ledger_open(places->ledger, err);
	auto_buf b = BUF_MAX((size_t)1 << 20);
	struct json_out o = { .buf = &b };
	uint64_t seq;
	bool ok;

	if (!l)
		return err_prefix(err, "no verdict without a record");
	json_out_open(&o, '{');
	json_out_kv(&o, "verdict", STR("deny"));
	json_out_kv(&o, "summary", w->request.summary);
	json_out_kv(&o, "environment", w->judgement.environment.name);
	json_out_kv(&o, "reason", w->judgement.reason);
	json_out_close(&o, '}');
	ok = ledger_append(l, STR("request"), buf_str(&b), &seq, err);
	ledger_close(l);
	return ok;
}

static bool record(const struct command_ask *ask, const struct command_weigh_opts *opts, const struct places *places,
		   struct command_weighed *w, struct err *err)
{
	if (opts->only_say)
		return true;
	if (w->verdict == VERDICT_HOLD && !hold(ask, opts, places, w, err))
		return false;
	if (w->verdict == VERDICT_DENY && !record_denial(places, w, err))
		return false;
	if (!w->ask_full)
		command_memory_keep(ask, places, w);
	return true;
}

static bool weigh(const struct command_ask *ask, const struct command_weigh_opts *opts, struct command_weighed *w, struct err *err)
{
	struct places places;
	bool remembered;

	if (!places_find(ask->cwd, &places, err) || !read_all(ask, &places, w, err))
		return false;
	fill_request(ask, &places, w);
	request_redact(&w->request, &w->arena);
	remembered = command_memory_look(ask, &places, w);
	if (!w->answer.changes.n && !opts->only_say) {
		w->verdict = VERDICT_ALLOW; /* it changes nothing: no policy has an opinion on that */
		command_memory_keep(ask, &places, w);
		return true;
	}
	if (!policies_load(&places, &w->world_arena, &w->policy, err) || !judge_with_keep(ask, opts, &places, w, err))
		return false;
	w->remembered = remembered;
	return record(ask, opts, &places, w, err);
}

bool command_weigh(const struct command_ask *ask, const struct command_weigh_opts *opts, struct command_weighed *ret,
		   struct err *err)
{
	struct command_weighed w = { .verdict = VERDICT_DENY };

	if (!arena_map(&w.arena, READ_ARENA) || !arena_map(&w.world_arena, WORLD_ARENA)) {
		command_weighed_free(&w);
		return err_set(err, ERR_LIMIT, "no memory to read a command with");
	}
	if (!weigh(ask, opts, &w, err)) {
		command_weighed_free(&w);
		return false;
	}
	*ret = w;
	return true;
}
