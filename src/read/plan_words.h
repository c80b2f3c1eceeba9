/* plan_words.h -- why a change is made and what it changes, in words.
 * Room: read. Pure. A part of the plan reader.
 */
#ifndef PAWL_READ_PLAN_WORDS_H
#define PAWL_READ_PLAN_WORDS_H

#include "read/plan_say.h"
#include "read/plan_work.h"

/* ": " and the action_reason ${word} in people's words; nothing when it gives none. */
void plan_words_why(struct plan_say *say, struct str word);
/* What forces the replacement that ${v} is: attribute paths, else "requested", "tainted", "replace_triggered_by". */
struct str plan_words_forced_by(struct arena *arena, const struct json *v);
/* Names of top-level attributes that differ or will be known after apply, never their values. A change that seldom goes
 * back (storage that grew, a version) makes ${c} of unknown reversibility where data is held. */
void plan_words_changed(struct plan_say *say, const struct plan_resource *res, struct change *c);

#endif
