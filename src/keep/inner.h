/* inner.h -- the open keep.
 * Room: keep, private.
 */
#ifndef PAWL_KEEP_INNER_H
#define PAWL_KEEP_INNER_H

#include "keep/take.h"

struct keep {
	int dir; /* STATE/keep; -1: it was never made (listing only) */
	char path[ITEM_PATH_MAX];
	struct keep_bounds bounds;
	struct arena arena; /* of one take or restore at a time */
	struct arena before; /* of the item a restore makes first */
	struct keep_pruned gone;
};

/* Opens an item for reading: its folder and its manifest, whole. */
bool keep_item_open(struct keep *k, struct str id, struct arena *a, struct item *ret, int *ret_dir, struct err *err) PAWL_MUST_USE;
/* Heads of all complete items in no order. */
bool keep_heads(struct keep *k, struct arena *a, struct keep_item **ret, struct err *err) PAWL_MUST_USE;

#endif
