/* mask.h -- personal columns of a copy made unrecognisable before anybody else gets to it.
 * Room: recovery. I/O. All or nothing: a rule whose table or column is not there, or that the table does not allow, is an error, for a copy
 * with one column forgotten is not masked.
 */
#ifndef PAWL_RECOVERY_MASK_H
#define PAWL_RECOVERY_MASK_H

#include "recovery/bring.h"
#include "recovery/config.h"

/**
 * mask_columns(place, masks, arena, err):
 * As a superuser: no trigger fires. Equal values get equal hashes (keyed, with a key that is forgotten at once). The tables are written
 * anew, so no old row is left in them or in statistics, and materialized views are made again.
 */
bool mask_columns(const struct bring_place *place, const struct config_mask *masks, struct arena *arena, struct err *err) PAWL_MUST_USE;

#endif
