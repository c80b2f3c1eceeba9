/* recover.h -- a physical backup and the WAL behind it, brought back into a data folder of its own, to a moment.
 * Room: recovery. I/O. Everything is fetched and checked (signature, digests, cluster) before a server sees it; the server that recovers
 * it reaches nothing outside. What is asked for and cannot be had is an error, never less than that: no moment behind the end of the
 * archive or behind a gap. The folder is made here, and appears under its name once it is whole.
 */
#ifndef PAWL_RECOVERY_RECOVER_H
#define PAWL_RECOVERY_RECOVER_H

#include "recovery/wal_archive.h"

enum recover_until {
	RECOVER_END = 1, /* of the archive, or of what lies before its first gap: told */
	RECOVER_TIME,	 /* every transaction that was committed by then, and none that was later */
	RECOVER_POSITION, /* every record that begins before it */
};

struct recover_ask {
	struct vault *vault;
	struct str target;
	const uint8_t *key;
	char *const *decrypt; /* NULL: none */
	struct str id;	      /* of the base; STR_NONE: the newest that ends before what is asked for */
	enum recover_until until;
	int64_t time_us;
	uint64_t position;
	/* A signed statement says that nothing was written between the end of the archive, if that is ${quiet_to}, and then. */
	int64_t quiet_us;
	uint64_t quiet_to;
	struct str folder; /* absolute; not there yet */
	struct str scratch; /* where the server's socket may be: /tmp */
	bool confined;	    /* as scratch_opts */
};

struct recover_done {
	struct manifest manifest; /* of the base */
	unsigned major;
	char binaries[TOOLS_PATH]; /* of the server that reads it */
	struct str last; /* when its last transaction was committed, in the server's words; STR_NONE: none was behind the base */
	uint64_t end;		   /* position */
	uint32_t timeline;	   /* its own */
	size_t pieces;		   /* of WAL */
	struct str ended;	   /* why RECOVER_END went no further; STR_NONE: that is all there is */
	bool own_files;		   /* its configuration came with the backup; else it has a small one of ours */
};

/* False: there is no folder; ${ret->manifest} is that of the base all the same, where one was chosen. */
bool recover(const struct recover_ask *ask, struct arena *arena, struct recover_done *ret, struct err *err) PAWL_MUST_USE;

/* Why a chain goes no further, for whoever wants more: a sentence. STR_NONE where nothing lies behind it. */
struct str recover_ends(const struct wal_chain *c, struct arena *arena);
/* The last moment by when all is in the chain; 0: none is known. False with ${err}: a piece at its end is not to be believed. */
bool recover_as_of(const struct wal_archive *a, const struct wal_chain *c, int64_t *ret, struct err *err) PAWL_MUST_USE;

#endif
