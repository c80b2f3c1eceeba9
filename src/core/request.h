/* request.h -- one attempt met by one gate.
 * Room: core. Pure.
 */
#ifndef PAWL_CORE_REQUEST_H
#define PAWL_CORE_REQUEST_H

#include "base/digest.h"
#include "core/change.h"
#include "core/principal.h"

enum gate {
	GATE_UNSET = 0,
	GATE_HOOK,
	GATE_EXEC,
	GATE_TERRAFORM,
	GATE_POSTGRES,
	GATE_AWS,
	GATE_MCP,
	GATE_COUNT
};

/* What an approval binds to beside the bytes. Each is text; STR_NONE = does not apply. */
struct binding {
	struct str cwd; /* within the project where that names the place everywhere, else absolute */
	struct str backend;
	struct str workspace;
	struct str account;
	struct str region;
	struct str lineage;
	struct str serial;
	struct str state_digest;
	struct str config_digest;
	struct str environment;
	struct str evidence; /* digest, hex, over the evidence shown */
};

/* A bucket that the Terraform state of a request manages, or what is set for one, whether the request touches it or not; or that the
 * request brings into it. */
struct request_bucket {
	struct str address; /* of the resource: "aws_s3_bucket.backups" */
	struct str name;    /* the bucket's; of Google "gs:NAME", of Backblaze "b2:NAME" */
	struct request_bucket *next;
};

struct request {
	struct principal principal;
	enum gate gate;
	struct str tool;    /* "terraform 1.11.4" */
	struct str summary; /* one line: what was asked, secrets redacted */
	struct place place;
	struct binding binding;
	struct digest bytes; /* of the exact bytes judged */
	struct change_list changes;
	bool partial; /* what is here may not be all (-target, errored plan, deferred) */
	/* Of a plan's state, for backups may lie in one: buckets, then what is set for some. Not in the digest: the bytes say them. */
	struct request_bucket *buckets;
};

struct str gate_name(enum gate g);
bool gate_from(struct str name, enum gate *ret_gate) PAWL_MUST_USE;

/**
 * request_digest(r):
 * The digest that holds, approvals and grants are about: version "pawl-request-1", then bytes, gate, tool and every
 * field of the binding, each by digest_field in the order of the struct. Test vector in tests/cases/digest.
 */
struct digest request_digest(const struct request *r);

/**
 * request_redact(r, arena):
 * Take secrets out of every text that goes into a digest, a record or a card, so that what is written down (and redacted there) has
 * the digests of what was asked. To be done once, before it is judged.
 */
void request_redact(struct request *r, struct arena *arena);

/* Whole, with its digest; read back, a digest that does not fit is an error, as is an unknown member. */
void request_to_json(const struct request *r, struct json_out *o);
bool request_from_json(const struct json *v, struct arena *arena, struct request *ret, struct err *err) PAWL_MUST_USE;

#endif
