/* cleanup_ledger.h -- what pawl's own ledger says of the apply: when it ran, and from which plan.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_CLEANUP_LEDGER_H
#define PAWL_CLI_CLEANUP_LEDGER_H

#include "cli/cleanup_gather.h"

/**
 * cleanup_ledger(c, err):
 * Applies that pawl ran in this folder and that left this state's lineage: their time becomes the window, the creates of the
 * plans still kept in their private copies become evidence. None: nothing changes. False when the ledger cannot be believed.
 */
bool cleanup_ledger(struct cleanup_case *c, struct err *err) PAWL_MUST_USE;

#endif
