/* wire_world.h -- for the fuzz target `wire`: the gate's one worker, and fakes of everything around it: libpq, threads, the gate's own
 * connection, the rest of pawl. All of it runs in one thread, when it is told to.
 */
#ifndef PAWL_FUZZ_WIRE_WORLD_H
#define PAWL_FUZZ_WIRE_WORLD_H

#include "gate/postgres/session.h"
#include "wire_model.h"

#define WORLD_FIRST "n=,r=fuzz"

struct pg_conn {
	int fd;
};

struct world {
	struct worker worker;
	struct postgres_server server_of;
	struct database_upstream of;
	struct upstream upstream;
	struct database_host host;
	struct statement_context judge;
	struct model model;
	struct asking_job *jobs, **jobs_end;
	size_t n_jobs;
	int server; /* the fake's end of the upstream connection; -1: none */
	uint8_t answer; /* of the rest of pawl, to what is asked next */
	bool is_tightened;
	char challenge[512];
};
extern struct world world;

/* The client's end of a new session: before it logged in, or behind it. */
int world_begin(bool login, bool unseen);
void world_end(void);
/* The next job is done, its outcome chosen by ${answer}: 1 refused, 2 passed without a person, 4 fails, 8 is kept first. False: none. */
bool world_job(uint8_t answer);
/* A turn of the worker's loop; false: nobody was ready. */
bool world_turn(void);
/* What the gate sent to the server; false: nothing. */
bool world_server_hears(void);
void world_server_gone(void);
/* Server-first, and what a client that knows the password answers (or one that does not). */
void world_challenge(struct str text);
void world_proof(bool wrong, char *ret, size_t size);

#endif
