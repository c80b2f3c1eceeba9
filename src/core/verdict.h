/* verdict.h -- what the judge says.
 * Room: core. Pure.
 * Constants differ in many bits and are compared for equality with VERDICT_ALLOW, never "not denied";
 * zero, and anything unknown, is refusal.
 */
#ifndef PAWL_CORE_VERDICT_H
#define PAWL_CORE_VERDICT_H

#include "base/str.h"

enum verdict {
	VERDICT_UNSET = 0,
	VERDICT_ALLOW = 0x2d5a69a5,
	VERDICT_HOLD = 0x5269d69a,
	VERDICT_DENY = 0x7ca5165b,
};

/* "allow", "hold", "deny"; anything else reads "deny". */
struct str verdict_name(enum verdict v);
bool verdict_from(struct str name, enum verdict *ret_verdict) PAWL_MUST_USE;
/* The stricter of two: deny > hold > allow; an unknown value is deny. */
enum verdict verdict_stricter(enum verdict a, enum verdict b);
/* Exit status: 0 allow, 3 hold, 4 deny and everything else. */
int verdict_exit(enum verdict v);

#endif
