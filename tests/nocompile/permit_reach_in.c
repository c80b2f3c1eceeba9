/* refused: incomplete type|undefined type|invalid use -- nobody changes the bytes that a permit is for. */
#include "core/permit.h"

void try(struct permit *p, struct digest d);
void try(struct permit *p, struct digest d)
{
	p->emitted = d;
}
