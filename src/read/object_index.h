/* object_index.h -- find objects of a state by what they are called, in constant time.
 * Room: read. Pure.
 */
#ifndef PAWL_READ_OBJECT_INDEX_H
#define PAWL_READ_OBJECT_INDEX_H

#include "read/state.h"

enum object_key {
	OBJECT_BY_ADDRESS = 1,
	OBJECT_BY_IDENTITY,
	OBJECT_BY_NETWORK,
	OBJECT_BY_NAME, /* id, and what stands behind the last "/" or ":" of the identity */
};

struct object_entry {
	struct str key;
	const struct state_object *object;
};

struct object_index {
	struct object_entry *slot; /* NULL: nothing is found */
	size_t mask;
};

/* Empty keys are not entered. A full arena gives an empty index. */
struct object_index object_index_make(const struct state_object *first, enum object_key by, struct arena *arena);
/* An object of that key and ${type} (STR_NONE: any), or NULL. */
const struct state_object *object_index_find(const struct object_index *x, struct str key, struct str type);

#endif
