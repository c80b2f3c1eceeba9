/* plan_compare.h -- what one plan does that another (staging's, say) did not: for `pawl plan --compare OTHER_PLAN`.
 * Room: read. Pure.
 * Two changes are the same thing when their addresses agree once words that name an environment are left out, and kind and
 * finding agree: module.prod.aws_db_instance.db["prod-1"] is module.staging.aws_db_instance.db["staging-1"]. Names, ids and tags
 * of the cloud are not compared. Words: prod, production, live, staging, stage, dev, … and each change's own environment tag.
 * Cost: linear in both lists.
 */
#ifndef PAWL_READ_PLAN_COMPARE_H
#define PAWL_READ_PLAN_COMPARE_H

#include "core/change.h"

enum plan_differs {
	PLAN_ONLY_HERE = 1, /* the other plan does nothing to it */
	PLAN_OTHERWISE,	    /* it does something else to it, or for another reason */
	PLAN_ONLY_THERE,
};

struct plan_difference {
	enum plan_differs how;
	const struct change *here, *there; /* NULL where there is none */
	struct str text; /* "deletes aws_db_instance.db, which the other plan leaves alone" */
	bool destructive; /* change_is_destructive(here): what no other environment has tried */
	struct plan_difference *next;
};

struct plan_comparison {
	struct plan_difference *first, *last; /* in the order of ${here}, then what is only there */
	size_t n, n_destructive;
	size_t n_same;
};

/**
 * plan_compare(here, there, arena, ret_comparison):
 * False when the arena is full; then nothing may be concluded. Points into both lists.
 */
bool plan_compare(const struct change_list *here, const struct change_list *there, struct arena *arena,
		  struct plan_comparison *ret_comparison) PAWL_MUST_USE;

#endif
