/* lost.h -- without a pin: what speaks for a state that was lost, weighed.
 * Room: read. Pure: facts in, one finding or none out; gate/terraform/surroundings.c gathers the facts.
 * The question only stands when the plan's state is empty and the plan does nothing but create.
 */
#ifndef PAWL_READ_LOST_H
#define PAWL_READ_LOST_H

#include "read/plan.h"

#define LOST_ENOUGH 4 /* weight from which it is said; the weights are in lost.c and docs/identity.md */

struct lost_facts {
	/* from the plan */
	bool state_empty;
	size_t n_create, n_other; /* other: every action that is no create */
	size_t n_named;		  /* creates under a name fixed in the configuration */
	/* from the folder and its repository */
	struct str backend_type;  /* "local" … */
	int64_t lock_age_days;	  /* since .terraform.lock.hcl was first committed; 0: today or not committed */
	size_t n_commits;	  /* commits that touched *.tf here */
	int64_t commits_age_days; /* since the first of them */
	struct str state_commit;  /* a commit that had a terraform.tfstate here; STR_NONE: none */
	bool state_ignored;	  /* .gitignore names *.tfstate */
	struct str readme;	  /* line of a README that speaks of production or of the state; STR_NONE */
	struct str backup;	  /* terraform.tfstate.backup beside it, holding objects */
	size_t backup_managed;
	/* the other state file that holds most of the addresses about to be created */
	struct str near_path, near_lineage;
	size_t near_same, near_managed;
	uint64_t near_serial;
};

/* Sum of the weights of what speaks for it; 0 when the question does not stand. */
unsigned lost_weigh(const struct lost_facts *f);
/* The finding state.lost-suspected, when there is enough. */
void lost_find(const struct lost_facts *f, struct str folder, struct arena *arena, struct change_list *add);

#endif
