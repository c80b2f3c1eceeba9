/* apply_record.h -- what the ledger says of applies: started, finished, interrupted. Bodies: docs/ledger.md.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_APPLY_RECORD_H
#define PAWL_CLI_APPLY_RECORD_H

#include "cli/plan_request.h"
#include "gate/terraform/workcopy.h"
#include "ledger/ledger.h"

struct apply_record {
	uint64_t seq; /* of apply.started; 0 before */
	char kept[TREE_PATH_MAX]; /* copy of the state before; empty when there was none */
	struct digest kept_digest;
	struct str hold; /* "H-42", or empty when it was allowed */
	uint64_t permit_seq; /* of the entry that allowed it */
};

/* Durable before anything acts. */
bool apply_record_start(struct ledger *l, const struct plan_request *p, const struct workcopy *w, struct apply_record *r,
			struct err *err) PAWL_MUST_USE;

struct apply_end {
	int status;    /* terraform's */
	int asked;     /* signal that asked for a stop, or 0 */
	struct str state; /* afterwards; empty when it could not be read */
	bool state_known;
	struct str said; /* terraform's standard error */
};
/* apply.finished, or apply.interrupted when a stop was asked for or a signal ended it. */
bool apply_record_end(struct ledger *l, const struct workcopy *w, const struct apply_record *r,
		      const struct apply_end *e, struct err *err) PAWL_MUST_USE;

/**
 * apply_record_unfinished(l, out, err):
 * Find applies that were started and of which nothing more is recorded: pawl was killed. Append "apply.interrupted" with what
 * is known and what is not, once, and say so in ${out}.
 */
bool apply_record_unfinished(struct ledger *l, const char *state_dir, char *const *env, struct buf *out,
			     struct err *err) PAWL_MUST_USE;

/* What two states differ in: "created" and "gone", JSON arrays of addresses with identities; long ones are cut. */
void apply_record_difference(struct str before, struct str after, struct json_out *o);

/* The last apply of a plan that ended well. */
struct apply_done {
	uint64_t seq;	 /* of its "apply.started"; 0: none */
	int64_t time_us; /* of its end; 0: it has none, or another than success */
	char hold[24];	 /* "" when no hold was needed */
};
/* Look for it in the whole ledger. */
bool apply_record_done(struct ledger *l, const struct digest *plan, struct apply_done *ret, struct err *err) PAWL_MUST_USE;

#endif
