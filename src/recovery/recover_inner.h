/* recover_inner.h -- bringing a data folder back: what is fetched, and the server that recovers it. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_RECOVER_INNER_H
#define PAWL_RECOVERY_RECOVER_INNER_H

#include "recovery/recover.h"

struct recovering {
	const struct recover_ask *ask;
	struct arena *arena;
	struct recover_done *done;
	struct wal_base base;
	struct wal_archive archive;
	struct wal_chain chain;
	int64_t as_of_us; /* of the chain's end */
	struct scratch *server;
	struct physical_unpack unpack; /* its folder is the one to come, under another name */
	struct physical_end last_words;
	struct wal_laid laid;
	struct wal_tail tail;
	bool made;
};

/* The files are there: recovered, ended, and ready to be started. */
bool recover_run(struct recovering *r, struct err *err) PAWL_MUST_USE;
/* " that ends before what is asked for", or less. */
const char *recover_words(const struct recover_ask *ask);

#endif
