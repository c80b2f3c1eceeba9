/* gate_asks.h -- what a database gate asks of the rest of pawl, answered: struct database_host over ledger, policy, holds and keys.
 * Room: cli, pawl-full. Its functions are called by many threads at once; a thread of its own watches freeze and credentials.
 */
#ifndef PAWL_CLI_GATE_ASKS_H
#define PAWL_CLI_GATE_ASKS_H

#include "cli/gate_credentials.h"
#include "cli/places.h"

struct gate_asks; /* opaque */

/* All of them outlive it. */
struct gate_asks_opts {
	const struct places *places;
	const struct policy *policy;
	struct ledger *ledger;
	unsigned wait_s; /* how long a held statement waits for its answer */
};

bool gate_asks_open(const struct gate_asks_opts *o, struct gate_asks **ret, struct err *err) PAWL_MUST_USE;
/* Nobody may be asking any more. NULL does nothing. */
void gate_asks_close(struct gate_asks *a);
const struct database_host *gate_asks_host(const struct gate_asks *a);

#endif
