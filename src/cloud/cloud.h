/* cloud.h -- read-only questions to the cloud: who are we, and is something of this name alive?
 * Room: cloud. Stands on base, core and the rows of facts/aws_lookups. Only AWS is asked today.
 * Every question is a Get, List or Describe. Zero is "not known", and an error is said, never taken for "absent".
 */
#ifndef PAWL_CLOUD_CLOUD_H
#define PAWL_CLOUD_CLOUD_H

#include "base/arena.h"
#include "base/err.h"

struct cloud; /* opaque; not for two threads at once */

struct cloud_identity {
	struct str account, arn, region;
	struct str source; /* where the key came from: "environment" … */
};

/* What is asked about: a resource that Terraform would create. */
struct cloud_ask {
	struct str type;     /* "aws_db_instance" */
	struct str title;    /* the name it is known by */
	struct str tag_name; /* its Name tag */
	struct str region;   /* STR_NONE: the caller's */
};

enum cloud_result {
	CLOUD_UNKNOWN =
		0, /* why says why: no way to ask for this type, no name, an error, out of time */
	CLOUD_ABSENT, /* the cloud says that there is none */
	CLOUD_ALIVE,
};

struct cloud_found {
	struct str identity; /* ARN as Terraform's state would have it */
	struct str id;
	struct str title;   /* the name it was found by */
	int64_t created_us; /* 0: the cloud does not say */
	struct cloud_found *next;
};

struct cloud_answer {
	enum cloud_result result;
	struct cloud_found *found; /* when alive; more than one where names need not be unique */
	size_t n_found;
	struct str why; /* when unknown */
};

/**
 * cloud_open(seconds, arena, ret_cloud, err):
 * Find credentials and region, ask who we are (sts GetCallerIdentity). False with ${err} when that is not known; then
 * nothing may be believed about the cloud. ${seconds} bounds all questions together; what comes later is unknown.
 */
bool cloud_open(unsigned seconds, struct arena *arena, struct cloud **ret_cloud,
		struct err *err) PAWL_MUST_USE;
void cloud_close(struct cloud *c); /* NULL does nothing; wipes the key */

const struct cloud_identity *cloud_identity(const struct cloud *c);
/* Can something of this type be asked for at all? */
bool cloud_can_ask(struct str type);
/* Total. Strings live in ${arena}. */
struct cloud_answer cloud_find(struct cloud *c, const struct cloud_ask *ask, struct arena *arena);
/* Questions sent so far, refused ones too. */
size_t cloud_questions(const struct cloud *c);

#endif
