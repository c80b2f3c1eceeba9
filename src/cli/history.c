#include "cli/history.h"

#include "base/clock.h"
#include "base/timestamp.h"

#define REMEMBERED_US (INT64_C(30) * 86400 * CLOCK_SECOND)

static bool alike(const struct book_hold *old, const struct book_hold *now)
{
	return str_eq(old->folder, now->folder) || (now->typed_name.len && str_eq(old->typed_name, now->typed_name));
}

static struct str refusal_text(const struct book_hold *old, const struct book_hold *now, struct arena *arena)
{
	const char *how = digest_eq(&old->changes, &now->changes) ? "of the same changes" : "much like this";
	char when[TIMESTAMP_LEN + 1];

	timestamp_text(old->changed_us, when);
	return arena_fmt(arena, "warned before: %s, %s, was %.*s at %s%s%.*s%s%.*s", old->id, how,
			 STR_ARG(hold_state_name(old->state)), when, old->by.len ? " by " : "", STR_ARG(str_sub(old->by, 0, 60)),
			 old->reason.len ? ": " : "", STR_ARG(str_sub(old->reason, 0, 300)));
}

const struct evidence_note *history_refusals(const struct book *b, const struct book_hold *now, int64_t now_us, struct arena *arena)
{
	struct evidence e = { 0 };
	unsigned n = 0;

	for (size_t i = b->n_holds; i > 0 && n < HISTORY_MAX; i--) {
		const struct book_hold *old = b->holds[i - 1];

		if (old == now || !alike(old, now) || (old->state != HOLD_DENIED && old->state != HOLD_REVOKED) ||
		    old->changed_us + REMEMBERED_US < now_us)
			continue;
		evidence_note_add(&e, arena, true, refusal_text(old, now, arena));
		n++;
	}
	return e.notes;
}

struct str history_answered(const struct book_hold *hold, enum hold_state state, struct arena *arena)
{
	char when[TIMESTAMP_LEN + 1], until[TIMESTAMP_LEN + 1];

	timestamp_text(hold->changed_us, when);
	timestamp_text(hold->expires_us, until);
	switch (state) {
	case HOLD_APPROVED:
		return arena_fmt(arena, "Approved, unused: `pawl apply PLAN` applies exactly this, once, until %s. `pawl revoke %s` takes "
					"the approval back.", until, hold->id);
	case HOLD_DENIED:
		return arena_fmt(arena, "Denied at %s. It cannot be approved any more; asked anew it is another hold.", when);
	case HOLD_USED:
		return arena_fmt(arena, "Used at %s. An approval is good for one use; asked anew it is another hold.", when);
	case HOLD_EXPIRED:
		return STR("Expired. It cannot be approved any more; asked anew it is another hold.");
	case HOLD_REVOKED:
		return arena_fmt(arena, "Approved, then revoked at %s. Asked anew it is another hold.", when);
	case HOLD_NONE:
	case HOLD_OPEN:
	case HOLD_STATE_COUNT:
		break;
	}
	return STR_NONE;
}
