/* demand.h -- what a held request needs before it may pass, kept in the ledger and weighed against approvals.
 * Room: hold. Pure.
 */
#ifndef PAWL_HOLD_DEMAND_H
#define PAWL_HOLD_DEMAND_H

#include "core/policy.h"

void demand_to_json(const struct demands *d, struct json_out *o);
/* Strings live with ${arena}. A missing or odd member reads as the stricter of what it could be. */
bool demand_from_json(const struct json *v, struct arena *arena, struct demands *ret, struct err *err) PAWL_MUST_USE;

/* May it pass at this time of the week (UTC)? */
bool demand_hour_ok(const struct demands *d, int64_t now_us);
/* "Mon-Fri 08:00-18:00 UTC" */
void demand_hours_text(const struct demands *d, struct buf *out);
/* Does somebody called ${name} with ${roles} count, by the demanded roles? */
bool demand_role_ok(const struct demands *d, struct str name, const struct str_list *roles);
unsigned demand_people(const struct demands *d); /* at least 1 */
int64_t demand_life_s(const struct demands *d);	 /* of an approval */

#endif
