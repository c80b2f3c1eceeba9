/* jsonc.h -- settings of other people's programs, changed by as few bytes as can be: JSON that may have comments and commas at the end.
 * Room: gate/hook. Pure. What stands there keeps its bytes and its order; a text that cannot be understood is not touched.
 */
#ifndef PAWL_GATE_HOOK_JSONC_H
#define PAWL_GATE_HOOK_JSONC_H

#include "base/buf.h"
#include "base/err.h"

/* Is ${text} one such value, an object? Empty, or only blanks and comments: also yes. */
bool jsonc_check(struct str text, struct err *err) PAWL_MUST_USE;

/**
 * jsonc_append(text, path, element, out, err):
 * ${element}, JSON in lines with two blanks a level, as the last of the array at ${path} ("hooks.PreToolUse"), or, when the path ends
 * in "=", as the value of that member, which must not be there. What is missing on the way is made. ${text} may be empty.
 */
bool jsonc_append(struct str text, const char *path, struct str element, struct buf *out, struct err *err) PAWL_MUST_USE;

/* How many elements the array at ${path} has; 0 where there is none. */
size_t jsonc_count(struct str text, const char *path);

/**
 * jsonc_remove(text, needle, out, err):
 * Without the array element whose bytes hold ${needle}: the innermost, or the one around it where it would leave that one's list empty.
 * False when there is none.
 */
bool jsonc_remove(struct str text, struct str needle, struct buf *out, struct err *err) PAWL_MUST_USE;
/* Without a member of the whole object; false when there is none. */
bool jsonc_remove_member(struct str text, struct str key, struct buf *out, struct err *err) PAWL_MUST_USE;

#endif
