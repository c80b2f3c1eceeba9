/* gate_postgres.h -- a gate in this process: configuration, policy, ledger, the answers to its questions, and the server.
 * Room: cli, pawl-full. `pawl gate postgres` runs one; a rehearsal runs one of its own before a scratch copy.
 */
#ifndef PAWL_CLI_GATE_POSTGRES_H
#define PAWL_CLI_GATE_POSTGRES_H

#include "cli/command.h"
#include "cli/gate_asks.h"
#include "cli/gate_config.h"
#include "gate/postgres/server.h"

struct gate_run {
	struct places places;
	struct arena arena;
	struct gate_config config;
	const struct policy *policy;
	struct ledger *ledger;
	struct gate_asks *asks;
	struct postgres_server *server;
	unsigned port;
};

struct gate_run_opts {
	const char *config, *listen; /* NULL: as usual, as configured */
	bool permissive;
};

/* Everything but the server. False with ${err}; gate_run_close is due either way. */
bool gate_run_open(const struct gate_run_opts *o, struct gate_run *ret, struct err *err) PAWL_MUST_USE;
void gate_run_close(struct gate_run *r);
/* pawl gate postgres --service, --rehearse */
int gate_service(struct cli *c);
int gate_rehearse(struct cli *c);

#endif
