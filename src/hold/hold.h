/* hold.h -- requests that wait for a person, and what the person says.
 * Room: hold. Stands on base and core; reaches ledger and store through struct hold_host, given by the cli.
 * The ledger is the truth; the store is an index made from it that can be thrown away. What an approval, denial, grant or
 * elevation is, is an entry of the ledger with its signature in it; a row in the store without such an entry is forged.
 * Life of a hold: open → approved | denied | expired; approved → used | expired | revoked. One use, ever.
 */
#ifndef PAWL_HOLD_HOLD_H
#define PAWL_HOLD_HOLD_H

#include "core/card.h"
#include "core/permit.h"

#define HOLD_NAMESPACE "pawl" /* of ssh-keygen -Y */

enum hold_state {
	HOLD_NONE = 0,
	HOLD_OPEN,
	HOLD_APPROVED, /* all approvals are in; a grant exists */
	HOLD_DENIED,
	HOLD_EXPIRED,
	HOLD_USED,
	HOLD_REVOKED,
	HOLD_STATE_COUNT
};

struct str hold_state_name(enum hold_state s);

#endif
