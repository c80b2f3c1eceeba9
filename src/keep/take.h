/* take.h -- an item being made.
 * Room: keep, private.
 */
#ifndef PAWL_KEEP_TAKE_H
#define PAWL_KEEP_TAKE_H

#include "keep/item.h"

#define TAKE_BUCKETS 4096

struct take_link {
	uint64_t dev, ino, number;
	struct take_link *next;
};

struct take {
	struct keep *keep;
	const struct keep_bounds *bounds;
	struct arena *arena;
	int64_t deadline_us;
	int dir;  /* K-n */
	int data; /* K-n/data; -1 until there is content */
	uint64_t data_len;
	uint64_t own; /* number of the next f<n> */
	struct item item;
	struct take_link *links[TAKE_BUCKETS];
	char *chunk; /* TAKE_CHUNK bytes */
};

#define TAKE_CHUNK ((size_t)256 << 10) /* contents up to this go into data */

/* keep.c: the folder of an item. A number of its own, held locked until it is ended. */
bool take_begin(struct keep *k, struct take *t, struct arena *arena, struct err *err) PAWL_MUST_USE;
bool take_commit(struct take *t, struct err *err) PAWL_MUST_USE;
void take_abort(struct take *t); /* after commit: frees only */

/* Is there time and room for so much more? */
bool take_room(struct take *t, uint64_t files, uint64_t bytes, struct err *err) PAWL_MUST_USE;

/* tree.c: what stands at ${path} below the base's folder, with all below it. Folders on the way are noted as parents when ${parents}. */
struct tree {
	struct take *t;
	uint32_t part;
	enum item_base base;
	int root; /* descriptor of the base's folder */
	uint64_t dev;
	bool parents;
	struct str last; /* the path before this one: its parents are noted already */
};
bool tree_open(struct take *t, enum item_base base, struct tree *ret, struct err *err) PAWL_MUST_USE; /* of the last part */
void tree_close(struct tree *tr);
bool tree_take(struct tree *tr, struct str path, struct err *err) PAWL_MUST_USE;

/* content.c */
bool content_take(struct take *t, int fd, const struct stat *st, struct item_entry *e, struct err *err) PAWL_MUST_USE;

/* gitstate.c: a wish of a git kind. ${paths}: take these instead of asking git which files (an undo keeps what it meets). */
struct gitstate_paths {
	const struct item *of;
	uint32_t part;
};
bool gitstate_take(struct take *t, const struct keep_wish *wishes, size_t n, size_t i, const struct gitstate_paths *paths,
		   struct err *err) PAWL_MUST_USE;

#endif
