/* command_use.h -- the full program's part of a hook's verdict: to prove an approval takes ssh-keygen and the whole ledger, which the small
 * program does not have. It runs `pawl-full command-use`, gives it what is asked and takes the verdict.
 * Room: cli; for both programs.
 */
#ifndef PAWL_CLI_COMMAND_USE_H
#define PAWL_CLI_COMMAND_USE_H

#include "cli/command_weigh.h"
#include "gate/hook/hook.h"

/* May this program use an approval by itself? The full one may. */
extern const bool command_may_use;

/* Ask the full program. False when it does not answer: refuse. */
bool command_use_ask(const struct command_ask *ask, struct arena *arena, struct hook_verdict *ret) PAWL_MUST_USE;

#endif
