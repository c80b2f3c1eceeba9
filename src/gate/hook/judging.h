/* judging.h -- the child of the guard: reads the host's bytes, has them judged, sends the answer as a frame.
 * Room: gate/hook. Whatever it prints by mistake goes into the frame's pipe and makes the answer garbage: a refusal.
 */
#ifndef PAWL_GATE_HOOK_JUDGING_H
#define PAWL_GATE_HOOK_JUDGING_H

#include "gate/hook/guard.h"

void judging_run(const struct guard *g, int pipe_end) __attribute__((noreturn));

#endif
