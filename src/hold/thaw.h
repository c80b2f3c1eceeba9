/* thaw.h -- is it frozen, by the ledger? A freeze needs no signature; its end does.
 * Room: hold. Runs ssh-keygen for an entry that claims to end the freeze in force.
 * An "unfreeze" ends the freeze whose entry it names, by an approver's signature, and no other. One whose signer is no approver any
 * more ends nothing: whoever is one unfreezes again.
 */
#ifndef PAWL_HOLD_THAW_H
#define PAWL_HOLD_THAW_H

#include "hold/weigh.h"

#define THAW_LIFE_S 600 /* between signature and entry */

struct thaw {
	uint64_t seq; /* of the freeze in force; 0: none */
	int64_t time_us;
	struct principal asker; /* who froze */
	unsigned forged; /* entries that claimed to end it and do not */
};

/* Walks the whole ledger. Without the host's policy nothing ends a freeze. */
bool thaw_look(const struct hold_host *h, struct arena *arena, struct thaw *ret, struct err *err) PAWL_MUST_USE;
/* Does ${io} (text, signature and time of its entry; the rest is filled) end that freeze? ${ret}->why says why not. */
bool thaw_weigh(const struct hold_host *h, const struct thaw *freeze, struct book_elevation *io, struct arena *arena,
		struct weighed *ret) PAWL_MUST_USE;

#endif
