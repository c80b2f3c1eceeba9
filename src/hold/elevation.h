/* elevation.h -- a scope for a time instead of a request: what `pawl grant` and `pawl break-glass` make.
 * Room: hold.
 * A scope is "environment/type/kind", each a glob. What a wildcard never covers, because nobody means it: an environment that
 * is production, and the kinds destroy-backup, weaken-protection, change-state-identity and opaque. They must be spelled out.
 * Break-glass covers everything, needs neither cool-off nor hours nor a second person, and is loud.
 */
#ifndef PAWL_HOLD_ELEVATION_H
#define PAWL_HOLD_ELEVATION_H

#include "hold/weigh.h"

#define ELEVATION_MAX_S (8 * 3600)
#define ELEVATION_GLASS_MAX_S 3600

/* Is it three globs and nothing a statement cannot carry? */
bool elevation_scope_ok(struct str scope, struct err *err) PAWL_MUST_USE;
/* Does ${scope} (one or several, blanks between) cover every change that the judgement holds? Names the first it does not. */
bool elevation_covers(struct str scope, const struct judgement *j, struct err *err) PAWL_MUST_USE;
/* May this elevation let this request pass, demands and all? ${ret} says who signed. */
bool elevation_allows(const struct weigh *w, const struct book_elevation *g, struct weighed *ret, struct err *err) PAWL_MUST_USE;
/* The marker that hold_banner reads. Best effort: it is only shown. */
void elevation_mark(const struct hold_host *h, const struct book_elevation *g);
void elevation_unmark(const struct hold_host *h, const char *id);

#endif
