/* backup_physical.h -- what backups of a cluster's files ask alike: a position in the WAL, and rows and answers as of it.
 * Room: recovery, inner.
 */
#ifndef PAWL_RECOVERY_BACKUP_PHYSICAL_H
#define PAWL_RECOVERY_BACKUP_PHYSICAL_H

#include "recovery/backup_inner.h"
#include "recovery/physical.h"

struct backup_physical {
	struct backup_run *r;
	PGconn *c;    /* that asks */
	PGconn *also; /* that sees what the first one's snapshot does not */
	PGconn *replication;
	struct tar tar;
	char last[PHYSICAL_SEGMENT_LEN + 1]; /* of the WAL in pg_basebackup's tar */
	struct physical_end end;
	uint64_t until, segment;
	uint32_t timeline;
};

/* Connects, does ${whole}, and sees to it that the snapshot of the answers lived to its end. */
bool backup_physical_with(struct backup_run *r, bool replication, bool (*whole)(struct backup_physical *p, struct err *err),
			  struct err *err) PAWL_MUST_USE;
/* Version, size, superuser, host; no tablespaces. */
bool backup_physical_look(struct backup_physical *p, struct err *err) PAWL_MUST_USE;
bool backup_physical_segment_size(struct backup_physical *p, struct err *err) PAWL_MUST_USE;
/* A snapshot, the position right behind it in p->end, and a record of the WAL behind that: p->until. */
bool backup_physical_moment(struct backup_physical *p, struct err *err) PAWL_MUST_USE;
/* In that snapshot: the owner's questions, the cluster, and each table's rows, onto the manifest. */
bool backup_physical_answers(struct backup_physical *p, struct err *err) PAWL_MUST_USE;

#endif
