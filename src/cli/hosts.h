/* hosts.h -- what room hold needs of the world, made from an open ledger and the places.
 * Room: cli.
 */
#ifndef PAWL_CLI_HOSTS_H
#define PAWL_CLI_HOSTS_H

#include "cli/places.h"
#include "hold/hold.h"
#include "ledger/ledger.h"

/**
 * hosts_hold(ledger, places, policy):
 * A host over ${ledger}. ${places}, ${ledger} and ${policy} must outlive it; ${policy} may be NULL where holds are only
 * opened. The ledger's lock is taken and released through it.
 */
struct hold_host hosts_hold(struct ledger *ledger, const struct places *places, const struct policy *policy);

#endif
