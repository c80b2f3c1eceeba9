/* gate_running.h -- which gate runs now: STATE/postgres/gate.json, for commands beside it. Only a hint: nothing rests on it.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_GATE_RUNNING_H
#define PAWL_CLI_GATE_RUNNING_H

#include "base/err.h"
#include "base/str.h"

/* Written at start: {pid, port, listen}; taken away at the end. */
bool gate_running_write(const char *state_dir, struct str listen, unsigned port, struct err *err) PAWL_MUST_USE;
void gate_running_remove(const char *state_dir);
/* 0: none runs, as far as is known. */
unsigned gate_running_port(const char *state_dir);

#endif
