/* memory.h -- a line of a journal or of the scars, and back.
 * Room: gate/session, private.
 */
#ifndef PAWL_GATE_SESSION_MEMORY_H
#define PAWL_GATE_SESSION_MEMORY_H

#include "gate/session/session.h"

/* The members that refusals and scars share, into an open object. */
void memory_json(const struct session_memory *m, struct json_out *o);
bool memory_parse(const struct json *v, struct arena *arena, struct session_memory *ret) PAWL_MUST_USE;
/* STATE/${kind}/<digest of project and id>; the folder is made when ${make}. */
bool memory_path(const struct session_where *w, const char *kind, bool make, char ret[4096], struct err *err) PAWL_MUST_USE;
/* One line at the end, in one write. */
bool memory_append(const char *path, const struct buf *line, struct err *err) PAWL_MUST_USE;
/* Each line that is a JSON object, oldest first. A missing file has none. */
bool memory_lines(const char *path, struct arena *arena, void (*each)(const struct json *v, void *ctx), void *ctx,
		  struct err *err) PAWL_MUST_USE;
/* Runs of blanks as one; a program named by its path by its name. */
struct str memory_shape(struct str words, struct arena *arena);

#endif
