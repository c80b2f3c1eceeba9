/* keeping_dump.h -- what is too much to be copied within the database, in a file of the keep instead: there, and back.
 * Room: gate/postgres, private. The file is gzip: "pawl-dump 1", then for each table a line of JSON {"key", "of"}, pieces of COPY's text
 * (a line with their length before each; 0 ends them) and a line with the number of rows; "end" last. A file without it is none.
 */
#ifndef PAWL_GATE_POSTGRES_KEEPING_DUMP_H
#define PAWL_GATE_POSTGRES_KEEPING_DUMP_H

#include "gate/postgres/keeping.h"

/* In the caller's transaction: each table of the dump into "pawl_trash"."ITEM.KEY", where it has been made. */
bool keeping_dump_load(struct postgres_aside *a, struct str item, const char *path, struct arena *arena, struct err *err) PAWL_MUST_USE;
/* What a try left in the setting pawl.dumps, into dumps, dump_bytes and lock. */
bool keeping_dump_wanted(struct postgres_aside *a, struct arena *arena, struct keeping_plan *io, struct err *err) PAWL_MUST_USE;
/* array['gone.16400'], for @DUMPED@; "null" where it is only tried. */
struct str keeping_dump_keys(const struct keeping_plan *tried, struct arena *arena);

#endif
