/* checkout.h -- is a checkout the configuration that a plan was made from?
 * Room: gate/terraform. Not pure: reads files.
 * Why: a plan whose approval travelled is applied in a copy of the runner's own checkout. Terraform takes the configuration from
 * the plan, but what that configuration reads while it is applied comes from the copy: so another revision is refused.
 * Not compared: files that are no configuration (templates, scripts), which a plan does not hold.
 */
#ifndef PAWL_GATE_TERRAFORM_CHECKOUT_H
#define PAWL_GATE_TERRAFORM_CHECKOUT_H

#include "read/planfile.h"

/**
 * checkout_same(pf, root, arena, err):
 * Does each module's folder, seen from the root module ${root}, hold exactly the configuration files of the plan ${pf}? False
 * naming the first that differs, is missing, or that the plan does not know. The override that pawl writes is not compared.
 */
bool checkout_same(const struct planfile *pf, const char *root, struct arena *arena, struct err *err) PAWL_MUST_USE;

#endif
