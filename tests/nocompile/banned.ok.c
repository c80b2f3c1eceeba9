#include "base/base.h"

void try(char *a, const char *b, size_t n);
void try(char *a, const char *b, size_t n)
{
	snprintf(a, n, "%s", b);
}
