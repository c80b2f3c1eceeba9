/* drill_wal.h -- the WAL behind a physical backup, recovered to the end of the archive. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_DRILL_WAL_H
#define PAWL_RECOVERY_DRILL_WAL_H

#include "recovery/drill_inner.h"
#include "recovery/physical.h"

/* The server that the backup itself was compared in; it is used up. */
struct drill_recovered {
	struct scratch *scratch;
	struct physical_unpack *unpack;
	enum drill_code (*refusal)(const void *ctx); /* of a server that did not start: from its log */
	PGconn *(*connect)(void *ctx);		     /* NULL: it was said why */
	void *ctx;
};

/* True also where there is no WAL behind it: then done->wal_to stays 0, and nothing is claimed. */
bool drill_wal(struct drill_run *r, const struct drill_recovered *server);

#endif
