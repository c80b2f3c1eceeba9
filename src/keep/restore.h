/* restore.h -- an item on its way back.
 * Room: keep, private.
 */
#ifndef PAWL_KEEP_RESTORE_H
#define PAWL_KEEP_RESTORE_H

#include "keep/inner.h"

struct restore {
	struct keep *keep;
	struct arena *arena;
	const struct keep_restore *opts;
	struct item item;
	int dir, data; /* of the item; data -1: it has none */
	struct item_entry **entry; /* by number */
	int *root;		   /* n_parts × ITEM_BASES; -1: not there */
	struct keep_restored said;
	int64_t deadline_us;
};

void restore_note(struct restore *r, const char *fmt, ...) PAWL_PRINTF(2, 3);

/* met.c: what stands where ${e} belongs. */
enum item_now met_look(const struct restore *r, const struct item_entry *e);
/* The kept content of a file, from ${at} on; at most ${n} bytes. */
ssize_t met_content(const struct restore *r, const struct item_entry *e, char *chunk, size_t n, uint64_t at);
/* The FILE that ${e} is, or is one with. NULL: the manifest is wrong. */
const struct item_entry *met_file(const struct restore *r, const struct item_entry *e);

/* put.c */
bool put_entry(struct restore *r, const struct item_entry *e, struct err *err) PAWL_MUST_USE;
/* Modes and times of folders; away with folders that were not there and are empty. Backwards, after all else. */
bool put_folder_end(struct restore *r, const struct item_entry *e, struct err *err) PAWL_MUST_USE;

/* gitback.c: references and objects of one part. */
struct gitback; /* opaque */
bool gitback_open(struct restore *r, struct item_part *p, struct gitback **ret, struct err *err) PAWL_MUST_USE; /* imports objects */
bool gitback_differs(struct gitback *g, bool *ret, struct err *err) PAWL_MUST_USE;
/* May HEAD and the index go back to what they were? Else HEAD has moved on, and only files go back. */
bool gitback_exact(const struct gitback *g);
bool gitback_refs(struct gitback *g, uint32_t part, struct err *err) PAWL_MUST_USE;
void gitback_close(struct gitback *g);

#endif
