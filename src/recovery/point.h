/* point.h -- what is known of a protected thing's backups: one signed statement a target, written by backups, drills and proofs.
 * Room: recovery. Reading and weighing are pure; the files are the caller's.
 * The vault's side signs; gates read it with a key that they already have (backup.yaml, key:), and turn it into core's
 * recovery_point. A statement that is not signed by that key, is older than the one seen last, or says a time to come, is as if
 * it were not there, and is told.
 */
#ifndef PAWL_RECOVERY_POINT_H
#define PAWL_RECOVERY_POINT_H

#include "core/evidence.h"
#include "recovery/manifest.h"

#define POINT_MAX ((size_t)8 << 20)

struct point_table {
	struct str name;
	uint64_t rows;
	struct point_table *next;
};

/* How a drill ended. */
struct point_drill {
	struct str backup; /* id */
	int64_t taken_us;  /* what it is as of */
	enum recovery_result result;
	int64_t at_us;
	int64_t took_us;    /* RTO as measured */
	struct str reasons; /* why failed or could not verify, one a line */
};

/* How a proof of the vault ended. */
struct point_proof {
	int64_t at_us;
	unsigned tried, worked, impossible; /* impossible: no way to try here */
	bool same_uid;			    /* the agent is the vault's user: no boundary */
	struct str worked_names;	    /* one a line */
};

/* Any moment between two can be brought back: from a physical backup, with the WAL behind it. */
struct point_wal {
	int64_t said_us;	   /* when the archive was looked after last; 0: there is none */
	int64_t from_us, to_us;	   /* 0: none, no backup is followed by WAL without a gap */
	struct str base, from, to; /* id of the oldest such backup; positions */
	struct str gap;		   /* why nothing behind to_us can be brought back, whatever lies there; STR_NONE: nothing is wrong */
	uint64_t held;		   /* bytes that the slot kept on the server */
	struct str limit;	   /* max_slot_wal_keep_size there */
	int64_t every_s;
	int64_t proven_us, proven_to_us; /* a drill recovered to the end that there was then; 0: none did */
};

struct point {
	uint64_t serial; /* grows with every statement of this target */
	struct str target;
	enum backup_kind kind;
	const struct manifest_word *
		resources; /* identities and titles of what it brings back; "db.host/shop", an ARN */
	struct str host, account; /* where the data lives */
	struct str vault, vault_account;
	bool same_place; /* the vault lies where the data lies: one disk, one machine's owner, one state */
	struct str backup; /* newest whole one: id; STR_NONE */
	int64_t taken_us;
	const struct point_table *tables;   /* of the newest verified one */
	/* The last of the newest backup, or a failed one of another; of the newest backup that was verified, the last that did. */
	struct point_drill drill, verified;
	struct point_proof proof;
	int64_t rpo_s, rto_s; /* objectives; 0: none */
	int64_t said_us;
	struct point_wal wal;
};

bool point_write(const struct point *p, struct arena *arena, struct str *ret_json,
		 struct err *err) PAWL_MUST_USE;
bool point_read(struct str file, struct str json, struct arena *arena, struct point *ret,
		struct err *err) PAWL_MUST_USE;
/* A drill ended as *${d}, of the newest backup or (${newest} false) of another that was asked for by its id. What is found of an older one
 * takes nothing back of what is known of the newest; what could not verify takes nothing back of what failed. True: it is the verified one
 * from now on, and ${p}->tables are to become its. */
bool point_drilled(struct point *p, const struct point_drill *d, bool newest);
/* The verified backup is no longer whole in its vault, as was seen at ${at_us}: nothing is verified, as after a drill that failed. When it
 * was is still said. */
void point_lose(struct point *p, int64_t at_us, struct arena *arena);
/* Was that the last that was said? */
bool point_is_lost(const struct point *p, struct arena *arena);
/* The sentence for that, of any backup. */
struct str point_lost_text(struct str backup, struct str vault, struct arena *arena);
/* For the judge and the card: one recovery_point for each of its resources, pushed onto *${list}. Its note stands on the card
 * beside the ages: "1,943,200 rows in submissions; 0 of 15 ways to delete it worked". A drill that failed since the last good one
 * makes it failed, with the age of the good one; one that could not verify leaves it what it was. False when the arena is full. */
bool point_evidence(const struct point *p, int64_t now_us, struct arena *arena,
		    struct recovery_point **list) PAWL_MUST_USE;

#endif
