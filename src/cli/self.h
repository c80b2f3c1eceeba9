/* self.h -- where this program lies.
 * Room: cli.
 */
#ifndef PAWL_CLI_SELF_H
#define PAWL_CLI_SELF_H

#include "cli/places.h"

/* The small program: this one, or the one beside pawl-full. Absolute. */
bool self_program(char ret[PLACES_MAX], struct err *err) PAWL_MUST_USE;

#endif
