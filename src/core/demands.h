/* demands.h -- what several rules demand of one request, as one list of demands.
 * Room: core, private to judge.c. Pure.
 */
#ifndef PAWL_CORE_DEMANDS_H
#define PAWL_CORE_DEMANDS_H

#include "core/policy.h"

/**
 * demands_join(policy, more, arena, all):
 * Make *${all} as strict as it is and as ${more}: the most people, the shortest lives, the hours both allow, and only
 * approvers whom both would take. False when no approver is left whom both would take.
 */
bool demands_join(const struct policy *policy, const struct demands *more, struct arena *arena, struct demands *all) PAWL_MUST_USE;

#endif
