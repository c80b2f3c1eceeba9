/* plan_work.h -- what the parts of the plan reader share while one plan is read.
 * Room: read. Pure. A part of the plan reader.
 */
#ifndef PAWL_READ_PLAN_WORK_H
#define PAWL_READ_PLAN_WORK_H

#include "read/plan.h"
#include "read/plan_prior.h"
#include "read/plan_relate.h"
#include "read/plan_value.h"

#define PLAN_MAX_TAGS 32 /* different environment tags counted */

struct plan_tag {
	struct str text;
	size_t n;
};

struct plan_work {
	struct arena *arena; /* of the results */
	struct plan_opts opts;
	struct plan_summary sum;
	struct change_list changes;
	struct plan_create *creates, *creates_last;
	struct plan_relate relate;
	struct plan_prior prior;
	struct plan_tag tags[PLAN_MAX_TAGS];
	size_t n_tags;
	bool accounts_differ, regions_differ;
};

/* One resource of the plan, as its element says. Strings live in the arena of the results. */
struct plan_resource {
	struct str address; /* with " (deposed KEY)" */
	struct str type;
	const struct terraform_type *row; /* NULL: a type nobody told us of */
	struct plan_values before, after;
	struct str identity, title, tag, account, region;
};

/* A change about ${res} at the end of the list; NULL when the arena is full. */
struct change *plan_work_add(struct plan_work *w, const struct plan_resource *res, enum change_kind kind);

#endif
