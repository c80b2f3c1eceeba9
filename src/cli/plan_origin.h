/* plan_origin.h -- which plans pawl made itself, and in which private copy.
 * Room: cli. The ledger's entry "plan.made" is the truth; STATE/plans/DIGEST only says where to look for it.
 */
#ifndef PAWL_CLI_PLAN_ORIGIN_H
#define PAWL_CLI_PLAN_ORIGIN_H

#include "base/digest.h"
#include "base/json.h"
#include "cli/plan_account.h"
#include "gate/terraform/workcopy.h"
#include "ledger/ledger.h"

#define PLAN_ORIGIN_TEXT 512

struct plan_origin {
	uint64_t seq; /* of the ledger's entry; 0: pawl did not make this plan, as far as the hint says */
	char work[WORKCOPY_ID_LEN + 1];
	char original[TREE_PATH_MAX];
	char account[PLAN_ORIGIN_TEXT]; /* by GetCallerIdentity when it was planned; empty: not known */
	char region[PLAN_ORIGIN_TEXT]; /* of its environment or profile; empty: none */
	char state_sha256[DIGEST_HEX_LEN + 1];
	char provider_env[DIGEST_HEX_LEN + 1]; /* of the variables that tell providers where to act */
};

/* The body of the ledger's entry, which is also the hint but for its seq. */
void plan_origin_body(const struct digest *plan, const struct workcopy *w, const struct plan_account *who, struct str tool,
		      struct buf *out);
bool plan_origin_write(const char *state_dir, const struct digest *plan, uint64_t seq, struct str body,
		       struct err *err) PAWL_MUST_USE;
/* What the hint says; seq 0 when there is none. Not proof: pawl apply checks the ledger. */
void plan_origin_find(const char *state_dir, const struct digest *plan, struct plan_origin *ret);
/* Does the ledger say of ${plan} all that ${origin} says? False when it cannot be read. */
bool plan_origin_prove(struct ledger *l, const struct digest *plan, const struct plan_origin *origin, bool *ret_proven,
		       struct err *err) PAWL_MUST_USE;
/* Read a body. */
bool plan_origin_read(struct str body, struct plan_origin *ret) PAWL_MUST_USE;

#endif
