/* patch.h -- the files a patch writes: the format of apply_patch ("*** Update File: x"), or a unified diff.
 * Room: gate/hook. Pure.
 */
#ifndef PAWL_GATE_HOOK_PATCH_H
#define PAWL_GATE_HOOK_PATCH_H

#include "gate/hook/hook.h"

/* Does the text hold a line that names a file as a patch does? */
bool patch_is(struct str text);
/* Every file it names, as edits. */
void patch_edits(struct hook_call *call, struct str text, struct arena *arena);

#endif
