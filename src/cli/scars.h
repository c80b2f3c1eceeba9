/* scars.h -- what was denied or had to be undone in a project is remembered there.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_SCARS_H
#define PAWL_CLI_SCARS_H

#include "cli/desk.h"
#include "keep/keep.h"

/* After a denial of ${id}. A hold that cannot be read back leaves its words alone. */
bool scars_denied(struct desk *d, struct str id, struct err *err) PAWL_MUST_USE;
/* After an undo of ${item}; undoing an undo leaves none. */
bool scars_undone(const struct places *places, const struct keep_item *item, struct err *err) PAWL_MUST_USE;

#endif
