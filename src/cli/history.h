/* history.h -- what became of a hold, and what was said before of things much like it, for the card.
 * Room: cli, pawl-full. Only shown: no approval binds to any of it.
 */
#ifndef PAWL_CLI_HISTORY_H
#define PAWL_CLI_HISTORY_H

#include "hold/book.h"

/* Refusals of the last 30 days in the same folder or of the same name as ${now}, newest first; at most HISTORY_MAX. */
#define HISTORY_MAX 10
const struct evidence_note *history_refusals(const struct book *b, const struct book_hold *now, int64_t now_us, struct arena *arena);
/* One sentence on a hold in this state; STR_NONE while it waits. */
struct str history_answered(const struct book_hold *hold, enum hold_state state, struct arena *arena);

#endif
