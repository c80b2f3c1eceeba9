/* plan_prior.h -- prior_state of a plan: the buckets that the state manages, whether the plan touches them or not; and those that it will.
 * Room: read. Pure. A part of the plan reader, which tells each name, text and closing bracket inside prior_state.
 * The state stands there as a tree of modules; no more than one resource's strings are held at a time.
 * A bucket is called what it is called among those of its cloud: S3's NAME, Google's gs:NAME, Backblaze's b2:NAME.
 * Cost: linear in the bytes; memory for buckets and what is set for them alone.
 */
#ifndef PAWL_READ_PLAN_PRIOR_H
#define PAWL_READ_PLAN_PRIOR_H

#include "base/arena.h"
#include "core/request.h"

#define PLAN_PRIOR_TEXT 4096

struct plan_prior_text {
	char at[PLAN_PRIOR_TEXT];
	size_t len;
};

struct plan_prior_kind;

struct plan_prior {
	struct arena *arena;	       /* of the results */
	size_t resource;	       /* how many brackets are open inside a resource; 0: in no list of resources */
	struct plan_prior_text *field; /* what the next text is; NULL: nothing that is wanted */
	struct plan_prior_text address, mode, type, bucket;
	const struct plan_prior_kind *kind; /* of the bucket's name; NULL: the type was not known yet */
	struct request_bucket *buckets, *buckets_last, *settings;
};

/* A member's name where ${depth} brackets are open in the document. False: what it holds is not needed. */
bool plan_prior_name(struct plan_prior *p, size_t depth, struct str name);
void plan_prior_text(struct plan_prior *p, struct str text);
/* After a closing bracket: ${depth} are open yet. */
void plan_prior_close(struct plan_prior *p, size_t depth);
/* What attribute holds the name of the bucket that a resource of ${type} is, or sets something for; STR_NONE: it is none. */
struct str plan_prior_attribute(struct str type);
/* The plan makes or adopts a resource of ${type} that is, or sets something for, bucket ${name}. Strings of the results' arena. */
void plan_prior_made(struct plan_prior *p, struct str type, struct str address, struct str name);
/* Buckets first, then what is set for buckets. */
struct request_bucket *plan_prior_end(struct plan_prior *p);

#endif
