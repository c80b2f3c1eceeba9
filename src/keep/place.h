/* place.h -- reaching a path without following a symbolic link on the way.
 * Room: keep, private. Every step is an openat with O_NOFOLLOW from a descriptor that is held, so a swap in between is met, not
 * followed.
 */
#ifndef PAWL_KEEP_PLACE_H
#define PAWL_KEEP_PLACE_H

#include "base/err.h"
#include "base/str.h"

/* The folder ${path} (absolute) itself. A missing one: ERR_IO, sys ENOENT. One that may be passed through, not listed (0711 and not
 * ours), is open for names in it alone. */
bool place_open(struct str path, int *ret_fd, struct err *err) PAWL_MUST_USE;

enum place_found {
	PLACE_THERE,   /* the folder of the last name is open */
	PLACE_MISSING, /* a folder on the way is not there; at: bytes of the path up to and with that name */
	PLACE_BLOCKED, /* what is on the way is no folder */
	PLACE_FAILED,
};

struct place_step {
	int dir;     /* of the folder that ${name} is in; the caller closes it */
	size_t name; /* where the last name begins */
	size_t at;   /* end of the name that is missing or blocks */
};
/* Walk ${path} (relative, normal) from ${root} up to its last name. dir is open unless it failed; for MISSING and BLOCKED it is the
 * folder of the name that ends at ${at}. */
enum place_found place_walk(int root, struct str path, struct place_step *ret, struct err *err);

/* Relative, no empty names, no "." or "..", no NUL, names of up to 255 bytes? */
bool place_normal(struct str path);

#endif
