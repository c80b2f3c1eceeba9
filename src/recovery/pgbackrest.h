/* pgbackrest.h -- pgBackRest, as it stands on this machine: what backups and drills of its stanzas ask of it.
 * Room: recovery, inner. I/O. The repository is its own: nothing in it is removed or changed but by the commands named here.
 */
#ifndef PAWL_RECOVERY_PGBACKREST_H
#define PAWL_RECOVERY_PGBACKREST_H

#include "recovery/backup_inner.h"

/* A target's `pgbackrest`. */
struct pgbackrest {
	struct str stanza;
	struct str config; /* its configuration file; STR_NONE: where pgBackRest looks */
	struct str user;   /* whose the repository is, where we are root; STR_NONE: postgres */
	struct str repo;   /* "1" …; STR_NONE: the first that does */
	bool apart; /* the owner says that whoever owns the database's machine cannot take the repository away */
};

struct pgbackrest_run {
	const struct pgbackrest *p;
	struct str user; /* a name or number to run as, where we are root; STR_NONE: p->user */
	struct stall *stall;
	struct arena *arena;
};

#define PGBACKREST_WORDS 12
/* ${words}: a command and its ${n} - 1 options, at most PGBACKREST_WORDS in all. One that is NULL did not fit into the arena: nothing is
 * run without it. What it prints is not kept. */
bool pgbackrest_do(const struct pgbackrest_run *r, const char *const words[], size_t n, struct err *err) PAWL_MUST_USE;
bool pgbackrest_version(const struct pgbackrest_run *r, struct str *ret, struct err *err) PAWL_MUST_USE;

/* What `pgbackrest info` says of a stanza. */
struct pgbackrest_set {
	struct str label, start, stop; /* of the WAL: names of segments */
	int64_t began_us, ended_us;
	bool error; /* pages with wrong checksums */
	struct pgbackrest_set *next;
};
struct pgbackrest_info {
	struct pgbackrest_set *sets; /* the newest first */
	struct str wal_max; /* name of the newest segment in the archive; STR_NONE: none */
};
bool pgbackrest_info(const struct pgbackrest_run *r, struct pgbackrest_info *ret, struct err *err) PAWL_MUST_USE;

/* "any moment since … by pgBackRest (stanza shop, 3 backups); WAL is archived, last …", where ${archiving} is pitr_ask's. */
bool pgbackrest_window(const struct pgbackrest_run *r, struct str archiving, struct str *ret, struct err *err) PAWL_MUST_USE;

#endif
