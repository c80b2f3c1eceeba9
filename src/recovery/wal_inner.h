/* wal_inner.h -- receiving WAL: where to begin, and the stream. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_WAL_INNER_H
#define PAWL_RECOVERY_WAL_INNER_H

#include "base/buf.h"
#include "recovery/wal_receive.h"

struct wal_receiving {
	const struct wal_receive *w;
	struct wal_received *done; /* its `to` is how far the vault has it */
	PGconn *c, *replication;
	uint64_t segment;
	struct arena scratch; /* for one piece, one answer */
	char *buffer; /* WAL_PIECE_MAX */
	size_t have;
	bool marked; /* once all up to ${mark} is there, all up to ${mark_time} is */
	uint64_t mark, mark_time, marked_at; /* marked_at: how far the vault had it then */
	bool closing, ended, silent; /* silent: the server did not answer in time */
	int64_t began_us, since_us, heard_us, told_us;
	char limit[32];
	struct buf notes;
};

/* One row; $1 is the slot's name. The values live until the next question. */
bool wal_ask(struct wal_receiving *r, const char *sql, struct str *ret, int n, struct err *err) PAWL_MUST_USE;
/* Connected, slot and place found, and streaming: r->done->to is where it begins. */
bool wal_begin(struct wal_receiving *r, struct err *err) PAWL_MUST_USE;

#endif
