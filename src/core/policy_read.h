/* policy_read.h -- values of a policy file, read off its tree with errors that name line and column.
 * Room: core, for policy*.c; and for other files of keys that the owner writes by hand (cli/gate_config.c).
 */
#ifndef PAWL_CORE_POLICY_READ_H
#define PAWL_CORE_POLICY_READ_H

#include "base/doc.h"
#include "core/policy_inner.h"

/* One file being read. What it says is collected here; policy.c weighs it against the other layers. */
struct policy_file {
	const struct policy_source *source;
	struct arena *arena;
	struct err *err;
	struct str preset;
	unsigned preset_line;
	struct rule *rules, **rules_end;
	size_t n_rules;
	struct named_environment *environments, **environments_end;
	struct approver *approvers, **approvers_end;
	struct notify *notify, **notify_end;
	struct policy_case *cases, **cases_end;
	bool has_plan_cap, has_same_uid, same_uid;
	uint64_t plan_cap;
	struct policy_keep keep; /* 0: not said */
	struct policy_budget *budgets, **budgets_end;
	bool has_trash_on;
	struct policy_trash trash; /* 0: not said */
};

/* A key of a mapping and what takes its value. */
struct policy_key {
	const char *name;
	bool (*take)(struct policy_file *f, const struct doc *v, void *target);
};

/* "FILE:LINE:COLUMN: …"; yields false. */
bool policy_fail(const struct policy_file *f, const struct doc *at, const char *fmt, ...) PAWL_PRINTF(3, 4);
/* Every member of the mapping ${v} by its row; an unknown key is refused with the nearest known one. */
bool policy_map(struct policy_file *f, const struct doc *v, const struct policy_key *keys, void *target) PAWL_MUST_USE;
/* Each item of the list ${v}. */
bool policy_each(struct policy_file *f, const struct doc *v, bool (*take)(struct policy_file *f, const struct doc *item)) PAWL_MUST_USE;

bool policy_text(struct policy_file *f, const struct doc *v, struct str *ret) PAWL_MUST_USE; /* not empty */
/* A text, or a list of texts; at least one. */
bool policy_list(struct policy_file *f, const struct doc *v, struct str_list **ret) PAWL_MUST_USE;
bool policy_duration(struct policy_file *f, const struct doc *v, int64_t *ret_seconds) PAWL_MUST_USE;
bool policy_number(struct policy_file *f, const struct doc *v, uint64_t *ret) PAWL_MUST_USE;
/* ">10" or ">=10" as the smallest number it takes. */
bool policy_more_than(struct policy_file *f, const struct doc *v, uint64_t *ret_from) PAWL_MUST_USE;
bool policy_bytes(struct policy_file *f, const struct doc *v, uint64_t *ret) PAWL_MUST_USE; /* "1GiB", "100MB" */
/* "09:00-17:00 mon-fri", UTC */
bool policy_hours(struct policy_file *f, const struct doc *v, struct demands *d) PAWL_MUST_USE;
/* One of two words. */
bool policy_choice(struct policy_file *f, const struct doc *v, const char *no, const char *yes, bool *ret_yes) PAWL_MUST_USE;
/* The word of ${words} nearest to ${word}, for "did you mean"; NULL when none is near. ${next}(i) is the i-th, NULL past the end. */
const char *policy_nearest(struct str word, const char *(*next)(size_t i, const void *ctx), const void *ctx);

/* policy_rule.c and policy_case.c: one item of `rules` and `cases`. */
bool policy_rule(struct policy_file *f, const struct doc *v) PAWL_MUST_USE;
bool policy_case_read(struct policy_file *f, const struct doc *v) PAWL_MUST_USE;
bool policy_kind_list(struct policy_file *f, const struct doc *v, uint32_t *ret_mask) PAWL_MUST_USE;

/* policy_budget.c: the keys `budgets` and `trash`, and one file's among the others'. */
bool policy_budgets_read(struct policy_file *f, const struct doc *v, void *t) PAWL_MUST_USE;
bool policy_trash_read(struct policy_file *f, const struct doc *v, void *t) PAWL_MUST_USE;
void policy_budgets_take(struct policy *p, const struct policy_file *f, bool tighten_only);
/* False: it says that there is no trash, and there is. */
bool policy_trash_take(struct policy *p, const struct policy_file *f) PAWL_MUST_USE;

/* policy_file.c: the whole file. */
bool policy_file_read(struct policy_file *f) PAWL_MUST_USE;

#endif
