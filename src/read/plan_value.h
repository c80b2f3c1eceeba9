/* plan_value.h -- looking into one side (before or after) of a planned change without letting out what is sensitive.
 * Room: read. Pure. A part of the plan reader.
 * Paths are dotted. A list on the way is looked into element by element; "the" value is the first found.
 */
#ifndef PAWL_READ_PLAN_VALUE_H
#define PAWL_READ_PLAN_VALUE_H

#include "base/json.h"
#include "facts/terraform_types.h"

struct plan_values {
	const struct json *value;     /* change.before or change.after; may be NULL */
	const struct json *sensitive; /* the same shape with true where the value is sensitive */
	const struct json *unknown;   /* the same with true where it is known only after apply; NULL for before */
};

enum plan_truth { PLAN_NO = 0, PLAN_YES, PLAN_UNKNOWN };

/* Has any value at ${path} the text ${want} ("set": any but empty, null, false and 0)? Null and absent count as "false". */
enum plan_truth plan_value_holds(const struct plan_values *s, struct str path, struct str want);
/* The same where it speaks for safety: null and absent are no evidence. */
enum plan_truth plan_value_says(const struct plan_values *s, struct str path, struct str want);
/* The smallest number at ${path}; false when there is none or it is unknown. */
bool plan_value_number(const struct plan_values *s, struct str path, uint64_t *ret_number) PAWL_MUST_USE;
/* Text of the first string or number at ${path}; STR_NONE when absent, empty, sensitive or unknown. */
struct str plan_value_text(const struct plan_values *s, struct str path);
/* What to show of ${path}: its text, true, false, null, (sensitive), (known after apply). */
struct str plan_value_shown(const struct plan_values *s, struct str path);

/* All of these point into the tree, or are STR_NONE. */
struct str plan_value_title(const struct plan_values *s, const struct terraform_type *row);
struct str plan_value_identity(const struct plan_values *s); /* arn, else self_link, else id */
struct str plan_value_tag(const struct plan_values *s);	     /* environment, env or stage, in tags_all, tags, labels */
struct str plan_value_account(const struct plan_values *s);
struct str plan_value_region(const struct plan_values *s);

/* The n-th (from 0) part of an ARN between colons; STR_NONE when ${arn} is none. */
struct str plan_value_arn_part(struct str arn, unsigned n);

#endif
