#include "cli/hook_judge.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/command_use.h"

extern char **environ;

static unsigned rank(enum verdict v)
{
	return v == VERDICT_ALLOW ? 0 : v == VERDICT_HOLD ? 1 : 2;
}

/* The folder the item acts in, real; NULL when nobody said it, or it is not there. */
static const char *folder_of(const struct hook_call *call, const struct hook_item *item, struct arena *arena)
{
	struct str path = item->cwd;
	char real[PATH_MAX];

	if (!path.len)
		path = call->cwd;
	else if (path.ptr[0] != '/')
		path = call->cwd.len ? world_absolute(call->cwd, path, arena) : STR_NONE;
	if (!path.len || !realpath(arena_str(arena, path).ptr, real))
		return NULL;
	return arena_str(arena, str_from(real)).ptr;
}

/* A request over the web as the words of the command that would make it. */
static void ask_url(const struct hook_item *item, struct arena *arena, struct command_ask *ask)
{
	struct str *words = ARENA_ARRAY(arena, 4, struct str);

	if (!words)
		return;
	words[0] = STR("curl");
	words[1] = STR("-X");
	words[2] = item->method.len ? item->method : STR("GET");
	words[3] = item->text;
	ask->words = words;
	ask->n_words = 4;
}

static bool ask_of(const struct hook_call *call, const struct hook_item *item, struct arena *arena, struct command_ask *ret)
{
	*ret = (struct command_ask){
		.cwd = folder_of(call, item, arena),
		.env = environ,
		.session = call->session,
		.host = str_from(hook_host_row(call->host)->name),
		.gate = call->tool == HOOK_TOOL_MCP ? GATE_MCP : GATE_HOOK,
	};
	switch (item->kind) {
	case HOOK_ITEM_COMMAND:
		ret->text = item->text;
		return true;
	case HOOK_ITEM_ARGV:
		ret->words = item->argv;
		ret->n_words = item->n_argv;
		return true;
	case HOOK_ITEM_SQL:
		ret->sql = item->text;
		return true;
	case HOOK_ITEM_EDIT:
		ret->edits = &item->text;
		ret->n_edits = 1;
		ret->edit_deletes = item->deletes;
		ret->edit_content = item->content;
		return true;
	case HOOK_ITEM_URL:
		ask_url(item, arena, ret);
		return ret->words != NULL;
	}
	return false;
}

/* The first words on what to do instead that anybody has. */
static struct str safer_of(const struct command_weighed *w)
{
	if (w->judgement.rule.safer.len)
		return w->judgement.rule.safer;
	for (const struct judged_change *j = w->judgement.changes; j; j = j->next) {
		if (j->change->safer.len)
			return j->change->safer;
	}
	return STR_NONE;
}

/* As a sentence of its own. */
static struct str sentence(struct str s, struct arena *arena)
{
	s = str_trim(s);
	if (!s.len || strchr(".!?", s.ptr[s.len - 1]))
		return arena_str(arena, s);
	return arena_fmt(arena, "%.*s.", STR_ARG(s));
}

/* A second attempt is said before anything else about it. */
static struct str reason_of(const struct command_weighed *w)
{
	CHANGE_EACH(c, &w->request.changes) {
		if (w->remembered && str_is(c->type, "session") && w->verdict != VERDICT_ALLOW)
			return c->reason;
	}
	return w->judgement.reason;
}

void hook_judge_words(const struct command_weighed *w, struct arena *arena, struct hook_verdict *ret)
{
	*ret = (struct hook_verdict){
		.verdict = w->verdict,
		.hold = arena_str(arena, str_from(w->hold)),
		.reason = sentence(reason_of(w), arena),
		.safer = sentence(safer_of(w), arena),
	};
	if (w->verdict != VERDICT_ALLOW && w->kept_not.len)
		ret->reason = arena_fmt(arena, "%.*s It cannot be kept for an undo: %.*s.", STR_ARG(ret->reason), STR_ARG(w->kept_not));
}

static bool judge_item(const struct command_ask *ask, struct arena *arena, struct hook_verdict *ret)
{
	auto_command_weighed w = { 0 };
	struct err err = { .code = ERR_NONE };

	if (!command_weigh(ask, &(struct command_weigh_opts){ .may_use = command_may_use }, &w, &err)) {
		*ret = (struct hook_verdict){ .verdict = VERDICT_DENY,
					      .reason = arena_fmt(arena, "pawl could not judge this, so it does not pass: %s", err.msg) };
		return true;
	}
	if (w.ask_full)
		return command_use_ask(ask, arena, ret);
	hook_judge_words(&w, arena, ret);
	return true;
}

/* A tool of a server whose name says that it takes something away. */
static bool judge_name(const struct hook_call *call, struct arena *arena, struct hook_verdict *ret)
{
	struct command_ask ask = {
		.call = call->server.len ? arena_fmt(arena, "%.*s/%.*s", STR_ARG(call->server), STR_ARG(call->tool_name)) : call->tool_name,
		.call_arguments = call->arguments,
		.cwd = folder_of(call, &(struct hook_item){ .kind = HOOK_ITEM_COMMAND }, arena),
		.env = environ,
		.session = call->session,
		.host = str_from(hook_host_row(call->host)->name),
		.gate = GATE_MCP,
	};

	return ask.call.len && judge_item(&ask, arena, ret);
}

bool hook_judge(void *ctx, const struct hook_call *call, struct arena *arena, struct hook_verdict *ret)
{
	struct hook_verdict worst = { .verdict = VERDICT_ALLOW };

	(void)ctx;
	if (call->destructive && !judge_name(call, arena, &worst))
		return false;
	for (const struct hook_item *i = call->items; i; i = i->next) {
		struct hook_verdict v = { .verdict = VERDICT_DENY };
		struct command_ask ask;

		if (!ask_of(call, i, arena, &ask) || !judge_item(&ask, arena, &v))
			return false;
		if (rank(v.verdict) > rank(worst.verdict))
			worst = v;
	}
	if (arena->full)
		return false;
	*ret = worst;
	return true;
}
