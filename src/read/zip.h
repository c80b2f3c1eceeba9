/* zip.h -- the members of a zip archive in memory, read by minizip, distrusted.
 * Room: read. Pure (minizip and zlib keep small allocations of their own).
 * Refused, because two programs could read them differently or because they only serve to exhaust: bytes before or behind the
 * archive, a comment, zip64, several disks, encryption, methods other than store and deflate, two members of one name, names that
 * are absolute or climb, sizes that deflate cannot reach, members that overlap, sums past the caps, a wrong CRC.
 */
#ifndef PAWL_READ_ZIP_H
#define PAWL_READ_ZIP_H

#include "base/arena.h"
#include "base/err.h"

struct zip_member {
	struct str name;
	struct str bytes; /* inflated; STR_NONE when not wanted */
	struct zip_member *next;
};

struct zip_opts {
	size_t max_members, max_member, max_total;
	bool (*want)(struct str name); /* inflate it? */
};

/* Does it begin like an archive with at least one member? */
bool zip_probe(struct str bytes);
/* All members in the order of the directory. False with a sentence. Everything lives with ${arena}. */
bool zip_read(struct str bytes, const struct zip_opts *opts, struct arena *arena, struct zip_member **ret_first,
	      struct err *err) PAWL_MUST_USE;

#endif
