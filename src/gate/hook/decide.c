#include "gate/hook/hook.h"

static bool is_get(struct str method)
{
	return !method.len || str_eq_nocase(method, STR("GET")) || str_eq_nocase(method, STR("HEAD"));
}

/* Is everything in it only looked at? */
static bool only_gets(const struct hook_call *call)
{
	for (const struct hook_item *i = call->items; i; i = i->next) {
		if (i->kind != HOOK_ITEM_URL || !is_get(i->method))
			return false;
	}
	return !call->destructive;
}

static void refuse(const struct hook_call *call, struct arena *arena, struct hook_verdict *ret)
{
	ret->verdict = VERDICT_DENY;
	ret->reason = arena_fmt(arena, "this call cannot be judged: %.*s.", STR_ARG(call->trouble));
	if (!ret->reason.len)
		ret->reason = STR("this call cannot be judged.");
	ret->safer = STR("make the call again in the tool's plain form, in smaller steps.");
}

void hook_decide(const struct hook_call *call, const struct hook_judge *judge, struct arena *arena, struct hook_verdict *ret)
{
	*ret = (struct hook_verdict){ .verdict = VERDICT_ALLOW };
	if (call->trouble.len) {
		refuse(call, arena, ret);
		return;
	}
	if (call->event == HOOK_EVENT_OTHER || call->tool == HOOK_TOOL_READ || only_gets(call))
		return;
	*ret = (struct hook_verdict){ .verdict = VERDICT_UNSET };
	if (judge->judge(judge->ctx, call, arena, ret) && !arena->full)
		return;
	*ret = (struct hook_verdict){ .verdict = VERDICT_DENY,
				      .reason = ret->reason.len && !arena->full ? ret->reason
										: STR("pawl could not judge this call.") };
}
