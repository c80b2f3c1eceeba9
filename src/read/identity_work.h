/* identity_work.h -- what the files behind identity.h share.
 * Room: read. Pure.
 */
#ifndef PAWL_READ_IDENTITY_WORK_H
#define PAWL_READ_IDENTITY_WORK_H

#include "read/identity.h"

enum identity_code {
	IDENTITY_BLANK = 0,
	IDENTITY_SWAPPED,
	IDENTITY_ROLLED_BACK,
	IDENTITY_EDITED,
	IDENTITY_ACCOUNT,
	IDENTITY_REGION,
	IDENTITY_WORKSPACE,
	IDENTITY_SHARED_OBJECT,
	IDENTITY_SHARED_ENVIRONMENT,
	IDENTITY_LOCAL,
	IDENTITY_STALE,
	IDENTITY_COUNT
};

struct identity_work {
	const struct identity_facts *f;
	struct arena *arena;
	struct change_list *add;
	const struct state *state; /* of the plan; NULL when unknown */
	bool said[IDENTITY_COUNT];
};

/* One finding; a code that was said already is not said again. */
void identity_work_say(struct identity_work *w, enum identity_code code, struct str reason, struct str safer);
/* Does ${k}, a pin or a last-seen record, speak of the plan's folder, backend and workspace? */
bool identity_work_of_place(const struct identity_work *w, const struct known *k);
/* No lineage, serial 0, nothing managed. */
bool identity_work_blank(const struct state *s);
/* "a, b, c, d, e and 4 more", growing. */
void identity_work_list(struct arena *a, struct str *list, size_t *n, struct str item);
struct str identity_work_list_end(struct arena *a, struct str list, size_t n);

/* identity_place.c: against pins and last-seen records of the same place. */
void identity_place(struct identity_work *w, const struct known *k);
/* identity_now.c: against the folder and the state in it as they are now, and what refresh did not find. */
void identity_now(struct identity_work *w);
/* identity_share.c: one thing in two states or environments; ${k} is any known state. */
void identity_share_elsewhere(struct identity_work *w, const struct known *k);
void identity_share_objects(struct identity_work *w, const struct known *k);
void identity_share_environment(struct identity_work *w, const struct known *k);

#endif
