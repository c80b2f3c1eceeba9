/* known_inner.h -- what the parts of known share while one request is weighed.
 * Room: recovery. Pure. A part of known.
 */
#ifndef PAWL_RECOVERY_KNOWN_INNER_H
#define PAWL_RECOVERY_KNOWN_INNER_H

#include "recovery/known.h"

/* A name that something going is known by. */
struct name {
	struct str text;
	const struct change *change;
	unsigned spoken; /* number of the target that spoke for it last */
	struct name *next; /* of the same change */
};

struct names {
	struct name **slot;
	size_t mask;
	struct name **of; /* of each change that takes data away: its first name */
	size_t n_of;
};

struct weighing {
	const struct known *k;
	const struct known_ask *ask;
	struct arena *arena;
	struct names names;
	unsigned turn;
	struct recovery_point **at;
};

/* Everything that a statement makes believe, or why there is nothing to believe. */
struct believed {
	struct point point;
	bool sound;
	int64_t fresh_s; /* of the target in backup.yaml; one that is not there has none to take */
	struct str why;
	const struct manifest_word *resources;
	const struct known_target *target; /* NULL: backup.yaml has none of that name */
	const struct known_vault *vault;
	bool goes; /* the request takes the vault away */
	const struct request_bucket *bucket; /* of the request's state, in which the vault lies; NULL: none */
};

struct name *known_find(const struct names *n, struct str text);

/* Takes out of the request's buckets those in which no vault lies, and those that the request itself lets go of. */
void known_sift(const struct weighing *w);
/* The first of them in which ${v}, which may be NULL, lies; NULL: in none. */
const struct request_bucket *known_bucket(const struct weighing *w, const struct known_vault *v);
/* Does the request take ${v}, which may be NULL, away? Linear in its changes. */
bool known_goes(const struct weighing *w, const struct known_vault *v);
/* Where what destroys ${c} could destroy its backup as well, ${p} says so. */
void known_radius(const struct weighing *w, const struct believed *b, const struct change *c, struct recovery_point *p);

#endif
