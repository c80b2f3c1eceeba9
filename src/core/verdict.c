#include "core/verdict.h"

struct str verdict_name(enum verdict v)
{
	if (v == VERDICT_ALLOW)
		return STR("allow");
	if (v == VERDICT_HOLD)
		return STR("hold");
	return STR("deny");
}

bool verdict_from(struct str name, enum verdict *ret_verdict)
{
	static const enum verdict all[] = { VERDICT_ALLOW, VERDICT_HOLD, VERDICT_DENY };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (str_eq(name, verdict_name(all[i]))) {
			*ret_verdict = all[i];
			return true;
		}
	}
	return false;
}

enum verdict verdict_stricter(enum verdict a, enum verdict b)
{
	if (a == VERDICT_ALLOW && (b == VERDICT_ALLOW || b == VERDICT_HOLD))
		return b;
	if (a == VERDICT_HOLD && (b == VERDICT_ALLOW || b == VERDICT_HOLD))
		return a;
	return VERDICT_DENY;
}

int verdict_exit(enum verdict v)
{
	if (v == VERDICT_ALLOW)
		return 0;
	return v == VERDICT_HOLD ? 3 : 4;
}
