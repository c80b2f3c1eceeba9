/* plan_say.h -- a sentence put together piece by piece in a fixed buffer; cut, never overrun.
 * Room: read. Pure. A part of the plan reader.
 */
#ifndef PAWL_READ_PLAN_SAY_H
#define PAWL_READ_PLAN_SAY_H

#include "base/arena.h"

struct plan_say {
	char text[1200];
	size_t len;
};

/* Add formatted text. */
void plan_say(struct plan_say *s, const char *fmt, ...) PAWL_PRINTF(2, 3);
/* The same, with "; " before it when something stands there already. */
void plan_say_clause(struct plan_say *s, const char *fmt, ...) PAWL_PRINTF(2, 3);
/* A copy in the arena, cut at the end of a whole character. */
struct str plan_say_keep(const struct plan_say *s, struct arena *arena);
/* At most ${max} bytes of ${s}, cut at the end of a whole character. */
struct str plan_say_cut(struct str s, size_t max);

#endif
