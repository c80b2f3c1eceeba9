/* known.h -- a Terraform state as it was known at some time: pinned in the repository, last seen here, or found in a file.
 * Room: read. Pure.
 */
#ifndef PAWL_READ_KNOWN_H
#define PAWL_READ_KNOWN_H

#include "read/plan.h"
#include "read/state.h"

enum known_source { KNOWN_NONE = 0, KNOWN_PIN, KNOWN_LAST_SEEN, KNOWN_STATE_FILE };

struct known {
	enum known_source source;
	struct str where;  /* for people: "pawl.pin.yaml:4", "the last-seen record of 2026-11-20T…", a path */
	struct str folder; /* of the root module; in a pin file relative to it, elsewhere absolute */
	struct str backend, workspace;
	struct str account, region; /* STR_NONE: not known */
	struct str environment;
	struct str lineage;
	uint64_t serial;
	struct digest content; /* state.content; zero: not known */
	size_t n_managed;
	struct state_object *objects; /* address, type, identity, id, network */
	struct str_set prevent_destroy; /* bare addresses, sorted */
	struct str time, by;
	struct known *next;
};

/* Take over what a state says of itself; everything else stays. */
void known_from_state(struct known *k, const struct state *s);
/* Same folder, backend and workspace? */
bool known_same_place(const struct known *a, const struct known *b);

/* One JSON object with stable names, and back; for last-seen records and `pawl pin --json`. */
void known_to_json(const struct known *k, struct json_out *o);
bool known_from_json(const struct json *v, struct arena *arena, struct known *ret, struct err *err) PAWL_MUST_USE;

#endif
