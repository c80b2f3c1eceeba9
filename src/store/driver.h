/* driver.h -- what stands behind store.h: one table of functions a database.
 * Room: store; nobody else includes it. Each function has the contract of its namesake in store.h.
 */
#ifndef PAWL_STORE_DRIVER_H
#define PAWL_STORE_DRIVER_H

#include "store/store.h"

struct store_claim {
	int64_t now_us, lease_us;
};

struct store_driver {
	const char *name;
	bool (*takes)(const char *where); /* is this place of its kind? */
	struct store *(*open)(const char *where, struct err *err);
	void (*close)(struct store *s);
	bool (*begin)(struct store *s, struct err *err);
	bool (*commit)(struct store *s, struct err *err);
	void (*rollback)(struct store *s);
	bool (*marked)(struct store *s, struct store_mark *ret, struct err *err);
	bool (*mark)(struct store *s, const struct store_mark *m, struct err *err);
	bool (*clear)(struct store *s, struct err *err);
	bool (*hold_put)(struct store *s, const struct store_hold *h, struct err *err);
	bool (*holds)(struct store *s, const struct store_query *q, store_each each, void *ctx, struct err *err);
	bool (*queue)(struct store *s, const struct store_message *m, bool *ret_new, struct err *err);
	bool (*claim)(struct store *s, const struct store_claim *c, struct arena *arena, struct store_message *ret,
		      struct err *err);
	bool (*done)(struct store *s, int64_t id, struct err *err);
	bool (*failed)(struct store *s, int64_t id, int64_t next_us, struct str error, struct err *err);
	bool (*release)(struct store *s, bool hurry, struct err *err);
	bool (*due)(struct store *s, int64_t *ret_us, struct err *err);
	bool (*seen)(struct store *s, uint64_t *ret_seq, struct err *err);
	bool (*see)(struct store *s, uint64_t seq, struct err *err);
	bool (*list)(struct store *s, struct str state, store_each_message each, void *ctx, struct err *err);
};

/* What every driver's store begins with. */
struct store {
	const struct store_driver *driver;
	bool read_only;
	char note[600];
};

extern const struct store_driver store_sqlite;

#endif
