/* last_seen.h -- what state each folder was last seen with, in pawl's own state folder.
 * Room: gate/terraform. Not pure.
 * Why not beside the state: an archive unpacked over the folder would bring the record of its own time with it.
 * On disk: STATE/last-seen/DIGEST.json, DIGEST over real path, backend and workspace; one JSON object (known_to_json), 0600.
 */
#ifndef PAWL_GATE_TERRAFORM_LAST_SEEN_H
#define PAWL_GATE_TERRAFORM_LAST_SEEN_H

#include "read/known.h"

#define LAST_SEEN_MAX_FILES 2000
#define LAST_SEEN_MAX_BYTES ((size_t)64 << 20)

/**
 * last_seen_read(state_dir, arena, ret_first, err):
 * Every record there is (of all folders: two of them may hold the same object), put before *${ret_first}. A damaged record is an
 * error that names the file; none is fine.
 */
bool last_seen_read(struct str state_dir, struct arena *arena, struct known **ret_first, struct err *err) PAWL_MUST_USE;

/* Replace the record of ${k}'s place, atomically. To be called once a plan was seen whose state raised no question, and after
 * every apply: a record of a swapped state would make the swap look normal. */
bool last_seen_write(struct str state_dir, const struct known *k, struct err *err) PAWL_MUST_USE;

#endif
