/* hook_judge.h -- what a host asks, weighed: the judge that `pawl hook` is given.
 * Room: cli; for both programs.
 */
#ifndef PAWL_CLI_HOOK_JUDGE_H
#define PAWL_CLI_HOOK_JUDGE_H

#include "cli/command_weigh.h"
#include "gate/hook/hook.h"

/* For struct hook_judge; ${ctx} is not used. Every item of the call is weighed by itself, the strictest verdict counts. */
bool hook_judge(void *ctx, const struct hook_call *call, struct arena *arena, struct hook_verdict *ret);

/* One weighing as an answer. ${in} is an ask in JSON as command_use takes it; for the full program's part. */
void hook_judge_words(const struct command_weighed *w, struct arena *arena, struct hook_verdict *ret);

#endif
