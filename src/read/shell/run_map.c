/* A digital search tree over the hash of the key: at most 64 deep whatever the keys are, copied along one path by a put. */
#include "read/shell/run_parts.h"

const void *run_map_get(const struct run_map *m, struct str key)
{
	uint64_t hash = str_hash(key);

	for (unsigned bit = 0; m; bit++) {
		if (m->hash == hash && str_eq(m->key, key))
			return m->value;
		m = m->side[(hash >> (bit & 63)) & 1];
	}
	return NULL;
}

const struct run_map *run_map_put(struct arena *a, const struct run_map *m, struct str key, const void *value)
{
	uint64_t hash = str_hash(key);
	const struct run_map *root = m;
	const struct run_map **at = &root;

	for (unsigned bit = 0;; bit++) {
		struct run_map *copy = ARENA_NEW(a, struct run_map);

		if (!copy)
			return m;
		if (!*at) {
			*copy = (struct run_map){ .hash = hash, .key = key, .value = value };
			*at = copy;
			return root;
		}
		*copy = **at;
		*at = copy;
		if (copy->hash == hash && str_eq(copy->key, key)) {
			copy->value = value;
			return root;
		}
		at = &copy->side[(hash >> (bit & 63)) & 1];
	}
}
