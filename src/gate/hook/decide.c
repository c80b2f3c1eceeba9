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

/* The digits of a canary; STR_NONE: it is none. */
static struct str canary(const struct hook_call *call)
{
	struct str text = call->n_items == 1 && call->items->kind == HOOK_ITEM_COMMAND ? call->items->text : STR_NONE;
	struct str digits = str_sub(text, sizeof(HOOK_CANARY) - 1, SIZE_MAX);

	if (!str_starts(text, STR(HOOK_CANARY)) || digits.len != 32)
		return STR_NONE;
	for (size_t i = 0; i < digits.len; i++) {
		if (!strchr("0123456789abcdef", digits.ptr[i]) || !digits.ptr[i])
			return STR_NONE;
	}
	return digits;
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
	if (canary(call).len) {
		ret->verdict = VERDICT_DENY;
		ret->reason =
			arena_fmt(arena, "the canary %.*s, which asks only whether this hook is asked.", STR_ARG(canary(call)));
		return;
	}
	*ret = (struct hook_verdict){ .verdict = VERDICT_UNSET };
	if (judge->judge(judge->ctx, call, arena, ret) && !arena->full)
		return;
	*ret = (struct hook_verdict){ .verdict = VERDICT_DENY,
				      .reason = ret->reason.len && !arena->full ? ret->reason
										: STR("pawl could not judge this call.") };
}
