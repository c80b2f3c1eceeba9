/* refused: storage size|incomplete type -- a policy comes from policy_load alone. */
#include "core/policy.h"

bool try(void);
bool try(void)
{
	struct policy p = { 0 };

	return policy_allows_same_uid(&p);
}
