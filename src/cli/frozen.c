#include "cli/frozen.h"

bool frozen_agree(const struct hold_host *h, bool marked, struct arena *arena, struct err *err)
{
	struct thaw freeze;

	if (marked)
		return true;
	if (!thaw_look(h, arena, &freeze, err))
		return false;
	if (!freeze.seq)
		return true;
	return err_set(err, ERR_DENIED,
		       "frozen since entry %llu of the ledger, though the marker was taken away%s: nothing passes until a person says "
		       "`pawl unfreeze`",
		       (unsigned long long)freeze.seq, freeze.forged ? " and an end was written that no approver signed" : " by hand");
}
