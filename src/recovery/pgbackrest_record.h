/* pgbackrest_record.h -- what lies in the vault of a backup that pgBackRest took. Room: recovery, inner. Pure. */
#ifndef PAWL_RECOVERY_PGBACKREST_RECORD_H
#define PAWL_RECOVERY_PGBACKREST_RECORD_H

#include "base/buf.h"
#include "recovery/physical.h"

struct pgbackrest_record {
	struct str stanza, label;
	struct str first, last; /* WAL, from the beginning of the backup to behind the position */
	uint32_t timeline;
	uint64_t segment; /* bytes of one file of it */
	struct str end; /* physical_end_text */
	char last_text[PHYSICAL_SEGMENT_LEN + 1]; /* the writer's */
};

/* False when it does not fit. */
bool pgbackrest_record_write(const struct pgbackrest_record *r, struct buf *out);
/* It is signed; what does not fit together is an error all the same. */
bool pgbackrest_record_read(struct str text, struct arena *arena, struct pgbackrest_record *ret, struct physical_end *ret_end,
			    struct err *err) PAWL_MUST_USE;

#endif
