/* identify.h -- who is this state? Gathers what identity.h and lost.h weigh: the pin, last-seen records, the folder, other states.
 * Room: gate/terraform. Not pure. Links without curl and sqlite.
 */
#ifndef PAWL_GATE_TERRAFORM_IDENTIFY_H
#define PAWL_GATE_TERRAFORM_IDENTIFY_H

#include "core/request.h"
#include "read/known.h"
#include "read/planfile.h"

struct terraform_identify_opts {
	struct str folder; /* absolute, real: the root module the plan is for */
	const struct planfile *planfile; /* NULL: plan JSON, which says nothing of its state */
	const struct plan_summary *summary;
	const struct plan_create *creates;
	struct str pin_path;  /* pawl.pin.yaml; need not exist. Other states are looked for in its folder. */
	struct str state_dir; /* of pawl; last-seen records are kept in it */
	struct str account, region; /* of whoever would apply; STR_NONE: not known */
	struct str environment; /* the policy's name, where there is one */
	bool no_record; /* leave last-seen records as they are */
};

/**
 * terraform_identify(opts, arena, add, fill, err):
 * Findings about the state's identity at the end of ${add}, and what of ${fill} (which may be NULL) is still empty: backend, workspace,
 * lineage, serial, state_digest, config_digest, account, region.
 * When no finding doubts which state this is, it is recorded as last seen. False when the pin or a
 * record cannot be read: then nobody knows, and callers refuse.
 */
bool terraform_identify(const struct terraform_identify_opts *opts, struct arena *arena, struct change_list *add,
			struct binding *fill, struct err *err) PAWL_MUST_USE;

/* For plan_opts, before the plan is read: what the pin says was protected by prevent_destroy, and what the plan's own
 * configuration protects. *ret_pinned is empty without a pin of this place. */
bool terraform_identify_protection(const struct terraform_identify_opts *opts, struct arena *arena, struct str_set *ret_pinned,
				   struct str_set *ret_config, struct err *err) PAWL_MUST_USE;

/* The states pinned in ${pin_path}, folders made absolute; none without a file. */
bool terraform_identify_pins(struct str pin_path, struct arena *arena, struct known **ret_first, struct err *err) PAWL_MUST_USE;

/* After an apply: record the state in place now as last seen. Does nothing where there is none. */
bool terraform_identify_seen(struct str folder, struct str state_dir, struct arena *arena, struct err *err) PAWL_MUST_USE;

#endif
