/* guard.h -- `pawl hook`: a small parent that always answers, in time, in the host's own words; and a child that judges.
 * Room: gate/hook. Processes.
 * The parent allocates nothing and reads nothing but the child's answer: its own refusal is put together from constants. Death of the
 * child, garbage, silence, slowness (also SIGSTOP), no memory, no process, no descriptor: each becomes that refusal. An allow goes on
 * only when it is, byte for byte, the host's row's. A signal that can be caught and would end the parent makes it refuse too.
 */
#ifndef PAWL_GATE_HOOK_GUARD_H
#define PAWL_GATE_HOOK_GUARD_H

#include "gate/hook/hook.h"

#define GUARD_DEADLINE_MS 5000 /* every host waits at least 10 s for a hook that `pawl init` wrote down */
#define GUARD_MAX_ANSWER 16384

struct guard {
	enum hook_host host;
	int deadline_ms;
	struct hook_judge judge;
	/* Called in the child with the call as read, before it is judged: fills what the process knows (cwd). May be NULL. */
	void (*complete)(void *ctx, struct hook_call *call, struct arena *arena);
};

/* Standard input to standard output and error, as the host expects; yields the exit status. */
int guard_run(const struct guard *g);

/* What the parent says by itself; for tests, which compare. Writes at most size bytes, NUL-terminated. */
void guard_dead_answer(enum hook_host host, const char *why, char *ret_out, char *ret_err, size_t size);

#endif
