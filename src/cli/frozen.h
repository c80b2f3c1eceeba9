/* frozen.h -- may anything pass, by the ledger? The marker STATE/freeze is what the verdict path looks at; whoever removes it by
 * hand, or writes an entry that nobody signed, has not unfrozen anything.
 * Room: cli.
 */
#ifndef PAWL_CLI_FROZEN_H
#define PAWL_CLI_FROZEN_H

#include "hold/thaw.h"

/* False, ERR_DENIED, when a freeze is in force whose marker is gone; ${marked}: the marker was seen (then the judge knows). */
bool frozen_agree(const struct hold_host *h, bool marked, struct arena *arena, struct err *err) PAWL_MUST_USE;

#endif
