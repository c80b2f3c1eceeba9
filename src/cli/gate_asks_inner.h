/* gate_asks_inner.h -- what a running gate asks by, as it lies in memory.
 * Room: cli, private to gate_asks*.c.
 */
#ifndef PAWL_CLI_GATE_ASKS_INNER_H
#define PAWL_CLI_GATE_ASKS_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "cli/gate_asks.h"
#include "cli/gate_plans.h"
#include "hold/book.h"

struct gate_asks {
	struct gate_asks_opts o;
	struct gate_credentials *credentials;
	struct gate_plans *plans;
	struct hold_host holds;
	struct database_host host;
	pthread_t watcher;
	_Atomic bool frozen, over;
};

/* gate_asks_watch.c: is there a freeze? Once; and again and again, with the credentials, until a->over. */
void gate_asks_look(struct gate_asks *a);
void *gate_asks_watch(void *asks);
/* gate_asks_breach.c: database_host.breach. */
void gate_asks_breach(void *ctx, const struct database_session *s, const struct database_upstream *u, struct str what,
		      const struct change_list *saw);

#endif
