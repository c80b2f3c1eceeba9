/* server.h -- the gate itself: listens, logs clients in, connects upstream, relays, judges.
 * Room: gate/postgres.
 */
#ifndef PAWL_GATE_POSTGRES_SERVER_H
#define PAWL_GATE_POSTGRES_SERVER_H

#include "gate/database/database.h"

struct postgres_server_opts {
	const struct database_host *host;
	const struct database_upstream *upstreams;
	size_t n_upstreams;
	const char *listen;	 /* "127.0.0.1:0", "[::1]:6543" */
	const char *socket_dir;	 /* unix socket .s.PGSQL.PORT there; NULL: none */
	const char *certificate, *key, *client_ca; /* PEM; NULL: no TLS towards clients */
	unsigned threads;	 /* 0: one for two processors, at most 4 */
	unsigned max_connections; /* 0: 10000 */
	unsigned login_s;	 /* how long logging in may take; 0: 30 */
	const char *hour; /* the file in which the hour's counts are kept over restarts; NULL: in memory alone */
	bool permissive;	 /* judges, says, lets pass: for conformance tests alone */
};

struct postgres_server; /* opaque */

/* Binds and starts its threads. *${ret_port}: the TCP port it got. */
bool postgres_server_start(const struct postgres_server_opts *o, struct postgres_server **ret, unsigned *ret_port,
			   struct err *err) PAWL_MUST_USE;
/* No new connections; those in a transaction get ${grace_s} to end. Joins all threads. */
void postgres_server_stop(struct postgres_server *s, unsigned grace_s);

#endif
