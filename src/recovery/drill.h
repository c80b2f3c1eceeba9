/* drill.h -- is a backup one? It is restored into a scratch server and compared, table by table, with what its manifest says.
 * Room: recovery. I/O. "It restored without an error" is no answer here: half a dump does.
 * verified: everything is there and equal. failed: something is not, and reasons name it. could not verify: nobody knows, and reasons
 * say what is wanted (a server new enough, an extension, room on the disk, the vault). No error, no matter which, ends in verified.
 */
#ifndef PAWL_RECOVERY_DRILL_H
#define PAWL_RECOVERY_DRILL_H

#include "core/evidence.h"
#include "recovery/backup.h"

#define DRILL_REASONS_MAX 40

enum drill_code {
	DRILL_SIGNATURE = 1, /* the manifest is not signed by whom it should be */
	DRILL_SWAPPED,	     /* signed, and that of another backup or target */
	DRILL_REPLAYED,	     /* a newer one than the newest that lies there is known */
	DRILL_MANIFEST,	     /* signed, and no manifest that can be read */
	DRILL_BYTES,	     /* stored bytes are cut, changed or more */
	DRILL_HALF,	     /* the dump ends early */
	DRILL_ERROR,	     /* the server refused a part of it */
	DRILL_ROLE,	     /* … for a role that is not there */
	DRILL_TABLE_LOST,    /* the manifest has a table that was not restored */
	DRILL_TABLE_MORE,    /* restored, and not in the manifest */
	DRILL_ROWS,	     /* another number of rows */
	DRILL_VALUES,	     /* as many rows, other values */
	DRILL_SCHEMA,	     /* what is not rows differs */
	DRILL_INVARIANT,
	DRILL_QUERY,	 /* a verification query answers otherwise than expected */
	DRILL_CHECK,	 /* the owner's own check refused it */
	DRILL_WAL,	 /* WAL that recovery needs is not there, or not whole */
	DRILL_WAL_FOREIGN, /* WAL of another cluster */
	DRILL_WAL_ALTERED, /* archived WAL is not what was put there: cut, changed, not signed for */
	DRILL_RTO,	 /* it took longer than the objective */
	DRILL_RPO,	 /* it is older than the objective */
	DRILL_NO_SERVER, /* from here on: could not verify */
	DRILL_OLDER_SERVER,
	DRILL_NO_EXTENSION,
	DRILL_NO_VAULT,
	DRILL_NO_KEY,	 /* it cannot be decrypted here */
	DRILL_CLOCK,	 /* from a time to come, or the clock was put back meanwhile */
	DRILL_BROKE_OFF, /* anything else */
	DRILL_CODES,
};
/* "values", "table-lost" …: stable words. */
struct str drill_code_name(enum drill_code c);

struct drill_reason {
	enum drill_code code;
	struct str text; /* a sentence, on one line */
	struct drill_reason *next;
};

struct drill_query {
	struct str name, sql, expect;
	struct drill_query *next;
};

struct drill_ask {
	struct vault *vault;
	struct str target;
	struct str id;	     /* STR_NONE: the newest whole one */
	struct str last;     /* of the newest backup that the caller knows of; STR_NONE: none */
	const uint8_t *key;  /* ED25519_KEY_LEN */
	char *const *filter; /* decrypts; NULL: none */
	const struct drill_query *queries;
	const struct pgbackrest *pgbackrest; /* PGBACKREST */
	const struct rds *rds;		/* RDS: with whom the test instance is made … */
	struct str connect, password;	/* … and how to log in there */
	char *const *check;	  /* COMMAND, STATE: gets the stream, its exit status decides; NULL: none */
	bool wal;		  /* POSTGRES_PHYSICAL: its WAL is archived: recover it to its end too */
	uint64_t wal_from, wal_to; /* positions that a statement says are in the archive without a gap; 0: none does */
	int64_t wal_to_us;	  /* … and as of when ${wal_to} is */
	int64_t rpo_s, rto_s;	  /* 0: no objective */
	struct str cache, folder; /* of the scratch server */
	bool confined;		  /* as scratch_opts: the vault is kept from the agent by its user */
	struct backup_progress progress;
	int64_t until_s;     /* by when it has to have ended, of stall_clock(); 0: whenever */
	unsigned patience_s; /* a scratch server may be silent for so long; 0: STALL_DRILL_S */
};

struct drill_done {
	enum recovery_result result;
	const struct drill_reason *reasons;
	uint64_t n_reasons;
	struct manifest manifest; /* when it could be read */
	int64_t at_us, took_us;	  /* from the first byte fetched to the last comparison */
	uint64_t tables, rows;	  /* compared and equal */
	uint64_t beside;	  /* of these tables, while indexes were made */
	uint64_t wal_to;	  /* recovered with archived WAL to here, and its tables read; 0: no */
	int64_t wal_as_of_us;	  /* all up to then is in it; 0: not known */
};

/* What *verified* says of a backup of that kind: "every row and every answer equal to what was dumped". */
const char *drill_compared(enum backup_kind kind);

/* Total: what goes wrong is in ${ret}. */
void drill_run(const struct drill_ask *ask, struct arena *arena, struct drill_done *ret);

#endif
