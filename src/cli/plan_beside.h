/* plan_beside.h -- `pawl plan --compare OTHER`: what another environment's plan did not do, as notes on the card.
 * Room: cli.
 */
#ifndef PAWL_CLI_PLAN_BESIDE_H
#define PAWL_CLI_PLAN_BESIDE_H

#include "cli/plan_request.h"

/* Read ${other} (a saved plan or plan JSON), compare, and add a note for each difference that matters. Destructive ones are
 * red. False when the other plan cannot be read or understood. */
bool plan_beside_add(const struct plan_ask *other, const struct places *places, struct plan_request *p, struct err *err) PAWL_MUST_USE;

#endif
