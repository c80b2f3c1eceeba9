/* plan_change.h -- one element of resource_changes, resource_drift, deferred_changes or action_invocations as changes.
 * Room: read. Pure. A part of the plan reader.
 */
#ifndef PAWL_READ_PLAN_CHANGE_H
#define PAWL_READ_PLAN_CHANGE_H

#include "read/plan_work.h"

/* ${v} lives only during the call. Any shape of it is taken; what is not understood becomes CHANGE_OPAQUE. */
void plan_change_resource(struct plan_work *w, const struct json *v);
void plan_change_drift(struct plan_work *w, const struct json *v);
void plan_change_deferred(struct plan_work *w, const struct json *v);
void plan_change_action(struct plan_work *w, const struct json *v);
void plan_change_check(struct plan_work *w, const struct json *v);

/* A change of kind CHANGE_OPAQUE; makes the plan "not understood". */
void plan_change_opaque(struct plan_work *w, struct str address, struct str type, struct str reason);
/* What was read may not be all, for the arena is full: said in ${spare}, which is then the last of the changes. */
void plan_change_full(struct plan_work *w, struct change_chunk *spare);

#endif
