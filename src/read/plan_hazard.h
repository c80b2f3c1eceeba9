/* plan_hazard.h -- what protects a resource, what makes its loss worse, and which changes weaken either.
 * Room: read. Pure. A part of the plan reader. All of it follows the rows of facts/terraform_types.tsv.
 */
#ifndef PAWL_READ_PLAN_HAZARD_H
#define PAWL_READ_PLAN_HAZARD_H

#include "read/plan_say.h"
#include "read/plan_work.h"

/* An update: adds a weaken-protection change for each protection that goes from on to off (or to "known after apply"). */
void plan_hazard_update(struct plan_work *w, const struct plan_resource *res);
/* A create that deletes data later (an expiry rule) or that is born as a weakened protection. */
void plan_hazard_create(struct plan_work *w, const struct plan_resource *res);
/* Reversibility, window, what holds data, hazards said in ${say}, casualties of ${c}, which takes ${res} away. */
void plan_hazard_loss(struct plan_work *w, const struct plan_resource *res, struct change *c, struct plan_say *say);
/* The changes beside a loss: automated backups that go with it, a protection that was a resource of its own. */
void plan_hazard_beside(struct plan_work *w, const struct plan_resource *res);
/* prevent_destroy that the pin knew and the configuration no longer has. */
void plan_hazard_pinned(struct plan_work *w, const struct plan_resource *res);

#endif
