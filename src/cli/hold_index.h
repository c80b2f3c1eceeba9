/* hold_index.h -- the store as an index over the ledger's holds: made from it, checked against it, never believed.
 * Room: cli, pawl-full alone.
 * A row that says more than the ledger does was written by hand: it is ignored, an alarm goes into the ledger, and the row is
 * set right. A store that cannot be opened costs the index, nothing else.
 */
#ifndef PAWL_CLI_HOLD_INDEX_H
#define PAWL_CLI_HOLD_INDEX_H

#include "cli/places.h"
#include "hold/book.h"
#include "store/store.h"

struct hold_index {
	struct store *store; /* NULL: there is none to be had */
	struct err why;	     /* then */
};

/* Open STATE/index.db and let ${host} look there for forged rows. */
void hold_index_open(struct hold_index *ix, const struct places *places, struct hold_host *host);
void hold_index_close(struct hold_index *ix);

/**
 * hold_index_make(ix, host, book, err):
 * Bring the index up to the ledger as folded into ${book}; before that, raise an alarm for each row that the ledger does not
 * bear out. False when the store failed: the index is then old, no more.
 */
bool hold_index_make(struct hold_index *ix, const struct hold_host *host, struct book *book, struct err *err) PAWL_MUST_USE;

#endif
