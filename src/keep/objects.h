/* objects.h -- objects of a repository into the keep, so that no gc takes them.
 * Room: keep, private.
 */
#ifndef PAWL_KEEP_OBJECTS_H
#define PAWL_KEEP_OBJECTS_H

#include "keep/git.h"
#include "keep/take.h"

#define OBJECTS_WANTED_MAX 4096
#define OBJECTS_LEFT_MAX 64

struct objects {
	struct git *git;
	struct take *take;
	struct str want[OBJECTS_WANTED_MAX];
	size_t n_want;
	bool indexed;	    /* and what the index names */
	bool branches_stay; /* branches and tags are not about to go */
	struct str stays;   /* a commit that stays reachable */
	struct str target;  /* likewise */
	struct str without; /* the reference that goes or moves: what it alone reaches is wanted */
	struct str left[OBJECTS_LEFT_MAX]; /* branches that go with it */
	size_t n_left;
};

bool objects_want(struct objects *o, struct str id) PAWL_MUST_USE; /* false: too many */
/* The same for a text that ought to be an id; what is none, or is not there any more, is passed over. */
bool objects_want_sure(struct objects *o, struct str id, struct err *err) PAWL_MUST_USE;
bool objects_leave(struct objects *o, struct str branch) PAWL_MUST_USE;

/* Pack what is wanted into the item: all that no remote is known to have; where that is more than OBJECTS_GENEROUS, only what
 * would become unreachable. *${ret} is "pack-<id>", or STR_NONE when there is nothing to pack. */
#define OBJECTS_GENEROUS 20000
bool objects_pack(struct objects *o, struct str *ret, struct err *err) PAWL_MUST_USE;

#endif
