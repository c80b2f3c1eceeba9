/* refused: unused.result|ignoring return value -- whether a permit was given must be looked at. */
#include "core/permit.h"

void try(const struct request *r, const struct judgement *j, struct arena *a);
void try(const struct request *r, const struct judgement *j, struct arena *a)
{
	permit_mint(r, j, 1, NULL, 0, a, NULL);
}
