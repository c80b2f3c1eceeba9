/* freeze_marker.h -- is there a freeze, by the marker STATE/freeze that the verdict path looks at? The ledger has the last word: frozen.h.
 * Room: cli; for both programs.
 */
#ifndef PAWL_CLI_FREEZE_MARKER_H
#define PAWL_CLI_FREEZE_MARKER_H

#include "cli/places.h"
#include "core/evidence.h"

/* Sets frozen and frozen_why of *${e}. A marker that cannot be read is a freeze all the same. */
void freeze_marker_look(const struct places *places, struct arena *arena, struct evidence *e);

#endif
