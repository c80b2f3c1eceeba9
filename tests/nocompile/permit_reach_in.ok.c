#include "core/permit.h"

bool try(const struct permit *p, const struct digest *d);
bool try(const struct permit *p, const struct digest *d)
{
	return permit_covers(p, d);
}
