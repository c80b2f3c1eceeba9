/* command_memory.h -- what a session was refused and a project lost before, brought to bear on a command (gate/session).
 * Room: cli; for both programs. Both memories only make an answer stricter; one that cannot be read says nothing.
 */
#ifndef PAWL_CLI_COMMAND_MEMORY_H
#define PAWL_CLI_COMMAND_MEMORY_H

#include "cli/command_weigh.h"
#include "gate/session/session.h"

/**
 * command_memory_look(ask, places, w):
 * After ${w} was read and its request filled and redacted: a second attempt at what this session was refused, and what once hurt in this
 * project, are changes of their own, added to the answer (session.second-attempt, project.scar). Yields whether any was.
 */
bool command_memory_look(const struct command_ask *ask, const struct places *places, struct command_weighed *w);
/* After the verdict: remember a refusal; and of an edit that passed, a file whose text names what was refused. */
void command_memory_keep(const struct command_ask *ask, const struct places *places, const struct command_weighed *w);

#endif
