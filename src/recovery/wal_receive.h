/* wal_receive.h -- a server's WAL, by the replication protocol and a slot of its own, into the vault as it is written.
 * Room: recovery. I/O. The vault's side pulls; the source needs a role with REPLICATION and nothing of ours on it. The slot keeps what was
 * not fetched yet, and moves only once it lies in the vault: a run that dies at any step loses and doubles nothing.
 */
#ifndef PAWL_RECOVERY_WAL_RECEIVE_H
#define PAWL_RECOVERY_WAL_RECEIVE_H

#include <signal.h>

#include "recovery/wal_archive.h"

struct wal_received {
	struct str system, server; /* identifier; version */
	uint32_t timeline;
	uint64_t from, to;   /* of the archive on this timeline, before and now */
	int64_t as_of_us;    /* what the server had acknowledged by then is in it; 0: nothing was settled yet */
	unsigned pieces;     /* put by this run */
	uint64_t bytes;
	uint64_t held;	     /* bytes that the slot keeps on the server */
	struct str limit;    /* max_slot_wal_keep_size as the server says it; "-1": none */
	struct str gap;	     /* a sentence: what is behind the archive's old end is not what followed it; STR_NONE: none */
	bool new_slot;
	struct str notes;
};

struct wal_receive {
	const struct wal_archive *archive; /* listed */
	struct str connect, password, slot, host;
	int64_t every_s; /* at least so often what there is, is kept */
	int64_t for_s;	 /* it ends after so long; 0: when it is told to */
	bool once;	 /* it ends with what the server has written when it begins */
	const volatile sig_atomic_t *stop; /* NULL: nobody says so */
	/* Whenever all up to r->as_of_us is kept. False ends it. */
	bool (*kept)(void *ctx, const struct wal_received *r, struct err *err);
	void *ctx;
};

/* False with ${err}; what was kept until then is in *${ret}, and stays. */
bool wal_receive(const struct wal_receive *w, struct wal_received *ret, struct err *err) PAWL_MUST_USE;

#endif
