/* gate_scratch.h -- a copy of a database's schema, without its rows, to rehearse on; on the same server, gone afterwards.
 * Room: cli, pawl-full. Needs CREATEDB there, and pg_dump and psql here.
 */
#ifndef PAWL_CLI_GATE_SCRATCH_H
#define PAWL_CLI_GATE_SCRATCH_H

#include "gate/postgres/aside.h"

struct gate_scratch {
	struct postgres_aside *aside; /* of the real database */
	struct database_upstream upstream; /* the copy, in the place of the real one: judged as that */
	char name[64];
	bool made;
};

/* gate_scratch_drop is due either way. */
bool gate_scratch_make(const struct database_upstream *of, struct arena *arena, struct gate_scratch *ret, struct err *err) PAWL_MUST_USE;
void gate_scratch_drop(struct gate_scratch *s);

#endif
