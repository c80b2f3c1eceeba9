/* refused: pawl_banned_strcpy -- what has no bound is not to be had. */
#include "base/base.h"

void try(char *a, const char *b);
void try(char *a, const char *b)
{
	strcpy(a, b);
}
