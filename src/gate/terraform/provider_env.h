/* provider_env.h -- variables of the environment that tell a provider where to act.
 * Room: gate/terraform. They stand in no saved plan: with another of them the same plan acts on another cluster or project.
 */
#ifndef PAWL_GATE_TERRAFORM_PROVIDER_ENV_H
#define PAWL_GATE_TERRAFORM_PROVIDER_ENV_H

#include "base/digest.h"

/* Over all of them that ${env} sets; empty counts as not set. AWS is told apart by account and region instead. */
struct digest provider_env_digest(char *const *env);

#endif
