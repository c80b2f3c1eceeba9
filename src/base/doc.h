/* doc.h -- a YAML document as a small tree that knows where everything stands.
 * Room: base. Pure, but for libyaml's own memory.
 * The part of YAML that people write by hand: mappings, lists, plain and quoted text. Anchors, aliases, tags, several
 * documents, duplicate keys, depth past DOC_MAX_DEPTH are errors. All scalars are text; nothing is guessed from them.
 */
#ifndef PAWL_BASE_DOC_H
#define PAWL_BASE_DOC_H

#include "base/arena.h"
#include "base/err.h"

#define DOC_MAX_DEPTH 16
#define DOC_MAX_BYTES ((size_t)16 << 20)
#define DOC_MAX_KEYS 64

enum doc_type { DOC_TEXT = 1, DOC_LIST, DOC_MAP };

struct doc {
	enum doc_type type;
	struct str key; /* of a member of a mapping */
	unsigned key_line, key_column;
	struct str text;
	unsigned line, column; /* 1-based */
	struct doc *child, *last, *next;
	size_t n;
};

#define DOC_EACH(it, parent) for (const struct doc *it = (parent)->child; it; it = it->next)

/* Where a text comes from: the name shown in errors, "FILE:LINE:COLUMN: …". */
struct doc_source {
	struct str path, text;
};

/* An empty text is an empty mapping. */
bool doc_parse(const struct doc_source *source, struct arena *arena, const struct doc **ret_root, struct err *err) PAWL_MUST_USE;
/* The member of a mapping, or NULL. */
const struct doc *doc_get(const struct doc *map, const char *key);
/* Yields false with "FILE:LINE:COLUMN: " before the text; ${file} as given. */
bool doc_wrong(struct str file, const struct doc *at, struct err *err, const char *fmt, ...) PAWL_PRINTF(4, 5);

#endif
