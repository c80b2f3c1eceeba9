/* refused: storage size|incomplete type -- a permit is made by permit_mint alone, never on the stack. */
#include "core/permit.h"

const struct permit *try(struct digest d);
const struct permit *try(struct digest d)
{
	static struct permit p;

	(void)d;
	return &p;
}
