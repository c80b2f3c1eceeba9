/* source.h -- a kind of thing that backups are taken of, as a table of functions.
 * Room: recovery, inner. backup_take() and drill_run() ask it, and nobody else has to know which kinds there are.
 */
#ifndef PAWL_RECOVERY_SOURCE_H
#define PAWL_RECOVERY_SOURCE_H

#include "recovery/backup_inner.h"
#include "recovery/drill_inner.h"

struct source {
	enum backup_kind kind;
	enum dump_form form; /* how its stream is told apart */
	bool own_tables;     /* take says which tables there are, and the stream does not */
	/* Fills server, tool, host, invariants and what else r->m should say, sets taken_us to the instant that the stream is as of,
	 * and streams (backup_stream, backup_chunk). False: no backup. */
	bool (*take)(struct backup_run *r, struct err *err);
	/* Unpacks and compares. Whatever differs, or cannot be known, is said by drill_because() and makes this false. */
	bool (*drill)(struct drill_run *r);
	const char *compared; /* what was found of a backup that is verified: no more than drill looks at */
};

/* NULL where the kind is not built. */
const struct source *source_of(enum backup_kind kind);

extern const struct source source_postgres, source_physical, source_mysql, source_sqlite, source_command, source_state,
	source_rds, source_pgbackrest;

#endif
