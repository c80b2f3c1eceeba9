/* cli_config.h -- the configuration files of terraform's and tofu's own command line.
 * Room: gate/terraform.
 */
#ifndef PAWL_GATE_TERRAFORM_CLI_CONFIG_H
#define PAWL_GATE_TERRAFORM_CLI_CONFIG_H

#include "base/err.h"

/* The file that a variable of ${env} names in place of those in the home folder; NULL: none does. */
const char *cli_config_named(char *const *env);
/* False when a file that terraform or tofu would read has dev_overrides, or cannot be read. */
bool cli_config_check(char *const *env, struct err *err) PAWL_MUST_USE;

#endif
