/* frozen.h -- is it frozen, by the ledger? The marker STATE/freeze is what the verdict path looks at; whoever removes it by
 * hand has not unfrozen anything.
 * Room: cli.
 */
#ifndef PAWL_CLI_FROZEN_H
#define PAWL_CLI_FROZEN_H

#include "ledger/ledger.h"

/* Seq of the freeze in force, 0 when the last word was unfreeze or there was none. Walks the whole ledger. */
bool frozen_entry(struct ledger *l, uint64_t *ret_seq, struct err *err) PAWL_MUST_USE;
/* False, ERR_DENIED, when a freeze is in force whose marker is gone; ${marked}: the marker was seen (then the judge knows). */
bool frozen_agree(struct ledger *l, bool marked, struct err *err) PAWL_MUST_USE;

#endif
