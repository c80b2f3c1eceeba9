/* place.h -- where something acts, for naming the environment it is in.
 * Room: core. Pure.
 */
#ifndef PAWL_CORE_PLACE_H
#define PAWL_CORE_PLACE_H

#include "base/arena.h"
#include "base/json.h"

/* Each may be STR_NONE = not known. */
struct place {
	struct str account;   /* cloud account, project or subscription; of Kubernetes the context */
	struct str region;
	struct str workspace; /* terraform workspace; of Kubernetes the namespace */
	struct str backend;   /* "local:/abs/path" or "s3:bucket/key" … */
	struct str path;      /* absolute folder it was asked in, or that it acts on */
	struct str tag;       /* the environment tag most of its resources carry */
	struct str host;      /* database host */
	struct str database;
};

/* Is anything known of it? */
bool place_known(const struct place *p);
void place_redact(struct place *p, struct arena *arena);
/* As an object of what is known; read back, an unknown member is an error. */
void place_to_json(const struct place *p, struct json_out *o);
bool place_from_json(const struct json *v, struct place *ret, struct err *err) PAWL_MUST_USE;

#endif
