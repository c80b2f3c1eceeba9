#include "cli/frozen.h"

static bool last_word(const struct ledger_entry *e, void *ctx)
{
	uint64_t *seq = ctx;

	if (str_is(e->kind, "freeze"))
		*seq = e->seq;
	else if (str_is(e->kind, "unfreeze"))
		*seq = 0;
	return true;
}

bool frozen_entry(struct ledger *l, uint64_t *ret_seq, struct err *err)
{
	uint64_t seq = 0;

	if (!ledger_walk(l, 0, last_word, &seq, err))
		return false;
	*ret_seq = seq;
	return true;
}

bool frozen_agree(struct ledger *l, bool marked, struct err *err)
{
	uint64_t seq = 0;

	if (!frozen_entry(l, &seq, err))
		return false;
	if (!seq || marked)
		return true;
	return err_set(err, ERR_DENIED,
		       "frozen since entry %llu of the ledger, though the marker was taken away by hand: nothing passes until a person "
		       "says `pawl unfreeze`",
		       (unsigned long long)seq);
}
