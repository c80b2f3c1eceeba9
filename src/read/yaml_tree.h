/* yaml_tree.h -- a YAML document as a small strict tree that knows where everything stood.
 * Room: read. Pure (libyaml keeps memory of its own while it parses).
 * Refused: anchors and aliases, tags, several documents, duplicate keys, keys that are no text, more than YAML_TREE_MAX_DEPTH levels.
 */
#ifndef PAWL_READ_YAML_TREE_H
#define PAWL_READ_YAML_TREE_H

#include "base/arena.h"
#include "base/err.h"

#define YAML_TREE_MAX_DEPTH 16
#define YAML_TREE_MAX_BYTES ((size_t)16 << 20)

enum yaml_kind { YAML_TREE_TEXT = 1, YAML_TREE_LIST, YAML_TREE_MAP };

struct yaml_node {
	enum yaml_kind kind;
	unsigned line, column; /* 1-based */
	struct str key;	       /* of a member of a map */
	struct str text;
	struct yaml_node *child, *last, *next;
	size_t n;
};

/* False with "FILE:LINE:COLUMN: what", ${file} as given. */
bool yaml_tree_read(struct str file, struct str text, struct arena *arena, struct yaml_node **ret_root,
		    struct err *err) PAWL_MUST_USE;
/* Yields false with "FILE:LINE:COLUMN: " before the text. */
bool yaml_tree_wrong(struct str file, const struct yaml_node *at, struct err *err, const char *fmt, ...) PAWL_PRINTF(4, 5);

#endif
