/* plan_again.h -- the same thing asked for twice: the plan that waits already, or is approved, in place of a new one.
 * Room: cli, pawl-full.
 * A plan made anew has other bytes (it has a time in it), so its approval would be another one. Where the new plan says exactly what
 * an earlier one said, of the same state and configuration, asked with the same options and variables, the earlier one is taken,
 * whole: its bytes are what waits, what is approved and what is applied. STATE/again/DIGEST says where to look; it permits nothing.
 */
#ifndef PAWL_CLI_PLAN_AGAIN_H
#define PAWL_CLI_PLAN_AGAIN_H

#include "cli/plan_account.h"
#include "cli/places.h"
#include "gate/terraform/workcopy.h"
#include "hold/hold.h"
#include "read/planfile.h"
#include "read/terraform_argv.h"

struct plan_again {
	char path[TREE_PATH_MAX]; /* of the earlier plan, in its private copy */
	char hold[HOLD_ID_LEN];
	enum hold_state state; /* HOLD_OPEN or HOLD_APPROVED */
};

/* What a new plan was made of. */
struct plan_asked {
	const struct terraform_argv *argv;
	const struct planfile *file;
	const struct workcopy *work;
	const struct plan_account *who;
};

/* TF_VAR_* and what tells a provider where to act, added to a digest: other variables ask for another thing. */
void plan_again_variables(char *const *env, struct arena *arena, struct digest_run *run);
/* Two plannings with the same one ask for the same thing. */
struct digest plan_again_digest(const struct plan_asked *q, struct arena *arena);
/* Is there an earlier plan of that digest whose hold is open or approved? */
bool plan_again_find(const struct hold_host *h, const struct digest *d, const char *folder, struct arena *arena,
		     struct plan_again *ret) PAWL_MUST_USE;
/* Remember where the plan of that digest lies. A hint: what cannot be remembered is only asked for anew. */
void plan_again_keep(const char *state_dir, const struct digest *d, const char *plan);
/* STATE/again/DIGEST; false when there is no room for it. */
bool plan_again_path(const char *state_dir, const struct digest *d, char ret[TREE_PATH_MAX]) PAWL_MUST_USE;

#endif
