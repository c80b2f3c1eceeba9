/* cleanup.h -- which objects an interrupted or duplicate apply made, and which only look so.
 * Room: gate/terraform. This file's code is pure: bytes and evidence in, classes out.
 * Invariant: only what is proven becomes CLEANUP_DUPLICATE, and nothing else is ever in a plan of clean-up. What production's
 * state knows, by ARN or id, is never a duplicate, whatever else speaks for it.
 */
#ifndef PAWL_GATE_TERRAFORM_CLEANUP_H
#define PAWL_GATE_TERRAFORM_CLEANUP_H

#include "base/json.h"
#include "read/cloudtrail.h"
#include "read/state.h"

enum cleanup_class {
	CLEANUP_UNKNOWN = 0, /* nothing proves who made it: never deleted */
	CLEANUP_DUPLICATE,   /* this apply made it, and production's state does not know it */
	CLEANUP_ADOPTED,     /* production's state knows it: never deleted */
	CLEANUP_ORPHAN,	     /* alive, made by this apply, in no state */
	CLEANUP_KNOWN,	     /* found alive, and one of the states knows it: nothing to say */
};

struct cleanup_object {
	struct str
		address; /* in the duplicates' state; of an orphan: where the plan would have put it */
	struct str type, id, identity, title, tag_name;
	int64_t created_us; /* 0: not known */
	enum cleanup_class class;
	struct str proof; /* one sentence: why it is in this class */
	const struct json *attributes;
	const struct json *instance; /* in the state's tree */
	struct cleanup_object *next;
};

struct cleanup_list {
	struct cleanup_object *first, *last;
	size_t n;
};

/* A state as the clean-up needs it: its own tree kept, so that a part of it can be written again. */
struct cleanup_state {
	struct state state;
	const struct json *root;
	struct cleanup_list objects;
	struct str path;
	struct cleanup_state *next;
};

/* What the apply's plan was to create. */
struct cleanup_plan {
	bool given;
	struct cleanup_list creates;
	int64_t made_us; /* when it was made; the apply came after. 0: not known */
};

struct cleanup_evidence {
	struct cleanup_state *production; /* one or more */
	struct cleanup_plan plan;
	struct cloudtrail *trail; /* may be NULL */
	int64_t from_us,
		to_us; /* the apply began not before and ended not after; 0, 0: not known */
};

bool cleanup_read_state(struct str text, struct arena *arena, struct cleanup_state *ret,
			struct err *err) PAWL_MUST_USE;
/* Plan JSON (`show -json`). */
bool cleanup_read_plan(struct str json, struct arena *arena, struct cleanup_plan *ret,
		       struct err *err) PAWL_MUST_USE;

/* Give each object of ${mine} its class and proof. False when the arena is full, or when the states cannot be told apart. */
bool cleanup_classify(struct cleanup_state *mine, const struct cleanup_evidence *e,
		      struct arena *arena, struct err *err) PAWL_MUST_USE;
/* The same for things found alive by name: orphan, unknown, or known to a state. */
bool cleanup_classify_found(struct cleanup_list *found, const struct cleanup_state *mine,
			    const struct cleanup_evidence *e, struct arena *arena,
			    struct err *err) PAWL_MUST_USE;

/* Is it the same object of the cloud: same ARN, or same id of the same type? */
bool cleanup_same(const struct cleanup_object *a, const struct cleanup_object *b);
size_t cleanup_count(const struct cleanup_list *l, enum cleanup_class class);
struct str cleanup_class_name(enum cleanup_class class);
void cleanup_add(struct cleanup_list *l, struct cleanup_object *o);

/* The state again with nothing in it but its proven duplicates. */
void cleanup_write_state(const struct cleanup_state *mine, struct buf *out);

/**
 * cleanup_check_plan(json, mine, err):
 * Does the plan delete only proven duplicates, and do nothing else? False, naming the first address, when it does not.
 * *ret_deletes is how many it deletes: fewer than proven when some are gone already.
 */
bool cleanup_check_plan(struct str json, const struct cleanup_state *mine, struct arena *arena,
			size_t *ret_deletes, struct err *err) PAWL_MUST_USE;

#endif
